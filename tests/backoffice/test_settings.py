"""What the company says of itself, and how strict its links are."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import text
from wtforms import Form

from backoffice.settings import CompanyForm
from models import company
from models.database import session
from models.policies.permissions import Role


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
