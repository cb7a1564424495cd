"""What the rows of a chunk tell of their customers: names, contacts, facts. Shared by invoice and customer files."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import RowMapping, text

from models import audit
from models.customers.customers import name_key, search_key
from models.database import session
from models.imports.outcomes import Circumstances
from models.imports.rows import CustomerRow, InvoiceRow
from models.imports.staging import copy_rows, temporary

FACTS = ("kind", "country", "language", "timezone", "address", "tax_number", "terms")
FACT_COLUMNS = ", ".join(f"{fact} text" for fact in FACTS)

# The name of the newest document wins: see `Told.winner`.
FIND_RENAMES = """
insert into renames
select c.id, c.number, c.name, c.search_name, c.name_on, t.name, t.name_on
from told_customers t
join customers c on c.number = t.customer
where t.name <> c.name and t.name_on is not null and (
    c.name_on is null or t.name_on > c.name_on or (t.name_on = c.name_on and t.name > c.name collate "C")
)
"""
JUDGE_RENAMES = """
update judged j
set verdict = 'changed'
from (
    select distinct on (customer) t.row, t.verdict
    from renames r
    join judged t using (customer)
    where t.name = r.new_name and t.{day} = r.new_on and t.verdict in ('new', 'changed', 'unchanged')
    order by customer, t.verdict = 'new' desc, t.row
) first
where j.row = first.row and j.verdict = 'unchanged' and first.verdict <> 'new'
"""

FIND_CONTACTS = """
insert into contacts_to_write
select t.row, t.customer, t.email, t.contact, t.phone, t.language, c.id, k.id
from told_contacts t
left join customers c on c.number = t.customer
left join contacts k on k.customer_id = c.id and k.email = t.email
where k.id is null or t.contact not in ('', k.name) or t.phone not in ('', k.phone)
"""
FIND_FACTS = """
insert into facts_to_write
select t.row, c.id,
    coalesce(nullif(t.kind, ''), c.kind), coalesce(nullif(t.country, ''), c.country),
    coalesce(nullif(t.language, ''), c.language), coalesce(nullif(t.timezone, ''), c.timezone),
    coalesce(nullif(t.address, ''), c.address), coalesce(nullif(t.tax_number, ''), c.tax_number),
    coalesce(nullif(t.terms, ''), c.terms)
from told_customers t
join customers c on c.number = t.customer
where t.kind not in ('', c.kind) or t.country not in ('', c.country) or t.language not in ('', c.language)
    or t.timezone not in ('', c.timezone) or t.address not in ('', c.address)
    or t.tax_number not in ('', c.tax_number) or t.terms not in ('', c.terms)
"""
JUDGE = "update judged j set verdict = 'changed' from {table} t where j.row = t.row and j.verdict = 'unchanged'"

ADD_CUSTOMERS = """
insert into customers (
    number, number_as_written, name, name_key, search_name, name_on, kind, country, language, timezone, address,
    tax_number, terms, added_at
)
select t.customer, t.written, t.name, t.name_key, t.search_name, t.name_on, coalesce(nullif(t.kind, ''), 'unknown'),
    t.country, t.language, t.timezone, t.address, t.tax_number, t.terms, :now
from told_customers t
where not exists (select from customers c where c.number = t.customer)
order by t.customer
on conflict (number) do nothing
"""
RENAME = """
update customers c
set name = t.name, name_key = t.name_key, search_name = t.search_name, name_on = t.name_on
from renames r
join told_customers t on t.customer = r.customer
where c.id = r.customer_id
"""
NAME_STANDS = """
update customers c
set name_on = t.name_on
from told_customers t
where c.number = t.customer and c.name = t.name and t.name_on > coalesce(c.name_on, '-infinity')
"""
KEEP_NAMES = """
insert into customer_names (customer_id, name, search_name, last_on)
select c.id, n.name, n.search_name, n.last_on
from (
    select customer, name, search_name, last_on from told_names
    union
    select customer, old_name, old_search_name, old_on from renames
) n
join customers c on c.number = n.customer
where n.name <> c.name and n.name <> c.number_as_written
order by c.id, n.name, n.last_on desc nulls last
on conflict (customer_id, name) do nothing
"""
NAMES_SEEN_AGAIN = """
update customer_names k
set last_on = n.last_on
from told_names n
join customers c on c.number = n.customer
where k.customer_id = c.id and k.name = n.name and n.last_on > coalesce(k.last_on, '-infinity')
"""
CURRENT_NAME_IS_NO_OTHER = """
delete from customer_names k
using renames r
where k.customer_id = r.customer_id and k.name = r.new_name
"""
CHANGED_FACTS = "select c.id, {columns} from facts_to_write t join customers c on c.id = t.customer_id"
CHANGE_FACTS = "update customers c set {settings} from facts_to_write t where c.id = t.customer_id"

CONTACTS_OF_KNOWN = "select * from contacts_to_write where customer_id is not null order by customer_id, email"
ADD_CONTACTS = """
insert into contacts (customer_id, name, email, phone, language, added_at)
select c.id, t.contact, t.email, t.phone, t.language, :now
from contacts_to_write t
join customers c on c.number = t.customer
where t.contact_id is null
order by c.id, t.email
on conflict (customer_id, email) do nothing
"""
CONTACT = "select customer_id, id, name, phone from contacts where customer_id = :customer_id and email = :email"
CHANGE_CONTACT = "update contacts set name = :name, phone = :phone where customer_id = :customer_id and id = :id"


@dataclass(slots=True)
class Told:
    """
    What accepted rows say. `day` is the column of `judged` that dates a name; `facts_change` lets the rows overwrite
    the facts of a customer known before.
    """

    day: str
    facts_change: bool
    customers: dict[str, tuple[int, str, tuple[str, ...]]] = field(default_factory=dict)  # Row, spelling, facts.
    names: dict[str, dict[str, date]] = field(default_factory=dict)  # Of each customer: name and its latest day.
    contacts: dict[tuple[str, str], tuple[int, str, str, str]] = field(default_factory=dict)  # Row, name, phone, …

    def name(self, customer: str, name: str, day: date) -> None:
        known = self.names.setdefault(customer, {})
        if name not in known or known[name] < day:
            known[name] = day

    def winner(self, customer: str) -> tuple[str, date | None]:
        """
        The newest document's name; of several on that day the last in the alphabet, so that the order of rows and
        files is no matter. Whom nobody named is called by the number.
        """
        names = self.names.get(customer)
        if not names:
            return self.customers[customer][1], None
        return max(names, key=lambda name: (names[name], name)), max(names.values())

    def compare(self) -> None:
        """Stage it, find what is new, and mark in `judged` the rows that change something."""
        self._stage()
        temporary(
            "renames",
            "customer_id bigint, customer text, old_name text, old_search_name text, old_on date, new_name text,"
            " new_on date",
        )
        session.execute(text(FIND_RENAMES))
        session.execute(text(JUDGE_RENAMES.format(day=self.day)))
        if self.contacts:
            session.execute(text(FIND_CONTACTS))
            session.execute(text(JUDGE.format(table="contacts_to_write")))
        if self.facts_change:
            session.execute(text(FIND_FACTS))
            session.execute(text(JUDGE.format(table="facts_to_write")))

    def _stage(self) -> None:
        temporary(
            "told_customers",
            "row bigint, customer text, written text, name text, name_key text, search_name text, name_on date,"
            f" {FACT_COLUMNS}",
        )
        temporary("told_names", "customer text, name text, search_name text, last_on date")
        customers, names = [], []
        for customer, (row, written, facts) in self.customers.items():
            name, name_on = self.winner(customer)
            customers.append((row, customer, written, name, *keys(name), name_on, *facts))
            names += [(customer, other, keys(other)[1], day) for other, day in self.names.get(customer, {}).items()]
        columns = ("row", "customer", "written", "name", "name_key", "search_name", "name_on", *FACTS)
        copy_rows("told_customers", columns, customers)
        copy_rows("told_names", ("customer", "name", "search_name", "last_on"), names)
        session.execute(text("analyze told_customers (customer), told_names (customer)"))
        if self.facts_change:
            temporary("facts_to_write", f"row bigint, customer_id bigint, {FACT_COLUMNS}")
        if self.contacts:
            contact = "row bigint, customer text, email text, contact text, phone text, language text"
            temporary("told_contacts", contact)
            temporary("contacts_to_write", f"{contact}, customer_id bigint, contact_id bigint")
            copy_rows(
                "told_contacts",
                ("row", "customer", "email", "contact", "phone", "language"),
                [(row, *key, *rest) for key, (row, *rest) in self.contacts.items()],
            )

    def write(self, at: Circumstances) -> None:
        """Add and change customers, names and contacts; a change of a customer known before is in their trail."""
        changes = self._changes()
        for statement in (ADD_CUSTOMERS, RENAME, NAME_STANDS, KEEP_NAMES, NAMES_SEEN_AGAIN, CURRENT_NAME_IS_NO_OTHER):
            session.execute(text(statement), {"now": at.now})
        if self.facts_change:
            settings = ", ".join(f"{fact} = t.{fact}" for fact in FACTS)
            session.execute(text(CHANGE_FACTS.format(settings=settings)))
        for customer_id, (before, after) in sorted(changes.items()):
            record_change(customer_id, "customer.changed", f"customers:{customer_id}", before, after, at)
        if self.contacts:
            session.execute(text(ADD_CONTACTS), {"now": at.now})
            for contact in session.execute(text(CONTACTS_OF_KNOWN)).mappings().all():
                _change_contact(contact, at)

    def _changes(self) -> dict[int, tuple[dict[str, Any], dict[str, Any]]]:
        """Of each customer known before: what was, and what will be."""
        changes: dict[int, tuple[dict[str, Any], dict[str, Any]]] = defaultdict(lambda: ({}, {}))
        for customer_id, old, new in session.execute(text("select customer_id, old_name, new_name from renames")):
            changes[customer_id][0]["name"], changes[customer_id][1]["name"] = old, new
        if self.facts_change:
            columns = ", ".join(f"c.{fact} as old_{fact}, t.{fact}" for fact in FACTS)
            for row in session.execute(text(CHANGED_FACTS.format(columns=columns))).mappings():
                for fact in FACTS:
                    if row[fact] != row[f"old_{fact}"]:
                        changes[row["id"]][0][fact], changes[row["id"]][1][fact] = row[f"old_{fact}"], row[fact]
        return changes


def told_by_invoices(rows: Iterable[tuple[Any, ...]]) -> Told:
    """An invoice dates the name on it. What it says of the customer otherwise counts only for a new one."""
    told = Told(day="issued_on", facts_change=False)
    at = InvoiceRow._fields.index
    customer_at, name_at, issued_at, email_at = at("customer"), at("name"), at("issued_on"), at("email")
    for row in rows:
        customer = row[customer_at]
        if customer not in told.customers:
            invoice = InvoiceRow._make(row)
            facts = (invoice.kind, invoice.country, invoice.language, "", "", "", "")
            told.customers[customer] = (invoice.row, invoice.customer_as_written, facts)
        if row[name_at]:
            told.name(customer, row[name_at], row[issued_at])
        if row[email_at]:
            invoice = InvoiceRow._make(row)
            told.contacts[customer, invoice.email] = (invoice.row, invoice.contact, "", invoice.language)
    return told


def told_by_customers(rows: Sequence[tuple[Any, ...]], today: date) -> Told:
    """A customer file says what is true today. The last row of a customer is the one that counts."""
    told = Told(day="told_on", facts_change=True)
    for row in map(CustomerRow._make, rows):
        facts = (row.kind, row.country, row.language, row.timezone, row.address, row.tax_number, row.terms)
        told.customers[row.customer] = (row.row, row.customer_as_written, facts)
        told.name(row.customer, row.name, today)
        if row.email:
            told.contacts[row.customer, row.email] = (row.row, row.contact, row.phone, row.language)
    return told


@lru_cache(maxsize=100_000)
def keys(name: str) -> tuple[str, str]:
    """By which a name is sorted, and by which it is found."""
    return name_key(name), search_key(name)


def _change_contact(told: RowMapping, at: Circumstances) -> None:
    known = session.execute(text(CONTACT), dict(told)).mappings().one()
    about = f"contacts:{known['id']}"
    if told["contact_id"] is None:
        audit.record(
            told["customer_id"],
            "contact.added",
            by=at.by,
            now=at.now,
            about=about,
            facts={"import": at.run_id},
            words={"name": told["contact"], "email": told["email"]},
        )
        return
    said = {"name": told["contact"], "phone": told["phone"]}
    after = {field: value for field, value in said.items() if value and value != known[field]}
    session.execute(text(CHANGE_CONTACT), {**known, **after})
    record_change(told["customer_id"], "contact.changed", about, {field: known[field] for field in after}, after, at)


def record_change(
    customer_id: int, action: str, about: str, before: dict[str, Any], after: dict[str, Any], at: Circumstances
) -> None:
    audit.record(
        customer_id,
        action,
        by=at.by,
        now=at.now,
        about=about,
        facts={"fields": sorted(after), "import": at.run_id},
        words={"before": before, "after": after},
    )


def record_invoice_words(changes: Iterable[RowMapping], at: Circumstances) -> None:
    """One event for each invoice whose terms or reference changed."""
    for change in changes:
        fields = [field for field in ("terms", "reference") if change[field] != change[f"new_{field}"]]
        record_change(
            change["customer_id"],
            "invoice.changed",
            f"invoices:{change['id']}",
            {field: change[field] for field in fields},
            {field: change[f"new_{field}"] for field in fields},
            at,
        )
