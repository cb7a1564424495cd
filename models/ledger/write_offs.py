"""What is given up, and what comes in for it after all."""

from datetime import date, datetime

from models.customers import lock_account
from models.errors import N_
from models.ledger.entries import Allocation, Entry, EntryKind
from models.ledger.finding import entry_of
from models.ledger.operations import AllocationRefused, allocate, enter, entered, reinstate, take_back
from models.money import Money


def write_off(debit: Entry, amount: Money, *, effective_on: date, dedupe_key: str, reason: str, now: datetime) -> Entry:
    """
    Give up what is open of a debit, or a part of it.

    :raises AllocationRefused: more than is open.
    """
    lock_account(debit.customer_id, debit.currency)
    known = entered(debit.customer_id, dedupe_key, EntryKind.WRITE_OFF, amount)
    if known:
        return known
    entry = enter(
        debit.customer_id,
        EntryKind.WRITE_OFF,
        amount,
        effective_on=max(effective_on, debit.effective_on),
        dedupe_key=dedupe_key,
        reason=reason,
        invoice_id=debit.invoice_id,
        now=now,
    )
    allocate(entry, debit, amount, now=now)
    return entry


def recover(receipt: Entry, written_off: Allocation, amount: Money, *, on: date, now: datetime) -> Allocation:
    """
    Money for what was given up: the write-off's allocation goes back by the amount, the receipt takes its place.

    :raises AllocationRefused: not a write-off, or more than it gave up or than the receipt has left.
    """
    lock_account(receipt.customer_id, receipt.currency)
    given_up = entry_of(receipt.customer_id, written_off.credit_id)
    debit = entry_of(receipt.customer_id, written_off.debit_id)
    if given_up.kind != EntryKind.WRITE_OFF or not 0 < amount.minor <= written_off.amount_minor:
        raise AllocationRefused(N_("Enter an amount up to what was written off."))
    day = take_back(written_off, on=on, now=now).effective_on
    reinstate(given_up, written_off, amount, on=day, now=now)
    rest = written_off.amount - amount
    if rest:
        allocate(given_up, debit, rest, now=now)
    return allocate(receipt, debit, amount, now=now)
