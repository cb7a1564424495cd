"""What Stripe or the way there does wrong: each has a calm outcome, and nobody pays twice or for nothing."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

import standin
from models import payments
from models.customers import Contact, Customer
from models.gateways.stripe import StripeGateway, Unanswered
from models.ledger import Entry
from models.payments import AttemptState, PaymentPageUnreachable, RefundState
from tests.conftest import NOW
from tests.making import Maker
from tests.models.payments.shop import SECRET, Shop
from tests.models.payments.test_refunds import free
from tests.runtime.watching import eventually

pytestmark = pytest.mark.usefixtures("quick")


@pytest.mark.parametrize("kind", ["unreached", "lost", "rate_limited", "error_500", "error_500_done"])
def test_whatever_answers_badly_the_payer_is_told_nothing_was_taken_and_pays_once_at_last(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, kind: str
) -> None:
    shop.fail(kind, path="/v1/checkout/sessions", method="POST", times=3)
    with pytest.raises(PaymentPageUnreachable, match="Nothing was taken"):
        shop.open(contact, invoice)
    shop.till.control(faults=[])
    if kind == "error_500":
        shop.pass_time(hours=25)  # Stripe repeats such an answer for a day; then it is given up for good.
        shop.sweep()
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    assert shop.sync(attempt) is AttemptState.SUCCEEDED
    shop.pass_time(hours=2)
    shop.sweep()
    assert [receipt.amount_minor for receipt in shop.receipts(customer)] == [12_000]
    assert sum(one["paid"] for one in shop.there("charge")) == 1
    assert shop.broken() == []


def test_an_answer_that_takes_longer_than_we_wait_is_found_by_looking(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    attempt = shop.ask(contact, invoice)
    impatient = StripeGateway("sk_test_standin", [SECRET], shop.till.url, timeout_seconds=0.3)
    shop.fail("lost", path="/v1/checkout/sessions", method="POST", seconds=1, times=3)
    with pytest.raises(PaymentPageUnreachable):
        payments.submit(attempt.customer_id, attempt.id, gateway=impatient, now=shop.now)
    shop.till.control(faults=[])
    shop.pass_time(minutes=2)
    shop.sweep()
    assert (shop.state(attempt), len(shop.sessions())) == (AttemptState.OPEN, 1)


def test_a_stripe_that_is_away_for_ten_minutes_loses_nothing(
    make: Maker, tmp_path: Path, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    with standin.running(tmp_path / "till") as till:
        shop, port = Shop(till, NOW), int(till.url.rpartition(":")[2])
        paid = shop.open(contact, invoice, 5_000)
        shop.press_pay(paid)
        heard = shop.events("checkout.session.completed")
        early = shop.open(make.contact(customer, "cfo@example.test"), make.invoice(customer, 700))
        shop.press_pay(early)
        shop.sync(early)
        refund = _ask_refund(shop, customer)
    shop.deliver(heard)
    with pytest.raises(PaymentPageUnreachable):
        shop.open(make.contact(customer, "late@example.test"), make.invoice(customer, 900))
    for _ in range(10):
        shop.moment = shop.moment.replace(minute=shop.moment.minute + 1)
        shop.sweep()
        shop.sweep_refunds()
        shop.drain()
        payments.sync_calmly(paid.customer_id, paid.id, gateway=shop.gateway, now=shop.now)
    with pytest.raises(Unanswered):
        shop.catch_up()
    assert (shop.state(paid), shop.refund(refund).state) == (AttemptState.OPEN, RefundState.SUBMITTED)
    assert shop.payable(invoice) == 7_000
    with standin.running(tmp_path / "till", port=port) as shop.till:
        shop.pass_time(minutes=6)
        shop.sweep()
        shop.sweep_refunds()
        shop.catch_up()
        assert (shop.state(paid), shop.refund(refund).state) == (AttemptState.SUCCEEDED, RefundState.SUCCEEDED)
        assert shop.open_minor(invoice) == 7_000
        assert len(shop.there("refund")) == 1
        assert shop.broken() == []


def _ask_refund(shop: Shop, customer: Customer) -> payments.Refund:
    """Of money that no item uses."""
    return shop.ask_refund(free(shop, customer), 700)


def test_a_refund_that_is_forged_or_of_the_other_mode_is_no_hint(shop: Shop, contact: Contact, invoice: Entry) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.sync(attempt)
    [event] = shop.events("checkout.session.completed")
    live = event | {"id": "evt_live", "livemode": True, "type": "refund.created"}
    with pytest.raises(payments.WrongMode):
        shop.deliver([live])
    invented = event | {"id": "evt_invented", "type": "refund.created"}
    invented["data"] = {"object": {"id": "re_x", "object": "refund", "payment_intent": attempt.payment_intent_id}}
    shop.deliver([invented])
    shop.drain()
    assert shop.open_minor(invoice) == 0, "what a signed event says is never believed, only looked into"


def test_of_two_workers_that_read_stripes_list_for_the_first_time_both_may_say_so(shop: Shop, engine: Engine) -> None:
    read: list[int] = []
    second = threading.Thread(target=lambda: read.append(shop.catch_up()))
    with engine.connect() as first:
        first.execute(text("insert into event_cursor (id, read_until) values (1, now())"))
        second.start()
        with engine.connect() as watching:
            eventually(lambda: watching.scalar(text("select count(*) from pg_locks where not granted")))
        first.commit()
    second.join()
    assert read == [0]
