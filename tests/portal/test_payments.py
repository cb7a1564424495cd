import re
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

import standin
from models import audit, ledger, messages, payments
from models.customers import Customer, merges
from models.database import session
from models.ledger import Entry
from models.payments import Attempt
from models.transactions import transaction
from tests.making import Maker
from tests.portal.conftest import apart

DECLINED = "4000000000009995"


@pytest.fixture
def invoice(make: Maker, customer: Customer) -> Entry:
    """640.00 EUR."""
    return apart(make.invoice(customer, 64_000, number="INV-1"))


def pay(browser: FlaskClient, entry: Entry, amount: str = "640.00") -> TestResponse:
    return browser.post(f"/pay/{entry.id}", data={"amount": amount})


def attempts() -> int:
    return session.scalar(select(func.count()).select_from(Attempt)) or 0


def result_of(browser: FlaskClient, address: str) -> str:
    return browser.get(urlsplit(address).path).text


def test_the_form_begins_with_all_that_is_open(browser: FlaskClient, invoice: Entry) -> None:
    page = browser.get(f"/pay/{invoice.id}").text
    assert re.search(r'<input[^>]*name="amount"[^>]*value="640\.00"', page)


def test_paying_leads_to_the_payment_page_and_back_to_what_the_ledger_says(
    browser: FlaskClient, till: standin.Running, invoice: Entry, customer: Customer
) -> None:
    left = pay(browser, invoice)
    assert left.status_code == 303
    assert left.headers["Location"].startswith(f"{till.url}/pay/")
    _, back = till.press_pay(left.headers["Location"])
    page = result_of(browser, back)
    assert "Thank you. Your payment has arrived." in page
    assert "€640.00" in page
    assert not ledger.entry_of(customer.id, invoice.id).left
    result_of(browser, back)
    assert len(messages.outbox(customer.id)) == 1


def test_a_part_can_be_paid(browser: FlaskClient, till: standin.Running, invoice: Entry, customer: Customer) -> None:
    _, back = till.press_pay(pay(browser, invoice, "100").headers["Location"])
    result_of(browser, back)
    assert ledger.entry_of(customer.id, invoice.id).left.minor == 54_000


@pytest.mark.parametrize("amount", ["640.01", "0", "-1", "", "much", "1.234"])
def test_an_amount_that_cannot_be_paid_stays_on_the_page_and_starts_nothing(
    amount: str, browser: FlaskClient, invoice: Entry
) -> None:
    answer = pay(browser, invoice, amount)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{amount}"' in answer.text
    assert attempts() == 0


def test_the_address_of_the_result_proves_nothing(browser: FlaskClient, invoice: Entry, customer: Customer) -> None:
    pay(browser, invoice)
    (attempt,) = payments.of_customer(customer.id)
    page = browser.get(f"/payments/{attempt.id}?cs=cs_test_paid&status=succeeded").text
    assert "Your payment is not finished" in page
    assert ledger.entry_of(customer.id, invoice.id).left.minor == 64_000


def test_a_declined_card_takes_nothing_and_can_be_tried_again(
    browser: FlaskClient, till: standin.Running, invoice: Entry, customer: Customer
) -> None:
    address = pay(browser, invoice).headers["Location"]
    till.press_pay(address, DECLINED)
    (attempt,) = payments.of_customer(customer.id)
    assert "Your payment is not finished" in browser.get(f"/payments/{attempt.id}").text
    _, back = till.press_pay(address)
    assert "Thank you." in result_of(browser, back)


def test_going_back_and_paying_again_never_pays_twice(
    browser: FlaskClient, till: standin.Running, invoice: Entry, customer: Customer
) -> None:
    first = pay(browser, invoice).headers["Location"]
    second = pay(browser, invoice).headers["Location"]
    assert first != second
    till.press_pay(first)
    _, back = till.press_pay(second)
    assert "Thank you." in result_of(browser, back)
    receipts = [item for item in ledger.page_of_entries(customer.id, page=1, size=50)[0] if item.kind == "receipt"]
    assert len(receipts) == 1


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stripe's library waits half a second and more between two tries."""
    monkeypatch.setattr("stripe._http_client.HTTPClient.INITIAL_DELAY", 0.001)
    monkeypatch.setattr("stripe._http_client.HTTPClient.MAX_DELAY", 0.002)


@pytest.mark.parametrize("kind", ["unreached", "lost", "rate_limited", "error_500", "error_500_done"])
@pytest.mark.usefixtures("quick")
def test_when_stripe_does_not_answer_the_customer_is_told_and_nothing_is_taken(
    browser: FlaskClient, till: standin.Running, invoice: Entry, customer: Customer, kind: str
) -> None:
    till.control(faults=[{"kind": kind, "times": 20}])
    answer = pay(browser, invoice)
    assert answer.status_code == 409
    assert "Nothing was taken" in answer.text
    assert ledger.entry_of(customer.id, invoice.id).left.minor == 64_000


@pytest.mark.usefixtures("quick")
def test_who_comes_back_while_stripe_is_silent_is_told_to_wait_and_not_to_pay_again(
    browser: FlaskClient, till: standin.Running, invoice: Entry
) -> None:
    _, back = till.press_pay(pay(browser, invoice).headers["Location"])
    till.control(faults=[{"kind": "lost", "times": 20}])
    page = result_of(browser, back)
    assert "We do not have an answer about your payment of" in page
    assert "this page will show it in a few minutes" in page
    till.control(faults=[])
    assert "Thank you. Your payment has arrived." in result_of(browser, back)


def test_nobody_opens_a_payment_or_an_item_of_somebody_else(
    browser: FlaskClient, make: Maker, invoice: Entry, customer: Customer
) -> None:
    theirs = make.invoice(make.customer("Somebody else"), 10_000)
    assert browser.get(f"/pay/{theirs.id}").status_code == 404
    assert pay(browser, theirs, "1").status_code == 404
    assert browser.get(f"/pay/{10**30}").status_code == 404
    assert browser.get("/payments/00000000-0000-0000-0000-000000000000").status_code == 404


def test_an_item_of_a_merged_account_can_be_paid(
    browser: FlaskClient, till: standin.Running, make: Maker, customer: Customer
) -> None:
    branch = make.customer("Skyrius")
    branch_id = branch.id
    item = make.invoice(branch, 10_000, number="BRANCH-1")
    with transaction():
        merges.merge(branch, customer, effective_on=make.today, by=audit.COMMAND, now=make.now)
    item_id = item.id
    _, back = till.press_pay(pay(browser, item, "100.00").headers["Location"])
    assert "Thank you." in result_of(browser, back)
    assert not ledger.entry_of(branch_id, item_id).left


def test_readers_of_persian_are_told_that_the_card_page_is_in_english(browser: FlaskClient, invoice: Entry) -> None:
    browser.set_cookie("duewell_language", "fa")
    assert "انگلیسی" in browser.get(f"/pay/{invoice.id}").text
