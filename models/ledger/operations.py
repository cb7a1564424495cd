"""What adds to the ledger. Every function takes the account's lock first and is safe to run twice by its dedupe key."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select, update

from models import company
from models.customers import lock_account, locked_account
from models.database import session
from models.errors import N_, Refused
from models.ledger.entries import DEBITS, Allocation, Entry, EntryKind, Side
from models.ledger.finding import entry_by_key, entry_of, open_debits
from models.money import Money
from models.policies.allocation import Claim, oldest_due_first


class BooksClosed(Refused):
    pass


class AllocationRefused(Refused):
    pass


class EntryRefused(Refused):
    pass


def bill(
    customer_id: int,
    amount: Money,
    *,
    effective_on: date,
    due_on: date,
    dedupe_key: str,
    now: datetime,
    kind: EntryKind = EntryKind.INVOICE,
    invoice_id: int | None = None,
    reason: str = "",
    reference: str = "",
) -> Entry:
    """Add a debit: an invoice, fee, interest or opening item. Returns the entry that stands under the key."""
    if kind not in DEBITS:
        raise ValueError(f"{kind} is no debit")
    return enter(
        customer_id,
        kind,
        amount,
        effective_on=effective_on,
        due_on=due_on,
        dedupe_key=dedupe_key,
        invoice_id=invoice_id,
        reason=reason,
        reference=reference,
        now=now,
    )


def receive(
    customer_id: int,
    amount: Money,
    *,
    effective_on: date,
    dedupe_key: str,
    now: datetime,
    reference: str = "",
    payer: str = "",
    cause_id: UUID | None = None,
    reason: str = "",
    kind: EntryKind = EntryKind.RECEIPT,
) -> Entry:
    """Add money in, unapplied until it is allocated."""
    if kind not in (EntryKind.RECEIPT, EntryKind.OPENING_CREDIT):
        raise ValueError(f"{kind} is no money in")
    return enter(
        customer_id,
        kind,
        amount,
        effective_on=effective_on,
        dedupe_key=dedupe_key,
        reference=reference,
        payer=payer,
        cause_id=cause_id,
        reason=reason,
        now=now,
    )


def credit(
    customer_id: int,
    amount: Money,
    *,
    effective_on: date,
    dedupe_key: str,
    reason: str,
    now: datetime,
    invoice_id: int | None = None,
    reference: str = "",
) -> Entry:
    """Add a credit note; `invoice_id` is the credit note's own document."""
    return enter(
        customer_id,
        EntryKind.CREDIT_NOTE,
        amount,
        effective_on=effective_on,
        dedupe_key=dedupe_key,
        invoice_id=invoice_id,
        reason=reason,
        reference=reference,
        now=now,
    )


def allocate(credit: Entry, debit: Entry, amount: Money, *, now: datetime, from_on: date | None = None) -> Allocation:
    """
    Use a credit for a debit. Effective as early as is true at every later day: not before both entries, not before
    a reversal that freed what is used now, not in closed books (`from_on` may ask for a later day).

    :raises AllocationRefused: more than is unapplied or open, another customer's, or not a credit and a debit.
    """
    lock_account(credit.customer_id, credit.currency)
    if credit.side != Side.CREDIT or debit.side != Side.DEBIT or credit.customer_id != debit.customer_id:
        raise AllocationRefused(N_("A credit can only be used for a debit of the same customer."))
    if credit.currency != debit.currency or amount.currency != debit.currency:
        raise AllocationRefused(N_("Money in one currency cannot be used for an item in another."))
    if amount.minor <= 0:
        raise AllocationRefused(N_("Enter an amount above zero."))
    _take(credit, debit, amount)
    freed_on, freed_at = _freed(credit, debit)
    closed_on = company.books_closed_on()
    opened_on = closed_on + timedelta(days=1) if closed_on else None
    row = Allocation(
        customer_id=credit.customer_id,
        credit_id=credit.id,
        debit_id=debit.id,
        currency=credit.currency,
        amount_minor=amount.minor,
        effective_on=max(filter(None, (credit.effective_on, debit.effective_on, freed_on, opened_on, from_on))),
        # A request that waited for the lock may be older than what it now builds on.
        recorded_at=max(filter(None, (now, credit.recorded_at, debit.recorded_at, freed_at))),
    )
    session.add(row)
    session.flush()
    return row


def reverse(allocation: Allocation, *, on: date, now: datetime) -> Allocation:
    """
    Take an allocation back, whole, on the day it is decided; a part of it is reversed by allocating the rest again.
    Where the credit is a write-off, what was given up is owed again.

    :raises AllocationRefused: it was taken back before, is itself a reversal, or reinstates a write-off.
    """
    row = take_back(allocation, on=on, now=now)
    credit = entry_of(allocation.customer_id, allocation.credit_id)
    if credit.kind == EntryKind.WRITE_OFF:
        reinstate(credit, allocation, allocation.amount, on=row.effective_on, now=now)
    return row


def take_back(allocation: Allocation, *, on: date, now: datetime) -> Allocation:
    """The bare reversal of an allocation. Its credit is unapplied again, which for a write-off must not stay so."""
    lock_account(allocation.customer_id, allocation.currency)
    _not_in_closed_books(on)
    if allocation.reverses_id is not None or _reversal_of(allocation) is not None:
        raise AllocationRefused(N_("This allocation was taken back already."))
    if entry_of(allocation.customer_id, allocation.debit_id).kind == EntryKind.REINSTATED:
        raise AllocationRefused(N_("A write-off that was taken back stays so. Write the item off again."))
    row = Allocation(
        customer_id=allocation.customer_id,
        credit_id=allocation.credit_id,
        debit_id=allocation.debit_id,
        currency=allocation.currency,
        amount_minor=allocation.amount_minor,
        effective_on=max(on, allocation.effective_on),
        recorded_at=max(now, allocation.recorded_at),
        reverses_id=allocation.id,
    )
    session.add(row)
    _project(allocation.customer_id, allocation.credit_id, Entry.unapplied_minor, allocation.amount_minor)
    _project(allocation.customer_id, allocation.debit_id, Entry.open_minor, allocation.amount_minor)
    session.flush()
    return row


def reinstate(write_off: Entry, taken_back: Allocation, amount: Money, *, on: date, now: datetime) -> None:
    """
    The opposite of a write-off, or of a part of it: without it the freed part would stand as the customer's money.
    """
    debit = bill(
        write_off.customer_id,
        amount,
        kind=EntryKind.REINSTATED,
        effective_on=on,
        due_on=on,
        dedupe_key=f"reinstated:{taken_back.id}",
        invoice_id=write_off.invoice_id,
        now=now,
    )
    allocate(write_off, debit, amount, now=now)


def allocate_oldest_first(
    credit: Entry, *, now: datetime, held: dict[int, int] | None = None, only: Sequence[int] | None = None
) -> list[Allocation]:
    """
    Use what is unapplied of a credit for the oldest due open items. `held` (entry id → minor units) is left out:
    money without instructions skips what is disputed. `only` restricts it to some debits.
    """
    lock_account(credit.customer_id, credit.currency)
    session.refresh(credit)
    debits = {debit.id: debit for debit in open_debits(credit.customer_id, credit.currency)}
    claims = [
        Claim(d.id, d.invoice_id or -d.id, d.kind.value, d.due_on, d.left.minor - (held or {}).get(d.id, 0))  # type: ignore[arg-type]
        for d in debits.values()
        if only is None or d.id in only
    ]
    shares, _ = oldest_due_first(credit.left.minor, claims)
    return [
        allocate(credit, debits[share.entry_id], Money(share.amount_minor, credit.currency), now=now)
        for share in shares
    ]


def entered(customer_id: int, dedupe_key: str, kind: EntryKind, amount: Money) -> Entry | None:
    """
    The entry that stands under a key, so that a repeated cause changes nothing.

    :raises EntryRefused: it is another kind of entry, or of another amount: no repetition, but news under an old name.
    """
    known = entry_by_key(customer_id, dedupe_key)
    if known and (known.kind != kind or known.amount != amount):
        raise EntryRefused(N_("This was entered before with %(amount)s."), amount=known.amount)
    return known


def enter(
    customer_id: int,
    kind: EntryKind,
    amount: Money,
    *,
    effective_on: date,
    dedupe_key: str,
    now: datetime,
    **facts: object,
) -> Entry:
    """
    Add one entry at the end of its account; `facts` are columns. Returns what stands under the key already.

    :raises EntryRefused: no amount, or another entry has the key.
    :raises BooksClosed: the day lies in closed books.
    """
    account = locked_account(customer_id, amount.currency)
    known = entered(customer_id, dedupe_key, kind, amount)
    if known:
        return known
    if amount.minor <= 0:
        raise EntryRefused(N_("Enter an amount above zero."))
    _not_in_closed_books(effective_on)
    account.entries += 1
    debit = kind in DEBITS
    entry = Entry(
        customer_id=customer_id,
        seq=account.entries,
        side=Side.DEBIT if debit else Side.CREDIT,
        kind=kind,
        currency=amount.currency,
        amount_minor=amount.minor,
        open_minor=amount.minor if debit else None,
        unapplied_minor=None if debit else amount.minor,
        effective_on=effective_on,
        recorded_at=now,
        dedupe_key=dedupe_key,
        **facts,
    )
    session.add(entry)
    session.flush()
    return entry


def _not_in_closed_books(day: date) -> None:
    closed = company.books_closed_on()
    if closed and day <= closed:
        raise BooksClosed(N_("The books are closed up to %(day)s. Choose a later date."), day=closed)


# Made once: to put such a query together takes longer than to run it.
_BOTH = (
    select(Entry)
    .where(
        Entry.customer_id == bindparam("customer"), or_(Entry.id == bindparam("one"), Entry.id == bindparam("other"))
    )
    .execution_options(populate_existing=True)
)


def _take(credit: Entry, debit: Entry, amount: Money) -> None:
    session.scalars(_BOTH, {"customer": credit.customer_id, "one": credit.id, "other": debit.id}).all()
    if amount > credit.left:
        raise AllocationRefused(N_("Only %(left)s of this credit is unapplied."), left=credit.left)
    if amount > debit.left:
        raise AllocationRefused(N_("Only %(left)s of this item is open."), left=debit.left)
    _project(credit.customer_id, credit.id, Entry.unapplied_minor, -amount.minor)
    _project(debit.customer_id, debit.id, Entry.open_minor, -amount.minor)


def _project(customer_id: int, entry_id: int, column: object, by_minor: int) -> None:
    name = column.key  # type: ignore[attr-defined]
    session.execute(
        update(Entry)
        .where(Entry.customer_id == customer_id, Entry.id == entry_id)
        .values({name: getattr(Entry, name) + by_minor})
        .execution_options(synchronize_session="evaluate")
    )


def _freed(credit: Entry, debit: Entry) -> tuple[date | None, datetime | None]:
    """The latest day and moment at which either of the two got something back."""
    row = session.execute(
        select(func.max(Allocation.effective_on), func.max(Allocation.recorded_at)).where(
            Allocation.customer_id == credit.customer_id,
            Allocation.reverses_id.is_not(None),
            or_(Allocation.credit_id == credit.id, Allocation.debit_id == debit.id),
        )
    ).one()
    return row[0], row[1]


def _reversal_of(allocation: Allocation) -> Allocation | None:
    return session.scalar(
        select(Allocation).where(
            Allocation.customer_id == allocation.customer_id, Allocation.reverses_id == allocation.id
        )
    )
