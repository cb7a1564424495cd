"""A chunk of invoice rows against what is booked: new, changed, unchanged or refused; then into the ledger."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, text

from models.database import session
from models.errors import N_
from models.imports import parties
from models.imports.outcomes import BOOKS_CLOSED, Circumstances, Outcome, Refusal
from models.imports.rows import InvoiceRow
from models.imports.staging import copy_rows, temporary
from models.ledger import bulk
from models.money import Money

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
    "settled": N_("The file settles invoice %(number)s twice, with different amounts or days."),
}

STAGED = """
row bigint, number text, number_as_written text, customer text, customer_as_written text, name text,
amount_minor bigint, currency text, issued_on date, due_on date, terms text, reference text,
settled_minor bigint, settled_on date, email text, contact text, language text, country text, kind text
"""
KNOWN = """
number text, customer text, customer_id bigint, invoice_id bigint, currency text, amount_minor bigint,
issued_on date, due_on date, terms text, reference text, settled_minor bigint, settled_on date
"""

FIND_KNOWN = """
insert into known_invoices
select i.number, c.number, i.customer_id, i.id, i.currency, i.amount_minor, i.issued_on, i.due_on, i.terms, i.reference
from (select distinct number from staged_invoices) s
join invoice_numbers n on n.number = s.number
join invoices i on i.customer_id = n.customer_id and i.id = n.invoice_id
join customers c on c.id = i.customer_id
"""

RECALL = """
insert into known_invoices
select * from seen_invoices where number in (select number from staged_invoices)
"""

REMEMBER = """
insert into seen_invoices
select number, customer, null, null, currency, amount_minor, issued_on, due_on, terms, reference, settled_minor,
    settled_on
from fresh_invoices
"""

FIND_FRESH = """
insert into fresh_invoices
select distinct on (s.number) s.*
from staged_invoices s
where not exists (select from known_invoices k where k.number = s.number)
    and (cast(:closed as date) is null or (s.issued_on > :closed and coalesce(s.settled_on > :closed, true)))
order by s.number, s.row
"""

# Twins inside the file are compared with the first of them as if that were booked.
JUDGE = """
insert into verdicts
select s.row, case
    when s.row = f.row then 'new'
    when k.number is null and f.number is null then 'closed'
    when s.customer <> coalesce(k.customer, f.customer) then 'customer'
    when s.currency <> coalesce(k.currency, f.currency) then 'currency'
    when s.amount_minor <> coalesce(k.amount_minor, f.amount_minor) then 'amount'
    when s.issued_on <> coalesce(k.issued_on, f.issued_on) then 'issued'
    when s.due_on <> coalesce(k.due_on, f.due_on) then 'due'
    when s.settled_minor is not null and (f.number is not null or k.invoice_id is null)
        and (s.settled_minor, s.settled_on) is distinct from
        (coalesce(k.settled_minor, f.settled_minor), coalesce(k.settled_on, f.settled_on)) then 'settled'
    when s.terms not in ('', coalesce(k.terms, f.terms)) then 'changed'
    when s.reference not in ('', coalesce(k.reference, f.reference)) then 'changed'
    else 'unchanged' end
from staged_invoices s
left join known_invoices k on k.number = s.number
left join fresh_invoices f on f.number = s.number
"""

LOCK = """
select a.customer_id
from accounts a
where (a.customer_id, a.currency) in (
    select c.id, s.currency from staged_invoices s join customers c on c.number = s.customer
)
order by a.customer_id, a.currency
for update
"""

ADD_ACCOUNTS = """
insert into accounts (customer_id, currency)
select distinct c.id, f.currency from fresh_invoices f join customers c on c.number = f.customer
order by 1, 2
on conflict do nothing
"""

# The file says how much of an invoice is settled in all; what the ledger does not have of it yet is new money.
FIND_SETTLED = """
insert into settled_now
select distinct on (s.number) s.row, s.number, k.customer_id, e.id, e.currency,
    least(e.open_minor, s.settled_minor - (e.amount_minor - e.open_minor)), s.settled_on,
    case when exists (
        select from entries r where r.customer_id = k.customer_id and r.dedupe_key = 'receipt:' || s.number
    ) then 'receipt:' || s.number || ':' || s.settled_minor else 'receipt:' || s.number end
from staged_invoices s
join verdicts v on v.row = s.row and v.verdict in ('changed', 'unchanged')
join known_invoices k on k.number = s.number
join entries e on e.customer_id = k.customer_id and e.dedupe_key = 'invoice:' || s.number
where e.open_minor > 0 and s.settled_minor > e.amount_minor - e.open_minor
order by s.number, s.settled_minor desc, s.row
"""

JUDGE_SETTLED = """
update verdicts v
set verdict = case when n.settled_on <= cast(:closed as date) then 'closed' else 'changed' end
from settled_now n
where v.row = n.row
"""

FIND_IDS = """
insert into bookings
select f.row, c.id, nextval('invoices_id_seq'), nextval('entries_id_seq'),
    case when f.settled_minor > 0 then nextval('entries_id_seq') end
from fresh_invoices f
join customers c on c.number = f.customer
order by f.row
"""

ADD_INVOICES = """
insert into invoices (
    customer_id, id, number, number_as_written, currency, amount_minor, issued_on, due_on, terms, reference,
    due_before_issue, source, recorded_at
)
select b.customer_id, b.invoice_id, f.number, f.number_as_written, f.currency, f.amount_minor, f.issued_on, f.due_on,
    f.terms, f.reference, f.due_on < f.issued_on, :source, :now
from bookings b
join fresh_invoices f on f.row = b.row
"""

REGISTER = """
insert into invoice_numbers (number, customer_id, invoice_id)
select f.number, b.customer_id, b.invoice_id
from bookings b
join fresh_invoices f on f.row = b.row
order by b.row
"""

STAGE_BILLS = """
insert into new_entries (
    customer_id, id, currency, side, kind, amount_minor, effective_on, due_on, invoice_id, dedupe_key, place
)
select b.customer_id, b.entry_id, f.currency, sign(f.amount_minor),
    case when f.amount_minor > 0 then 'invoice' else 'credit_note' end,
    abs(f.amount_minor), f.issued_on, case when f.amount_minor > 0 then f.due_on end, b.invoice_id,
    case when f.amount_minor > 0 then 'invoice:' else 'credit_note:' end || f.number, f.row
from bookings b
join fresh_invoices f on f.row = b.row
"""

STAGE_RECEIPTS = """
insert into new_entries (
    customer_id, id, currency, side, kind, amount_minor, effective_on, dedupe_key, reference, place
)
select b.customer_id, b.receipt_id, f.currency, -1, 'receipt', f.settled_minor, f.settled_on,
    'receipt:' || f.number, f.number, f.row
from bookings b
join fresh_invoices f on f.row = b.row
where b.receipt_id is not null
union all
select n.customer_id, nextval('entries_id_seq'), n.currency, -1, 'receipt', n.amount_minor, n.settled_on,
    n.dedupe_key, n.number, n.row
from settled_now n
join verdicts v on v.row = n.row and v.verdict = 'changed'
"""

STAGE_ALLOCATIONS = """
insert into new_allocations (customer_id, credit_id, debit_id, currency, amount_minor)
select b.customer_id, b.receipt_id, b.entry_id, f.currency, least(f.settled_minor, f.amount_minor)
from bookings b
join fresh_invoices f on f.row = b.row
where b.receipt_id is not null
union all
select e.customer_id, e.id, n.debit_id, n.currency, n.amount_minor
from settled_now n
join new_entries e on e.customer_id = n.customer_id and e.dedupe_key = n.dedupe_key
"""

FIND_WORDS = """
select distinct on (i.customer_id, i.id) i.customer_id, i.id, i.number, i.terms, i.reference,
    coalesce(nullif(s.terms, ''), i.terms) as new_terms, coalesce(nullif(s.reference, ''), i.reference) as new_reference
from staged_invoices s
join verdicts v on v.row = s.row and v.verdict = 'changed'
join invoice_numbers n on n.number = s.number
join invoices i on i.customer_id = n.customer_id and i.id = n.invoice_id
where s.terms not in ('', i.terms) or s.reference not in ('', i.reference)
order by i.customer_id, i.id, s.row desc
"""

CHANGE_WORDS = """
update invoices set terms = :new_terms, reference = :new_reference where customer_id = :customer_id and id = :id
"""

# The terms of an invoice are not those of the customer.
ACCEPTED = """
select s.row, v.verdict, s.customer, s.customer_as_written, s.name, s.issued_on, s.email, s.contact, '',
    s.language, s.country, s.kind, '', '', '', ''
from staged_invoices s
join verdicts v on v.row = s.row
where v.verdict in ('new', 'changed', 'unchanged')
"""

COUNTS = "select verdict, count(*) as rows from verdicts group by verdict"
SUMS = "select currency, sum(amount_minor)::bigint as minor from fresh_invoices group by currency"
REFUSED = """
select v.verdict, s.row, s.number, s.customer, s.currency, s.amount_minor, s.issued_on, s.due_on, s.settled_on,
    coalesce(k.customer, f.customer) as booked_customer, coalesce(k.currency, f.currency) as booked_currency,
    coalesce(k.amount_minor, f.amount_minor) as booked_minor, coalesce(k.issued_on, f.issued_on) as booked_issued_on,
    coalesce(k.due_on, f.due_on) as booked_due_on
from verdicts v
join staged_invoices s on s.row = v.row
left join known_invoices k on k.number = s.number
left join fresh_invoices f on f.number = s.number
where v.verdict not in ('new', 'changed', 'unchanged')
order by v.row
"""


def apply(rows: Sequence[tuple[object, ...]], at: Circumstances) -> Outcome:
    """Book a chunk in the caller's transaction. In a dry run nothing but temporary tables is written."""
    temporary("staged_invoices", STAGED)
    copy_rows("staged_invoices", InvoiceRow._fields, rows)
    if not at.dry:
        session.execute(text(LOCK))
    _judge(at)
    accepted = parties.Accepted(ACCEPTED, at)
    if at.dry:
        _remember()
    else:
        accepted.write()
        _book(at)
        _change_words(at)
    return _outcome(at)


def _judge(at: Circumstances) -> None:
    temporary("known_invoices", KNOWN)
    session.execute(text(FIND_KNOWN))
    if at.dry:
        session.execute(text(f"create temporary table if not exists seen_invoices ({KNOWN}) on commit drop"))
        session.execute(text(RECALL))
    temporary("fresh_invoices", STAGED)
    session.execute(text(FIND_FRESH), {"closed": at.closed_on})
    temporary("verdicts", "row bigint, verdict text")
    session.execute(text(JUDGE))
    temporary(
        "settled_now",
        "row bigint, number text, customer_id bigint, debit_id bigint, currency text, amount_minor bigint,"
        " settled_on date, dedupe_key text",
    )
    session.execute(text(FIND_SETTLED))
    session.execute(text(JUDGE_SETTLED), {"closed": at.closed_on})


def _remember() -> None:
    """In a dry run what would be booked is kept, so that later twins are seen."""
    session.execute(text(REMEMBER))


def _book(at: Circumstances) -> None:
    session.execute(text(ADD_ACCOUNTS))
    session.execute(text(LOCK))  # The accounts just added, which somebody else may have added first.
    temporary("bookings", "row bigint, customer_id bigint, invoice_id bigint, entry_id bigint, receipt_id bigint")
    session.execute(text(FIND_IDS))
    session.execute(text(ADD_INVOICES), {"source": f"import {at.run_id}", "now": at.now})
    session.execute(text(REGISTER))
    bulk.prepare_staging()
    session.execute(text(STAGE_BILLS))
    session.execute(text(STAGE_RECEIPTS))
    session.execute(text(STAGE_ALLOCATIONS))
    bulk.write_staged(now=at.now)


def _change_words(at: Circumstances) -> None:
    """Terms and references may change; each customer's trail says from what to what."""
    changes = session.execute(text(FIND_WORDS)).mappings().all()
    if not changes:
        return
    session.execute(text(CHANGE_WORDS), [dict(change) for change in changes])
    parties.record_invoice_words(changes, at)


def _outcome(at: Circumstances) -> Outcome:
    counts: dict[str, int] = dict(session.execute(text(COUNTS)).tuples().all())
    outcome = Outcome(counts.get("new", 0), counts.get("changed", 0), counts.get("unchanged", 0))
    outcome.sums.update(dict(session.execute(text(SUMS)).tuples().all()))
    if sum(counts.values()) > outcome.new + outcome.changed + outcome.unchanged:
        outcome.refusals = [_refusal(row, at) for row in session.execute(text(REFUSED)).mappings()]
    return outcome


def _refusal(row: RowMapping, at: Circumstances) -> Refusal:
    verdict = row["verdict"]
    if verdict == "closed":
        late = row["settled_on"] is not None and row["booked_customer"] is not None
        return Refusal(row["row"], "settled_on" if late else "issued", BOOKS_CLOSED, {"day": at.closed_on})
    booked, said = {
        "customer": (row["booked_customer"], row["customer"]),
        "currency": (row["booked_currency"], row["currency"]),
        "amount": (Money(row["booked_minor"] or 0, row["currency"]), Money(row["amount_minor"], row["currency"])),
        "issued": (row["booked_issued_on"], row["issued_on"]),
        "due": (row["booked_due_on"], row["due_on"]),
        "settled": ("", ""),
    }[verdict]
    values = {"number": row["number"], "booked": booked, "said": said}
    return Refusal(row["row"], verdict, DIFFERS[verdict], values)
