"""
Many entries at once, for imports: the same rules as one at a time, kept by the database in a few statements.

The caller locks the accounts in ascending order, fills the two temporary tables, and calls `write_staged`.
"""

from datetime import datetime

from sqlalchemy import text

from models.database import session

# Entry ids come from `nextval('entries_id_seq')`, so that allocations can name them before they are written.
STAGING = """
create temporary table if not exists new_entries (
    customer_id bigint not null, id bigint not null, currency text not null, side smallint not null,
    kind text not null, amount_minor bigint not null, effective_on date not null, due_on date,
    invoice_id bigint, dedupe_key text not null, reference text not null default '',
    payer text not null default '', reason text not null default '', place bigint not null
) on commit drop;
create temporary table if not exists new_allocations (
    customer_id bigint not null, credit_id bigint not null, debit_id bigint not null,
    currency text not null, amount_minor bigint not null
) on commit drop;
truncate new_entries, new_allocations;
"""

# What is allocated to an entry is taken from its projection as it is written: no row is touched twice.
ENTER = """
insert into entries (
    customer_id, id, seq, side, kind, currency, amount_minor, open_minor, unapplied_minor,
    effective_on, due_on, recorded_at, invoice_id, dedupe_key, reference, payer, reason
)
select
    e.customer_id, e.id,
    a.entries + row_number() over (partition by e.customer_id, e.currency order by e.place, e.id),
    e.side, e.kind, e.currency, e.amount_minor,
    case when e.side = 1 then e.amount_minor - coalesce(used.minor, 0) end,
    case when e.side = -1 then e.amount_minor - coalesce(used.minor, 0) end,
    e.effective_on, e.due_on, :now, e.invoice_id, e.dedupe_key, e.reference, e.payer, e.reason
from new_entries e
join accounts a on a.customer_id = e.customer_id and a.currency = e.currency
left join (
    select id, sum(amount_minor)::bigint as minor
    from (
        select credit_id as id, amount_minor from new_allocations
        union all select debit_id, amount_minor from new_allocations
    ) uses
    group by id
) used on used.id = e.id
"""

COUNT = """
update accounts a set entries = a.entries + added.entries
from (select customer_id, currency, count(*) as entries from new_entries group by 1, 2) added
where a.customer_id = added.customer_id and a.currency = added.currency
"""

PROJECT = """
update entries e
set open_minor = e.open_minor - used.minor, unapplied_minor = e.unapplied_minor - used.minor
from (
    select customer_id, id, sum(amount_minor)::bigint as minor
    from (
        select customer_id, credit_id as id, amount_minor from new_allocations
        union all select customer_id, debit_id, amount_minor from new_allocations
    ) uses
    where id not in (select id from new_entries)
    group by 1, 2
) used
where e.customer_id = used.customer_id and e.id = used.id
"""

# As early as is true at every later day: not before both entries, nor before a reversal that freed what is used, nor
# in closed books. An import that waited for its locks may be older than what it builds on.
ALLOCATE = """
insert into allocations (customer_id, credit_id, debit_id, currency, amount_minor, effective_on, recorded_at)
select n.customer_id, n.credit_id, n.debit_id, n.currency, n.amount_minor,
    greatest(c.effective_on, d.effective_on, credit_freed.effective_on, debit_freed.effective_on,
        (select books_closed_on + 1 from company)),
    greatest(:now, c.recorded_at, d.recorded_at, credit_freed.recorded_at, debit_freed.recorded_at)
from new_allocations n
join entries c on c.customer_id = n.customer_id and c.id = n.credit_id
join entries d on d.customer_id = n.customer_id and d.id = n.debit_id
cross join lateral (
    select max(r.effective_on) as effective_on, max(r.recorded_at) as recorded_at from allocations r
    where r.customer_id = n.customer_id and r.credit_id = n.credit_id and r.reverses_id is not null
) credit_freed
cross join lateral (
    select max(r.effective_on) as effective_on, max(r.recorded_at) as recorded_at from allocations r
    where r.customer_id = n.customer_id and r.debit_id = n.debit_id and r.reverses_id is not null
) debit_freed
order by n.customer_id, c.id, d.due_on, d.id
"""


def prepare_staging() -> None:
    """Empty `new_entries` and `new_allocations` for this transaction."""
    session.execute(text(STAGING))


def write_staged(*, now: datetime) -> None:
    """
    Write what is staged: entries numbered without a gap, allocations, and both projections.

    An allocation beyond what is open or unapplied breaks the CHECK of the entry, and with it the transaction.
    """
    session.execute(text(ENTER), {"now": now})
    session.execute(text(COUNT))
    session.execute(text(PROJECT))
    session.execute(text(ALLOCATE), {"now": now})
