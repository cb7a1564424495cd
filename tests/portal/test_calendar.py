"""Due dates in the customer's own calendar, from an address that can be revoked."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from frame import logs
from models import audit, customers
from models.customers import Contact, Customer
from models.database import session
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

ComeIn = Callable[[Customer, Contact], FlaskClient]


def made(browser: FlaskClient) -> str:
    """The path of a new address."""
    with transaction():  # As after a code.
        session.execute(text("update sessions set code_at = now()"))
    found = re.search(r"http://localhost(/calendar/[\w-]+\.ics)", browser.post("/calendar").text)
    assert found is not None
    return found[1]


def entries(browser: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = browser.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert max(len(line) for line in answer.data.split(b"\r\n")) <= 75
    whole = answer.text.replace("\r\n ", "")
    return [
        dict(line.split(":", 1) for line in part.splitlines() if ":" in line)
        for part in whole.split("BEGIN:VEVENT\r\n")[1:]
    ]


def test_a_calendar_gets_each_day_on_which_something_is_due(
    browser: FlaskClient, make: Maker, customer: Customer
) -> None:
    day = TODAY + timedelta(days=9)
    make.invoice(customer, 10_000, number="INV-1", issued_on=TODAY, due_on=day)
    make.invoice(customer, 2_550, number="INV-2; half, the other", issued_on=TODAY, due_on=day)
    make.invoice(customer, 700, currency="JPY", number="INV-3", due_on=day)
    make.invoice(make.customer("Somebody else"), 900, number="THEIRS")
    shown = entries(browser, made(browser))
    assert [one["DTSTART;VALUE=DATE"] for one in shown] == ["20261201", "20261201"]
    assert shown[0]["SUMMARY"].startswith("€125.50 is due to")
    assert shown[0]["DESCRIPTION"] == r"INV-1 and INV-2\; half\, the other"
    assert len({one["UID"] for one in shown}) == 2


def test_an_address_works_without_a_session_until_it_is_revoked_or_made_anew(browser: FlaskClient, make: Maker) -> None:
    first = made(browser)
    second = made(browser)
    assert browser.get(first).status_code == 404
    browser.post("/sign-out")
    assert browser.get(second).status_code == 200


def test_a_revoked_address_gives_nothing_more(browser: FlaskClient) -> None:
    address = made(browser)
    assert "Stop this address" in browser.get("/calendar").text
    assert browser.post("/calendar/revoke").status_code == 303
    assert browser.get(address).status_code == 404
    assert "Stop this address" not in browser.get("/calendar").text
    assert browser.post("/calendar/revoke").status_code == 303  # Again changes nothing.


@pytest.mark.parametrize("change", [{"active": False}, {"may_see": False}])
def test_who_may_no_longer_look_gets_nothing_more(
    browser: FlaskClient, contact: Contact, change: dict[str, bool]
) -> None:
    address = made(browser)
    with transaction():
        fresh = customers.contact_of(contact.customer_id, contact.id)
        facts = {name: getattr(fresh, name) for name in ("name", "email", "phone", "language", *POWERS)}
        customers.change_contact(fresh, by=audit.COMMAND, now=NOW, **{"active": True, **facts, **change})
    assert browser.get(address).status_code == 404


POWERS = ("may_see", "may_pay", "may_dispute", "may_sign")


def test_the_address_is_kept_as_a_hash_and_stands_in_no_log(browser: FlaskClient) -> None:
    address = made(browser)
    token = address.split("/")[-1].removesuffix(".ics")
    assert logs.masked(address) == "/calendar/…"
    rows = session.execute(text("select * from calendar_addresses")).all()
    kept = session.execute(text("select * from audit_events")).all()
    assert len(rows) == 1
    assert token not in f"{rows}{kept}"


def test_the_address_of_one_contact_is_not_another_s(come_in: ComeIn, make: Maker, customer: Customer) -> None:
    first = made(come_in(customer, make.contact(customer, "a@example.test")))
    browser = come_in(customer, make.contact(customer, "b@example.test"))
    assert "Stop this address" not in browser.get("/calendar").text
    browser.post("/calendar/revoke")
    assert browser.get(first).status_code == 200
