"""A chunk of customer rows: new customers, and changed names, facts and contacts of known ones."""

from collections.abc import Sequence

from sqlalchemy import text

from models.database import session
from models.imports import parties
from models.imports.outcomes import Circumstances, Outcome
from models.imports.rows import CustomerRow
from models.imports.staging import copy_rows, temporary

STAGED = "row bigint, " + ", ".join(f"{column} text" for column in CustomerRow._fields[1:])

# Several rows of one customer are several contacts: the first is new, the others are compared with it.
JUDGE = """
insert into verdicts
select s.row, case
    when exists (select from customers c where c.number = s.customer)
        or exists (select from seen_customers e where e.customer = s.customer)
        or row_number() over (partition by s.customer order by s.row) > 1 then 'unchanged'
    else 'new' end
from staged_customers s
"""

ACCEPTED = """
select s.row, v.verdict, s.customer, s.customer_as_written, s.name, cast('{today}' as date), s.email, s.contact,
    s.phone, s.language, s.country, s.kind, s.timezone, s.address, s.tax_number, s.terms
from staged_customers s
join verdicts v on v.row = s.row
"""

LOCK = """
select a.customer_id
from accounts a
where a.customer_id in (select c.id from staged_customers s join customers c on c.number = s.customer)
order by a.customer_id, a.currency
for update
"""


def apply(rows: Sequence[tuple[object, ...]], at: Circumstances) -> Outcome:
    """Add and change customers in the caller's transaction. In a dry run nothing but temporary tables is written."""
    temporary("staged_customers", STAGED)
    copy_rows("staged_customers", CustomerRow._fields, rows)
    session.execute(text("create temporary table if not exists seen_customers (customer text) on commit drop"))
    temporary("verdicts", "row bigint, verdict text")
    if not at.dry:
        session.execute(text(LOCK))
    session.execute(text(JUDGE))
    accepted = parties.Accepted(ACCEPTED.format(today=at.today.isoformat()), at, facts_change=True)
    if at.dry:
        session.execute(text("insert into seen_customers select customer from staged_customers"))
    else:
        accepted.write()
    counts: dict[str, int] = dict(session.execute(text("select verdict, count(*) from verdicts group by 1")).tuples().all())
    return Outcome(counts.get("new", 0), counts.get("changed", 0), counts.get("unchanged", 0))
