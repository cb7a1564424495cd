"""'I will pay on a day': what is said before, what rests until then, what the money decides."""

import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from models import holds, ledger, promises
from models.customers import Customer
from models.database import session
from models.holds import HoldKind
from models.ledger import Entry
from models.money import Money
from models.promises import Promise
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.portal.conftest import apart
from tests.portal.mailbox import mails

LATER = TODAY + timedelta(days=10)


@pytest.fixture
def items(make: Maker, customer: Customer) -> list[Entry]:
    """100.00 and 200.00 EUR, overdue."""
    return [apart(make.invoice(customer, amount, number=f"INV-{amount}")) for amount in (10_000, 20_000)]


def promise(browser: FlaskClient, pay_on: date) -> TestResponse:
    """As a person does: look at what a day means, then promise it."""
    page = browser.get(f"/promise?pay_on={pay_on}").text
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    return browser.post("/promise", data={"pay_on": str(pay_on), "seen": seen[1] if seen else ""})


def told(answer: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", answer.text).split())


def judge(day: date) -> list[str]:
    """What the nightly judge finds on a day; the states of all promises after it."""
    promises.judge(day, now=NOW + (day - TODAY))
    session.expire_all()
    return [one.state.value for one in session.scalars(select(Promise).order_by(Promise.id))]


def pay(make: Maker, customer: Customer, item: Entry, minor: int, on: date = TODAY) -> None:
    make.now = NOW + timedelta(hours=1)
    receipt = make.receipt(customer, minor, on=on)
    with transaction():
        ledger.allocate(receipt, ledger.entry_of(customer.id, item.id), Money(minor, "EUR"), now=make.now)


def test_a_promise_says_what_it_stops_before_it_is_made_and_stops_it(
    browser: FlaskClient, customer: Customer, items: list[Entry]
) -> None:
    sentence = "No reminders about it until 2 Dec 2026. If it has not arrived by 5 Dec 2026, we will write again."
    assert sentence in told(browser.get(f"/promise?pay_on={LATER}"))
    answer = promise(browser, LATER)
    assert answer.status_code == 303
    assert sentence in told(browser.get(answer.location))
    held = holds.living([customer.id], TODAY)
    assert {(one.kind, one.entry_id, one.claimed_minor, one.until_on) for one in held} == {
        (HoldKind.PROMISE, item.id, item.amount_minor, date(2026, 12, 6)) for item in items
    }
    [mail] = mails("promise")
    assert "€300.00" in mail.subject
    assert sentence in mail.text


def test_another_day_than_the_page_told_of_is_told_first(browser: FlaskClient, items: list[Entry]) -> None:
    answer = browser.post("/promise", data={"pay_on": str(LATER), "seen": "2026-11-23:30000:2"})
    assert answer.status_code == 200
    assert "No reminders about it until 2 Dec 2026." in told(answer)
    assert judge(TODAY) == []


@pytest.mark.parametrize("pay_on", [TODAY - timedelta(days=1), TODAY + timedelta(days=15), "soon", ""])
def test_a_day_outside_policy_is_refused(pay_on: object, browser: FlaskClient, items: list[Entry]) -> None:
    assert browser.post("/promise", data={"pay_on": str(pay_on), "seen": f"{pay_on}:30000:2"}).status_code == 422
    assert judge(TODAY) == []


def test_a_promise_is_kept_at_once_when_the_money_is_there_and_broken_after_the_days_of_grace(
    browser: FlaskClient, make: Maker, customer: Customer, items: list[Entry]
) -> None:
    promise(browser, LATER)
    pay(make, customer, items[0], 10_000)
    assert judge(TODAY) == ["open"]
    assert judge(LATER + timedelta(days=3)) == ["open"]
    assert judge(LATER + timedelta(days=4)) == ["broken"]
    assert holds.living([customer.id], TODAY) == []
    again = promise(browser, LATER)
    assert "Please talk to us" in told(again)
    assert again.status_code == 422


def test_a_promise_of_a_part_is_kept_by_the_part_and_a_write_off_keeps_none(
    browser: FlaskClient, make: Maker, customer: Customer, items: list[Entry]
) -> None:
    browser.post("/pay?currency=EUR", data={f"pay-{items[0].id}": "y", f"amount-{items[0].id}": "40"})
    promise(browser, LATER)
    assert [one.claimed_minor for one in holds.living([customer.id], TODAY)] == [4_000]
    make.now = NOW + timedelta(hours=1)
    with transaction():
        item = ledger.entry_of(customer.id, items[0].id)
        facts = {"effective_on": TODAY, "dedupe_key": "w", "reason": "small", "now": make.now}
        ledger.write_off(item, Money(5_000, "EUR"), **facts)
    assert judge(TODAY) == ["open"]
    waiting = make.receipt(customer, 4_000)
    assert judge(LATER + timedelta(days=4)) == ["open"]  # The money is there; somebody has yet to use it.
    with transaction():
        ledger.allocate(waiting, ledger.entry_of(customer.id, items[0].id), Money(4_000, "EUR"), now=make.now)
    assert judge(LATER + timedelta(days=4)) == ["kept"]


def test_a_day_can_be_moved_once_and_a_promise_taken_back(
    browser: FlaskClient, customer: Customer, items: list[Entry]
) -> None:
    address = promise(browser, LATER).location
    moved = TODAY + timedelta(days=14)
    assert "No reminders about it until 6 Dec 2026." in told(browser.get(f"{address}?pay_on={moved}"))
    answers = [browser.post(address, data={"pay_on": str(moved), "seen": str(moved)}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 422]
    assert {one.until_on for one in holds.living([customer.id], TODAY)} == {moved + timedelta(days=4)}
    assert browser.post(f"{address}/withdraw").status_code == 303
    assert holds.living([customer.id], TODAY) == []
    assert browser.post(f"{address}/withdraw").status_code == 409
    assert len(mails("promise")) == 3
