"""What happened on an account as its customer may read it: the ledger's entries and allocations, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from models.accounts.statement import PAGE_SIZE
from models.customers.merges import family
from models.database import session
from models.money import Money


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """
    `what`: 'entered', 'allocated' or 'taken_back'. The item (`entry_id`, `kind`, `number`) is what was entered, or what
    was paid; `credit_id` and `credit_kind` are what paid it. A credit that was entered has a negative amount.
    """

    what: str
    on: date
    entry_id: int
    kind: str
    of_debit: bool
    number: str
    amount: Money
    credit_id: int | None
    credit_kind: str


# What is effective on one day stands in the order in which it follows: an item before what uses it (`rank`).
_EVENTS = text(
    """
select what, on_day, entry_id, kind, side, number, minor, currency, credit_id, credit_kind from (
    select 'entered' as what, e.effective_on as on_day, e.id as entry_id, e.kind, e.side,
           coalesce(i.number_as_written, '') as number, e.side * e.amount_minor as minor,
           e.currency, null as credit_id, '' as credit_kind, e.recorded_at as at, 1 as rank, e.id as place
    from entries e left join invoices i on i.customer_id = e.customer_id and i.id = e.invoice_id
    where e.customer_id = any(:customers) and e.effective_on <= :today
  union all
    select case when a.reverses_id is null then 'allocated' else 'taken_back' end, a.effective_on, d.id, d.kind, d.side,
           coalesce(i.number_as_written, ''), a.amount_minor, a.currency, a.credit_id, c.kind,
           a.recorded_at, 2, a.id
    from allocations a
    join entries d on d.customer_id = a.customer_id and d.id = a.debit_id
    join entries c on c.customer_id = a.customer_id and c.id = a.credit_id
    left join invoices i on i.customer_id = d.customer_id and i.id = d.invoice_id
    where a.customer_id = any(:customers) and a.effective_on <= :today
) events
order by on_day desc, at desc, rank desc, place desc
limit :most offset :skip
"""
)
_COUNT = text(
    """
select (select count(*) from entries where customer_id = any(:customers) and effective_on <= :today)
     + (select count(*) from allocations where customer_id = any(:customers) and effective_on <= :today)
"""
)


def history(
    customer_id: int, today: date, *, page: int = 1, size: int = PAGE_SIZE
) -> tuple[Sequence[HistoryEvent], int]:
    """One page (from 1), newest first, and how many pages there are; joined accounts included."""
    scope = {"customers": family(customer_id, today), "today": today}
    pages = max(-(-(session.scalar(_COUNT, scope) or 0) // size), 1)
    rows = session.execute(_EVENTS, {**scope, "most": size, "skip": (page - 1) * size})
    return [_event(*row) for row in rows], pages


def _event(
    what: str,
    on: date,
    entry_id: int,
    kind: str,
    side: int,
    number: str,
    minor: int,
    currency: str,
    credit_id: int | None,
    credit_kind: str,
) -> HistoryEvent:
    return HistoryEvent(what, on, entry_id, kind, side == 1, number, Money(minor, currency), credit_id, credit_kind)
