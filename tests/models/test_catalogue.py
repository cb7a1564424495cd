"""The catalogue of PostgreSQL itself: ready for sharding by customer, or named here with the reason why not."""

import pytest
from sqlalchemy import Engine, text

from models.money import EXPONENTS

# What arrives without a customer, and what belongs to the company: small tables, kept in one place.
REGISTRIES = {
    "alembic_version": "the schema's revision",
    "company": "the creditor, one row",
    "customers": "the registry of customers itself",
    "links": "a token arrives without a customer",
    "unsubscribe_tokens": "a click in a mail arrives without a customer",
    "codes": "a browser's half of a code arrives without a customer",
    "sessions": "a cookie arrives without a customer",
    "invoice_numbers": "a number or an RF reference arrives without a customer",
    "calendar_addresses": "a calendar program brings a token and no customer",
    "merges": "a row joins two customers",
    "gateway_objects": "an id of Stripe's arrives without a customer",
    "event_cursor": "one row: how far Stripe's list of events was read",
    "webhook_events": "an event of Stripe's arrives without a customer",
    "reminder_runs": "a run is about all customers",
    "reminder_chunks": "a part of a run is about many customers",
    "audit_seals": "one line a night over all streams",
    "sign_in_attempts": "who tries to sign in is nobody yet",
    "stopped_addresses": "an address is a contact of several customers",
    "staff": "people of the company",
    "staff_tokens": "invitations and resets of people of the company",
    "import_runs": "a file is about many customers",
    "import_rejects": "a rejected row is nobody's",
    "imported_payments": "a payment in a file arrives without a customer",
    "approvals": "decisions that wait for a second person, on one page for all customers",
    "templates": "the words of reminders are the company's",
    "template_versions": "the words of reminders are the company's",
    "template_texts": "the words of reminders are the company's",
    "sequences": "the company's reminders, for all customers",
    "sequence_versions": "the company's reminders, for all customers",
    "sequence_steps": "the company's reminders, for all customers",
    "plan_policies": "what the company offers, for all customers",
    "plan_rules": "what the company offers, for all customers",
    "departments": "the company's own",
    "causes": "the company's own, for all customers' complaints",
    "assignment_rules": "the company's own",
    "absences": "people of the company",
    "corrective_actions": "about a cause, for all customers",
    "complaint_alerts": "about a cause, for all customers",
    "complaint_digests": "mails to the company's own people",
    "dispute_questions": "a department's link brings a token and no customer",
    "procrastinate_": "the queue",
}
_TABLES = """
select c.relname as name from pg_class c
where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace order by 1
"""
_UNIQUE = """
select i.indrelid::regclass::text as "table", i.indexrelid::regclass::text as name, i.indisprimary as is_primary,
       array(select coalesce(a.attname, 'expression') from unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
             left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum order by k.place) as columns
from pg_index i join pg_class c on c.oid = i.indrelid
where i.indisunique and c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
order by 1, 2
"""
_KEYS = """
select conrelid::regclass::text as "table", confrelid::regclass::text as target, conname as name,
       array(select attname from unnest(conkey) with ordinality as k (attnum, place)
             join pg_attribute a on a.attrelid = conrelid and a.attnum = k.attnum order by k.place) as columns,
       array(select attname from unnest(confkey) with ordinality as k (attnum, place)
             join pg_attribute a on a.attrelid = confrelid and a.attnum = k.attnum order by k.place) as targets
from pg_constraint where contype = 'f' and connamespace = current_schema()::regnamespace order by 1, 3
"""


def is_registry(table: str) -> bool:
    return table in REGISTRIES or any(table.startswith(name) for name in REGISTRIES if name.endswith("_"))


@pytest.fixture
def rows(engine: Engine):
    with engine.connect() as connection:
        yield lambda query: connection.execute(text(query)).all()


def test_every_registry_that_is_named_exists(rows) -> None:
    tables = {row.name for row in rows(_TABLES)}
    unknown = {
        name
        for name in REGISTRIES
        if not any(table == name or (name.endswith("_") and table.startswith(name)) for table in tables)
    }
    assert unknown == set()


def test_every_growing_table_begins_its_primary_key_with_the_customer(rows) -> None:
    keys = {row.table: row.columns for row in rows(_UNIQUE) if row.is_primary}
    wrong = {
        row.name: keys.get(row.name)
        for row in rows(_TABLES)
        if not is_registry(row.name) and keys.get(row.name, [])[:1] != ["customer_id"]
    }
    assert wrong == {}


def test_every_unique_index_of_a_growing_table_contains_the_customer(rows) -> None:
    wrong = [row.name for row in rows(_UNIQUE) if not is_registry(row.table) and "customer_id" not in row.columns]
    assert wrong == []


def test_no_foreign_key_joins_two_customers(rows) -> None:
    """From one growing table to another a key carries the customer on both sides, at the same place."""
    wrong = [
        row.name
        for row in rows(_KEYS)
        if not is_registry(row.table)
        and not is_registry(row.target)
        and ("customer_id", "customer_id") not in zip(row.columns, row.targets, strict=True)
    ]
    assert wrong == []


def test_a_growing_table_points_to_no_registry_but_that_of_customers(rows) -> None:
    """A row that lives on a shard cannot be checked against one that lives elsewhere."""
    pointing = {
        (row.table, row.target) for row in rows(_KEYS) if not is_registry(row.table) and is_registry(row.target)
    }
    assert {target for _, target in pointing} <= {"customers"}


def test_every_amount_is_a_whole_number_of_64_bits_beside_its_currency(rows) -> None:
    amounts = rows(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_schema = current_schema() and column_name like '%\\_minor'"
    )
    assert len(amounts) >= 9
    assert {row.data_type for row in amounts} == {"bigint"}


def test_the_table_of_decimals_follows_the_standard() -> None:
    from babel.core import get_global

    fractions = get_global("currency_fractions")
    standard = {code: fractions.get(code, fractions["DEFAULT"])[0] for code in EXPONENTS}
    # Babel follows daily use, ISO 4217 the banks: there these have two decimals, or three.
    in_daily_use = {"ALL", "AMD", "COP", "HUF", "IDR", "IQD", "IRR", "TWD", "UZS", "CZK", "RSD"}
    differing = {code for code in EXPONENTS if EXPONENTS[code] != standard[code]}
    assert differing <= in_daily_use
