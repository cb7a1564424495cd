"""The company's own facts, as an administrator changes them, and how strict its links are."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from wtforms import Form

from backoffice.settings import CompanyForm
from models import company
from models.database import session
from models.policies.permissions import Role
from models.transactions import release

FACTS = {
    "name": "Baltic Supply UAB",
    "country": "LT",
    "currency": "EUR",
    "language": "en",
    "timezone": "Europe/Vilnius",
}


@pytest.fixture
def admin(as_role: Callable[[Role], FlaskClient]) -> FlaskClient:
    return as_role(Role.ADMIN)


def test_a_bank_account_is_kept_as_banks_print_it(admin: FlaskClient) -> None:
    typed = {"account_holder": "Baltic Supply", "iban": "lt121000011101001000", "bic": "AGBLLT2X"}
    assert admin.post("/staff/settings", data=FACTS | typed).status_code == 303
    release()
    row = company.get()
    assert (row.account_holder, row.iban, row.bic) == ("Baltic Supply", "LT12 1000 0111 0100 1000", "AGBLLT2X")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"iban": "LT12 1000 0111 0100 1001"}, "This is not an IBAN"),
        ({"bic": "AGBL"}, "A BIC has 8 or 11 letters and digits"),
    ],
)
def test_what_is_no_account_is_refused_and_stays_on_the_page(
    admin: FlaskClient, typed: dict[str, str], said: str
) -> None:
    answer = admin.post("/staff/settings", data=FACTS | typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert next(iter(typed.values())) in answer.text


def test_the_pages_that_the_law_asks_for_may_differ_by_language(admin: FlaskClient) -> None:
    address = "https://company.example/{language}/privacy"
    assert admin.post("/staff/settings", data=FACTS | {"privacy_url": address}).status_code == 303
    admin.set_cookie("duewell_language", "lt")
    assert 'href="https://company.example/lt/privacy"' in admin.get("/").text


def save(client: FlaskClient, **facts: str) -> int:
    """Send the page's form as it is shown, but for these facts; a box that is not ticked sends nothing."""
    session.rollback()
    with client.application.test_request_context("/staff/settings"):
        form: Form = CompanyForm(obj=company.get())
        shown = {
            field.name: field._value() for field in form if hasattr(field, "_value") and field.type != "BooleanField"
        }
        shown |= {"currency": form.currency.data, "language": form.language.data}
    return client.post("/staff/settings", data=shown | facts).status_code


def test_the_company_can_ask_for_a_code_with_every_link(as_role: Callable[[Role], FlaskClient]) -> None:
    client = as_role(Role.ADMIN)
    assert save(client, codes_always="y") == 303
    session.rollback()
    assert company.of_request().codes_always
    assert save(client) == 303
    session.rollback()
    assert not company.of_request().codes_always
    changes = session.scalars(text("select facts->'after' from audit_events where action = 'company.changed'"))
    assert list(changes) == [{"codes_always": True}, {"codes_always": False}]
