"""The gateway against the stand-in, over HTTP. What only Stripe itself can prove stands in docs/not-verified.md."""

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

import standin
from models.errors import Refused
from models.gateways.stripe import (
    ForgedEvent,
    RefusedByGateway,
    StoredFailure,
    StripeGateway,
    Unanswered,
    UnknownToGateway,
)
from models.gateways.stripe_answers import PaymentState, SessionState
from models.gateways.stripe_requests import CheckoutLine, checkout_request
from models.money import CurrencyMismatch, Money
from standin.courier import sign

OLD_SECRET, NEW_SECRET = "whsec_old", "whsec_new"


@pytest.fixture
def till(tmp_path):
    with standin.running(tmp_path) as running:
        yield running


@pytest.fixture
def gateway(till):
    return StripeGateway("sk_test_standin", [OLD_SECRET, NEW_SECRET], till.url)


@pytest.fixture
def started_at():
    return datetime.now(UTC) - timedelta(minutes=1)


def request(*amounts, attempt_id="a-1", **changes):
    amounts = amounts or (Money(1234, "EUR"),)
    facts = {
        "attempt_id": attempt_id,
        "lines": [CheckoutLine(f"Invoice {number}", amount) for number, amount in enumerate(amounts, 1)],
        "description": "Invoices",
        "success_url": "http://shop.test/done?cs={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/back",
        "expires_at": datetime.now(UTC) + timedelta(hours=1),
    }
    return json.dumps(checkout_request(**facts | changes))


def sessions_made(till):
    return till.control()["counts"]["checkout.session"]


def tamper(till, object_id, **changes):
    """Write into the stand-in's books what it cannot play yet."""
    books = till.app.account.books
    books.save(books.get(object_id) | changes)


# From the click to the money


def test_a_session_opens_without_a_payment(gateway):
    opened = gateway.open_checkout(request(Money(1000, "EUR"), Money(234, "EUR"), customer_email="a@b.test"), "k")
    assert (opened.state, opened.payment, opened.attempt_id) == (SessionState.OPEN, None, "a-1")
    assert opened.amount == Money(1234, "EUR")
    assert opened.url.endswith(opened.id)
    assert opened.livemode is gateway.live is False
    assert gateway.fetch_session(opened.id) == opened


def test_what_was_paid_is_fetched_in_our_words(till, gateway):
    opened = gateway.open_checkout(request(), "k")
    till.control(clock_offset_seconds=1200)
    till.press_pay(opened.url)
    paid = gateway.fetch_session(opened.id)
    assert (paid.state, paid.url, paid.payment.state) == (SessionState.COMPLETE, None, PaymentState.SUCCEEDED)
    assert paid.payment.amount == paid.payment.received == Money(1234, "EUR")
    assert paid.payment.attempt_id == "a-1"
    assert paid.payment.charge_id.startswith("ch_")
    assert paid.payment.decline_code == ""
    assert timedelta(minutes=19) < paid.payment.tried_at - datetime.now(UTC) < timedelta(minutes=21)


@pytest.mark.parametrize(
    ("number", "decline_code"),
    [("4000000000009995", "insufficient_funds"), ("4000000000000069", "expired_card")],
)
def test_a_declined_card_is_told_and_the_page_stays_open(till, gateway, number, decline_code):
    opened = gateway.open_checkout(request(), "k")
    till.press_pay(opened.url, number)
    declined = gateway.fetch_session(opened.id)
    assert (declined.state, declined.payment.state) == (SessionState.OPEN, PaymentState.REQUIRES_CUSTOMER)
    assert (declined.payment.decline_code, declined.payment.received) == (decline_code, Money(0, "EUR"))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(Money(5000, "JPY"), "5,000 JPY"), (Money(12340, "KWD"), "12.340 KWD"), (Money(999, "EUR"), "9.99 EUR")],
)
def test_no_amount_is_multiplied_on_its_way(till, gateway, amount, shown):
    opened = gateway.open_checkout(request(amount), "k")
    assert f">{shown}<" in standin.paypage.show(till.app.account, opened.id).get_data(as_text=True)
    till.press_pay(opened.url)
    assert gateway.fetch_session(opened.id).payment.received == amount


def test_an_expired_session_takes_no_money(till, gateway):
    opened = gateway.open_checkout(request(), "k")
    till.press_pay(opened.url, "4000000000000002")
    expired = gateway.expire_session(opened.id)
    assert (expired.state, expired.url, expired.payment.state) == (SessionState.EXPIRED, None, PaymentState.CANCELED)
    assert till.press_pay(opened.url)[0] == 409


def test_a_paid_session_cannot_be_expired(till, gateway):
    opened = gateway.open_checkout(request(), "k")
    till.press_pay(opened.url)
    with pytest.raises(RefusedByGateway, match="complete"):
        gateway.expire_session(opened.id)
    assert gateway.fetch_session(opened.id).payment.state is PaymentState.SUCCEEDED


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("processing", PaymentState.PROCESSING),
        ("requires_payment_method", PaymentState.FAILED),
        ("requires_action", PaymentState.FAILED),
    ],
)
def test_a_debit_is_processing_and_may_fail_after_the_page_is_done(till, gateway, status, state):
    opened = gateway.open_checkout(request(), "k")
    till.press_pay(opened.url)
    tamper(till, gateway.fetch_session(opened.id).payment.id, status=status)
    assert gateway.fetch_session(opened.id).payment.state is state


def test_live_and_test_are_told_apart(till, gateway):
    opened = gateway.open_checkout(request(), "k")
    tamper(till, opened.id, livemode=True)
    assert gateway.fetch_session(opened.id).livemode is not gateway.live
    assert StripeGateway("sk_live_1", []).live
    assert StripeGateway("rk_live_1", []).live


def test_a_currency_we_never_asked_for_is_refused(till, gateway):
    opened = gateway.open_checkout(request(), "k")
    tamper(till, opened.id, currency="xdr")
    with pytest.raises(Refused):
        gateway.fetch_session(opened.id)


def test_a_session_of_nobody_is_unknown(gateway):
    with pytest.raises(UnknownToGateway):
        gateway.fetch_session("cs_test_none")


# The same request again


def test_the_stored_request_repeated_opens_nothing_new(till, gateway):
    stored = request()
    first = gateway.open_checkout(stored, "k")
    till.press_pay(first.url)
    assert gateway.open_checkout(stored, "k") == first  # As it was: the truth is fetched.
    assert sessions_made(till) == 1


def test_another_body_under_the_same_key_means_look_it_up(till, gateway, started_at):
    first = gateway.open_checkout(request(), "k")
    with pytest.raises(StoredFailure):
        gateway.open_checkout(request(Money(5000, "EUR")), "k")
    assert sessions_made(till) == 1
    assert gateway.find_session_by_attempt("a-1", started_at) == first


def test_a_definite_refusal_opens_nothing(till, gateway):
    with pytest.raises(RefusedByGateway) as refusal:
        gateway.open_checkout(request(Money(49, "EUR")), "k")
    assert refusal.value.code == "amount_too_small"
    assert sessions_made(till) == 0


def test_a_wrong_key_is_a_refusal(till):
    with pytest.raises(RefusedByGateway):
        StripeGateway("sk_test_wrong", [], till.url).open_checkout(request(), "k")


def test_two_clicks_at_once_open_one_session(till, gateway):
    stored = request()
    till.control(faults=[{"kind": "slow", "seconds": 0.3}])
    with ThreadPoolExecutor(2) as pool:
        sessions = list(pool.map(lambda _: gateway.open_checkout(stored, "k"), range(2)))
    assert sessions[0] == sessions[1]
    assert sessions_made(till) == 1


def test_a_key_that_stays_in_use_is_unanswered(till, gateway):
    stored = request()
    till.control(faults=[{"kind": "slow", "seconds": 2.5}])
    slow = threading.Thread(target=gateway.open_checkout, args=(stored, "k"))
    slow.start()
    deadline = time.monotonic() + 5
    while not till.app.keys_in_use and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(Unanswered):
        gateway.open_checkout(stored, "k")
    slow.join()
    assert sessions_made(till) == 1


# When the network or Stripe fails


def test_a_lost_answer_is_asked_for_again_with_the_same_key(till, gateway):
    till.control(faults=[{"kind": "lost"}])
    opened = gateway.open_checkout(request(), "k")
    assert (opened.state, sessions_made(till)) == (SessionState.OPEN, 1)


def test_a_timeout_after_it_was_done_is_found_by_its_attempt(till, started_at):
    impatient = StripeGateway("sk_test_standin", [], till.url, timeout_seconds=0.2)
    till.control(faults=[{"kind": "lost", "seconds": 1, "times": 3}])
    with pytest.raises(Unanswered):
        impatient.open_checkout(request(), "k")
    found = impatient.find_session_by_attempt("a-1", started_at)
    assert (found.state, found.amount) == (SessionState.OPEN, Money(1234, "EUR"))
    assert sessions_made(till) == 1


def test_an_unreachable_gateway_is_unanswered(till, gateway):
    till.control(faults=[{"kind": "unreached", "times": 3}])
    with pytest.raises(Unanswered):
        gateway.open_checkout(request(), "k")
    assert sessions_made(till) == 0


def test_too_many_requests_is_unanswered(till, gateway):
    till.control(faults=[{"kind": "rate_limited"}])
    with pytest.raises(Unanswered):
        gateway.open_checkout(request(), "k")


def test_a_stored_failure_comes_back_however_often_it_is_sent(till, gateway, started_at):
    till.control(faults=[{"kind": "error_500"}])
    stored = request()
    for _ in range(2):
        with pytest.raises(StoredFailure):
            gateway.open_checkout(stored, "k")
    assert gateway.find_session_by_attempt("a-1", started_at) is None


def test_what_was_done_behind_a_stored_failure_is_found(till, gateway, started_at):
    till.control(faults=[{"kind": "error_500_done"}])
    with pytest.raises(StoredFailure):
        gateway.open_checkout(request(), "k")
    assert gateway.find_session_by_attempt("a-1", started_at).state is SessionState.OPEN


def test_a_failure_while_reading_is_asked_again(till, gateway):
    opened = gateway.open_checkout(request(), "k")
    till.control(faults=[{"kind": "error_500"}])
    with pytest.raises(Unanswered):
        gateway.fetch_session(opened.id)
    assert gateway.fetch_session(opened.id) == opened


def test_the_session_of_an_attempt_is_found_among_many_pages(till, gateway, started_at):
    wanted = gateway.open_checkout(request(attempt_id="wanted"), "wanted")
    template = till.app.account.books.get(wanted.id)
    for number in range(120):
        till.app.account.books.add(template | {"id": f"cs_test_{number}", "metadata": {"attempt": str(number)}})
    assert gateway.find_session_by_attempt("wanted", started_at) == wanted
    assert gateway.find_session_by_attempt("wanted", datetime.now(UTC) + timedelta(hours=1)) is None


# Webhooks


@pytest.fixture
def event(till, gateway):
    """An event of the stand-in, as it would be sent."""
    till.press_pay(gateway.open_checkout(request(), "k").url)
    events, _ = till.app.account.books.newest_first("event", limit=1)
    return json.dumps(events[0]).encode()


@pytest.fixture
def just_now():
    return int(time.time())


@pytest.mark.parametrize("secrets", [[OLD_SECRET], [NEW_SECRET], ["whsec_strange", NEW_SECRET]])
def test_an_event_is_read_by_any_of_our_secrets(gateway, event, just_now, secrets):
    read = gateway.read_event(event, sign(event, secrets, just_now))
    sent = json.loads(event)
    assert (read.id, read.type, read.object_id) == (sent["id"], sent["type"], sent["data"]["object"]["id"])
    assert (read.type, read.attempt_id) == ("checkout.session.completed", "a-1")
    assert (read.livemode, read.api_version) == (False, "2026-05-27.dahlia")
    assert read.created_at == datetime.fromtimestamp(sent["created"], UTC)
    assert read.payload.encode() == event


def test_a_strange_secret_an_old_stamp_and_another_body_are_forged(gateway, event, just_now):
    good = sign(event, [NEW_SECRET], just_now)
    for body, signature in (
        (event, sign(event, ["whsec_strange"], just_now)),
        (event, sign(event, [NEW_SECRET], just_now - 310)),
        (event.replace(b"1234", b"9999"), good),
        (event, good.replace("v1=", "v0=")),
        (event, f"t={just_now}"),
        (event, ""),
        (event, None),
        (b"\xff" + event, good),
    ):
        with pytest.raises(ForgedEvent):
            gateway.read_event(body, signature)
    assert gateway.read_event(event, sign(event, [NEW_SECRET], just_now - 280))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"object": "v2.core.event", "id": "evt_1", "type": "x"}', b"no"])
def test_what_is_signed_and_no_event_is_turned_away(gateway, just_now, body):
    with pytest.raises(ForgedEvent):
        gateway.read_event(body, sign(body, [NEW_SECRET], just_now))


# What is asked


def test_a_request_says_who_pays_what_in_stripes_words():
    body = json.loads(request(Money(5000, "JPY"), customer_email="a@b.test", language="lt"))
    assert body["line_items"][0]["price_data"] == {
        "currency": "jpy",
        "unit_amount": 5000,
        "product_data": {"name": "Invoice 1"},
    }
    assert body["metadata"] == body["payment_intent_data"]["metadata"] == {"attempt": "a-1"}
    assert body["client_reference_id"] == "a-1"
    assert body["adaptive_pricing"] == {"enabled": False}
    assert (body["customer_email"], body["locale"]) == ("a@b.test", "lt")


def test_stripes_page_speaks_english_to_persian_readers():
    assert json.loads(request(language="fa"))["locale"] == "en"
    assert "customer_email" not in json.loads(request())


@pytest.mark.parametrize(
    ("amounts", "error"),
    [
        ([Money(1, "EUR"), Money(1, "USD")], CurrencyMismatch),
        ([Money(0, "EUR")], ValueError),
        ([Money(-5, "EUR"), Money(500, "EUR")], ValueError),
        ([Money(500, "ISK")], ValueError),
        ([Money(100, "EUR")] * 101, ValueError),
    ],
)
def test_a_request_that_stripe_would_misread_is_never_built(amounts, error):
    with pytest.raises(error):
        request(*amounts)


def test_stripe_is_not_imported_before_it_is_needed():
    code = "import sys, models.gateways.stripe as ours; ours.StripeGateway('k', []); print('stripe' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"
