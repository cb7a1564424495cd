"""Money back through Stripe as finance sees it: asked on the form, looked at by a second person, seen where it is."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

import standin
from models import ledger, payments
from models.customers import Customer
from models.database import session
from models.ledger import Entry
from models.payments import RefundState
from models.policies.permissions import Role
from models.transactions import transaction
from models.work import HANDLERS, Tools
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.payments.shop import Shop

REASON = "The customer paid the same invoice by bank transfer"


@pytest.fixture
def shop(make: Maker, tmp_path: Path) -> Iterator[Shop]:
    with standin.running(tmp_path / "standin") as till:
        yield Shop(till, NOW)


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer()


@pytest.fixture
def receipt(shop: Shop, make: Maker, customer: Customer) -> Entry:
    """900.00 EUR paid online, taken off its item again."""
    attempt = shop.open(make.contact(customer), make.invoice(customer, 90_000))
    shop.press_pay(attempt)
    shop.sync(attempt)
    [receipt] = shop.receipts(customer)
    with transaction():
        [used] = ledger.allocations_of(customer.id, receipt.id)
        ledger.reverse(ledger.allocation_of(customer.id, used.allocation_id), on=TODAY, now=NOW)
    return receipt


def page(receipt: Entry, what: str = "") -> str:
    return f"/staff/customers/{receipt.customer_id}/entries/{receipt.id}{what}"


def run_jobs(shop: Shop) -> None:
    """What the worker does with what is queued."""
    session.rollback()
    tools = Tools(shop.gateway, None, Path())
    for name, arguments in session.execute(text("select task_name, args from procrastinate_jobs")).all():
        session.rollback()
        if name == "refunds.send":
            HANDLERS[name](tools, **arguments)


def ask(desk: FlaskClient, receipt: Entry, amount: str, key: str = "form"):
    form = {"amount": amount, "reason": REASON, "key": key}
    return desk.post(page(receipt, "/refund"), data=form, follow_redirects=True)


def test_a_small_refund_goes_back_through_stripe_and_every_state_is_seen(
    desk: FlaskClient, shop: Shop, receipt: Entry, customer: Customer
) -> None:
    assert "the card or account that it came from" in desk.get(page(receipt, "/refund")).text
    answer = ask(desk, receipt, "100.00").text
    assert "The money is sent back through Stripe." in answer
    assert "Waiting to be sent" in answer
    run_jobs(shop)
    assert [(one["amount"], one["charge"]) for one in shop.there("refund")] == [(10_000, shop.there("charge")[0]["id"])]
    seen = desk.get(page(receipt)).text
    assert "Sent back" in seen
    assert REASON in seen
    assert shop.receipts(customer)[0].unapplied_minor == 80_000
    assert shop.broken() == []


def test_the_same_form_sent_twice_asks_once(desk: FlaskClient, shop: Shop, receipt: Entry) -> None:
    ask(desk, receipt, "100.00")
    assert "The money is sent back through Stripe." in ask(desk, receipt, "100.00").text
    run_jobs(shop)
    assert len(shop.there("refund")) == 1


def test_a_large_refund_calls_stripe_only_after_a_second_person_agreed(
    desk: FlaskClient, as_role: Callable[[Role], FlaskClient], shop: Shop, receipt: Entry
) -> None:
    assert "A second person is asked" in ask(desk, receipt, "600.00").text
    run_jobs(shop)
    assert shop.there("refund") == []
    [approval] = session.execute(text("select customer_id, id from approvals")).all()
    session.rollback()
    manager = as_role(Role.MANAGER)
    answer = manager.post(
        f"/staff/approvals/{approval.customer_id}/{approval.id}", data={"decision": "approve"}, follow_redirects=True
    )
    assert "Approved and carried out." in answer.text
    run_jobs(shop)
    assert [one["amount"] for one in shop.there("refund")] == [60_000]
    assert shop.broken() == []


def test_small_refunds_through_stripe_add_up_to_a_large_one(desk: FlaskClient, shop: Shop, receipt: Entry) -> None:
    assert "The money is sent back" in ask(desk, receipt, "300.00", "one").text
    assert "The money is sent back" in ask(desk, receipt, "200.00", "two").text
    assert "A second person is asked" in ask(desk, receipt, "0.50", "three").text
    run_jobs(shop)
    assert "A second person is asked" in ask(desk, receipt, "0.60", "four").text


def test_nobody_sends_back_more_than_is_left_beside_what_is_on_its_way(
    desk: FlaskClient, shop: Shop, receipt: Entry
) -> None:
    ask(desk, receipt, "300.00", "one")
    answer = ask(desk, receipt, "600.01", "two")
    assert answer.status_code == 422
    assert "€600.00" in answer.text


def test_a_refund_that_failed_says_why(desk: FlaskClient, shop: Shop, receipt: Entry) -> None:
    ask(desk, receipt, "100.00")
    shop.till.control(dispute={"payment": shop.there("charge")[0]["id"]})
    run_jobs(shop)
    seen = desk.get(page(receipt)).text
    assert "Failed" in seen
    assert "has asked the payment back" in seen


def test_a_refund_that_came_back_stands_on_the_timeline(
    desk: FlaskClient, shop: Shop, receipt: Entry, customer: Customer
) -> None:
    ask(desk, receipt, "100.00")
    run_jobs(shop)
    shop.till.control(finish_refund={"id": shop.there("refund")[0]["id"], "status": "failed"})
    shop.deliver(shop.events("refund.failed"))
    shop.drain()
    [refund] = payments.refunds_of_receipt(customer.id, receipt.id)
    assert refund.state is RefundState.FAILED
    seen = desk.get(f"/staff/customers/{customer.id}/timeline").text
    assert "The refund came back · €100.00" in seen
    assert "The card has expired or was cancelled." in seen


@pytest.mark.parametrize(
    ("reason", "words", "why"),
    [
        ("fraudulent", "Charged back by the bank", "did not make this payment"),
        ("insufficient_funds", "The debit was returned", "not enough money on the account"),
    ],
)
def test_what_a_bank_asks_back_is_said_on_the_account(
    desk: FlaskClient, shop: Shop, receipt: Entry, customer: Customer, reason: str, words: str, why: str
) -> None:
    shop.till.control(dispute={"payment": shop.there("charge")[0]["id"], "reason": reason})
    shop.deliver(shop.events("charge.dispute.created"))
    shop.drain()
    for path in ("/entries", "/timeline"):
        seen = desk.get(f"/staff/customers/{customer.id}{path}").text
        assert words in seen
        assert why in seen


def test_money_that_came_by_bank_transfer_is_recorded_as_before(
    desk: FlaskClient, make: Maker, shop: Shop, customer: Customer
) -> None:
    by_bank = make.receipt(customer, 5_000)
    assert "Carried out." in ask(desk, by_bank, "50.00").text
    run_jobs(shop)
    assert (shop.there("refund"), ledger.entry_of(customer.id, by_bank.id).left.minor) == ([], 0)
