"""What we send and what the stand-in answers, against Stripe's published OpenAPI document."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from models.gateways.stripe_requests import CheckoutLine, checkout_request, refund_request
from models.money import Money
from tests.standin import contract

SESSIONS = "/v1/checkout/sessions"
CARDS = (
    *("4242424242424242", "4000000000000002", "4000000000000259", "4000000000001976", "4000000000007726"),
    *("4000000000005126", "4000002500003155", "4000002760003184", "AT611904300234573201", "AT861904300235473202"),
    "AT591904300235473203",
)
LISTS = ("checkout/sessions", "payment_intents", "charges", "refunds", "disputes", "balance_transactions", "events")


@pytest.fixture(autouse=True)
def _document() -> None:
    if contract.document() is None:
        pytest.skip(contract.ABSENT)


def test_every_object_and_event_is_one_that_stripe_could_have_sent(till, stripe, order):
    """Each card pays, is refunded, disputed, won and lost, as far as it goes."""
    stripe.post("/v1/customers", {"name": "Acme", "email": "ap@acme.test"})
    for number in CARDS:
        session = stripe.post(SESSIONS, order)[1]
        till.press_pay(session["url"], number)
        till.authenticate(session["url"], passed=number.endswith("3155"))
    till.control(clock_offset_seconds=30)
    for charge in stripe.get("/v1/charges?limit=100")[1]["data"]:
        stripe.post("/v1/refunds", {"charge": charge["id"], "amount": "500", "reason": "requested_by_customer"})
    till.control(clock_offset_seconds=120)
    for place, dispute in enumerate(stripe.get("/v1/disputes?limit=100")[1]["data"]):
        if dispute["status"] != "lost":
            till.control(close_dispute={"id": dispute["id"], "won": bool(place % 2)})
    stripe.post(f"{SESSIONS}/{stripe.post(SESSIONS, order)[1]['id']}/expire", {})
    seen = [stripe.get(f"/v1/{path}?limit=100")[1] for path in LISTS]
    assert all(page["data"] for page in seen)
    assert [wrong for page in seen for one in page["data"] for wrong in contract.wrong_with_object(one)] == []


def test_expanded_objects_are_so_too(till, stripe, order):
    session = stripe.post(SESSIONS, order)[1]
    till.press_pay(session["url"])
    deep = "expand[]=payment_intent.latest_charge.balance_transaction"
    assert contract.wrong_with_object(stripe.get(f"{SESSIONS}/{session['id']}?{deep}")[1]) == []


def test_errors_are_shaped_as_stripes(stripe, order):
    asked = (stripe.post(SESSIONS, order | {"mode": "x"}), stripe.get("/v1/charges/ch_none"))
    for status, answer in asked:
        assert status in (400, 404)
        assert list(contract._wrong(answer, {"$ref": "#/components/schemas/error"}, "error")) == []


def test_what_we_send_is_what_stripe_takes():
    checkout = checkout_request(
        attempt_id="a-1",
        lines=[CheckoutLine("Invoice 1", Money(1_234, "EUR"))],
        description="Invoices",
        success_url="https://shop.test/done",
        cancel_url="https://shop.test/back",
        expires_at=datetime.now(UTC) + timedelta(minutes=40),
        customer_email="ap@example.test",
        language="lt",
    )
    refund = refund_request(payment_intent_id="pi_1", refund_id="r-1", attempt_id="a-1", amount=Money(500, "EUR"))
    assert contract.wrong_with_request(SESSIONS, json.loads(json.dumps(checkout))) == []
    assert contract.wrong_with_request("/v1/refunds", json.loads(json.dumps(refund))) == []


def test_the_judge_sees_what_is_wrong(till, stripe, order):
    session = stripe.post(SESSIONS, order)[1]
    for change in ({"status": "paid"}, {"amount_total": "12"}, {"colour": 1}, {"livemode": None}):
        assert contract.wrong_with_object(session | change) != []
    del session["payment_status"]
    assert contract.wrong_with_object(session) != []
    assert contract.wrong_with_request("/v1/refunds", {"amount": "much", "colour": "red"}) != []
