"""What left of a payment, merged from what Stripe says into rows and ledger; called by `sync` under its lock."""

from datetime import datetime
from uuid import uuid4

from models import audit, ledger
from models.database import session
from models.gateways.stripe_returns import DisputeState, GatewayDispute, GatewayRefund, Returns
from models.gateways.stripe_returns import RefundState as Told
from models.ledger import Entry
from models.money import Money
from models.payments import mails, methods
from models.payments.attempts import Attempt, GatewayObject, lines_of, tell_plans
from models.payments.booking import booking_day
from models.payments.returned import Chargeback, Refund, RefundState, refund_by_key, refunds_of_attempt

STATES = {
    Told.PENDING: RefundState.SENT,
    Told.SUCCEEDED: RefundState.SUCCEEDED,
    Told.FAILED: RefundState.FAILED,
}
_RISE = {state: rise for rise, state in enumerate(RefundState)}
MAY_BE_CHARGED_AGAIN = frozenset({"insufficient_funds"})  # Whoever takes back a charge for another reason says no.
_CLOSED = (DisputeState.CLOSED, DisputeState.WON, DisputeState.LOST)


def merge(attempt: Attempt, receipt: Entry, returns: Returns, *, now: datetime) -> None:
    """
    Enter what left and what came back, once each, in whatever order we are told: an answer that is older than what we
    know lowers nothing.
    """
    for refund in sorted(returns.refunds, key=lambda one: (one.made_at, one.id)):
        _refunded(attempt, receipt, refund, now)
    for dispute in sorted(returns.disputes, key=lambda one: (one.began_at, one.id)):
        _disputed(attempt, receipt, dispute, now)


def _refunded(attempt: Attempt, receipt: Entry, told: GatewayRefund, now: datetime) -> None:
    row = _row_of(attempt, receipt, told, now)
    first = row.stripe_id is None
    if first:
        row.stripe_id = told.id
        _register(told.id, attempt)
    state = STATES[told.state]
    entry = ledger.sent_back(
        receipt,
        told.amount,
        on=booking_day(told.made_at, now),
        dedupe_key=f"{told.id}:refund",
        reason=row.reason,
        now=now,
    )
    if row.state != state and (first or _RISE[state] > _RISE[row.state]):
        row.move_to(state)
        row.failure_code = told.failure_code
        facts = {"amount": told.amount, "refund": told.id, "failure": told.failure_code}
        audit.record(attempt.customer_id, f"refund.{state.value}", by=audit.JOB, now=now, about=row.source, facts=facts)
        tell_plans(attempt)
    if row.state is RefundState.FAILED and not ledger.entry_by_key(row.customer_id, f"{told.id}:refund_failed"):
        ledger.come_back(
            entry,
            on=booking_day(now, now),
            dedupe_key=f"{told.id}:refund_failed",
            reason=row.failure_code,
            now=now,
        )
        if not row.request_json:
            # Nobody here freed it from its items to be refunded: it pays them again.
            use_as_chosen(attempt, ledger.entry_of(receipt.customer_id, receipt.id), now)
    session.flush()


def _row_of(attempt: Attempt, receipt: Entry, told: GatewayRefund, now: datetime) -> Refund:
    """Ours by its id there, else by our name for it; one that was made in Stripe's dashboard gets a row now."""
    for row in refunds_of_attempt(attempt.customer_id, attempt.id):
        asked = row.stripe_id is None and told.refund_id == str(row.id) and told.amount == row.amount
        if asked or told.id == row.stripe_id:
            return row
    row = refund_by_key(attempt.customer_id, told.id) or Refund(
        customer_id=attempt.customer_id,
        id=uuid4(),
        attempt_id=attempt.id,
        receipt_id=receipt.id,
        key=told.id,
        currency=told.amount.currency,
        amount_minor=told.amount.minor,
        reason="",
        state=RefundState.WAITING,
        asked_at=told.made_at,
        sent_at=told.made_at,
        next_try_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _disputed(attempt: Attempt, receipt: Entry, told: GatewayDispute, now: datetime) -> None:
    row = _chargeback(attempt, receipt, told)
    row.withdrawn_at = row.withdrawn_at or told.withdrawn_at
    row.reinstated_at = row.reinstated_at or told.reinstated_at
    if row.state not in _CLOSED and not (row.state is DisputeState.OPEN and told.state is DisputeState.INQUIRY):
        row.state, row.answer_by = told.state, told.answer_by
    session.flush()
    if row.withdrawn_at:
        _withdraw(attempt, row, receipt, now)
    if row.reinstated_at:
        _reinstate(attempt, row, now)


def _chargeback(attempt: Attempt, receipt: Entry, told: GatewayDispute) -> Chargeback:
    row = session.get(Chargeback, (attempt.customer_id, told.id), populate_existing=True)
    if row is None:
        row = Chargeback(
            customer_id=attempt.customer_id,
            id=told.id,
            attempt_id=attempt.id,
            receipt_id=receipt.id,
            currency=told.amount.currency,
            amount_minor=told.amount.minor,
            reason=told.reason,
            state=told.state,
            began_at=told.began_at,
            answer_by=told.answer_by,
        )
        session.add(row)
        _register(told.id, attempt)
    return row


def _withdraw(attempt: Attempt, row: Chargeback, receipt: Entry, now: datetime) -> None:
    """The bank took it: what the payment paid is open again, due when it was due."""
    if row.withdrawn_at is None or ledger.entry_by_key(row.customer_id, row.withdrawn_key):
        return
    entry = ledger.charge_back(
        receipt,
        row.amount,
        on=booking_day(row.withdrawn_at, now),
        dedupe_key=row.withdrawn_key,
        reason=row.reason,
        now=now,
    )
    _tell("payment.charged_back", row, entry, now)
    tell_plans(attempt)
    if row.reason not in MAY_BE_CHARGED_AGAIN and attempt.method_id is not None:
        methods.fail(attempt.customer_id, attempt.method_id, row.reason, now=now)
    mails.tell_taken_back(attempt, entry, now=now)


def _reinstate(attempt: Attempt, row: Chargeback, now: datetime) -> None:
    """Won back: a new receipt, used for what the payer had chosen as far as that is still open."""
    chargeback = ledger.entry_by_key(row.customer_id, row.withdrawn_key)
    if row.reinstated_at is None or chargeback is None or ledger.entry_by_key(row.customer_id, row.reinstated_key):
        return
    receipt = ledger.win_back(
        chargeback, on=booking_day(row.reinstated_at, now), dedupe_key=row.reinstated_key, now=now
    )
    use_as_chosen(attempt, receipt, now)
    _tell("payment.won_back", row, receipt, now)
    tell_plans(attempt)


def use_as_chosen(attempt: Attempt, receipt: Entry, now: datetime) -> None:
    """What somebody else paid meanwhile stays unapplied and in sight, instead of going where nobody asked."""
    for line in lines_of(attempt):
        debit = ledger.entry_of(attempt.customer_id, line.entry_id)
        usable = min(line.amount_minor, debit.left.minor, receipt.left.minor)
        if usable > 0:
            ledger.allocate(receipt, debit, Money(usable, attempt.currency), now=now)


def _register(object_id: str, attempt: Attempt) -> None:
    if session.get(GatewayObject, object_id) is None:
        session.add(GatewayObject(object_id=object_id, customer_id=attempt.customer_id, attempt_id=attempt.id))


def _tell(action: str, row: Chargeback, entry: Entry, now: datetime) -> None:
    facts = {"amount": row.amount, "dispute": row.id, "reason": row.reason}
    audit.record(row.customer_id, action, by=audit.JOB, now=now, about=f"entries:{entry.id}", facts=facts)
