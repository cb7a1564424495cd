"""A chunk of invoice rows against what is booked: new, changed, unchanged or refused; then into the ledger."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import RowMapping, text

from models.database import session
from models.errors import N_
from models.imports import parties
from models.imports.outcomes import BOOKS_CLOSED, Circumstances, Outcome, Refusal
from models.imports.rows import InvoiceRow
from models.imports.staging import copy_rows, tell_planner, temporary
from models.ledger import bulk
from models.money import Money

ROW, NUMBER, SETTLED_MINOR = (InvoiceRow._fields.index(name) for name in ("row", "number", "settled_minor"))

# After booking these never change by import.
DIFFERS = {
    "customer": N_(
        "Invoice %(number)s is booked for customer %(booked)s, the file says %(said)s."
        " Correct it by a credit note, or reverse it and book it again."
    ),
    "currency": N_(
        "Invoice %(number)s is booked in %(booked)s, the file says %(said)s."
        " Correct it by a credit note, or reverse it and book it again."
    ),
    "amount": N_(
        "Invoice %(number)s is booked with %(booked)s, the file says %(said)s."
        " Correct it by a credit note, or reverse it and book it again."
    ),
    "issued": N_(
        "Invoice %(number)s is booked as issued on %(booked)s, the file says %(said)s."
        " Correct it by a credit note, or reverse it and book it again."
    ),
    "due": N_(
        "Invoice %(number)s is booked as due on %(booked)s, the file says %(said)s."
        " Correct it by a credit note, or reverse it and book it again."
    ),
    "twin": N_("Another row of the file has this number and was refused: correct that one first."),
    "settled": N_("The file settles invoice %(number)s twice, with different amounts or days."),
}

# Ids are drawn as rows are staged, so that invoice, debit, receipt and allocation can be written without asking back.
STAGED = """
row bigint, number text, number_as_written text, customer text, customer_as_written text, name text,
amount_minor bigint, currency text, issued_on date, due_on date, terms text, reference text,
settled_minor bigint, settled_on date, email text, contact text, language text, country text, kind text,
leader bigint, invoice_id bigint default nextval('invoices_id_seq'), entry_id bigint default nextval('entries_id_seq'),
receipt_id bigint default nextval('entries_id_seq')
"""
SETTLED = """
row bigint, number text, customer_id bigint, debit_id bigint, currency text, amount_minor bigint, settled_on date,
receipt_id bigint, dedupe_key text
"""
SEEN = """
number text, customer_id bigint, invoice_id bigint, customer text, currency text, amount_minor bigint,
issued_on date, due_on date, terms text, reference text, settled_minor bigint, settled_on date
"""

BOOKED = """
select i.customer_id, i.id as invoice_id, c.number as customer, i.currency, i.amount_minor, i.issued_on, i.due_on,
    i.terms, i.reference, cast(null as bigint) as settled_minor, cast(null as date) as settled_on
from invoice_numbers n
join invoices i on i.customer_id = n.customer_id and i.id = n.invoice_id
join customers c on c.id = i.customer_id
where n.number = s.number
"""
# A dry run books nothing, so it looks among what earlier rows would have booked as well.
BOOKED_OR_SEEN = f"""
{BOOKED} union all
select customer_id, invoice_id, customer, currency, amount_minor, issued_on, due_on, terms, reference, settled_minor,
    settled_on
from seen_invoices where number = s.number
"""

DIFFERENCE = """
    when s.customer <> {other}.customer then 'customer'
    when s.currency <> {other}.currency then 'currency'
    when s.amount_minor <> {other}.amount_minor then 'amount'
    when s.issued_on <> {other}.issued_on then 'issued'
    when s.due_on <> {other}.due_on then 'due'
    when s.settled_minor is not null and {other}.settled_minor is distinct from s.settled_minor and {unbooked}
        then 'settled'
    when s.settled_on is not null and {other}.settled_on is distinct from s.settled_on and {unbooked} then 'settled'
    when s.terms not in ('', {other}.terms) or s.reference not in ('', {other}.reference) then 'changed'
    else 'unchanged'
"""

# `offset 0` keeps the planner from reading a whole registry for the rows of one chunk.
JUDGE = """
create temporary table judged on commit drop as
select s.*, c.id as customer_id, k.customer_id as booked_customer_id, k.invoice_id as booked_id,
    k.customer as booked_customer, k.currency as booked_currency, k.amount_minor as booked_minor,
    k.issued_on as booked_issued_on, k.due_on as booked_due_on,
    case
        when k.customer is null then case
            when s.issued_on <= cast(:closed as date) or s.settled_on <= cast(:closed as date) then 'closed'
            when s.leader is not null then 'twin'
            else 'new' end
        {difference}
    end as verdict
from staged_invoices s
left join lateral (select id from customers where number = s.customer offset 0) c on true
left join lateral ({booked} offset 0) k on true
"""

JUDGE_TWINS = """
update judged s
set verdict = case {difference} end,
    booked_customer = l.customer, booked_currency = l.currency, booked_minor = l.amount_minor,
    booked_issued_on = l.issued_on, booked_due_on = l.due_on
from judged l
where s.verdict = 'twin' and l.row = s.leader and l.verdict = 'new'
"""

REMEMBER = """
insert into seen_invoices
select number, null, null, customer, currency, amount_minor, issued_on, due_on, terms, reference, settled_minor,
    settled_on
from judged where verdict = 'new'
"""

COUNTS = "select verdict, count(*) from judged group by verdict"
SUMS = "select currency, sum(amount_minor)::bigint as minor from judged where verdict = 'new' group by currency"
REFUSED = "select * from judged where verdict not in ('new', 'changed', 'unchanged') order by row"

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

# The file says how much of an invoice is settled in all; what the ledger does not have of it yet is new money.
FIND_SETTLED = """
insert into settled_now
select distinct on (j.number) j.row, j.number, e.customer_id, e.id, e.currency,
    least(e.open_minor, j.settled_minor - (e.amount_minor - e.open_minor)), j.settled_on, j.receipt_id,
    'receipt:' || j.number || case when exists (
        select from entries r where r.customer_id = e.customer_id and r.dedupe_key = 'receipt:' || j.number
    ) then ':' || j.settled_minor else '' end
from judged j
join lateral (
    select * from entries where customer_id = j.booked_customer_id and dedupe_key = 'invoice:' || j.number offset 0
) e on true
where j.verdict in ('changed', 'unchanged') and j.settled_minor > 0 and e.open_minor > 0
    and j.settled_minor > e.amount_minor - e.open_minor
order by j.number, j.settled_minor desc, j.row
"""

JUDGE_SETTLED = """
update judged j
set verdict = case when n.settled_on <= cast(:closed as date) then 'closed' else 'changed' end
from settled_now n
where j.row = n.row
"""

SETTLED_TOO_LATE = "select j.* from judged j join settled_now n on n.row = j.row where j.verdict = 'closed'"

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


def apply(rows: Sequence[tuple[object, ...]], at: Circumstances) -> Outcome:
    """Book a chunk in the caller's transaction. In a dry run nothing but temporary tables is written."""
    _judge(rows, at)
    refusals = [_refusal(row, at) for row in session.execute(text(REFUSED)).mappings()]
    lost = {refusal.row for refusal in refusals}
    told = parties.told_by_invoices([row for row in rows if row[ROW] not in lost] if lost else rows)
    told.compare()
    if not at.dry:
        session.execute(text(LOCK))
        told.write(at)
        session.execute(text(FIND_CUSTOMERS))
        session.execute(text(ADD_ACCOUNTS))
        session.execute(text(LOCK))  # The new ones, should somebody else have added them a moment ago.
    settled = any(row[SETTLED_MINOR] for row in rows)
    if settled:
        refusals += _judge_settled(at)
    counts = _counts()
    if at.dry:
        session.execute(text(REMEMBER))
    else:
        _book(counts, at, settled=settled)
    outcome = Outcome(counts["new"], counts["changed"], counts["unchanged"], refusals)
    outcome.sums.update({currency: minor for currency, minor in session.execute(text(SUMS))})
    return outcome


def _judge(rows: Sequence[tuple[object, ...]], at: Circumstances) -> None:
    leaders = _leaders(rows)
    temporary("staged_invoices", STAGED)
    copy_rows(
        "staged_invoices",
        (*InvoiceRow._fields, "leader"),
        [(*row, leader) for row, leader in zip(rows, leaders, strict=True)],
    )
    if at.dry:
        session.execute(text(f"create temporary table if not exists seen_invoices ({SEEN}) on commit drop"))
    session.execute(text("drop table if exists pg_temp.judged"))
    difference = DIFFERENCE.format(other="k", unbooked="k.invoice_id is null")
    judge = JUDGE.format(difference=difference, booked=BOOKED_OR_SEEN if at.dry else BOOKED)
    session.execute(text(judge), {"closed": at.closed_on})
    if any(leaders):
        difference = DIFFERENCE.format(other="l", unbooked="true")
        session.execute(text(JUDGE_TWINS.format(difference=difference)))


def _leaders(rows: Sequence[tuple[object, ...]]) -> list[object]:
    """Of a row whose number stood in the chunk before: that first row's number; else None."""
    first: dict[object, object] = {}
    leaders = [first.setdefault(row[NUMBER], row[ROW]) for row in rows]
    return [None if leader == row[ROW] else leader for leader, row in zip(leaders, rows, strict=True)]


def _counts() -> Counter[str]:
    return Counter({verdict: rows for verdict, rows in session.execute(text(COUNTS))})


def _judge_settled(at: Circumstances) -> list[Refusal]:
    temporary("settled_now", SETTLED)
    session.execute(text(FIND_SETTLED))
    session.execute(text(JUDGE_SETTLED), {"closed": at.closed_on})
    if at.closed_on is None:
        return []
    return [_refusal(row, at) for row in session.execute(text(SETTLED_TOO_LATE)).mappings()]


def _book(counts: Counter[str], at: Circumstances, *, settled: bool) -> None:
    if counts["new"]:
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


def _refusal(row: RowMapping, at: Circumstances) -> Refusal:
    verdict, booked = row["verdict"], row["booked_customer"] is not None
    if verdict == "closed":
        field = "settled_on" if booked else "issued"
        return Refusal(row["row"], field, BOOKS_CLOSED, {"day": at.closed_on})
    values = {
        "customer": (row["booked_customer"], row["customer"]),
        "currency": (row["booked_currency"], row["currency"]),
        "amount": (Money(row["booked_minor"] or 0, row["currency"]), Money(row["amount_minor"], row["currency"])),
        "issued": (row["booked_issued_on"], row["issued_on"]),
        "due": (row["booked_due_on"], row["due_on"]),
    }
    was, said = values.get(verdict, ("", ""))
    field = "number" if verdict == "twin" else verdict
    return Refusal(row["row"], field, DIFFERS[verdict], {"number": row["number"], "booked": was, "said": said})
