"""Cards and automatic payment, as their owner sees them: on by what was read, off by one button, removed by a code."""

import re
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import standin
from models import autopay, clock, company, payments
from models.customers import Contact, Customer
from models.database import session
from models.payments import MethodState, consents
from models.transactions import transaction
from tests.making import Maker
from tests.portal.mailbox import mails
from tests.portal.test_planning import told
from tests.portal.test_plans import confirm, seen

TERMS = {"limit": "200", "days": "7"}


def today() -> date:
    return company.get().today(clock.now())


def give_card(browser: FlaskClient, till: standin.Running, left: TestResponse) -> TestResponse:
    """On Stripe's page; where one lands behind it."""
    assert left.location.startswith(till.url), told(left)
    back = urlsplit(till.press_pay(left.location)[1])
    return browser.get(f"{back.path}?{back.query}")


@pytest.fixture
def card(browser: FlaskClient, till: standin.Running, customer: Customer) -> int:
    landed = give_card(browser, till, browser.post("/methods/add"))
    assert landed.location.startswith("/methods")
    return payments.methods.of_customer(customer.id)[0].id


def agree(browser: FlaskClient, card: int, **changed: str) -> TestResponse:
    """From the form to the text, and the box ticked."""
    read = browser.post("/autopay", data={"method": str(card), **TERMS, **changed})
    assert read.status_code == 303, told(read)
    page = browser.get(read.location)
    return browser.post(read.location, data={"seen": seen(page), "agreed": "y"})


def test_without_a_card_one_is_given_first_and_then_it_is_switched_on(
    browser: FlaskClient, till: standin.Running, customer: Customer
) -> None:
    assert "It is off." in told(browser.get("/methods"))
    assert "First we need a card or bank account." in told(browser.get("/autopay"))
    landed = give_card(browser, till, browser.post("/methods/add", data={"then": "autopay"}))
    assert landed.location == "/autopay?currency=EUR"
    assert "Visa •••• 4242 is kept." in told(browser.get(landed.location))
    card = payments.methods.of_customer(customer.id)[0]
    wrong = browser.post("/autopay", data={"method": str(card.id), "limit": "0.10", "days": "2"})
    assert wrong.status_code == 422
    assert "Enter a number from 3 to 30." in told(wrong)
    read = browser.post("/autopay", data={"method": str(card.id), **TERMS})
    page = browser.get(read.location)
    assert "never more than €200.00 for one invoice" in told(page)
    assert browser.post(read.location, data={"seen": seen(page)}).status_code == 422
    assert browser.post(read.location, data={"seen": "else", "agreed": "y"}).status_code == 409
    assert autopay.living(customer.id, "EUR") is None
    assert browser.post(read.location, data={"seen": seen(page), "agreed": "y"}).location == "/methods"
    living = autopay.living(customer.id, "EUR")
    assert living is not None
    consent = consents.living(customer.id, living.source)
    assert consent is not None
    text = re.search(r'class="agreement"[^>]*>([^<]*)<', page.text)
    assert text
    assert (consent.text, consent.method_id) == (text[1], card.id)
    assert consent.text in mails("autopay")[0].text.replace("\r", "")
    assert "New invoices are taken on their due date." in told(browser.get("/methods"))


def test_it_is_announced_where_one_looks_and_off_at_once(
    browser: FlaskClient, make: Maker, customer: Customer, card: int
) -> None:
    agree(browser, card)
    make.now = clock.now()
    due = today() + timedelta(days=7)
    make.invoice(customer, 5_000, number="INV-7", issued_on=today(), due_on=due)
    autopay.announce(today(), now=clock.now())
    day = f"{due.day} {due:%b}"
    for page in ("/methods", "/next"):
        assert re.search(rf"On [^.]*{day}[^.]* we take €50.00 for INV-7", told(browser.get(page))), page
    assert "Paid automatically" in told(browser.get("/statement"))
    living = autopay.living(customer.id, "EUR")
    assert living is not None
    for _ in range(2):
        assert browser.post(f"/autopay/{living.id}/off").location == "/methods"
    assert "It is off." in told(browser.get("/methods"))
    assert (consents.living(customer.id, living.source), autopay.coming([customer.id])) == (None, [])
    assert mails("autopay")[0].subject.endswith("automatic payment is off")
    assert len(mails("autopay")) == 3


def test_a_card_is_removed_by_a_fresh_code_after_what_follows_was_said(
    browser: FlaskClient, customer: Customer, card: int
) -> None:
    agree(browser, card)
    address = f"/methods/{card}/remove"
    assert "Automatic payment is switched off." in told(browser.get(address))
    assert browser.post(address).location == f"/confirm?next={address}"
    confirm(browser, address)
    assert browser.post(address).location == "/methods"
    session.rollback()
    method = payments.methods.find(customer.id, card)
    assert method is not None
    assert method.state is MethodState.REMOVED
    assert autopay.living(customer.id, "EUR") is None
    assert "No card or bank account is kept." in told(browser.get("/methods"))
    assert browser.post(address).status_code == 404


def test_who_may_not_pay_sees_and_changes_nothing(
    browser: FlaskClient, make: Maker, customer: Customer, contact: Contact, card: int
) -> None:
    with transaction():
        session.merge(contact, load=True).may_pay = False
    assert "Switch" not in told(browser.get("/methods"))
    for address in ("/methods/add", f"/methods/{card}/remove", "/autopay", "/autopay/1/off"):
        assert browser.post(address).status_code == 403, address
