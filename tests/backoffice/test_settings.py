"""The company's own facts, as an administrator changes them."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from models import company
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
