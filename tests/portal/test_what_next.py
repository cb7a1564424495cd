"""What happens next, as the customer reads it: the same answer that staff get to 'why?'."""

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import Engine

from commandline.demo import reminders as demo
from models import audit, clock, company, holds, staff
from models.customers import Contact, Customer
from models.holds import HoldKind
from models.policies.permissions import Role
from models.staff import Principal, StaffState
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker


def somebody(role: Role) -> Principal:
    member = staff.add(
        email=f"{role}@company.test", name=role, role=role, state=StaffState.ACTIVE, by=audit.COMMAND, now=NOW
    )
    return staff.principal(member)


def test_the_next_message_is_told_with_its_day_and_what_rests_with_its_reason(
    engine: Engine, client: FlaskClient, come_in: Callable[[Customer, Contact], FlaskClient]
) -> None:
    old = Maker(NOW - timedelta(days=30))
    customer = old.customer(language="en", country="LT", timezone="Europe/Vilnius", kind="business")
    contact = old.contact(customer)
    today = company.get().today(clock.now())
    entry = old.invoice(customer, due_on=today + timedelta(days=20))
    with transaction():
        company.locked().law_firm = "Teisė ir Ko"
        demo.put_in_use(somebody(Role.COUNSEL), somebody(Role.MANAGER), now=NOW - timedelta(days=20))
    browser = come_in(customer, contact)
    assert 'hx-get="/next"' in browser.get("/statement").text
    page = browser.get("/next").text
    assert "If nothing changes, we will write to you on" in page
    assert "about €120.00." in page
    with transaction():
        until = today + timedelta(days=90)
        facts = {"source": "tests:1", "currency": "EUR", "on": TODAY, "now": NOW, "entry_id": entry.id}
        holds.add(customer.id, HoldKind.PROMISE, **facts, until_on=until)
    page = browser.get("/next").text
    assert "You told us when you will pay. Until" in page
    assert "If nothing changes" not in page
