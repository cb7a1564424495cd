"""The same through the customers' pages: what a payer reads and presses, with Stripe's page behind it."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models import audit
from models.customers import Contact, Customer, merges
from models.ledger import Entry
from models.payments import Attempt, AttemptState, of_customer
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.payments.shop import DECLINED, Shop

ON_ITS_WAY = "A payment for this item is on its way."
Enter = Callable[[Contact], FlaskClient]


@pytest.fixture
def enter(app: Flask, shop: Shop, make: Maker, customer: Customer) -> Enter:
    """A browser in which a contact has opened their link."""
    app.extensions["stripe"] = shop.gateway

    def enter(contact: Contact) -> FlaskClient:
        browser = app.test_client()
        browser.get(f"/l/{make.link(customer, contact)}")
        assert browser.post("/open").status_code == 303
        return browser

    return enter


def newest(customer: Customer) -> Attempt:
    return of_customer(customer.id)[0]


def press(browser: FlaskClient, entry: Entry, amount: str) -> int:
    return browser.post(f"/pay/{entry.id}", data={"amount": amount}).status_code


def test_who_comes_back_from_stripe_without_paying_can_pay_at_once(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, enter: Enter
) -> None:
    browser = enter(contact)
    assert press(browser, invoice, "120") == 303
    former = newest(customer)
    assert f"/pay/{invoice.id}" in browser.get("/statement").text
    offered = browser.get(f"/pay/{invoice.id}").text
    assert 'name="amount"' in offered
    assert ON_ITS_WAY not in offered
    assert press(browser, invoice, "120") == 303
    assert (shop.state(former), shop.state(newest(customer))) == (AttemptState.EXPIRED, AttemptState.OPEN)
    shop.press_pay(newest(customer))
    assert "Thank you. Your payment has arrived." in browser.get(f"/payments/{newest(customer).id}").text
    assert [receipt.amount_minor for receipt in shop.receipts(customer)] == [12_000]


def test_a_colleague_reads_that_a_payment_is_on_its_way_and_cannot_pay_it_twice(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, enter: Enter, make: Maker
) -> None:
    press(enter(contact), invoice, "120")
    other = enter(make.contact(customer, "cfo@example.test"))
    shown = other.get(f"/pay/{invoice.id}").text
    assert ON_ITS_WAY in shown
    assert 'name="amount"' not in shown
    assert press(other, invoice, "120") == 422
    assert len(of_customer(customer.id)) == 1
    assert "Payment on its way" in other.get("/statement").text


def test_the_result_page_tells_the_truth_and_never_believes_its_address(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, enter: Enter
) -> None:
    browser = enter(contact)
    press(browser, invoice, "120")
    result = f"/payments/{newest(customer).id}?cs={shop.session_of(newest(customer))['id']}&paid=1"
    assert "Your payment is not finished" in browser.get(result).text
    shop.press_pay(newest(customer), DECLINED)
    assert "Your payment is not finished" in browser.get(result).text
    assert shop.receipts(customer) == []
    shop.press_pay(newest(customer))
    for _ in range(3):
        assert "Thank you. Your payment has arrived." in browser.get(result).text
    assert (len(shop.receipts(customer)), len(shop.mails(customer))) == (1, 1)


def test_a_lost_answer_is_a_calm_page_and_the_next_click_works(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, enter: Enter
) -> None:
    browser = enter(contact)
    shop.fail("error_500_done")
    answer = browser.post(f"/pay/{invoice.id}", data={"amount": "120"})
    assert (answer.status_code, "Nothing was taken" in answer.text) == (409, True)
    assert press(browser, invoice, "120") == 303
    assert shop.broken() == []


def test_a_joined_account_s_item_is_paid_and_its_result_shown(
    shop: Shop, contact: Contact, customer: Customer, enter: Enter, make: Maker
) -> None:
    branch = make.customer("Filialas")
    theirs = make.invoice(branch, 8_000)
    with transaction():
        merges.merge(branch, customer, effective_on=TODAY, by=audit.COMMAND, now=NOW)
    browser = enter(contact)
    assert f'href="/pay/{theirs.id}"' in browser.get("/statement").text
    assert press(browser, theirs, "80") == 303
    shop.press_pay(newest(branch))
    assert "Thank you. Your payment has arrived." in browser.get(f"/payments/{newest(branch).id}").text
    assert [receipt.amount_minor for receipt in shop.receipts(branch)] == [8_000]
