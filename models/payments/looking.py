"""What Stripe says of an attempt, whether it has a page or is charged while nobody is there."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from models.gateways.stripe import RefusedByGateway
from models.gateways.stripe_answers import CheckoutSession, GatewayPayment, PaymentState, SessionState
from models.gateways.stripe_methods import GatewaySetup
from models.payments.attempts import FINAL, OFF_SESSION, Attempt, AttemptState

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway

MADE_BEFORE = timedelta(hours=1)  # Stripe's clock and ours need not agree.


@dataclass(frozen=True, slots=True)
class Told:
    """`page` is complete where there is none: nobody can try again."""

    page: SessionState
    attempt_id: str | None
    livemode: bool
    payment: GatewayPayment | None
    session_id: str | None = None
    url: str | None = None
    setup: GatewaySetup | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """An attempt as it stood when somebody set out to fetch."""

    id: UUID
    kind: str
    state: AttemptState
    session_id: str | None
    payment_id: str | None
    request_json: str
    since: datetime

    @classmethod
    def of(cls, attempt: Attempt) -> "Asked":
        return cls(
            attempt.id,
            attempt.kind,
            attempt.state,
            attempt.session_id,
            attempt.payment_intent_id,
            attempt.request_json,
            attempt.asked_at - MADE_BEFORE,
        )


def look(asked: Asked, gateway: "StripeGateway") -> Told | None:
    """
    None where Stripe has nothing of this attempt.

    :raises models.gateways.stripe.Unanswered: ask again later.
    """
    if asked.kind == OFF_SESSION:
        payment = _payment(asked, gateway)
        return of_payment(payment) if payment else None
    fetched = (
        gateway.fetch_session(asked.session_id)
        if asked.session_id
        else gateway.find_session_by_attempt(str(asked.id), since=asked.since)
    )
    return of_session(fetched) if fetched else None


def of_session(fetched: CheckoutSession) -> Told:
    return Told(
        fetched.state,
        fetched.attempt_id,
        fetched.livemode,
        fetched.payment,
        session_id=fetched.id,
        url=fetched.url,
        setup=fetched.setup,
    )


def of_payment(payment: GatewayPayment) -> Told:
    return Told(SessionState.COMPLETE, payment.attempt_id, payment.livemode, payment)


def _payment(asked: Asked, gateway: "StripeGateway") -> GatewayPayment | None:
    """
    What was declined is canceled before anybody here is told that it failed: only then can nobody confirm it any more,
    and another charge for the same be asked for.
    """
    found = (
        gateway.fetch_payment(asked.payment_id)
        if asked.payment_id
        else gateway.find_payment_by_attempt(
            str(asked.id), since=asked.since, customer=str(json.loads(asked.request_json)["customer"])
        )
    )
    if found is None or asked.state in FINAL or found.state is not PaymentState.FAILED:
        return found
    try:
        gateway.cancel_payment(found.id)
    except RefusedByGateway:
        now = gateway.fetch_payment(found.id)  # Somebody was quicker: it is canceled, or money is on its way.
        if now.state is PaymentState.FAILED:
            raise
        return now
    return replace(found, state=PaymentState.CANCELED)
