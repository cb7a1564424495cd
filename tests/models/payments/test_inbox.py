"""Webhooks are hints: kept once, worked off as often as they need, never believed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from models import clock, ledger, payments
from models.customers import Contact, Customer
from models.database import session
from models.ledger import Entry
from models.payments import AttemptState, WebhookEvent, WrongMode
from models.transactions import release
from standin.server import Handler
from tests.journeys.house import eventually
from tests.making import Maker
from tests.models.payments.shop import Shop


def inbox() -> list[WebhookEvent]:
    session.rollback()
    return list(session.scalars(select(WebhookEvent).execution_options(populate_existing=True)))


def waiting() -> list[str]:
    return [event.type for event in inbox() if event.done_at is None]


@pytest.fixture
def paid(shop: Shop, contact: Contact, invoice: Entry) -> payments.Attempt:
    """Paid at Stripe; we have not heard of it."""
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    return attempt


def test_every_event_three_times_books_once(shop: Shop, customer: Customer, paid: payments.Attempt) -> None:
    for _ in range(3):
        shop.deliver(shop.events())
        shop.drain()
    assert len(inbox()) == len(shop.events())
    assert shop.state(paid) is AttemptState.SUCCEEDED
    assert (len(shop.receipts(customer)), len(shop.mails(customer))) == (1, 1)


def test_an_event_that_arrives_before_its_attempt_is_known_is_tried_again(shop: Shop, paid: payments.Attempt) -> None:
    """The payment's own id is first learnt from the session: until then its event belongs to nobody."""
    shop.deliver(shop.events("payment_intent.succeeded"))
    assert shop.drain() == 1
    assert waiting() == ["payment_intent.succeeded"]
    assert shop.drain() == 0
    shop.deliver(shop.events("checkout.session.completed"))
    shop.drain()
    assert shop.state(paid) is AttemptState.SUCCEEDED
    shop.drain(lambda: clock.real_now() + timedelta(minutes=2))
    assert waiting() == []


def test_an_event_of_nobody_is_kept_for_a_day_and_then_named(shop: Shop, paid: payments.Attempt) -> None:
    [event] = shop.events("charge.succeeded")
    shop.deliver([event])
    for hours in (0, 1, 5, 20, 23):
        shop.drain(lambda hours=hours: clock.real_now() + timedelta(hours=hours))
    assert waiting() == ["charge.succeeded"]
    shop.drain(lambda: clock.real_now() + timedelta(hours=25))
    assert [(one.error, one.payload != "") for one in inbox()] == [("unknown object", True)]


def test_an_event_of_the_other_mode_is_refused(shop: Shop, paid: payments.Attempt) -> None:
    [event] = shop.events("checkout.session.completed")
    with pytest.raises(WrongMode):
        shop.deliver([event | {"livemode": True}])
    assert inbox() == []


def test_an_event_s_own_figures_are_never_believed(
    shop: Shop, customer: Customer, contact: Contact, invoice: Entry
) -> None:
    attempt = shop.open(contact, invoice)
    session_ = shop.session_of(attempt) | {"status": "complete", "payment_status": "paid"}
    shop.press_pay(shop.open(contact, invoice, 100))
    [template] = shop.events("checkout.session.completed")
    shop.deliver([template | {"id": "evt_forged", "data": {"object": session_}}])
    shop.drain()
    assert shop.receipts(customer) == []


def test_events_wait_while_stripe_does_not_answer(shop: Shop, paid: payments.Attempt) -> None:
    shop.deliver(shop.events("checkout.session.completed"))
    shop.fail("rate_limited", times=99)
    shop.drain()
    assert (waiting(), shop.state(paid)) == (["checkout.session.completed"], AttemptState.OPEN)
    shop.till.control(faults=[])
    shop.drain(lambda: clock.real_now() + timedelta(minutes=2))
    assert (waiting(), shop.state(paid)) == ([], AttemptState.SUCCEEDED)


def test_one_event_that_cannot_be_worked_off_does_not_stop_the_others(
    shop: Shop, customer: Customer, make: Maker
) -> None:
    """Somebody entered another amount under the payment's own key: nothing is booked, and the next one is."""
    contacts = [make.contact(customer, f"{name}@example.test") for name in ("a", "b")]
    attempts = [shop.open(contact, make.invoice(customer)) for contact in contacts]
    for attempt in attempts:
        shop.press_pay(attempt)
    key = f"{shop.session_of(attempts[0])['payment_intent']}:paid"
    make.receipt(customer, 1, key=key)
    shop.deliver(shop.events("checkout.session.completed"))
    shop.drain()
    assert [shop.state(attempt) for attempt in attempts] == [AttemptState.OPEN, AttemptState.SUCCEEDED]
    assert len(waiting()) == 1
    shop.pass_time(minutes=6)
    shop.sweep()
    assert shop.state(attempts[0]) is AttemptState.OPEN
    assert ledger.balances([customer.id], shop.moment.date())[0].open.minor == 12_000


def test_four_drains_at_once_work_each_event_off_once(shop: Shop, customer: Customer, paid: payments.Attempt) -> None:
    shop.deliver(shop.events("checkout.session.completed"))
    done: list[int] = []

    def drain() -> None:
        try:
            done.append(shop.drain())
        finally:
            release()

    threads = [threading.Thread(target=drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 0, 0, 1]
    assert len(shop.receipts(customer)) == 1


# On the wire


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def all_delivered(shop: Shop) -> bool:
    return all(delivery["done"] for delivery in shop.till.control()["deliveries"])


@pytest.mark.parametrize("dropped", [0, 1, 2])
def test_webhooks_doubled_shuffled_or_lost_on_the_way_book_once(
    app: Flask, shop: Shop, customer: Customer, contact: Contact, invoice: Entry, dropped: int
) -> None:
    with served(app) as url:
        shop.till.app.account.webhooks.secrets = ("whsec_tests",)
        shop.till.control(
            webhooks={
                **{"url": f"{url}/webhooks/stripe", "copies": 3, "delay_seconds": 0.3, "shuffle": True},
                "drop_next": dropped,
            }
        )
        attempt = shop.open(contact, invoice)
        shop.press_pay(attempt)
        eventually(lambda: all_delivered(shop))
        shop.till.control(webhooks={"url": ""})
    assert len(inbox()) == 2 - dropped
    shop.drain()
    shop.pass_time(minutes=6)
    shop.sweep()
    assert shop.state(attempt) is AttemptState.SUCCEEDED
    assert (len(shop.receipts(customer)), len(shop.mails(customer))) == (1, 1)


def test_a_forged_webhook_is_turned_away(app: Flask) -> None:
    with served(app) as url:
        connection = HTTPConnection(url.removeprefix("http://"))
        connection.request("POST", "/webhooks/stripe", b'{"id": "evt_1"}', {"Stripe-Signature": "t=1,v1=00"})
        assert connection.getresponse().status == 400
        connection.close()
    assert inbox() == []
