"""
Many entries at once, for imports: the rules of one at a time, kept by the database in a few statements.

The caller has locked the accounts in ascending order, and gives the rows as a query over its own temporary tables.
"""

from datetime import datetime

from sqlalchemy import text

from models.database import session

# `used_minor` is what the same transaction allocates of the entry: its projection is right when it is written.
ENTER = """
with written as (
    insert into entries (
        customer_id, id, seq, side, kind, currency, amount_minor, open_minor, unapplied_minor, effective_on, due_on,
        recorded_at, invoice_id, dedupe_key, reference, payer
    )
    select
        e.customer_id, e.id,
        a.entries + row_number() over (partition by e.customer_id, e.currency order by e.place, e.id),
        e.side, e.kind, e.currency, e.amount_minor,
        case when e.side = 1 then e.amount_minor - e.used_minor end,
        case when e.side = -1 then e.amount_minor - e.used_minor end,
        e.effective_on, e.due_on, :now, e.invoice_id, e.dedupe_key, e.reference, e.payer
    from ({rows}) e
    join accounts a on a.customer_id = e.customer_id and a.currency = e.currency
    returning customer_id, currency
)
update accounts a
set entries = a.entries + added.entries
from (select customer_id, currency, count(*) as entries from written group by 1, 2) added
where a.customer_id = added.customer_id and a.currency = added.currency
"""

USE = """
update entries e
set open_minor = e.open_minor - used.minor, unapplied_minor = e.unapplied_minor - used.minor
from (select customer_id, id, sum(minor)::bigint as minor from ({rows}) uses group by 1, 2) used
where e.customer_id = used.customer_id and e.id = used.id
"""

# As early as is true at every later day: not before both entries, nor before a reversal that freed what is used.
# `offset 0` keeps the planner from joining whole tables while they are still unknown to it.
ALLOCATE = """
with wanted as materialized (
    select n.*, greatest(c.effective_on, d.effective_on{freed}) as effective_on, d.due_on
    from ({rows}) n
    join lateral (
        select effective_on from entries where customer_id = n.customer_id and id = n.credit_id offset 0
    ) c on true
    join lateral (
        select effective_on, due_on from entries where customer_id = n.customer_id and id = n.debit_id offset 0
    ) d on true
)
insert into allocations (customer_id, credit_id, debit_id, currency, amount_minor, effective_on, recorded_at)
select customer_id, credit_id, debit_id, currency, amount_minor, effective_on, :now
from wanted
order by customer_id, credit_id, due_on, debit_id
"""
FREED = """, (
    select max(r.effective_on) from allocations r
    where r.customer_id = n.customer_id and r.debit_id = n.debit_id and r.reverses_id is not null
)"""


def enter(rows: str, *, now: datetime) -> None:
    """
    Write new entries, numbered within their accounts without a gap, and count them there.

    :param rows: a query of customer_id, id, currency, side, kind, amount_minor, used_minor, effective_on, due_on,
        invoice_id, dedupe_key, reference, payer, place (their order). Ids come from `entries_id_seq`.
    """
    session.execute(text(ENTER.format(rows=rows)), {"now": now})


def use(rows: str) -> None:
    """
    Take what this transaction allocates from entries that were written before it.

    :param rows: a query of customer_id, id, minor. More than is left breaks a CHECK, and with it the transaction.
    """
    session.execute(text(USE.format(rows=rows)))


def allocate(rows: str, *, now: datetime, debits_are_new: bool = False) -> None:
    """
    Write allocations of new credits; the projections are the business of `enter` and `use`.

    :param rows: a query of customer_id, credit_id, debit_id, currency, amount_minor.
    :param debits_are_new: they were written in this transaction, so that no reversal can have freed them.
    """
    session.execute(text(ALLOCATE.format(rows=rows, freed="" if debits_are_new else FREED)), {"now": now})
