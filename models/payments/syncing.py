"""`sync`: the only writer of what came of an attempt. It fetches the truth from Stripe and only ever rises."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import update

from models import audit, company, holds, ledger
from models.customers import lock_account
from models.database import session
from models.gateways.stripe import GatewayError
from models.gateways.stripe_answers import CheckoutSession, PaymentState, SessionState
from models.gateways.stripe_returns import Returns
from models.payments import mails, receipts, returning
from models.payments.attempts import FINAL, Attempt, AttemptState, GatewayObject
from models.payments.booking import booking_day
from models.transactions import transaction

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway

FORGET_AFTER = timedelta(hours=24)  # Stripe keeps an idempotency key as long; what it never saw by then was never made.
LOOKS_AGAIN = timedelta(minutes=5)
WAITS = (timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))


def sync(customer_id: int, attempt_id: UUID, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> AttemptState:
    """
    Fetch what Stripe says of an attempt and merge it. May run any number of times, at once and in any order:
    states only rise, and every money effect has a dedupe key of the object's own id.

    :raises models.gateways.stripe.Unanswered: Stripe gave no answer; nothing changed.
    """
    while True:
        with transaction():
            attempt, sync_no = _begin(customer_id, attempt_id)
            known_id, asked_at, state = attempt.session_id, attempt.asked_at, attempt.state
        fetched = (
            gateway.fetch_session(known_id)
            if known_id
            else gateway.find_session_by_attempt(str(attempt_id), since=asked_at - timedelta(hours=1))
        )
        returns = _returns(fetched, state, gateway)
        with transaction():
            attempt = session.get_one(Attempt, (customer_id, attempt_id))
            lock_account(customer_id, attempt.currency)
            session.refresh(attempt)
            state = _merge(attempt, fetched, live=gateway.live, now=now())
            receipt = ledger.entry_by_key(customer_id, f"{attempt.payment_intent_id}:paid")
            if returns is not None and receipt is not None:
                returning.merge(attempt, receipt, returns, now=now())
            if attempt.sync_no == sync_no or state in FINAL:
                return state


def _returns(fetched: CheckoutSession | None, state: AttemptState, gateway: "StripeGateway") -> Returns | None:
    """What left of a payment: asked where Stripe says that something did, and whenever we hear of an old payment."""
    payment = fetched.payment if fetched else None
    if payment is None or payment.state is not PaymentState.SUCCEEDED:
        return None
    asked = payment.money_left or state is AttemptState.SUCCEEDED
    return gateway.fetch_returns(payment.id) if asked else None


def sync_calmly(customer_id: int, attempt_id: UUID, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> None:
    """`sync` for a page: when Stripe does not answer the page shows what we know."""
    session.rollback()
    try:
        sync(customer_id, attempt_id, gateway=gateway, now=now)
    except GatewayError:
        return


def _begin(customer_id: int, attempt_id: UUID) -> tuple[Attempt, int]:
    number = session.scalars(
        update(Attempt)
        .where(Attempt.customer_id == customer_id, Attempt.id == attempt_id)
        .values(sync_no=Attempt.sync_no + 1)
        .returning(Attempt.sync_no)
    ).one()
    return session.get_one(Attempt, (customer_id, attempt_id), populate_existing=True), number


def _merge(attempt: Attempt, fetched: CheckoutSession | None, *, live: bool, now: datetime) -> AttemptState:
    attempt.synced_at = now
    put_off(attempt, now)
    if fetched is None:
        if now - attempt.asked_at > FORGET_AFTER:
            close(attempt, AttemptState.FAILED, "never_made", now)
        return attempt.state
    _remember(attempt, fetched)
    paid = fetched.payment is not None and fetched.payment.state is PaymentState.SUCCEEDED
    if paid and not _as_asked(attempt, fetched, live=live):
        # Not what we asked for: nothing is booked on a guess; it stays unfinished and in sight of staff.
        attempt.decline_code = "mismatch"
        return attempt.state
    if paid:
        _settle(attempt, fetched, now)
    elif attempt.state not in FINAL:
        _follow(attempt, fetched, now)
    return attempt.state


def _as_asked(attempt: Attempt, fetched: CheckoutSession, *, live: bool) -> bool:
    intent = fetched.payment
    return (
        intent is not None
        and intent.received == attempt.amount
        and fetched.livemode == live
        and fetched.attempt_id == str(attempt.id)
    )


def _follow(attempt: Attempt, fetched: CheckoutSession, now: datetime) -> None:
    if fetched.payment is not None and fetched.payment.decline_code:
        attempt.decline_code = fetched.payment.decline_code
    if fetched.state is SessionState.EXPIRED:
        close(attempt, AttemptState.EXPIRED, attempt.decline_code, now)
    elif fetched.state is SessionState.COMPLETE and fetched.payment is not None:
        if fetched.payment.state is PaymentState.CANCELED:
            close(attempt, AttemptState.CANCELED, attempt.decline_code, now)
        elif fetched.payment.state is PaymentState.FAILED:
            close(attempt, AttemptState.FAILED, attempt.decline_code, now)
            mails.tell_not_paid(attempt, now=now)
        elif attempt.state is not AttemptState.PROCESSING:
            attempt.move_to(AttemptState.PROCESSING)
    elif attempt.state in (AttemptState.CREATED, AttemptState.SUBMITTED):
        attempt.move_to(AttemptState.OPEN)


def _settle(attempt: Attempt, fetched: CheckoutSession, now: datetime) -> None:
    """Enter the money once, however often and in whatever order we are told."""
    if attempt.state is AttemptState.SUCCEEDED or fetched.payment is None:
        return
    intent = fetched.payment
    receipt = ledger.receive(
        attempt.customer_id,
        intent.received,
        effective_on=booking_day(intent.tried_at or now, now),
        dedupe_key=f"{intent.id}:paid",
        reference=intent.id,
        now=now,
    )
    returning.use_as_chosen(attempt, receipt, now)
    attempt.decline_code = ""
    close(attempt, AttemptState.SUCCEEDED, "", now)
    receipts.queue(attempt, receipt, now=now)


def close(attempt: Attempt, state: AttemptState, reason: str, now: datetime) -> None:
    """End an attempt and what it holds; the account's lock is the caller's."""
    attempt.decline_code = reason
    attempt.move_to(state)
    holds.end(attempt.customer_id, attempt.source, on=company.get().today(now), now=now)
    audit.record(
        attempt.customer_id,
        f"payment.{state.value}",
        by=audit.JOB,
        now=now,
        about=attempt.source,
        facts={"amount": attempt.amount, "session": attempt.session_id, "intent": attempt.payment_intent_id},
    )


def _remember(attempt: Attempt, fetched: CheckoutSession) -> None:
    attempt.session_id = attempt.session_id or fetched.id
    attempt.session_url = attempt.session_url or fetched.url
    if fetched.payment is not None:
        attempt.payment_intent_id = attempt.payment_intent_id or fetched.payment.id
    for object_id in (attempt.session_id, attempt.payment_intent_id):
        if object_id and session.get(GatewayObject, object_id) is None:
            session.add(GatewayObject(object_id=object_id, customer_id=attempt.customer_id, attempt_id=attempt.id))
    session.flush()


def put_off(attempt: Attempt, now: datetime) -> None:
    """When to look at it next: soon while its page may be open, else less and less often."""
    if attempt.state is AttemptState.OPEN and now < attempt.expires_at + LOOKS_AGAIN:
        attempt.next_try_at = now + LOOKS_AGAIN
        return
    attempt.next_try_at = now + WAITS[min(attempt.tries, len(WAITS) - 1)]
    attempt.tries += 1
