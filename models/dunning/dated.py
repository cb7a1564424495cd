"""Contacts, customers and the company as they were at a moment: as they are now, but for what was changed since."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy import inspect as columns_of

from models.company import HOLDING_ACCOUNT, ID, Company
from models.customers import Contact, Customer, CustomerKind, former
from models.customers.former import NOTHING, Versions
from models.database import session


@dataclass(frozen=True, slots=True)
class CustomerThen:
    id: int
    kind: CustomerKind
    country: str
    timezone: str
    postal: bool


@dataclass(frozen=True, slots=True)
class ContactThen:
    """`email` is empty where there was none."""

    customer_id: int
    id: int
    email: str
    channel: str
    quiet_from: int | None
    quiet_until: int | None
    active: bool
    may_see: bool

    @property
    def may_be_written_to(self) -> bool:
        return self.active and self.may_see and bool(self.email)


def customers_at(customers: Sequence[int], were: Versions) -> Iterator[CustomerThen]:
    """:param were: what `former.at` says of them."""
    postal = Customer.address.regexp_match(r"\S").label("address")
    query = select(Customer.id, Customer.kind, Customer.country, Customer.timezone, postal)
    for row in session.execute(query.where(Customer.id.in_(customers))).mappings():
        then = {**row, **were.get((row["id"], f"customers:{row['id']}"), NOTHING)}
        yield CustomerThen(
            then["id"], CustomerKind(then["kind"]), then["country"], then["timezone"], bool(then["address"])
        )


def contacts_at(customers: Sequence[int], known_at: datetime, were: Versions) -> Iterator[ContactThen]:
    """In the order in which they were added."""
    query = (
        select(
            *(Contact.customer_id, Contact.id, func.coalesce(Contact.email, "").label("email"), Contact.channel),
            *(Contact.quiet_from, Contact.quiet_until, Contact.active, Contact.may_see),
        )
        .where(Contact.customer_id.in_(customers), Contact.added_at <= known_at)
        .order_by(Contact.customer_id, Contact.id)
    )
    for row in session.execute(query).mappings():
        then = {**row, **were.get((row["customer_id"], f"contacts:{row['id']}"), NOTHING)}
        yield ContactThen(**{**then, "email": then["email"] or ""})


def company_at(now: Company, moment: datetime | None) -> Company:
    """The row itself where nothing has changed since; else a copy that belongs to no session."""
    was = former.at([HOLDING_ACCOUNT], moment).get((HOLDING_ACCOUNT, f"company:{ID}")) if moment else None
    if was is None:
        return now
    until = was["bank_money_until"]
    facts = {column.key: getattr(now, column.key) for column in columns_of(Company).column_attrs}
    return Company(**{**facts, **was, "bank_money_until": date.fromisoformat(until) if until else None})
