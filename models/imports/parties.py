"""What the rows of a chunk tell of their customers: names, contacts, facts. Shared by invoice and customer files."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import RowMapping, text

from models import audit
from models.customers.customers import name_key, search_key
from models.database import session
from models.imports.outcomes import Circumstances
from models.imports.staging import copy_rows, temporary

FACTS = ("kind", "country", "language", "timezone", "address", "tax_number", "terms")

TOLD = """
row bigint, verdict text, customer text, customer_as_written text, name text, told_on date, email text, contact text,
phone text, language text, country text, kind text, timezone text, address text, tax_number text, terms text
"""

# A customer nobody named is called by the number, as it was written first.
FIND_NAMES = """
insert into told_names
select customer, name, max(told_on) from told where name <> '' group by customer, name
union all
select distinct on (t.customer) t.customer, t.customer_as_written, null
from told t
where t.verdict = 'new'
    and not exists (select from told n where n.customer = t.customer and n.name <> '')
    and not exists (select from customers c where c.number = t.customer)
"""

# The newest document's name; of several on that day the last in the alphabet, so that the order of files is no matter.
FIND_WINNERS = """
insert into winners
select distinct on (customer) customer, name, last_on
from told_names
order by customer, last_on desc nulls last, name collate "C" desc
"""

FIND_RENAMES = """
insert into renames
select c.id, c.number, c.name, c.name_on, w.name, w.last_on
from winners w
join customers c on c.number = w.customer
where w.name <> c.name and w.last_on is not null and (
    c.name_on is null or w.last_on > c.name_on or (w.last_on = c.name_on and w.name > c.name collate "C")
)
"""

JUDGE_RENAMES = """
update verdicts v
set verdict = 'changed'
from (
    select distinct on (t.customer) t.row, t.verdict
    from renames r
    join told t on t.customer = r.customer and t.name = r.new_name and t.told_on = r.new_on
    order by t.customer, t.verdict = 'new' desc, t.row
) first
where v.row = first.row and v.verdict = 'unchanged' and first.verdict <> 'new'
"""

FIND_CONTACTS = """
insert into told_contacts
select distinct on (t.customer, t.email) t.row, t.customer, t.email, t.contact, t.phone, t.language, c.id, k.id
from told t
left join customers c on c.number = t.customer
left join contacts k on k.customer_id = c.id and k.email = t.email
where t.email <> '' and (
    k.id is null or t.contact not in ('', k.name) or t.phone not in ('', k.phone)
)
order by t.customer, t.email, t.row desc
"""

FIND_FACTS = """
insert into told_facts
select distinct on (t.customer) t.row, c.id,
    coalesce(nullif(t.kind, ''), c.kind), coalesce(nullif(t.country, ''), c.country),
    coalesce(nullif(t.language, ''), c.language), coalesce(nullif(t.timezone, ''), c.timezone),
    coalesce(nullif(t.address, ''), c.address), coalesce(nullif(t.tax_number, ''), c.tax_number),
    coalesce(nullif(t.terms, ''), c.terms)
from told t
join customers c on c.number = t.customer
where t.kind not in ('', c.kind) or t.country not in ('', c.country) or t.language not in ('', c.language)
    or t.timezone not in ('', c.timezone) or t.address not in ('', c.address)
    or t.tax_number not in ('', c.tax_number) or t.terms not in ('', c.terms)
order by t.customer, t.row desc
"""

JUDGE = "update verdicts v set verdict = 'changed' from {told} t where v.row = t.row and v.verdict = 'unchanged'"

NAMES_TO_KEY = """
select distinct n.name from told_names n left join customers c on c.number = n.customer
where c.id is null or c.name <> n.name
union select old_name from renames
"""

ADD_CUSTOMERS = """
insert into customers (
    number, number_as_written, name, name_key, search_name, name_on, kind, country, language, timezone, address,
    tax_number, terms, added_at
)
select t.customer, t.customer_as_written, w.name, k.name_key, k.search_name, w.last_on,
    coalesce(nullif(t.kind, ''), 'unknown'), t.country, t.language, t.timezone, t.address, t.tax_number, t.terms, :now
from (select distinct on (customer) * from told where verdict = 'new' order by customer, row) t
join winners w on w.customer = t.customer
join name_keys k on k.name = w.name
where not exists (select from customers c where c.number = t.customer)
order by t.customer
on conflict (number) do nothing
"""

RENAME = """
update customers c
set name = r.new_name, name_key = k.name_key, search_name = k.search_name, name_on = r.new_on
from renames r
join name_keys k on k.name = r.new_name
where c.id = r.customer_id
"""

NAME_STANDS = """
update customers c
set name_on = w.last_on
from winners w
where c.number = w.customer and c.name = w.name and w.last_on > coalesce(c.name_on, '-infinity')
"""

KEEP_NAMES = """
insert into customer_names (customer_id, name, search_name, last_on)
select c.id, n.name, k.search_name, n.last_on
from (
    select customer, name, last_on from told_names
    union
    select customer, old_name, old_on from renames
) n
join customers c on c.number = n.customer
join name_keys k on k.name = n.name
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

ADD_CONTACTS = """
insert into contacts (customer_id, name, email, phone, language, added_at)
select c.id, t.contact, t.email, t.phone, t.language, :now
from told_contacts t
join customers c on c.number = t.customer
where t.contact_id is null
order by c.id, t.email
on conflict (customer_id, email) do nothing
"""


CONTACT = "select customer_id, id, name, phone from contacts where customer_id = :customer_id and email = :email"
CHANGE_CONTACT = "update contacts set name = :name, phone = :phone where customer_id = :customer_id and id = :id"


class Accepted:
    """The rows that will be booked, and what they tell of their customers."""

    def __init__(self, rows: str, at: Circumstances, *, facts_change: bool = False) -> None:
        """
        Find what is new and mark unchanged rows that change something. `rows` is a query in the columns of `told`;
        `facts_change` lets it overwrite a known customer's facts.
        """
        self.at, self.facts_change = at, facts_change
        temporary("told", TOLD)
        session.execute(text(f"insert into told {rows}"))
        temporary("told_names", "customer text, name text, last_on date")
        temporary("winners", "customer text, name text, last_on date")
        temporary(
            "renames", "customer_id bigint, customer text, old_name text, old_on date, new_name text, new_on date"
        )
        temporary(
            "told_contacts",
            "row bigint, customer text, email text, contact text, phone text, language text,"
            " customer_id bigint, contact_id bigint",
        )
        temporary("told_facts", "row bigint, customer_id bigint, " + ", ".join(f"{fact} text" for fact in FACTS))
        for statement in (FIND_NAMES, FIND_WINNERS, FIND_RENAMES, JUDGE_RENAMES, FIND_CONTACTS):
            session.execute(text(statement))
        session.execute(text(JUDGE.format(told="told_contacts")))
        if facts_change:
            session.execute(text(FIND_FACTS))
            session.execute(text(JUDGE.format(told="told_facts")))

    def write(self) -> None:
        """Add and change customers, names and contacts; a change of a customer known before is in their trail."""
        self._key_names()
        changes = self._changes()
        for statement in (ADD_CUSTOMERS, RENAME, NAME_STANDS, KEEP_NAMES, NAMES_SEEN_AGAIN, CURRENT_NAME_IS_NO_OTHER):
            session.execute(text(statement), {"now": self.at.now})
        self._change_facts()
        contacts = session.execute(
            text("select * from told_contacts where customer_id is not null order by customer_id, email")
        ).mappings().all()
        session.execute(text(ADD_CONTACTS), {"now": self.at.now})
        for customer_id, (before, after) in sorted(changes.items()):
            record_change(customer_id, "customer.changed", f"customers:{customer_id}", before, after, self.at)
        for contact in contacts:
            self._contact_change(contact)

    def _key_names(self) -> None:
        temporary("name_keys", "name text, name_key text, search_name text")
        names = session.scalars(text(NAMES_TO_KEY)).all()
        keys = [(name, name_key(name), search_key(name)) for name in names]
        copy_rows("name_keys", ("name", "name_key", "search_name"), keys)

    def _changes(self) -> dict[int, tuple[dict[str, Any], dict[str, Any]]]:
        """Of each customer known before: what was, and what will be."""
        changes: dict[int, tuple[dict[str, Any], dict[str, Any]]] = defaultdict(lambda: ({}, {}))
        for customer_id, old, new in session.execute(text("select customer_id, old_name, new_name from renames")):
            changes[customer_id][0]["name"], changes[customer_id][1]["name"] = old, new
        if self.facts_change:
            columns = ", ".join(f"c.{fact} as old_{fact}, t.{fact}" for fact in FACTS)
            told = session.execute(
                text(f"select c.id, {columns} from told_facts t join customers c on c.id = t.customer_id")
            )
            for row in told.mappings():
                for fact in FACTS:
                    if row[fact] != row[f"old_{fact}"]:
                        changes[row["id"]][0][fact], changes[row["id"]][1][fact] = row[f"old_{fact}"], row[fact]
        return changes

    def _change_facts(self) -> None:
        if self.facts_change:
            settings = ", ".join(f"{fact} = t.{fact}" for fact in FACTS)
            session.execute(
                text(f"update customers c set {settings} from told_facts t where c.id = t.customer_id")
            )

    def _contact_change(self, told: RowMapping) -> None:
        known = session.execute(text(CONTACT), dict(told)).mappings().one()
        about = f"contacts:{known['id']}"
        if told["contact_id"] is None:
            audit.record(
                told["customer_id"],
                "contact.added",
                by=self.at.by,
                now=self.at.now,
                about=about,
                facts={"import": self.at.run_id},
                words={"name": told["contact"], "email": told["email"]},
            )
            return
        said = {"name": told["contact"], "phone": told["phone"]}
        after = {field: value for field, value in said.items() if value and value != known[field]}
        before = {field: known[field] for field in after}
        session.execute(text(CHANGE_CONTACT), {**known, **after})
        record_change(told["customer_id"], "contact.changed", about, before, after, self.at)


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
