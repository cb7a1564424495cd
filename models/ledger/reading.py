"""What the ledger says: balances and items, as of any day, as known at any moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import RowMapping, func, select, text

from models.database import session
from models.invoices import Invoice, InvoiceLine, lines_of
from models.ledger.entries import Entry, Side
from models.money import Money


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A debit still open or a credit still unapplied on a day. `left` is negative for a credit, so that rows add up."""

    customer_id: int
    entry_id: int
    side: int
    kind: str
    number: str
    reference: str
    effective_on: date
    due_on: date | None
    amount: Money
    left: Money

    def days_late(self, on: date) -> int:
        return max((on - self.due_on).days, 0) if self.due_on else 0


@dataclass(frozen=True, slots=True)
class Balance:
    """`owed` = `open` less `unapplied`. `overdue` is the part of `open` whose due date is before the day."""

    currency: str
    open: Money
    unapplied: Money
    overdue: Money
    open_items: int
    credits: int
    oldest_due_on: date | None

    @property
    def owed(self) -> Money:
        return self.open - self.unapplied


# What was left of an entry on a day is what is left now plus what was allocated later (or learnt later): so an
# account's long paid history is never read for a recent day.
_LEFT_OF = """
with later as (
    select a.customer_id, e.entry_id,
           sum(case when a.reverses_id is null then a.amount_minor else -a.amount_minor end) as minor
    from allocations a cross join lateral (values (a.credit_id), (a.debit_id)) as e (entry_id)
    where {a_scope}
      and (a.effective_on > :as_of or a.recorded_at > :known_at)
    group by a.customer_id, e.entry_id
), items as (
    select e.customer_id, e.id as entry_id, e.side, e.kind, e.currency, e.amount_minor, e.effective_on, e.due_on,
           e.invoice_id, e.reference, coalesce(e.open_minor, e.unapplied_minor) + coalesce(later.minor, 0) as left_minor
    from entries e left join later on later.customer_id = e.customer_id and later.entry_id = e.id
    where {e_scope}
      and (e.open_minor > 0 or e.unapplied_minor > 0 or later.minor is not null)
      and e.effective_on <= :as_of and e.recorded_at <= :known_at
      and coalesce(e.open_minor, e.unapplied_minor) + coalesce(later.minor, 0) > 0
)
"""
_LEFT = _LEFT_OF.format(a_scope="a.customer_id = any(:customers)", e_scope="e.customer_id = any(:customers)")
# The same of all customers, in sets, for who reads on from `items` in their own query.
LEFT_OF_ALL = _LEFT_OF.format(a_scope="a.customer_id > 0", e_scope="e.customer_id > 0")
_ITEMS = text(
    _LEFT
    + """
select items.customer_id, items.entry_id, items.side, items.kind, coalesce(i.number_as_written, ''), items.reference,
       items.effective_on, items.due_on, items.currency, items.side * items.amount_minor,
       cast(items.side * items.left_minor as bigint)
from items left join invoices i on i.customer_id = items.customer_id and i.id = items.invoice_id
where (cast(:currency as text) is null or items.currency = :currency)
  and (cast(:side as int) is null or items.side = :side)
order by items.currency, items.side desc, items.due_on nulls last, items.effective_on, items.customer_id, items.entry_id
limit :most offset :skip
"""
)
_BALANCES = text(
    _LEFT
    + """
select currency,
       coalesce(sum(left_minor) filter (where side = 1), 0) as open_minor,
       coalesce(sum(left_minor) filter (where side = -1), 0) as unapplied_minor,
       coalesce(sum(left_minor) filter (where side = 1 and due_on < :as_of), 0) as overdue_minor,
       count(*) filter (where side = 1) as open_items,
       count(*) filter (where side = -1) as credits,
       min(due_on) filter (where side = 1) as oldest_due_on
from items group by currency order by currency
"""
)


def items_as_of(
    customers: Sequence[int],
    as_of: date,
    *,
    known_at: datetime | None = None,
    currency: str | None = None,
    side: Side | None = None,
    most: int | None = None,
    skip: int = 0,
) -> list[OpenItem]:
    """
    Open debits (oldest due first), then unapplied credits, per currency, effective by `as_of` and known at `known_at`.
    """
    rows = session.execute(
        _ITEMS,
        {**_scope(customers, as_of, known_at), "currency": currency, "side": side, "most": most, "skip": skip},
    )
    return [_item(*row) for row in rows]


def page_of_open_items(
    customers: Sequence[int], as_of: date, currency: str, *, page: int, size: int = 50
) -> list[OpenItem]:
    """One page (from 1) of the open debits, oldest due first."""
    return items_as_of(customers, as_of, currency=currency, side=Side.DEBIT, most=size, skip=(page - 1) * size)


def unapplied_credits(customers: Sequence[int], as_of: date, currency: str | None = None) -> list[OpenItem]:
    return items_as_of(customers, as_of, currency=currency, side=Side.CREDIT)


def balances(customers: Sequence[int], as_of: date, *, known_at: datetime | None = None) -> list[Balance]:
    """One per currency in which something is open or unapplied on the day."""
    rows = session.execute(_BALANCES, _scope(customers, as_of, known_at)).mappings()
    return [_balance(row) for row in rows]


def entries_of_invoice(customer_id: int, invoice_id: int) -> Sequence[Entry]:
    query = select(Entry).where(Entry.customer_id == customer_id, Entry.invoice_id == invoice_id)
    return session.scalars(query.order_by(Entry.id)).all()


def _scope(customers: Sequence[int], as_of: date, known_at: datetime | None) -> dict[str, object]:
    return {"customers": list(customers), "as_of": as_of, "known_at": known_at or "infinity"}


def _item(
    customer_id: int,
    entry_id: int,
    side: int,
    kind: str,
    number: str,
    reference: str,
    effective_on: date,
    due_on: date | None,
    currency: str,
    minor: int,
    left_minor: int,
) -> OpenItem:
    return OpenItem(
        customer_id=customer_id,
        entry_id=entry_id,
        side=side,
        kind=kind,
        number=number,
        reference=reference,
        effective_on=effective_on,
        due_on=due_on,
        amount=Money(minor, currency),
        left=Money(left_minor, currency),
    )


_BY_CUSTOMER = text(
    """
select e.customer_id, e.currency, coalesce(sum(e.open_minor), 0) as open_minor,
       coalesce(sum(e.unapplied_minor), 0) as unapplied_minor,
       coalesce(sum(e.open_minor) filter (where e.due_on < :today), 0) as overdue_minor,
       count(*) filter (where e.open_minor > 0) as open_items, count(*) filter (where e.unapplied_minor > 0) as credits,
       min(e.due_on) filter (where e.open_minor > 0) as oldest_due_on
from entries e
where e.customer_id = any(:customers) and (e.open_minor > 0 or e.unapplied_minor > 0) and e.effective_on <= :today
group by e.customer_id, e.currency order by e.currency
"""
)


def balances_by_customer(customers: Sequence[int], today: date) -> dict[int, list[Balance]]:
    """For a list of many customers: what is open and unapplied now, of entries effective by today."""
    found: dict[int, list[Balance]] = {}
    for row in session.execute(_BY_CUSTOMER, {"customers": list(customers), "today": today}).mappings():
        found.setdefault(row["customer_id"], []).append(_balance(row))
    return found


def _balance(row: RowMapping) -> Balance:
    return Balance(
        currency=row["currency"],
        open=Money(int(row["open_minor"]), row["currency"]),
        unapplied=Money(int(row["unapplied_minor"]), row["currency"]),
        overdue=Money(int(row["overdue_minor"]), row["currency"]),
        open_items=row["open_items"],
        credits=row["credits"],
        oldest_due_on=row["oldest_due_on"],
    )


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry with its document, where it has one."""

    entry: Entry
    invoice: Invoice | None
    lines: Sequence[InvoiceLine]


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """A line of an account's journal; `amount` and `left` are negative for a credit."""

    entry_id: int
    seq: int
    kind: str
    number: str
    reason: str
    effective_on: date
    due_on: date | None
    recorded_at: datetime
    amount: Money
    left: Money


def shown_entry(customer_id: int, entry_id: int) -> ShownEntry | None:
    entry = session.get(Entry, (customer_id, entry_id))
    if entry is None:
        return None
    invoice = session.get(Invoice, (customer_id, entry.invoice_id)) if entry.invoice_id else None
    return ShownEntry(entry, invoice, lines_of(invoice) if invoice else ())


def page_of_entries(customer_id: int, *, page: int, size: int) -> tuple[list[ListedEntry], int]:
    """One page (from 1) of everything that was ever entered, newest first, and how many entries there are."""
    count = session.scalar(select(func.count()).where(Entry.customer_id == customer_id)) or 0
    rows = session.execute(
        select(Entry, Invoice.number_as_written)
        .outerjoin(Invoice, (Invoice.customer_id == Entry.customer_id) & (Invoice.id == Entry.invoice_id))
        .where(Entry.customer_id == customer_id)
        .order_by(Entry.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    return [
        ListedEntry(
            entry_id=entry.id,
            seq=entry.seq,
            kind=entry.kind.value,
            number=number or entry.reference,
            reason=entry.reason,
            effective_on=entry.effective_on,
            due_on=entry.due_on,
            recorded_at=entry.recorded_at,
            amount=entry.amount if entry.side == Side.DEBIT else -entry.amount,
            left=entry.left if entry.side == Side.DEBIT else -entry.left,
        )
        for entry, number in rows
    ], count


def find_open_items(
    customer_id: int,
    currency: str,
    query: str = "",
    *,
    most: int,
    skip: int = 0,
    among: Sequence[int] | None = None,
) -> tuple[list[OpenItem], int]:
    """
    What is open now, oldest due first, whose number or reference contains the query; and how many there are.

    :param among: of these entries only.
    """
    conditions = [Entry.customer_id == customer_id, Entry.currency == currency, Entry.open_minor > 0]
    if among is not None:
        conditions.append(Entry.id.in_(among))
    if query:
        conditions.append(
            Invoice.number.contains(query.upper(), autoescape=True)
            | Invoice.reference.icontains(query, autoescape=True)
            | Entry.reference.icontains(query, autoescape=True)
        )
    found = (
        select(Entry, Invoice.number_as_written, func.count().over())
        .outerjoin(Invoice, (Invoice.customer_id == Entry.customer_id) & (Invoice.id == Entry.invoice_id))
        .where(*conditions)
        .order_by(Entry.due_on, Entry.id)
        .limit(most)
        .offset(skip)
    )
    rows = session.execute(found).all()
    items = [
        OpenItem(
            *(customer_id, entry.id, entry.side, entry.kind.value, number or "", entry.reference),
            *(entry.effective_on, entry.due_on, entry.amount, entry.left),
        )
        for entry, number, _ in rows
    ]
    return items, rows[0][2] if rows else 0
