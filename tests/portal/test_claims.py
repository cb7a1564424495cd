"""'I already paid' and 'This is not mine': paused at once, found where it lies near, looked at by a person."""

import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from models import audit, claims, holds, ledger
from models.customers import Customer, calendars
from models.database import session
from models.holds import HoldKind
from models.ledger import Entry
from models.money import Money
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.portal.conftest import apart
from tests.portal.mailbox import mails


@pytest.fixture
def items(make: Maker, customer: Customer) -> list[Entry]:
    """640.00 and 200.00 EUR, overdue."""
    return [apart(make.invoice(customer, amount, number=f"INV-{amount}")) for amount in (64_000, 20_000)]


def say(browser: FlaskClient, amount: str = "640", paid_on: date = TODAY, **more: object) -> TestResponse:
    return browser.post("/already-paid", data={"amount": amount, "paid_on": str(paid_on), "how": "transfer", **more})


def tasks() -> list[tuple[str, int]]:
    """Kind and customer of the tasks that were asked for."""
    session.rollback()
    query = "select args from procrastinate_jobs where task_name = 'worklist.add' order by id"
    return [(args["kind"], args["customer_id"]) for args in session.scalars(text(query))]


def held(customer: Customer) -> set[tuple[HoldKind, int | None, int | None, date | None]]:
    session.rollback()
    living = holds.living([customer.id], TODAY)
    return {(one.kind, one.entry_id, one.claimed_minor, one.until_on) for one in living}


def left(customer: Customer, items: list[Entry]) -> list[int]:
    session.rollback()
    return [ledger.entry_of(customer.id, item.id).left.minor for item in items]


def test_what_is_said_to_be_paid_rests_a_week_and_a_person_looks(
    browser: FlaskClient, customer: Customer, items: list[Entry]
) -> None:
    page = browser.get(say(browser, "700", payer="J. Petraitis").location).text
    assert "No reminders about it until" in page
    assert held(customer) == {
        (HoldKind.ALREADY_PAID, items[0].id, 64_000, date(2026, 11, 29)),
        (HoldKind.ALREADY_PAID, items[1].id, 6_000, date(2026, 11, 29)),
    }
    assert tasks() == [("check_payment", customer.id)]
    assert "€700.00" in mails("claim")[0].subject
    say(browser, "200")
    assert len(held(customer)) == 2  # The same items do not rest a second time.
    assert claims.lapse(TODAY + timedelta(days=6), now=NOW) == 0
    assert claims.lapse(TODAY + timedelta(days=7), now=NOW) == 2
    assert held(customer) == set()


def test_money_of_their_own_is_found_and_used_at_once(
    browser: FlaskClient, make: Maker, customer: Customer, items: list[Entry]
) -> None:
    receipt = make.receipt(customer, 20_000, on=TODAY - timedelta(days=4))
    answer = say(browser, "200", item=items[1].id)
    page = browser.get(answer.location).text
    assert "is this it?" in page
    assert browser.post(f"{answer.location}/yes", data={"entry": receipt.id}).status_code == 303
    assert left(customer, items) == [64_000, 0]
    assert held(customer) == set()
    assert tasks() == []
    assert "We found your payment" in browser.get(answer.location).text
    assert browser.post(f"{answer.location}/yes", data={"entry": receipt.id}).status_code == 409


def test_money_without_a_name_is_shown_to_who_knows_it_and_given_to_nobody(
    browser: FlaskClient, make: Maker, customer: Customer, items: list[Entry]
) -> None:
    with transaction():
        facts = {"effective_on": TODAY - timedelta(days=5), "payer": "Somebody", "now": NOW}
        nameless = ledger.receive(0, Money(64_000, "EUR"), dedupe_key="bank:1", **facts)
        ledger.receive(0, Money(64_000, "EUR"), dedupe_key="bank:2", **facts | {"effective_on": date(2026, 11, 16)})
    theirs = make.receipt(make.customer("Somebody else"), 64_000)
    page = browser.get(say(browser).location).text
    assert re.findall(r'name="entry" value="(\d+)"', page) == [str(nameless.id)]
    assert "Somebody" not in page
    assert tasks() == []
    answer = say(browser, "639.99")
    assert "is this it?" not in browser.get(answer.location).text
    first = "/claims/" + re.findall(r"/claims/(\d+)/yes", page)[0]
    assert browser.post(f"{first}/yes", data={"entry": theirs.id}).status_code == 409
    assert browser.post(f"{first}/yes", data={"entry": nameless.id}).status_code == 303
    assert left(customer, items) == [64_000, 20_000]
    assert ledger.entry_of(0, nameless.id).left.minor == 64_000
    assert tasks() == [("check_payment", customer.id)] * 2
    guesses = [say(browser, f"{amount}.11").status_code for amount in range(1, 5)]
    assert guesses == [303, 303, 303, 409]


def test_who_says_that_it_is_not_theirs_is_left_alone_and_shown_nothing(
    browser: FlaskClient, customer: Customer, items: list[Entry]
) -> None:
    with transaction():
        address = calendars.make(customer.id, mine(customer), by=audit.COMMAND, now=NOW)
    assert browser.get(f"/calendar/{address}.ics").status_code == 200
    assert browser.post("/not-mine", data={}).status_code == 422
    assert browser.post("/not-mine", data={"why": "sold", "text": "Sold in June."}).status_code == 303
    assert held(customer) == {(HoldKind.NOT_OURS, None, None, None)}
    assert tasks() == [("not_ours", customer.id)]
    shown = ("/statement", "/statement.pdf", "/statement.csv", "/pay", f"/invoices/{items[0].id}.pdf", "/calendar")
    for path in (*shown, "/history", "/promise", "/already-paid", "/preferences", "/preferences/data.json"):
        answer = browser.get(path)
        assert (answer.status_code, answer.location) == (303, "/not-mine"), path
    page = browser.get("/not-mine").text
    assert "A person looks at this" in page
    assert "640" not in page
    assert browser.get(f"/calendar/{address}.ics").status_code == 404
    assert "640" not in mails("claim")[0].text
    [claim] = claims.of_customers([customer.id])
    with transaction():
        claims.close(claim, "It is theirs after all", by=audit.COMMAND, on=TODAY, now=NOW)
    assert browser.get("/statement").status_code == 200


def mine(customer: Customer) -> int:
    return int(session.scalar(text("select min(id) from contacts where customer_id = :id"), {"id": customer.id}))
