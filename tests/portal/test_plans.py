"""A plan from its signature on: what was read is kept, what comes of it, what can be changed, and what cannot."""

import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, update
from werkzeug.test import TestResponse

from models import agreements, clock, company, plans
from models.customers import Customer
from models.database import session
from models.dunning import standard
from models.dunning.reviewed import ReviewState
from models.dunning.templates import TemplateVersion
from models.ledger import Entry
from models.plans import Plan, PlanState
from models.transactions import transaction
from tests.conftest import NOW
from tests.making import Maker
from tests.portal.conftest import apart
from tests.portal.mailbox import mailed_code
from tests.portal.test_planning import ADDRESS, told, typed

NAME = "Rūta Kazlauskienė"


@pytest.fixture(autouse=True)
def _the_house(engine: Engine) -> None:
    """As late as `make` says, with a bank account, and words that counsel approved."""
    with transaction():
        row = company.locked()
        row.clock_offset_seconds = round((NOW - clock.real_now()).total_seconds())
        row.iban, row.name = "LT121000011101001000", "Baltic Supply"
        standard.ensure(now=NOW)
        session.execute(update(TemplateVersion).values(state=ReviewState.APPROVED, live_at=NOW))


@pytest.fixture
def items(make: Maker, customer: Customer) -> list[Entry]:
    """100.00 and 200.00 EUR, overdue."""
    return [apart(make.invoice(customer, amount, number=f"INV-{amount}")) for amount in (10_000, 20_000)]


def confirm(browser: FlaskClient, address: str) -> None:
    """Type the code that was mailed, as the page asks for."""
    browser.post(f"/confirm/send?next={address}")
    assert browser.post(f"/confirm/code?next={address}", data={"code": mailed_code()}).location == address


def seen(page: TestResponse) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', page.text)
    return found[1] if found else ""


def read(browser: FlaskClient, items: list[Entry], **wishes: object) -> str:
    """From the builder to the page on which it is signed; returns its address."""
    return browser.post(ADDRESS, data=typed(items, then="check", **wishes)).location


def sign(browser: FlaskClient, address: str, **changed: str) -> TestResponse:
    values = {"typed_name": NAME, "agreed": "y", "seen": seen(browser.get(address))}
    return browser.post(address, data=values | changed)


@pytest.fixture
def begun(browser: FlaskClient, customer: Customer, items: list[Entry]) -> Plan:
    """30.00 today, 135.00 on 22 December and January, by transfer."""
    address = read(browser, items)
    confirm(browser, address)
    assert sign(browser, address).status_code == 303
    return the_plan(customer)


def the_plan(customer: Customer) -> Plan:
    session.rollback()
    session.expire_all()
    return plans.of_customers([customer.id])[0]


def rows(plan: Plan) -> list[tuple[str, date, int]]:
    session.rollback()
    session.expire_all()
    return [(row.state.value, row.due_on, row.left_minor) for row in plans.instalments_of(plan)]


def test_what_was_read_is_what_is_signed_by_who_typed_a_fresh_code(
    browser: FlaskClient, customer: Customer, items: list[Entry]
) -> None:
    address = read(browser, items)
    page = browser.get(address)
    assert "€300.00 in 3 payments" in told(page)
    assert "Go on to sign" in told(page)
    assert "Type" not in told(page), "who has not shown that it is them sees no form"
    assert sign(browser, address).location == f"/confirm?next={address}"
    confirm(browser, address)
    assert "Your full name" in told(browser.get(address))
    assert sign(browser, address, typed_name="").status_code == 422
    assert browser.post(address, data={"typed_name": NAME, "seen": seen(page)}).status_code == 422
    assert the_plan(customer).state is PlanState.OFFERED
    done = sign(browser, address)
    plan = the_plan(customer)
    assert (done.location, plan.state) == (f"/plans/{plan.id}", PlanState.ACTIVE)
    kept = agreements.signed(customer.id, plan.source)
    assert kept is not None
    assert (kept.typed_name, kept.address) == (NAME, "127.0.0.1")
    assert browser.get(f"/plans/{plan.id}/agreement.pdf").data == kept.pdf
    said = told(browser.get(done.location))
    assert "Plan P-" in said
    assert "Please send it so that it arrives by then." in said
    assert f"Signed by {NAME} on 22 Nov 2026" in said
    assert sign(browser, address).location == f"/plans/{plan.id}", "twice is once"
