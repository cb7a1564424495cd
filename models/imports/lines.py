"""The lines of invoices into the books, and what a file may still say of lines that are booked."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import text

from models.database import session
from models.imports import parties
from models.imports.outcomes import Circumstances, Refusal
from models.imports.rows import InvoiceRow, LineRow
from models.imports.staging import copy_rows, temporary

ROW, LINES = InvoiceRow._fields.index("row"), InvoiceRow._fields.index("lines")
WORDS = ("description", "product", "supplier", "site")

STAGED = """
row bigint, position int, description text, product text, supplier text, site text, quantity numeric,
net_minor bigint, tax_rate numeric, tax_minor bigint
"""
HAS_LINES = """
exists (select from invoice_lines l where l.customer_id = j.booked_customer_id and l.invoice_id = j.booked_id)
"""
# A case about an invoice without lines is about all of it: lines that came later would be disputed a second time.
HAS_CASE = """
exists (
    select from entries e join disputes d on d.customer_id = e.customer_id and d.entry_id = e.id
    where e.customer_id = j.booked_customer_id and e.invoice_id = j.booked_id
)
"""
OTHER_LINES = """
exists (
    select from (select * from staged_lines where row = j.row) s
    full join (
        select * from invoice_lines where customer_id = j.booked_customer_id and invoice_id = j.booked_id
    ) l using (position)
    where s.row is null or l.id is null or s.net_minor + s.tax_minor <> l.net_minor + l.tax_minor
        or s.quantity <> l.quantity or s.tax_rate <> l.tax_rate
)
"""
JUDGE_OTHERS = f"""
update judged j
set verdict = 'lines'
where j.verdict in ('changed', 'unchanged') and j.booked_id is not null
    and exists (select from staged_lines s where s.row = j.row)
    and case when {HAS_LINES} then {OTHER_LINES} else {HAS_CASE} end
"""
JUDGE_MISSING = f"""
update judged j
set verdict = 'changed'
where j.verdict = 'unchanged' and j.booked_id is not null
    and exists (select from staged_lines s where s.row = j.row) and not {HAS_LINES}
"""

CHANGED = " or ".join(f"s.{word} not in ('', l.{word})" for word in WORDS)
FIND_WORDS = f"""
select j.row, l.customer_id, l.id, l.invoice_id, l.position,
    {", ".join(f"l.{word} as old_{word}, coalesce(nullif(s.{word}, ''), l.{word}) as {word}" for word in WORDS)}
from judged j
join staged_lines s on s.row = j.row
join invoice_lines l
    on l.customer_id = j.booked_customer_id and l.invoice_id = j.booked_id and l.position = s.position
where j.verdict in ('changed', 'unchanged') and ({CHANGED})
"""
JUDGE_WORDS = f"""
update judged j set verdict = 'changed' from ({FIND_WORDS}) f where f.row = j.row and j.verdict = 'unchanged'
"""
CHANGE_WORDS = f"""
update invoice_lines set {", ".join(f"{word} = :{word}" for word in WORDS)}
where customer_id = :customer_id and id = :id
"""

FIND_MISSING = f"""
select booked_customer_id, booked_id, rows from judged j
where verdict = 'changed' and booked_id is not null and exists (select from staged_lines s where s.row = j.row)
    and not {HAS_LINES} and not {HAS_CASE}
"""
ADD = f"""
insert into invoice_lines (
    customer_id, invoice_id, position, description, quantity, net_minor, tax_rate, tax_minor, currency, product,
    supplier, site
)
select coalesce(j.booked_customer_id, j.customer_id), coalesce(j.booked_id, j.invoice_id), s.position, s.description,
    coalesce(s.quantity, 1), s.net_minor, coalesce(s.tax_rate, 0), s.tax_minor, j.currency, s.product, s.supplier,
    s.site
from judged j
join staged_lines s on s.row = j.row
where j.verdict = 'new' or (j.verdict = 'changed' and not {HAS_LINES} and not {HAS_CASE})
order by 1, j.row, s.position
"""


def judge(rows: Iterable[tuple[Any, ...]]) -> None:
    """Stage the lines beside `judged`, and give a verdict on those of invoices that are booked."""
    temporary("staged_lines", STAGED)
    staged = [(row[ROW], position, *line[1:]) for row in rows for position, line in enumerate(row[LINES], start=1)]
    copy_rows("staged_lines", ("row", "position", *LineRow._fields[1:]), staged)
    session.execute(text("create index on staged_lines (row)"))
    session.execute(text("analyze staged_lines"))
    for statement in (JUDGE_OTHERS, JUDGE_MISSING, JUDGE_WORDS):
        session.execute(text(statement))


def write(at: Circumstances) -> None:
    """Add the lines of what is new, and of what was booked without any; change their words. The accounts are locked."""
    changed: defaultdict[tuple[int, int], tuple[dict[str, Any], dict[str, Any]]] = defaultdict(lambda: ({}, {}))
    found = session.execute(text(FIND_WORDS)).mappings().all()
    for line in found:
        before, after = changed[line["customer_id"], line["invoice_id"]]
        for word in WORDS:
            if line[word] != line[f"old_{word}"]:
                key = f"{word} {line['position']}"
                before[key], after[key] = line[f"old_{word}"], line[word]
    if found:
        session.execute(text(CHANGE_WORDS), [dict(line) for line in found])
    for customer_id, invoice_id, lines in session.execute(text(FIND_MISSING)):
        changed[customer_id, invoice_id] = ({"lines": 0}, {"lines": lines})
    session.execute(text(ADD))
    for (customer_id, invoice_id), (before, after) in sorted(changed.items()):
        parties.record_change(customer_id, "invoice.changed", f"invoices:{invoice_id}", before, after, at)


def of_every_row(refusals: list[Refusal], rows: Sequence[tuple[Any, ...]]) -> list[Refusal]:
    """A refused invoice with lines is refused in each of its rows."""
    if not refusals:
        return refusals
    lines = {row[ROW]: row[LINES] for row in rows if len(row[LINES]) > 1}
    return [
        refusal._replace(row=row)
        for refusal in refusals
        for row in ([line.row for line in lines[refusal.row]] if refusal.row in lines else [refusal.row])
    ]
