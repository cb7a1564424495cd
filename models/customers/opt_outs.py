"""Who wants no reminders by mail, from when to when; and the addresses in mails by which one click says so."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ARRAY, BigInteger, ForeignKeyConstraint, Identity, Index, any_, bindparam, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit
from models.audit import Actor, ActorKind
from models.customers.accounts import lock_all
from models.customers.contacts import Contact, contact_of
from models.database import Base, session
from models.sessions import new_token, token_hash


class OptedOutBy(StrEnum):
    PAGE = "page"  # The page that a mail's link leads to.
    MAIL_PROGRAM = "mail_program"  # RFC 8058: the button that a mail program shows.
    PREFERENCES = "preferences"


class OptOut(Base):
    """A dated fact: added and ended, never edited. At most one of a contact lives. Business time."""

    __tablename__ = "opt_outs"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "contact_id"], ["contacts.customer_id", "contacts.id"]),
        Index("uq_opt_outs_living", "customer_id", "contact_id", unique=True, postgresql_where="ended_at is null"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    contact_id: Mapped[int]
    how: Mapped[OptedOutBy]
    from_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class UnsubscribeToken(Base):
    """What a mail's address ends with. Only its hash is kept; it works for as long as there is the contact."""

    __tablename__ = "unsubscribe_tokens"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    customer_id: Mapped[int]
    contact_id: Mapped[int]
    made_at: Mapped[datetime]


def opt_out(contact: Contact, how: OptedOutBy, *, now: datetime) -> None:
    """No reminders by mail to this contact from now on. Asked for twice, it is one."""
    lock_all(contact.customer_id)
    if living(contact) is not None:
        return
    row = OptOut(customer_id=contact.customer_id, contact_id=contact.id, how=how, from_at=now)
    session.add(row)
    session.flush()
    _record("contact.opted_out", contact, {"how": how.value}, now)


def opt_in(contact: Contact, *, now: datetime) -> None:
    """Reminders by mail may come again."""
    lock_all(contact.customer_id)
    row = living(contact)
    if row is not None:
        row.ended_at = now
        session.flush()
        _record("contact.opted_in", contact, {}, now)


def _record(action: str, contact: Contact, facts: dict[str, object], now: datetime) -> None:
    """Whoever holds the token or the session of a contact acts as that contact."""
    by = Actor(ActorKind.CONTACT, contact.id, contact.name)
    audit.record(contact.customer_id, action, by=by, now=now, about=f"contacts:{contact.id}", facts=facts)


def living(contact: Contact) -> OptOut | None:
    return session.scalar(
        select(OptOut).where(
            OptOut.customer_id == contact.customer_id,
            OptOut.contact_id == contact.id,
            OptOut.ended_at.is_(None),
        )
    )


# Made once: to put such a query together takes longer than to run it.
_OPTED_OUT = select(OptOut.customer_id, OptOut.contact_id).where(
    OptOut.customer_id == any_(bindparam("customers", type_=ARRAY(BigInteger))),
    OptOut.from_at <= bindparam("at"),
    OptOut.ended_at.is_(None) | (OptOut.ended_at > bindparam("at")),
)


def opted_out(customers: Sequence[int], at: datetime) -> set[tuple[int, int]]:
    """(customer, contact) of those who wanted no reminders by mail at a moment."""
    rows = session.execute(_OPTED_OUT, {"customers": list(customers), "at": at})
    return {(customer_id, contact_id) for customer_id, contact_id in rows}


def unsubscribe_token(customer_id: int, contact_id: int, *, now: datetime) -> str:
    """The end of the address for one mail: nobody sees it but its reader."""
    return unsubscribe_tokens([(customer_id, contact_id)], now=now)[customer_id, contact_id]


def unsubscribe_tokens(whom: Iterable[tuple[int, int]], *, now: datetime) -> dict[tuple[int, int], str]:
    """One for each (customer, contact), written in one statement: for many mails at once."""
    tokens = {key: new_token() for key in whom}
    if tokens:
        rows = [
            {"token_hash": token_hash(token), "customer_id": key[0], "contact_id": key[1], "made_at": now}
            for key, token in tokens.items()
        ]
        session.execute(insert(UnsubscribeToken), rows)
    return tokens


def reader(token: str) -> Contact | None:
    """Whose mail an address came with."""
    row = session.scalar(select(UnsubscribeToken).where(UnsubscribeToken.token_hash == token_hash(token)))
    return contact_of(row.customer_id, row.contact_id) if row else None
