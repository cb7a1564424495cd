"""Money that leaves again, as the stand-in plays it: refunds within what was paid, disputes, what banks say later."""

import pytest

import standin
from models.gateways.stripe_returns import DisputeState, RefundState, dispute_of, refund_of

SESSIONS = "/v1/checkout/sessions"


@pytest.fixture
def charge(till: standin.Running, stripe, order):
    """Paid: 12.34 EUR."""
    till.press_pay(stripe.post(SESSIONS, order)[1]["url"])
    return stripe.get("/v1/charges")[1]["data"][0]


def charge_now(stripe):
    return stripe.get("/v1/charges")[1]["data"][0]


def types(stripe):
    return [event["type"] for event in stripe.get("/v1/events?limit=100")[1]["data"]][::-1]


def test_a_refund_is_made_in_parts_and_never_beyond_the_charge(stripe, charge):
    asked = {"payment_intent": charge["payment_intent"], "amount": "1000", "metadata[refund]": "r-1"}
    status, made = stripe.post("/v1/refunds", asked, Idempotency_Key="k")
    assert (status, made["status"], made["amount"], made["metadata"]) == (200, "succeeded", 1000, {"refund": "r-1"})
    assert stripe.post("/v1/refunds", asked, Idempotency_Key="k")[1]["id"] == made["id"]
    for amount in ("235", "0", "-1"):
        assert stripe.post("/v1/refunds", {"charge": charge["id"], "amount": amount})[0] == 400
    assert stripe.post("/v1/refunds", {"charge": charge["id"]})[1]["amount"] == 234
    assert charge_now(stripe)["refunded"] is True
    assert stripe.post("/v1/refunds", {"charge": charge["id"]})[1]["error"]["code"] == "charge_already_refunded"
    assert len(stripe.get(f"/v1/refunds?payment_intent={charge['payment_intent']}")[1]["data"]) == 2
    assert types(stripe).count("refund.created") == 2


def test_what_was_never_paid_cannot_be_refunded_or_disputed(till, stripe, order):
    session = stripe.post(SESSIONS, order)[1]
    till.press_pay(session["url"], "4000000000000002")
    [declined] = stripe.get("/v1/charges")[1]["data"]
    assert stripe.post("/v1/refunds", {"charge": declined["id"]})[0] == 400
    for orders in ({"dispute": {"payment": declined["id"]}}, {"refund": {"payment": session["id"]}}):
        with pytest.raises(ValueError, match=r"."):
            till.control(**orders)


@pytest.mark.parametrize(
    ("card", "at_first", "later"),
    [
        ("4000000000007726", RefundState.PENDING, RefundState.SUCCEEDED),
        ("4000000000005126", RefundState.SUCCEEDED, RefundState.FAILED),
    ],
)
def test_some_cards_say_later_what_became_of_a_refund(till, stripe, order, card, at_first, later):
    till.press_pay(stripe.post(SESSIONS, order)[1]["url"], card)
    made = stripe.post("/v1/refunds", {"charge": charge_now(stripe)["id"]})[1]
    assert refund_of(made).state is at_first
    till.control(clock_offset_seconds=61)
    assert refund_of(stripe.get(f"/v1/refunds/{made['id']}")[1]).state is later
    assert charge_now(stripe)["amount_refunded"] == (0 if later is RefundState.FAILED else 1234)
    assert types(stripe)[-1] == ("refund.failed" if later is RefundState.FAILED else "refund.updated")


def test_a_dispute_takes_the_money_and_gives_it_back_when_it_is_won(till, stripe, charge):
    till.control(dispute={"payment": charge["id"], "amount": 1000})
    [dispute] = stripe.get(f"/v1/disputes?payment_intent={charge['payment_intent']}")[1]["data"]
    read = dispute_of(dispute)
    assert (read.state, read.amount.minor, read.withdrawn_at is None, read.reinstated_at) == (
        *(DisputeState.OPEN, 1000, False),
        None,
    )
    assert stripe.post("/v1/refunds", {"charge": charge["id"]})[1]["error"]["code"] == "charge_disputed"
    till.control(close_dispute={"id": dispute["id"], "won": True})
    won = dispute_of(stripe.get(f"/v1/disputes/{dispute['id']}")[1])
    assert (won.state, won.reinstated_at is None) == (DisputeState.WON, False)
    assert [one for one in types(stripe) if "dispute" in one] == [
        *("charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"),
        "charge.dispute.closed",
    ]
    with pytest.raises(ValueError, match="no dispute"):
        till.control(close_dispute={"id": dispute["id"], "won": False})


@pytest.mark.parametrize(("card", "state"), [("4000000000000259", DisputeState.OPEN), ("4000000000001976", "inquiry")])
def test_some_cards_are_disputed_at_once(till, stripe, order, card, state):
    till.press_pay(stripe.post(SESSIONS, order)[1]["url"], card)
    [dispute] = stripe.get("/v1/disputes")[1]["data"]
    assert dispute_of(dispute).state == state
    assert (dispute_of(dispute).withdrawn_at is None) == (state == "inquiry")
