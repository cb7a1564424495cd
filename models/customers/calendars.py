"""Calendar addresses: each lets one contact's calendar fetch the due dates of one customer, until it is revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Identity, Index, func, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit
from models.audit import Actor
from models.customers.contacts import Contact
from models.customers.customers import Customer
from models.database import Base, session
from models.sessions import new_token, token_hash


class CalendarAddress(Base):
    """Only the token's hash is kept; at most one address of a contact lives. Real time."""

    __tablename__ = "calendar_addresses"
    __table_args__ = (
        Index(
            "uq_calendar_addresses_living",
            "customer_id",
            "contact_id",
            unique=True,
            postgresql_where="revoked_at is null",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    customer_id: Mapped[int]
    contact_id: Mapped[int]
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class CalendarReader:
    customer_id: int
    language: str


def make(customer_id: int, contact_id: int, *, by: Actor, now: datetime) -> str:
    """Make an address and return its token, the only time that anybody sees it. The former one ends."""
    revoke(customer_id, contact_id, by=by, now=now)
    token = new_token()
    row = CalendarAddress(token_hash=token_hash(token), customer_id=customer_id, contact_id=contact_id, made_at=now)
    session.add(row)
    session.flush()
    facts = {"contact": contact_id}
    audit.record(customer_id, "calendar.made", by=by, now=now, about=f"calendar_addresses:{row.id}", facts=facts)
    return token


def revoke(customer_id: int, contact_id: int, *, by: Actor, now: datetime) -> None:
    """End the contact's address, where there is one."""
    # The contact is locked, so that two clicks at once leave one address.
    session.get_one(Contact, (customer_id, contact_id), with_for_update={"key_share": True})
    row = living_of(customer_id, contact_id)
    if row is not None:
        row.revoked_at = now
        session.flush()
        audit.record(customer_id, "calendar.revoked", by=by, now=now, about=f"calendar_addresses:{row.id}", facts={})


def living_of(customer_id: int, contact_id: int) -> CalendarAddress | None:
    return session.scalar(
        select(CalendarAddress).where(
            CalendarAddress.customer_id == customer_id,
            CalendarAddress.contact_id == contact_id,
            CalendarAddress.revoked_at.is_(None),
        )
    )


def living_of_customer(customer_id: int) -> Sequence[CalendarAddress]:
    query = select(CalendarAddress).where(
        CalendarAddress.customer_id == customer_id, CalendarAddress.revoked_at.is_(None)
    )
    return session.scalars(query.order_by(CalendarAddress.id.desc())).all()


def reader(token: str) -> CalendarReader | None:
    """Whose due dates a calendar may fetch; nobody's once the address is revoked or the contact switched off."""
    row = session.execute(
        select(Contact.customer_id, func.coalesce(func.nullif(Contact.language, ""), Customer.language))
        .join(
            CalendarAddress,
            (CalendarAddress.customer_id == Contact.customer_id) & (CalendarAddress.contact_id == Contact.id),
        )
        .join(Customer, Customer.id == Contact.customer_id)
        .where(
            CalendarAddress.token_hash == token_hash(token),
            CalendarAddress.revoked_at.is_(None),
            Contact.active,
            Contact.may_see,
        )
    ).one_or_none()
    return CalendarReader(*row) if row else None
