"""What Stripe says of pay pages, payments and events, in our types. No call is made here."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from models.gateways.stripe_methods import GatewayMethod, GatewaySetup, method_of_payment, setup_of
from models.gateways.stripe_returns import money_of
from models.money import Money


class SessionState(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class PaymentState(StrEnum):
    REQUIRES_CUSTOMER = "requires_customer"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class GatewayPayment:
    """
    `amount` is what was asked, `received` what came in; `charge_id` the newest try, successful or not,
    `tried_at` its time.

    `decline_code` is Stripe's word for why the newest try failed, empty where none did. `money_left` is whether any of
    it was refunded or disputed. `method` is known where the answer holds it, and may be kept for nobody.
    """

    id: str
    state: PaymentState
    amount: Money
    received: Money
    charge_id: str | None
    decline_code: str
    attempt_id: str | None
    livemode: bool
    tried_at: datetime | None
    money_left: bool = False
    method: GatewayMethod | None = None


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """
    `url` only while open. `payment` is None until the payer presses 'Pay' for the first time; a page that keeps a
    method without a payment has a `setup` instead, and asks for nothing.

    The answer to `open_checkout` may be an old one, replayed: what is true now is told by `fetch_session`.
    """

    id: str
    url: str | None
    state: SessionState
    amount: Money
    attempt_id: str | None
    expires_at: datetime
    livemode: bool
    payment: GatewayPayment | None
    setup: GatewaySetup | None = None


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """
    A hint that something happened. `payload` is the body as it came; `attempt_id` what the object says of itself.
    `object_id` is a payment's, for what belongs to one: a refund or a dispute may be news to us.
    """

    id: str
    type: str
    object_id: str
    attempt_id: str | None
    livemode: bool
    api_version: str
    created_at: datetime
    payload: str


def event_of(payload: str) -> GatewayEvent:
    event = json.loads(payload)
    subject = event["data"]["object"]
    return GatewayEvent(
        id=event["id"],
        type=event["type"],
        object_id=_payment_or_self(subject),
        attempt_id=attempt_of(subject),
        livemode=event["livemode"],
        api_version=event["api_version"] or "",
        created_at=datetime.fromtimestamp(event["created"], UTC),
        payload=payload,
    )


def _payment_or_self(subject: dict[str, Any]) -> str:
    """Some objects, such as the balance, have no id."""
    returned = subject.get("object") in ("refund", "dispute")
    object_id: str = (subject.get("payment_intent") if returned else None) or subject.get("id", "")
    return object_id


def session_of(body: dict[str, Any]) -> CheckoutSession:
    state = SessionState(body["status"])
    intent, setup = body["payment_intent"], body["setup_intent"]
    return CheckoutSession(
        id=body["id"],
        url=body["url"],
        state=state,
        amount=money_of(body["amount_total"] or 0, body["currency"]),
        attempt_id=attempt_of(body),
        expires_at=datetime.fromtimestamp(body["expires_at"], UTC),
        livemode=body["livemode"],
        payment=payment_of(intent, state) if isinstance(intent, dict) else None,
        setup=setup_of(setup) if isinstance(setup, dict) else None,
    )


def payment_of(body: dict[str, Any], page: SessionState = SessionState.COMPLETE) -> GatewayPayment:
    """`page`: whether there is one on which the payer can try again."""
    charge, error = body["latest_charge"], body["last_payment_error"] or {}
    return GatewayPayment(
        id=body["id"],
        state=_payment_state(body["status"], page),
        amount=money_of(body["amount"], body["currency"]),
        received=money_of(body["amount_received"], body["currency"]),
        charge_id=charge["id"] if isinstance(charge, dict) else charge,
        decline_code=error.get("decline_code") or error.get("code") or "",
        attempt_id=attempt_of(body),
        livemode=body["livemode"],
        tried_at=datetime.fromtimestamp(charge["created"], UTC) if isinstance(charge, dict) else None,
        money_left=isinstance(charge, dict) and bool(charge["disputed"] or charge["amount_refunded"]),
        method=method_of_payment(body),
    )


def _payment_state(status: str, page: SessionState) -> PaymentState:
    if status in ("succeeded", "processing", "canceled"):
        return PaymentState(status)
    # Without a page to try again on, a payment that wants another card has failed: a debit that came back late.
    return PaymentState.REQUIRES_CUSTOMER if page is SessionState.OPEN else PaymentState.FAILED


def attempt_of(body: dict[str, Any]) -> str | None:
    attempt_id: str | None = (body.get("metadata") or {}).get("attempt")
    return attempt_id
