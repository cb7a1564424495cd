"""What each invoice row of a chunk is beside the books: new, changed, unchanged, or why it cannot be booked."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, text

from models.database import session
from models.errors import N_
from models.imports import lines
from models.imports.grouping import TWIN_REFUSED
from models.imports.outcomes import BOOKS_CLOSED, Circumstances, Refusal
from models.imports.rows import InvoiceRow
from models.imports.staging import copy_rows, temporary
from models.money import Money

ROW, NUMBER, LINES = (InvoiceRow._fields.index(name) for name in ("row", "number", "lines"))

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
    "twin": TWIN_REFUSED,
    "lines": N_(
        "Invoice %(number)s is booked with other lines than the file says, or a case is about it: its lines stay."
    ),
    "settled": N_("The file settles invoice %(number)s twice, with different amounts or days."),
}

# Ids are drawn as rows are staged, so that invoice, debit, receipt and allocation can be written without asking back.
STAGED = """
row bigint, number text, number_as_written text, customer text, customer_as_written text, name text,
amount_minor bigint, currency text, issued_on date, due_on date, terms text, reference text,
settled_minor bigint, settled_on date, email text, contact text, language text, country text, kind text,
rows bigint, leader bigint, invoice_id bigint default nextval('invoices_id_seq'),
entry_id bigint default nextval('entries_id_seq'), receipt_id bigint default nextval('entries_id_seq')
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

REFUSED = "select * from judged where verdict not in ('new', 'changed', 'unchanged') order by row"

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


def judge(rows: Sequence[tuple[Any, ...]], at: Circumstances) -> list[Refusal]:
    """Stage the rows as the temporary table `judged`, with a verdict on each. Returns those that are refused."""
    leaders = _leaders(rows)
    temporary("staged_invoices", STAGED)
    copy_rows(
        "staged_invoices",
        (*InvoiceRow._fields[:LINES], "rows", "leader"),
        [(*row[:LINES], len(row[LINES]) or 1, leader) for row, leader in zip(rows, leaders, strict=True)],
    )
    if at.dry:
        session.execute(text(f"create temporary table if not exists seen_invoices ({SEEN}) on commit drop"))
    session.execute(text("drop table if exists pg_temp.judged"))
    difference = DIFFERENCE.format(other="k", unbooked="k.invoice_id is null")
    statement = JUDGE.format(difference=difference, booked=BOOKED_OR_SEEN if at.dry else BOOKED)
    session.execute(text(statement), {"closed": at.closed_on})
    if any(leaders):
        difference = DIFFERENCE.format(other="l", unbooked="true")
        session.execute(text(JUDGE_TWINS.format(difference=difference)))
    if any(row[LINES] for row in rows):
        lines.judge(rows)
    return [_refusal(row, at) for row in session.execute(text(REFUSED)).mappings()]


def _leaders(rows: Sequence[tuple[object, ...]]) -> list[object]:
    """Of a row whose number stood in the chunk before: that first row's number; else None."""
    first: dict[object, object] = {}
    leaders = [first.setdefault(row[NUMBER], row[ROW]) for row in rows]
    return [None if leader == row[ROW] else leader for leader, row in zip(leaders, rows, strict=True)]


def judge_settled(at: Circumstances) -> list[Refusal]:
    """Find what was settled of booked invoices since, as the temporary table `settled_now`; the accounts are locked."""
    temporary("settled_now", SETTLED)
    session.execute(text(FIND_SETTLED))
    session.execute(text(JUDGE_SETTLED), {"closed": at.closed_on})
    if at.closed_on is None:
        return []
    return [_refusal(row, at) for row in session.execute(text(SETTLED_TOO_LATE)).mappings()]


def remember() -> None:
    """Keep what a dry run would have booked, for its later chunks."""
    session.execute(text(REMEMBER))


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
    field = "number" if verdict in ("twin", "lines") else verdict
    return Refusal(row["row"], field, DIFFERS[verdict], {"number": row["number"], "booked": was, "said": said})
