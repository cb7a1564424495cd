"""Magic links: each belongs to a contact, opens one customer, and is bound to the first browser that clicks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Identity, Index, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, sessions
from models.audit import Actor, ActorKind
from models.customers.contacts import Contact, contact_of
from models.customers.customers import Customer
from models.database import Base, session
from models.errors import N_, Refused
from models.sessions import SessionKind, new_token, token_hash

LIVES = timedelta(days=30)


class LinkUnusable(Refused):
    """The link is unknown, expired, revoked, or bound to another browser."""


class Link(Base):
    """Only hashes are kept, of the link's token and of the browser it is bound to. Real time."""

    __tablename__ = "links"
    __table_args__ = (Index("ix_links_customer_id", "customer_id", "contact_id"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    customer_id: Mapped[int]
    contact_id: Mapped[int]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    browser_hash: Mapped[bytes | None]
    first_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Opened:
    """Both tokens go into the browser's cookies and nowhere else."""

    session_token: str
    browser_token: str


def make(customer: Customer, contact: Contact, *, by: Actor, now: datetime) -> str:
    """Make a link and return its token: the only time that anybody sees it."""
    token = new_token()
    link = Link(
        token_hash=token_hash(token),
        customer_id=customer.id,
        contact_id=contact.id,
        made_at=now,
        expires_at=now + LIVES,
    )
    session.add(link)
    session.flush()
    audit.record(
        customer.id,
        "link.made",
        by=by,
        now=now,
        about=f"links:{link.id}",
        facts={"contact": contact.id, "expires_at": link.expires_at},
    )
    return token


def living(token: str, *, now: datetime) -> Link | None:
    """The link of a token while it can still be used by somebody. Changes nothing."""
    return session.scalar(_living(token, now))


def _living(token: str, now: datetime) -> Select[Link]:
    return select(Link).where(Link.token_hash == token_hash(token), Link.revoked_at.is_(None), Link.expires_at > now)


def open_link(token: str, browser_token: str | None, *, now: datetime, address: str, agent: str) -> Opened:
    """
    The click: bind the link to this browser if it is the first, and open a session.

    The link is locked, so that a hundred clicks at once bind it once, and who revokes it ends what they opened.

    :raises LinkUnusable: unknown, expired, revoked, or bound to another browser.
    """
    link = session.scalar(_living(token, now).with_for_update().execution_options(populate_existing=True))
    if link is None:
        raise LinkUnusable(N_("This link no longer works. Ask us for a new one."))
    mine = browser_token or new_token()
    first = link.browser_hash is None
    if first:
        link.browser_hash, link.first_used_at = token_hash(mine), now
    elif link.browser_hash != token_hash(mine):
        raise LinkUnusable(
            N_("This link was already opened in another browser. Open it there, or ask us for a new one.")
        )
    contact = contact_of(link.customer_id, link.contact_id)
    if contact is None or not contact.active:
        raise LinkUnusable(N_("This link no longer works. Ask us for a new one."))
    session_token = sessions.start(
        SessionKind.CONTACT,
        now=now,
        customer_id=link.customer_id,
        contact_id=link.contact_id,
        link_id=link.id,
        address=address,
        agent=agent,
    )
    audit.record(
        link.customer_id,
        "link.opened",
        by=Actor(ActorKind.CONTACT, contact.id, contact.name),
        now=now,
        about=f"links:{link.id}",
        facts={"first": first},
    )
    return Opened(session_token, mine)


def of_customer(customer_id: int) -> Sequence[Link]:
    return session.scalars(select(Link).where(Link.customer_id == customer_id).order_by(Link.id.desc())).all()


def revoke(customer_id: int, link_id: int, *, by: Actor, now: datetime) -> None:
    """End the link and every session that it opened."""
    link = session.scalar(select(Link).where(Link.id == link_id, Link.customer_id == customer_id).with_for_update())
    if link is None or link.revoked_at is not None:
        raise LinkUnusable(N_("This link no longer works. Ask us for a new one."))
    link.revoked_at = now
    sessions.end_all_of_link(link.id, now=now)
    audit.record(customer_id, "link.revoked", by=by, now=now, about=f"links:{link.id}", facts={})
