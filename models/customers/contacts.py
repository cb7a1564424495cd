"""The people of a customer, and what each of them may do."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, jobs
from models.audit import Actor
from models.customers.customers import Customer
from models.database import Base, session
from models.errors import N_, Refused

POWERS = ("may_see", "may_pay", "may_dispute", "may_sign")


class DuplicateContact(Refused):
    pass


class Channel(StrEnum):
    MAIL = "mail"
    LETTER = "letter"


class Contact(Base):
    """
    `calendar` and `language` empty: the customer's, or the company's. `channel` is how reminders come. Nothing is sent
    from the hour `quiet_from` until `quiet_until`, by the customer's clock; the night may lie between them.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("customer_id", "email"),
        Index("ix_contacts_email", text("lower(email)")),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str | None]
    phone: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="")
    may_see: Mapped[bool] = mapped_column(server_default="true")
    may_pay: Mapped[bool] = mapped_column(server_default="true")
    may_dispute: Mapped[bool] = mapped_column(server_default="true")
    may_sign: Mapped[bool] = mapped_column(server_default="false")
    active: Mapped[bool] = mapped_column(server_default="true")
    calendar: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[Channel] = mapped_column(default=Channel.MAIL, server_default=Channel.MAIL.value)
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    added_at: Mapped[datetime]


def masked(email: str) -> str:
    """'a•••@example.test': enough for whoever knows it."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}•••@{domain}" if domain else ""


def contacts_of(customer_id: int) -> Sequence[Contact]:
    return session.scalars(select(Contact).where(Contact.customer_id == customer_id).order_by(Contact.id)).all()


def contact_of(customer_id: int, contact_id: int) -> Contact | None:
    return session.get(Contact, (customer_id, contact_id))


def first_contact(customer_id: int) -> Contact | None:
    """Who receives what concerns the account as a whole: the first active contact with an address."""
    query = select(Contact).where(Contact.customer_id == customer_id, Contact.active, Contact.email.is_not(None))
    return session.scalar(query.order_by(Contact.id).limit(1))


def for_letters(customer: Customer, *, by: Actor, now: datetime) -> Contact:
    """Whose link a letter holds: the first contact who may look, with an address before without; made where none is."""
    query = select(Contact).where(Contact.customer_id == customer.id, Contact.active, Contact.may_see)
    found = session.scalar(query.order_by(Contact.email.is_(None), Contact.id).limit(1))
    return found or add_contact(customer, email=None, by=by, now=now)


def by_email(customer_id: int, email: str) -> Contact | None:
    query = select(Contact).where(Contact.customer_id == customer_id, Contact.email == email.strip().lower())
    return session.scalar(query)


def add_contact(
    customer: Customer, *, email: str | None, by: Actor, now: datetime, name: str = "", **facts: object
) -> Contact:
    """
    :raises DuplicateContact: the customer has a contact with this address.
    """
    address = email.strip().lower() if email else None
    if address and by_email(customer.id, address) is not None:
        raise DuplicateContact(N_("%(email)s is a contact of this customer already."), email=address)
    reached = address is None or first_contact(customer.id) is not None
    contact = Contact(customer_id=customer.id, email=address, name=name.strip(), added_at=now, **facts)
    session.add(contact)
    session.flush()
    session.refresh(contact)
    audit.record(
        customer.id,
        "contact.added",
        by=by,
        now=now,
        about=f"contacts:{contact.id}",
        facts={power: getattr(contact, power) for power in POWERS},
        words={"name": contact.name, "email": contact.email},
    )
    if not reached:
        jobs.later("worklist.review_address", customer_id=customer.id)
    return contact


def change_contact(contact: Contact, *, by: Actor, now: datetime, **facts: object) -> None:
    """Change name, address, telephone, language, powers or `active`. Audited with before and after."""
    email = facts.get("email", contact.email)
    address = str(email).strip().lower() if email else None
    known = by_email(contact.customer_id, address) if address else None
    if known is not None and known.id != contact.id:
        raise DuplicateContact(N_("%(email)s is a contact of this customer already."), email=address)
    facts["email"] = address
    before = {name: getattr(contact, name) for name in facts}
    changed = {name: value for name, value in facts.items() if before[name] != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(contact, name, value)
    session.flush()
    audit.record(
        contact.customer_id,
        "contact.changed",
        by=by,
        now=now,
        about=f"contacts:{contact.id}",
        facts={"fields": sorted(changed)},
        words={"before": {name: before[name] for name in changed}, "after": changed},
    )
    if address and "email" in changed:
        jobs.later("worklist.review_address", customer_id=contact.customer_id)


def may_manage(contact: Contact) -> bool:
    """Who decides who else may open the account: a contact who may sign, or the only one there is."""
    others = (one for one in contacts_of(contact.customer_id) if one.active and one.id != contact.id)
    return contact.may_sign or not any(others)


def known_by(email: str) -> Sequence[Contact]:
    """Every contact with this address: one person may speak for several customers."""
    query = select(Contact).where(func.lower(Contact.email) == email.strip().lower())
    return session.scalars(query.order_by(Contact.customer_id)).all()


def seeing(email: str) -> Sequence[tuple[Contact, Customer]]:
    """Every contact with this address who may look at an account, with its customer; ascending, to be locked so."""
    query = (
        select(Contact, Customer)
        .join(Customer, Customer.id == Contact.customer_id)
        .where(func.lower(Contact.email) == email.strip().lower(), Contact.active, Contact.may_see)
        .order_by(Contact.customer_id, Contact.id)
    )
    return [(contact, customer) for contact, customer in session.execute(query)]
