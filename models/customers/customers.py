"""Who is billed. A customer has one number, one current name, and perhaps former names."""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, company
from models.audit import Actor
from models.database import Base, session
from models.errors import N_, Refused

# Persian letters in the order of their alphabet; code points alone would put چ after ی.
_PERSIAN = "ءآاأإؤئبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_PERSIAN_ORDER = {letter: chr(0xE000 + place) for place, letter in enumerate(_PERSIAN)}
_SAME_LETTER = str.maketrans({"ي": "ی", "ك": "ک", "ى": "ی", "ة": "ه", "\u200c": " "})


class CustomerKind(StrEnum):
    BUSINESS = "business"
    CONSUMER = "consumer"
    UNKNOWN = "unknown"  # Treated as a consumer by every rule: the kinder side of a doubt.
    COMPANY = "company"  # Customer 0 alone.


class DuplicateNumber(Refused):
    pass


class Customer(Base):
    """`number_as_written` keeps the first spelling that a file used; `name_key` sorts, `search_name` is searched."""

    __tablename__ = "customers"
    __table_args__ = (
        Index(
            "ix_customers_search_name",
            "search_name",
            postgresql_using="gin",
            postgresql_ops={"search_name": "gin_trgm_ops"},
        ),
        Index("ix_customers_name_key", "name_key", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=False, start=1), primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    number_as_written: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str]
    search_name: Mapped[str]
    name_on: Mapped[date | None]
    kind: Mapped[CustomerKind] = mapped_column(default=CustomerKind.UNKNOWN)
    country: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="")
    timezone: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")
    tax_number: Mapped[str] = mapped_column(server_default="")
    terms: Mapped[str] = mapped_column(server_default="")
    added_at: Mapped[datetime]


class CustomerName(Base):
    """A name the customer also goes by: another spelling in a file, a former name, the name of a branch."""

    __tablename__ = "customer_names"
    __table_args__ = (UniqueConstraint("customer_id", "name"),)

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]
    search_name: Mapped[str]
    last_on: Mapped[date | None]


def name_key(name: str) -> str:
    """
    A key that sorts names as people expect under the C collation: casefold, NFKD, marks dropped,
    Persian letters in their own order.
    """
    plain = search_key(name)
    return "".join(_PERSIAN_ORDER.get(letter, letter) for letter in plain)


def search_key(name: str) -> str:
    """What is compared when somebody searches: casefold, NFKD, marks dropped, spaces single, one form per letter."""
    folded = unicodedata.normalize("NFKD", name.translate(_SAME_LETTER)).casefold()
    letters = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return " ".join(letters.replace("ς", "σ").replace("ł", "l").split())


def normal_number(written: str) -> str:
    """A customer number as it is compared: no outer spaces, capitals."""
    return written.strip().upper()


def find(customer_id: int) -> Customer | None:
    return session.get(Customer, customer_id)


def by_number(number: str) -> Customer | None:
    return session.scalar(select(Customer).where(Customer.number == normal_number(number)))


def also_known_as(customer_id: int) -> list[str]:
    query = select(CustomerName.name).where(CustomerName.customer_id == customer_id)
    return list(session.scalars(query.order_by(CustomerName.last_on.desc().nulls_last(), CustomerName.id)))


def add(*, number: str, name: str, by: Actor, now: datetime, **facts: object) -> Customer:
    """
    :raises DuplicateNumber: another customer has this number.
    """
    if by_number(number) is not None:
        raise DuplicateNumber(N_("Customer number %(number)s is taken."), number=number)
    customer = Customer(
        number=normal_number(number),
        number_as_written=number.strip(),
        name=name.strip(),
        name_key=name_key(name),
        search_name=search_key(name),
        added_at=now,
        **facts,
    )
    session.add(customer)
    session.flush()
    audit.record(
        customer.id,
        "customer.added",
        by=by,
        now=now,
        about=f"customers:{customer.id}",
        facts={"number": customer.number},
        words={"name": customer.name},
    )
    return customer


CHANGEABLE = ("name", "kind", "country", "language", "timezone", "address", "tax_number", "terms")


def change(customer: Customer, *, by: Actor, now: datetime, **facts: object) -> None:
    """Change what may change (never the number), audited; a former name is kept as 'also known as'."""
    before = {name: getattr(customer, name) for name in facts}
    changed = {name: value for name, value in facts.items() if name in CHANGEABLE and before[name] != value}
    if not changed:
        return
    if "name" in changed:
        keep_name(customer, customer.name)
        customer.name_on = company.get().today(now)  # An older document in a file does not take this name away again.
        customer.name_key, customer.search_name = name_key(str(changed["name"])), search_key(str(changed["name"]))
    for name, value in changed.items():
        setattr(customer, name, value)
    session.flush()
    audit.record(
        customer.id,
        "customer.changed",
        by=by,
        now=now,
        about=f"customers:{customer.id}",
        facts={"fields": sorted(changed)},
        words={"before": {name: before[name] for name in changed}, "after": changed},
    )


def keep_name(customer: Customer, name: str) -> None:
    query = select(CustomerName).where(CustomerName.customer_id == customer.id, CustomerName.name == name)
    if session.scalar(query) is None:
        session.add(
            CustomerName(customer_id=customer.id, name=name, search_name=search_key(name), last_on=customer.name_on)
        )


def count() -> int:
    """How many customers there are, the company's own account aside."""
    return session.scalar(select(func.count()).where(Customer.kind != CustomerKind.COMPANY)) or 0


def numbers(customers: Iterable[int]) -> dict[int, str]:
    """The numbers of many customers, as they were written first."""
    query = select(Customer.id, Customer.number_as_written).where(Customer.id.in_(list(customers)))
    return {row.id: row.number_as_written for row in session.execute(query)}
