"""Money that leaves again: refunds, chargebacks and returned debits, and what is won back."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from models.customers import lock_account
from models.database import session
from models.errors import N_
from models.ledger.entries import Allocation, Entry, EntryKind
from models.ledger.finding import entry_of
from models.ledger.operations import AllocationRefused, allocate, bill, entered, receive, reverse
from models.money import Money, total

LEFT_BEFORE = (EntryKind.REFUND, EntryKind.TRANSFER)


def refund(receipt: Entry, amount: Money, *, effective_on: date, dedupe_key: str, reason: str, now: datetime) -> Entry:
    """
    Money back to the payer: a debit allocated to what is unapplied of its receipt.

    :raises AllocationRefused: more than is unapplied; take allocations back first.
    """
    lock_account(receipt.customer_id, receipt.currency)
    known = entered(receipt.customer_id, dedupe_key, EntryKind.REFUND, amount)
    if known:
        return known
    session.refresh(receipt)
    if receipt.kind not in (EntryKind.RECEIPT, EntryKind.CREDIT_NOTE, EntryKind.OPENING_CREDIT):
        raise AllocationRefused(N_("Only money received or credited can be refunded."))
    if amount > receipt.left:
        raise AllocationRefused(N_("Only %(left)s of this credit is unapplied."), left=receipt.left)
    day = max(effective_on, receipt.effective_on)
    debit = _debit(EntryKind.REFUND, receipt, amount, day, dedupe_key, reason, now)
    allocate(receipt, debit, amount, now=now)
    return debit


def sent_back(receipt: Entry, amount: Money, *, on: date, dedupe_key: str, reason: str, now: datetime) -> Entry:
    """
    A refund that has been made already, whatever its receipt was used for meanwhile: the receipt's allocations to
    items are reversed, newest first, as far as the amount needs. What was charged back before left twice: that part
    of the refund stays open.
    """
    lock_account(receipt.customer_id, receipt.currency)
    known = entered(receipt.customer_id, dedupe_key, EntryKind.REFUND, amount)
    if known:
        return known
    session.refresh(receipt)
    used = [
        (allocation, entry_of(receipt.customer_id, allocation.debit_id)) for allocation in living_allocations(receipt)
    ]
    day = max(on, receipt.effective_on)
    debit = _debit(EntryKind.REFUND, receipt, amount, day, dedupe_key, reason, now)
    items = [pair for pair in used if pair[1].kind not in (*LEFT_BEFORE, EntryKind.CHARGEBACK)]
    _free(receipt, items, amount, on=day, now=now)
    session.refresh(receipt)
    usable = min(amount, receipt.left)
    if usable:
        allocate(receipt, debit, usable, now=now)
    return debit


def come_back(refund: Entry, *, on: date, dedupe_key: str, reason: str, now: datetime) -> Entry:
    """
    The opposite of a refund that the payer's bank would not have: a receipt that clears it, so that what it was
    refunded from is unapplied again.

    :raises AllocationRefused: not a refund.
    """
    lock_account(refund.customer_id, refund.currency)
    if refund.kind != EntryKind.REFUND:
        raise AllocationRefused(N_("Only a refund can come back."))
    known = entered(refund.customer_id, dedupe_key, EntryKind.RECEIPT, refund.amount)
    if known:
        return known
    day = max(on, refund.effective_on)
    for allocation in _living_uses(refund):
        reverse(allocation, on=day, now=now)
    opposite = receive(
        refund.customer_id,
        refund.amount,
        effective_on=day,
        dedupe_key=dedupe_key,
        reference=refund.reference,
        reason=reason,
        now=now,
    )
    allocate(opposite, refund, refund.amount, now=now)
    return opposite


def charge_back(receipt: Entry, amount: Money, *, on: date, dedupe_key: str, reason: str, now: datetime) -> Entry:
    """
    The bank or card scheme took money back, on a day. The receipt's allocations are reversed, newest first, as far as
    the amount needs; what was reversed too much is allocated again; invoices reopen with their old due dates. Only
    where that is not enough is a refund or a transfer asked back: then the money left twice.

    :raises AllocationRefused: not a receipt, or more than was received and not charged back yet.
    """
    lock_account(receipt.customer_id, receipt.currency)
    known = entered(receipt.customer_id, dedupe_key, EntryKind.CHARGEBACK, amount)
    if known:
        return known
    session.refresh(receipt)
    if receipt.kind != EntryKind.RECEIPT:
        raise AllocationRefused(N_("Only money received can be charged back."))
    used = [
        (allocation, entry_of(receipt.customer_id, allocation.debit_id)) for allocation in living_allocations(receipt)
    ]
    gone = (allocation.amount for allocation, debit in used if debit.kind == EntryKind.CHARGEBACK)
    received = receipt.amount - total(gone, receipt.currency)
    if amount > received:
        raise AllocationRefused(N_("Only %(left)s was received."), left=received)
    day = max(on, receipt.effective_on)
    debit = _debit(EntryKind.CHARGEBACK, receipt, amount, day, dedupe_key, reason, now)
    items = [pair for pair in used if pair[1].kind not in (*LEFT_BEFORE, EntryKind.CHARGEBACK)]
    left_before = [pair for pair in used if pair[1].kind in LEFT_BEFORE]
    _free(receipt, [*items, *left_before], amount, on=day, now=now)
    allocate(receipt, debit, amount, now=now)
    return debit


def win_back(chargeback: Entry, *, on: date, dedupe_key: str, now: datetime) -> Entry:
    """
    A dispute won at the card scheme: the money is a new receipt.

    :raises AllocationRefused: not a chargeback.
    """
    if chargeback.kind != EntryKind.CHARGEBACK:
        raise AllocationRefused(N_("Only money that was charged back can be won back."))
    return receive(
        chargeback.customer_id,
        chargeback.amount,
        effective_on=max(on, chargeback.effective_on),
        dedupe_key=dedupe_key,
        reference=chargeback.reference,
        now=now,
    )


def living_allocations(credit: Entry) -> Sequence[Allocation]:
    """What a credit is used for now, newest first, without what was taken back."""
    return _living(credit, Allocation.credit_id)


def _living_uses(debit: Entry) -> Sequence[Allocation]:
    """What pays a debit now."""
    return _living(debit, Allocation.debit_id)


def _living(entry: Entry, end: InstrumentedAttribute[int]) -> Sequence[Allocation]:
    reversal = aliased(Allocation)
    taken_back = select(reversal.reverses_id).where(
        reversal.customer_id == entry.customer_id, reversal.reverses_id.is_not(None)
    )
    return session.scalars(
        select(Allocation)
        .where(
            Allocation.customer_id == entry.customer_id,
            end == entry.id,
            Allocation.reverses_id.is_(None),
            Allocation.id.not_in(taken_back),
        )
        .order_by(Allocation.id.desc())
    ).all()


def _free(receipt: Entry, used: Sequence[tuple[Allocation, Entry]], amount: Money, *, on: date, now: datetime) -> None:
    """Reverse in the given order until so much of the receipt is unapplied, and not a cent more."""
    for allocation, debit in used:
        session.refresh(receipt)
        short = amount - receipt.left
        if short.minor <= 0:
            return
        reverse(allocation, on=on, now=now)
        rest = allocation.amount - min(short, allocation.amount)
        if rest:
            allocate(receipt, debit, rest, now=now)


def _debit(
    kind: EntryKind, receipt: Entry, amount: Money, day: date, dedupe_key: str, reason: str, now: datetime
) -> Entry:
    return bill(
        receipt.customer_id,
        amount,
        kind=kind,
        effective_on=day,
        due_on=day,
        dedupe_key=dedupe_key,
        reason=reason,
        reference=receipt.reference,
        now=now,
    )
