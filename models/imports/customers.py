"""A chunk of customer rows: new customers, and changed names, facts and contacts of known ones."""

from collections import Counter
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
create temporary table judged on commit drop as
select s.row, s.customer, s.name, cast(:today as date) as told_on, case
    when exists (select from customers c where c.number = s.customer)
        or exists (select from seen_customers e where e.customer = s.customer)
        or row_number() over (partition by s.customer order by s.row) > 1 then 'unchanged'
    else 'new' end as verdict
from staged_customers s
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
    session.execute(text("drop table if exists pg_temp.judged"))
    session.execute(text(JUDGE), {"today": at.today})
    if not at.dry:
        session.execute(text(LOCK))
    told = parties.told_by_customers(rows, at.today)
    told.compare()
    if at.dry:
        session.execute(text("insert into seen_customers select customer from staged_customers"))
    else:
        told.write(at)
    verdicts = session.execute(text("select verdict, count(*) from judged group by verdict"))
    counts = Counter({verdict: rows for verdict, rows in verdicts})
    return Outcome(counts["new"], counts["changed"], counts["unchanged"])
