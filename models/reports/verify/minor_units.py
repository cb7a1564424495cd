"""I14: money is whole minor units of currencies whose decimals are known."""

from sqlalchemy import text

from models.database import session
from models.money import EXPONENTS
from models.reports.verify.proof import Broken, Finding, Proof

_AMOUNTS = "from information_schema.columns where table_schema = current_schema() and column_name like '%\\_minor'"
# The queue's tables are not ours; nothing of ours counts in floating point.
_FLOATS = (
    "from information_schema.columns where table_schema = current_schema() and table_name not like 'procrastinate%'"
    " and data_type in ('real', 'double precision', 'money')"
)
_COLUMN = "table_name || '.' || column_name as id, null as currency"
FINDINGS = (
    Finding(
        "I14",
        "information_schema.columns",
        f"select count(*) {_AMOUNTS}",
        f"select {_COLUMN}, 'bigint' as expected, data_type as found {_AMOUNTS} and data_type <> 'bigint' order by 1",
    ),
    Finding(
        "I14",
        "information_schema.columns",
        "select 0",
        f"select {_COLUMN}, 'bigint' as expected, data_type as found {_FLOATS} order by 1",
    ),
)
_WITH_CURRENCY = """
select c.relname as "table", quote_ident(c.relname) as quoted,
       (select string_agg(quote_ident(k.attname), ' || '':'' || ' order by array_position(i.indkey::int2[], k.attnum))
        from pg_index i join pg_attribute k on k.attrelid = i.indrelid and k.attnum = any(i.indkey)
        where i.indrelid = c.oid and i.indisprimary) as key,
       exists (select 1 from pg_attribute o where o.attrelid = c.oid and o.attname = 'customer_id') as growing
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attname = 'currency' and not a.attisdropped
where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
order by 1
"""


def prove(proof: Proof, customer_id: int | None) -> None:
    for finding in FINDINGS:
        finding.prove(proof)
    known = sorted(EXPONENTS)
    for table in session.execute(text(_WITH_CURRENCY)).all():
        if customer_id is not None and not table.growing:
            continue
        mine = " and customer_id = :customer" if customer_id is not None else ""
        count = f"select count(*) from {table.quoted} where true{mine}"
        rows = f"select {table.key} as id, currency from {table.quoted} where currency <> all(:known){mine} order by 1"
        unknown = session.execute(text(rows), {"known": known, "customer": customer_id})
        broken = [Broken("I14", table.table, str(row.id), "a known currency", row.currency) for row in unknown]
        proof.add("I14", session.scalar(text(count), {"customer": customer_id}) or 0, broken)
