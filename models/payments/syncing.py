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
from models.gateways.stripe_answers import PaymentState, SessionState
from models.gateways.stripe_methods import SetupState
from models.gateways.stripe_returns import Returns
from models.payments import mails, methods, receipts, returning
from models.payments.attempts import (
    FINAL,
    GONE,
    OFF_SESSION,
    SETUP,
    Attempt,
    AttemptState,
    GatewayObject,
    of_instalment,
    tell_plans,
)
from models.payments.booking import booking_day
from models.payments.looking import Asked, Told, look
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
            asked = Asked.of(attempt)
        told = look(asked, gateway)
        returns = _returns(told, asked.state, gateway)
        with transaction():
            attempt = merge(customer_id, attempt_id, told, live=gateway.live, now=now())
            state = attempt.state
            receipt = ledger.entry_by_key(customer_id, f"{attempt.payment_intent_id}:paid")
            if returns is not None and receipt is not None:
                returning.merge(attempt, receipt, returns, now=now())
            if attempt.sync_no == sync_no or state in FINAL:
                return state


def _returns(told: Told | None, state: AttemptState, gateway: "StripeGateway") -> Returns | None:
    """What left of a payment: asked where Stripe says that something did, and whenever we hear of an old payment."""
    payment = told.payment if told else None
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


def merge(customer_id: int, attempt_id: UUID, told: Told | None, *, live: bool, now: datetime) -> Attempt:
    """
    Enter what Stripe says, under the account's lock, in the caller's transaction. An answer that is older than what we
    know lowers nothing.
    """
    attempt = session.get_one(Attempt, (customer_id, attempt_id))
    lock_account(customer_id, attempt.currency)
    session.refresh(attempt)
    attempt.synced_at = now
    put_off(attempt, now)
    if told is None:
        if now - attempt.asked_at > FORGET_AFTER:
            close(attempt, AttemptState.FAILED, "never_made", now)
        return attempt
    _remember(attempt, told)
    paid = told.payment is not None and told.payment.state is PaymentState.SUCCEEDED
    if paid and not _as_asked(attempt, told, live=live):
        # Not what we asked for: nothing is booked on a guess; it stays unfinished and in sight of staff.
        attempt.decline_code = "mismatch"
        return attempt
    if told.page is SessionState.COMPLETE:
        _keep_method(attempt, told, now)
    if paid:
        _settle(attempt, told, now)
    elif attempt.state not in FINAL:
        _follow(attempt, told, now)
    return attempt


def _as_asked(attempt: Attempt, told: Told, *, live: bool) -> bool:
    intent = told.payment
    return (
        intent is not None
        and intent.received == attempt.amount
        and told.livemode == live
        and told.attempt_id == str(attempt.id)
    )


def _keep_method(attempt: Attempt, told: Told, now: datetime) -> None:
    """What the payer let Stripe keep, if anything."""
    source = told.setup or told.payment
    if source is not None and source.method is not None and attempt.method_id is None:
        kept = methods.save(attempt, source.method, now=now)
        attempt.method_id = kept.id if kept else None


def _follow(attempt: Attempt, told: Told, now: datetime) -> None:
    source = told.payment or told.setup
    code = (told.payment.decline_code if told.payment else "") or (told.setup.error_code if told.setup else "")
    attempt.decline_code = code or attempt.decline_code
    if told.page is SessionState.EXPIRED:
        close(attempt, AttemptState.EXPIRED, attempt.decline_code, now)
    elif told.page is SessionState.COMPLETE and source is not None:
        _follow_finished(attempt, source.state, now)
    elif attempt.state in (AttemptState.CREATED, AttemptState.SUBMITTED):
        attempt.move_to(AttemptState.OPEN)


def _follow_finished(attempt: Attempt, state: PaymentState | SetupState, now: datetime) -> None:
    """Nobody can try again: it succeeds, fails, or is on its way."""
    declined = attempt.kind == OFF_SESSION and attempt.decline_code
    if state is SetupState.SUCCEEDED:
        close(attempt, AttemptState.SUCCEEDED, "", now)
    elif state is PaymentState.FAILED or (state is PaymentState.CANCELED and declined):
        close(attempt, AttemptState.FAILED, attempt.decline_code, now)
        _tell_declined(attempt, now)
    elif state in (PaymentState.CANCELED, SetupState.CANCELED):
        close(attempt, AttemptState.CANCELED, attempt.decline_code, now)
    elif attempt.state is not AttemptState.PROCESSING:
        attempt.move_to(AttemptState.PROCESSING)


def _tell_declined(attempt: Attempt, now: datetime) -> None:
    """Whoever gave a card or an account for later hears from whatever it is charged for: there is more to say."""
    if attempt.kind != OFF_SESSION:
        mails.tell_not_paid(attempt, now=now)
    elif attempt.method_id is not None:
        methods.note_decline(attempt.customer_id, attempt.method_id, attempt.decline_code, now=now)


def _settle(attempt: Attempt, told: Told, now: datetime) -> None:
    """Enter the money once, however often and in whatever order we are told."""
    if attempt.state is AttemptState.SUCCEEDED or told.payment is None:
        return
    if attempt.instalment_id is not None and _is_paid_by_another(attempt):
        attempt.instalment_id = None  # Given up long ago, and money came after all: it pays items, as any other.
    intent = told.payment
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


def _is_paid_by_another(attempt: Attempt) -> bool:
    others = of_instalment(attempt.customer_id, attempt.instalment_id or 0)
    return any(one.id != attempt.id and one.state not in GONE for one in others)


def close(attempt: Attempt, state: AttemptState, reason: str, now: datetime) -> None:
    """End an attempt and what it holds; the account's lock is the caller's."""
    attempt.decline_code = reason
    attempt.move_to(state)
    holds.end(attempt.customer_id, attempt.source, on=company.get().today(now), now=now)
    tell_plans(attempt)
    if attempt.kind == SETUP and state is AttemptState.SUCCEEDED:
        return  # What was kept has been told.
    audit.record(
        attempt.customer_id,
        "method.not_kept" if attempt.kind == SETUP else f"payment.{state.value}",
        by=audit.JOB,
        now=now,
        about=attempt.source,
        facts={"amount": attempt.amount, "session": attempt.session_id, "intent": attempt.payment_intent_id},
    )


def _remember(attempt: Attempt, told: Told) -> None:
    attempt.session_id = attempt.session_id or told.session_id
    attempt.session_url = attempt.session_url or told.url
    if told.payment is not None:
        attempt.payment_intent_id = attempt.payment_intent_id or told.payment.id
    if told.setup is not None:
        attempt.setup_intent_id = attempt.setup_intent_id or told.setup.id
    for object_id in (attempt.session_id, attempt.payment_intent_id, attempt.setup_intent_id):
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
