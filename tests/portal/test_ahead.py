"""Money for no item yet: it waits on the account, in sight, and each cent of it is told where it went."""

from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

import standin
from models import clock, ledger, payments
from models.customers import Customer
from models.database import session
from models.money import Money
from models.reports.verify import verify
from models.transactions import transaction
from tests.making import Maker, day_of
from tests.portal.mailbox import mails


def pay_ahead(browser: FlaskClient, till: standin.Running, amount: str = "150") -> str:
    _, back = till.press_pay(browser.post("/pay/ahead", data={"amount": amount}).headers["Location"])
    return browser.get(urlsplit(back).path).text


def test_who_owes_nothing_can_pay_ahead_and_sees_where_it_goes(
    browser: FlaskClient, till: standin.Running, make: Maker, customer: Customer
) -> None:
    assert "/pay/ahead" in browser.get("/statement").text
    page = pay_ahead(browser, till)
    assert ("Thank you." in page, "Money not yet assigned" in page) == (True, True)
    statement = browser.get("/statement").text
    assert ("You owe nothing" in statement, "€150.00" in statement) == (True, True)
    assert "Money not yet assigned" in mails("receipt")[0].text
    [receipt] = ledger.unapplied_credits([customer.id], day_of(clock.now()), "EUR")
    invoice = make.invoice(customer, 10_000, number="INV-LATER")
    with transaction():
        ledger.allocate(ledger.entry_of(customer.id, receipt.entry_id), invoice, Money(10_000, "EUR"), now=clock.now())
    told = browser.get(f"/credits/{receipt.entry_id}").text
    assert ("INV-LATER" in told, "€50.00" in told) == (True, True)
    assert verify(now=clock.now()).broken == []


def test_an_open_page_holds_nothing_and_is_proved_all_the_same(
    browser: FlaskClient, make: Maker, customer: Customer
) -> None:
    make.invoice(customer, 10_000)
    browser.post("/pay/ahead", data={"amount": "99.50"})
    assert verify(now=clock.now()).broken == []
    assert "Payment on its way" not in browser.get("/statement").text
    browser.post("/pay/ahead", data={"amount": "10"})
    session.rollback()
    assert sorted(attempt.state.value for attempt in payments.of_customer(customer.id)) == ["expired", "open"]


@pytest.mark.parametrize("amount", ["", "0", "-1", "much", "0.01", "1000000000", "1.234"])
def test_what_cannot_be_paid_is_said_beside_the_field(browser: FlaskClient, customer: Customer, amount: str) -> None:
    answer = browser.post("/pay/ahead", data={"amount": amount})
    assert (answer.status_code, 'aria-invalid="true"' in answer.text) == (422, True)
    assert payments.of_customer(customer.id) == []


def test_what_was_paid_meanwhile_by_another_way_makes_the_payment_wait_unassigned(
    browser: FlaskClient, till: standin.Running, make: Maker, customer: Customer
) -> None:
    """Bank money for the same item arrives while the pay page is open."""
    invoice_id = make.invoice(customer, 10_000).id
    address = browser.post(f"/pay/{invoice_id}", data={"amount": "100"}).headers["Location"]
    by_bank = make.receipt(customer, 7_000)
    with transaction():
        debit = ledger.entry_of(by_bank.customer_id, invoice_id)
        ledger.allocate(by_bank, debit, Money(7_000, "EUR"), now=make.now)
    _, back = till.press_pay(address)
    page = browser.get(urlsplit(back).path).text
    assert ("Money not yet assigned" in page, "€70.00" in page) == (True, True)
    assert "€70.00" in browser.get("/statement").text
    assert verify(now=clock.now()).broken == []
