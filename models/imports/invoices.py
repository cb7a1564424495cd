"""A chunk of invoice rows into the books: parties, accounts, documents, ledger."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from models.database import session
from models.imports import judging, lines, parties
from models.imports.outcomes import Circumstances, Outcome
from models.imports.rows import InvoiceRow
from models.imports.staging import tell_planner
from models.ledger import bulk

ROW, SETTLED_MINOR, LINES = (InvoiceRow._fields.index(name) for name in ("row", "settled_minor", "lines"))

COUNTS = "select verdict, sum(rows)::bigint from judged group by verdict"
SUMS = "select currency, sum(amount_minor)::bigint as minor from judged where verdict = 'new' group by currency"
FIND_CUSTOMERS = """
update judged j set customer_id = c.id from customers c where j.customer_id is null and c.number = j.customer
"""

ADD_ACCOUNTS = """
insert into accounts (customer_id, currency)
select distinct j.customer_id, j.currency from judged j
where j.verdict = 'new'
    and not exists (select from accounts a where a.customer_id = j.customer_id and a.currency = j.currency)
order by 1, 2
on conflict do nothing
"""

LOCK = """
select a.customer_id
from accounts a
join (
    select distinct customer_id, currency from judged
    where verdict in ('new', 'changed') or (verdict = 'unchanged' and settled_minor > 0)
) j on a.customer_id = j.customer_id and a.currency = j.currency
order by a.customer_id, a.currency
for update of a
"""

ADD_INVOICES = """
insert into invoices (
    customer_id, id, number, number_as_written, currency, amount_minor, issued_on, due_on, terms, reference,
    due_before_issue, source, recorded_at
)
select customer_id, invoice_id, number, number_as_written, currency, amount_minor, issued_on, due_on, terms, reference,
    due_on < issued_on, :source, :now
from judged
where verdict = 'new'
order by customer_id, row
"""

REGISTER = """
insert into invoice_numbers (number, customer_id, invoice_id)
select number, customer_id, invoice_id from judged where verdict = 'new' order by row
"""

BILLS = """
select customer_id, entry_id as id, currency, sign(amount_minor)::smallint as side,
    case when amount_minor > 0 then 'invoice' else 'credit_note' end as kind, abs(amount_minor) as amount_minor,
    case when settled_minor > 0 then least(settled_minor, amount_minor) else 0 end as used_minor,
    issued_on as effective_on, case when amount_minor > 0 then due_on end as due_on, invoice_id,
    case when amount_minor > 0 then 'invoice:' else 'credit_note:' end || number as dedupe_key,
    '' as reference, '' as payer, row as place
from judged
where verdict = 'new'
"""
RECEIPTS = """
select customer_id, receipt_id as id, currency, cast(-1 as smallint) as side, 'receipt' as kind,
    settled_minor as amount_minor, least(settled_minor, amount_minor) as used_minor, settled_on as effective_on,
    cast(null as date) as due_on, cast(null as bigint) as invoice_id, 'receipt:' || number as dedupe_key,
    number as reference, '' as payer, row as place
from judged
where verdict = 'new' and settled_minor > 0
"""
ALLOCATIONS = """
select customer_id, receipt_id as credit_id, entry_id as debit_id, currency,
    least(settled_minor, amount_minor) as amount_minor
from judged
where verdict = 'new' and settled_minor > 0
"""

RECEIPTS_SINCE = """
select n.customer_id, n.receipt_id as id, n.currency, cast(-1 as smallint) as side, 'receipt' as kind, n.amount_minor,
    n.amount_minor as used_minor, n.settled_on as effective_on, cast(null as date) as due_on,
    cast(null as bigint) as invoice_id, n.dedupe_key, n.number as reference, '' as payer, n.row as place
from settled_now n
join judged j on j.row = n.row and j.verdict = 'changed'
"""
ALLOCATIONS_SINCE = """
select n.customer_id, n.receipt_id as credit_id, n.debit_id, n.currency, n.amount_minor
from settled_now n
join judged j on j.row = n.row and j.verdict = 'changed'
"""
USED_SINCE = f"select customer_id, debit_id as id, amount_minor as minor from ({ALLOCATIONS_SINCE}) settled"

FIND_WORDS = """
select distinct on (i.customer_id, i.id) i.customer_id, i.id, i.number, i.terms, i.reference,
    coalesce(nullif(j.terms, ''), i.terms) as new_terms, coalesce(nullif(j.reference, ''), i.reference) as new_reference
from judged j
join invoice_numbers n on n.number = j.number
join invoices i on i.customer_id = n.customer_id and i.id = n.invoice_id
where j.verdict = 'changed' and (j.terms not in ('', i.terms) or j.reference not in ('', i.reference))
order by i.customer_id, i.id, j.row desc
"""

CHANGE_WORDS = """
update invoices set terms = :new_terms, reference = :new_reference where customer_id = :customer_id and id = :id
"""


def apply(rows: Sequence[tuple[Any, ...]], at: Circumstances) -> Outcome:
    """Book a chunk in the caller's transaction. In a dry run nothing but temporary tables is written."""
    refusals = judging.judge(rows, at)
    if not at.dry:
        session.execute(text(LOCK))
    settled, lined = any(row[SETTLED_MINOR] for row in rows), any(row[LINES] for row in rows)
    if settled:
        refusals += judging.judge_settled(at)
    lost = {refusal.row for refusal in refusals}
    told = parties.told_by_invoices([row for row in rows if row[ROW] not in lost] if lost else rows)
    told.compare()
    if not at.dry:
        told.write(at)
    counts = Counter({verdict: count for verdict, count in session.execute(text(COUNTS))})
    if at.dry:
        judging.remember()
    else:
        _book(counts, at, settled=settled)
        if lined:
            lines.write(at)
    refusals = lines.of_every_row(refusals, rows)
    outcome = Outcome(counts["new"], counts["changed"], counts["unchanged"], refusals)
    outcome.sums.update({currency: minor for currency, minor in session.execute(text(SUMS))})
    return outcome


def _book(counts: Counter[str], at: Circumstances, *, settled: bool) -> None:
    if counts["new"]:
        session.execute(text(FIND_CUSTOMERS))
        session.execute(text(ADD_ACCOUNTS))
        session.execute(text(LOCK))  # The new ones too, should somebody else have added them a moment ago.
        tell_planner("customers accounts", counts["new"])
        session.execute(text(ADD_INVOICES), {"source": f"import {at.run_id}", "now": at.now})
        tell_planner("invoices", counts["new"])
        session.execute(text(REGISTER))
        bulk.enter(f"{BILLS} union all {RECEIPTS}" if settled else BILLS, now=at.now)
        if settled:
            tell_planner("entries", counts["new"])
            bulk.allocate(ALLOCATIONS, now=at.now, debits_are_new=True)
    if counts["changed"]:
        if settled:
            bulk.enter(RECEIPTS_SINCE, now=at.now)
            bulk.use(USED_SINCE)
            bulk.allocate(ALLOCATIONS_SINCE, now=at.now)
        _change_words(at)


def _change_words(at: Circumstances) -> None:
    """Terms and references may change; each customer's trail says from what to what."""
    changes = session.execute(text(FIND_WORDS)).mappings().all()
    if changes:
        session.execute(text(CHANGE_WORDS), [dict(change) for change in changes])
        parties.record_invoice_words(changes, at)
