"""Money back through Stripe: the intent is stored before the call, and `sync` enters what Stripe says of it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select

from models import audit, jobs
from models.audit import Actor
from models.customers import lock_account
from models.database import session
from models.errors import N_
from models.gateways.stripe import GatewayError, RefusedByGateway, StoredFailure, Unanswered
from models.gateways.stripe_requests import refund_request
from models.ledger import AllocationRefused, Entry, EntryKind, EntryRefused
from models.money import Money, total
from models.payments.attempts import Attempt
from models.payments.returned import UNFINISHED, Refund, RefundState, refund_by_key, refund_of, refunds_of_attempt
from models.payments.syncing import FORGET_AFTER, WAITS, sync
from models.transactions import transaction

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway

SEND_AGAIN_FOR = timedelta(hours=23)  # Stripe forgets a key after a day, and would refund a second time.
UNSENT = (RefundState.WAITING, RefundState.SUBMITTED)


def payment_of(receipt: Entry) -> Attempt | None:
    """The payment through Stripe that a receipt is of; None for money that came another way."""
    intent_id, _, what = receipt.dedupe_key.partition(":")
    if receipt.kind != EntryKind.RECEIPT or what != "paid":
        return None
    query = select(Attempt).where(Attempt.customer_id == receipt.customer_id, Attempt.payment_intent_id == intent_id)
    return session.scalar(query)


def request_refund(receipt: Entry, amount: Money, *, reason: str, key: str, by: Actor, now: datetime) -> Refund:
    """
    Record that money of a receipt goes back the way it came, and queue the call. `key` names whatever asks: twice is
    once. The ledger hears of it when Stripe has taken it.

    :raises AllocationRefused: more than is unapplied, less what other refunds on their way will use.
    :raises EntryRefused: the key has asked for another amount.
    """
    lock_account(receipt.customer_id, receipt.currency)
    known, attempt = refund_by_key(receipt.customer_id, key), payment_of(receipt)
    if known is not None:
        if known.amount != amount:
            raise EntryRefused(N_("This was entered before with %(amount)s."), amount=known.amount)
        return known
    if attempt is None or attempt.payment_intent_id is None:
        raise AllocationRefused(N_("This money did not come through Stripe."))
    left = refundable(receipt, attempt)
    if amount > left or amount.minor <= 0:
        raise AllocationRefused(N_("Only %(left)s of this credit is unapplied."), left=left)
    refund = _record(receipt, attempt, amount, reason=reason, key=key, now=now)
    audit.record(
        receipt.customer_id,
        "refund.asked",
        by=by,
        now=now,
        about=refund.source,
        facts={"amount": amount, "receipt": receipt.id},
        words={"reason": reason},
    )
    jobs.later("refunds.send", customer_id=refund.customer_id, refund_id=str(refund.id))
    return refund


def _record(receipt: Entry, attempt: Attempt, amount: Money, *, reason: str, key: str, now: datetime) -> Refund:
    refund_id = uuid4()
    body = refund_request(
        payment_intent_id=attempt.payment_intent_id or "",
        refund_id=str(refund_id),
        attempt_id=str(attempt.id),
        amount=amount,
    )
    refund = Refund(
        customer_id=receipt.customer_id,
        id=refund_id,
        attempt_id=attempt.id,
        receipt_id=receipt.id,
        key=key,
        currency=amount.currency,
        amount_minor=amount.minor,
        reason=reason,
        state=RefundState.WAITING,
        request_json=json.dumps(body),
        asked_at=now,
        next_try_at=now,
    )
    session.add(refund)
    session.flush()
    return refund


def refundable(receipt: Entry, attempt: Attempt) -> Money:
    """What is unapplied and not on its way back, and at most what Stripe still has of the payment."""
    session.refresh(receipt)
    made = [one for one in refunds_of_attempt(attempt.customer_id, attempt.id) if one.state is not RefundState.FAILED]
    coming = total((one.amount for one in made if one.state in UNSENT), receipt.currency)
    captured = attempt.amount - total((one.amount for one in made), receipt.currency)
    return max(min(receipt.left - coming, captured), Money(0, receipt.currency))


def send_refund(customer_id: int, refund_id: UUID, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> None:
    """
    Send the stored request, then let `sync` enter what is true. No transaction is open across the calls. May run any
    number of times: key and body are the same, so that Stripe refunds once at most.

    :raises models.gateways.stripe.GatewayError: no answer, or none that tells; the sweep finds out.
    """
    with transaction():
        refund = session.get_one(Refund, (customer_id, refund_id), with_for_update=True, populate_existing=True)
        attempt_id, body, asked_at = refund.attempt_id, refund.request_json, refund.asked_at
        _put_off(refund, now())
        if refund.state is RefundState.WAITING:
            refund.move_to(RefundState.SUBMITTED)
            refund.sent_at = now()
        wanted = refund.state is RefundState.SUBMITTED and now() - asked_at < SEND_AGAIN_FOR
    if wanted:
        try:
            gateway.make_refund(body, idempotency_key=f"refund:{refund_id}")
        except RefusedByGateway as error:
            _fail(customer_id, refund_id, error.code or "refused", now())
            return
        except StoredFailure:
            wanted = False  # The same answer would come back; whether it was made is looked up.
    sync(customer_id, attempt_id, gateway=gateway, now=now)
    if now() - asked_at > FORGET_AFTER:
        _fail(customer_id, refund_id, "never_made", now())


def sweep_refunds(*, gateway: "StripeGateway", now: Callable[[], datetime], most: int = 100) -> int:
    """Look at every refund that is not finished and whose time has come. Returns how many were looked at."""
    query = (
        select(Refund.customer_id, Refund.id)
        .where(Refund.state.in_(UNFINISHED), Refund.next_try_at <= now())
        .order_by(Refund.next_try_at)
        .limit(most)
    )
    due = session.execute(query).all()
    session.rollback()
    for looked_at, (customer_id, refund_id) in enumerate(due, start=1):
        try:
            send_refund(customer_id, refund_id, gateway=gateway, now=now)
        except Unanswered:
            return looked_at
        except GatewayError:
            continue
        except Exception as error:
            session.rollback()
            _tell(refund_id, error)
    return len(due)


def _fail(customer_id: int, refund_id: UUID, reason: str, now: datetime) -> None:
    """A definite no, or none for a day: nothing was made there, and nothing was entered here."""
    with transaction():
        refund = refund_of(customer_id, refund_id)
        if refund is None:
            return
        lock_account(customer_id, refund.currency)
        session.refresh(refund, with_for_update=True)
        if refund.state in UNSENT:
            refund.move_to(RefundState.FAILED)
            refund.failure_code = reason
            facts = {"amount": refund.amount, "failure": reason}
            audit.record(customer_id, "refund.failed", by=audit.JOB, now=now, about=refund.source, facts=facts)


def _put_off(refund: Refund, now: datetime) -> None:
    refund.next_try_at = now + WAITS[min(refund.tries, len(WAITS) - 1)]
    refund.tries += 1


def _tell(refund_id: UUID, error: Exception) -> None:
    import structlog

    structlog.get_logger().error("refund_not_settled", refund=str(refund_id), exc_info=error)
