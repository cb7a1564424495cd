"""Magic links: each belongs to a contact, opens one customer, and is bound to the first browser that clicks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Identity, Index, Select, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, company, sessions
from models.audit import Actor, ActorKind
from models.customers.contacts import Contact, contact_of
from models.customers.customers import Customer
from models.database import Base, session
from models.errors import N_, Refused
from models.sessions import SessionKind, new_token, token_hash

LIVES = timedelta(days=30)
ASKED_FOR_LIVES = timedelta(minutes=10)


class LinkUnusable(Refused):
    """The link is unknown, expired, revoked, used up, or bound to another browser."""


class CodeNeeded(LinkUnusable):
    """The link alone does not open the account in this browser: a code from a mail does."""


class Link(Base):
    """
    Only hashes are kept, of the link's token and of the browser it is bound to. Real time. `once`: it was asked for at
    the door, works once and not for long. `paper`: it stands in a letter, and opens the account by a code only.
    """

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
    once: Mapped[bool] = mapped_column(server_default="false")
    paper: Mapped[bool] = mapped_column(server_default="false")


@dataclass(frozen=True, slots=True)
class Opened:
    """Both tokens go into the browser's cookies and nowhere else."""

    session_token: str
    browser_token: str


def make(customer: Customer, contact: Contact, *, by: Actor, now: datetime, paper: bool = False) -> str:
    """Make a link and return its token: the only time that anybody sees it. `paper`: to be printed in a letter."""
    return _make(customer, contact, by=by, now=now, paper=paper)[1]


def make_for_each(whom: Iterable[tuple[int, int]], *, by: Actor, now: datetime) -> dict[tuple[int, int], str]:
    """As `make`, for many (customer, contact) in a few statements."""
    tokens = {key: new_token() for key in whom}
    rows = [
        {
            **{"token_hash": token_hash(token), "customer_id": customer_id, "contact_id": contact_id},
            **{"made_at": now, "expires_at": now + LIVES},
        }
        for (customer_id, contact_id), token in tokens.items()
    ]
    if rows:
        made = session.execute(insert(Link).returning(Link.customer_id, Link.id, Link.contact_id), rows)
        events = [(row.customer_id, f"links:{row.id}", _facts(row.contact_id, now + LIVES)) for row in made]
        audit.record_all(events, "link.made", by=by, now=now)
    return tokens


def make_once(customer: Customer, contact: Contact, *, by: Actor, now: datetime) -> tuple[Link, str]:
    """As `make`, for somebody who asks at the door: it works once, for ten minutes."""
    return _make(customer, contact, by=by, now=now, once=True)


def _make(
    customer: Customer, contact: Contact, *, by: Actor, now: datetime, once: bool = False, paper: bool = False
) -> tuple[Link, str]:
    token = new_token()
    link = Link(
        token_hash=token_hash(token),
        customer_id=customer.id,
        contact_id=contact.id,
        made_at=now,
        expires_at=now + (ASKED_FOR_LIVES if once else LIVES),
        once=once,
        paper=paper,
    )
    session.add(link)
    session.flush()
    audit.record(
        customer.id,
        "link.asked_for" if once else "link.made",
        by=by,
        now=now,
        about=f"links:{link.id}",
        facts=_facts(contact.id, link.expires_at) | ({"paper": True} if paper else {}),
    )
    return link, token


def _facts(contact_id: int, expires_at: datetime) -> dict[str, object]:
    return {"contact": contact_id, "expires_at": expires_at}


def living(token: str, *, now: datetime) -> Link | None:
    """The link of a token while it can still be used by somebody. Changes nothing."""
    return session.scalar(_living(now).where(Link.token_hash == token_hash(token)))


def living_by_id(link_id: int, *, now: datetime) -> Link | None:
    """As `living`, locked until the transaction ends: who revokes waits, and then ends what was opened."""
    found = _living(now).where(Link.id == link_id)
    return session.scalar(found.with_for_update().execution_options(populate_existing=True))


def living_of_contact(customer_id: int, contact_id: int, *, now: datetime) -> Sequence[Link]:
    mine = _living(now).where(Link.customer_id == customer_id, Link.contact_id == contact_id)
    return session.scalars(mine.order_by(Link.id.desc())).all()


def _living(now: datetime) -> Select[Link]:
    used_up = Link.once & Link.first_used_at.is_not(None)
    return select(Link).where(Link.revoked_at.is_(None), Link.expires_at > now, ~used_up)


def needs_code(link: Link, browser_token: str | None) -> bool:
    """
    Whether this browser opens the link with a code only: another one came first, anybody may have read it on paper, or
    the company wants it always.
    """
    return link.paper or bound_elsewhere(link, browser_token) or company.get().codes_always


def pays_only(link: Link, browser_token: str | None) -> bool:
    """Whether it shows this browser what a letter may show, to be paid; not one that was asked for a minute ago."""
    return not link.once and needs_code(link, browser_token)


def bound_elsewhere(link: Link, browser_token: str | None) -> bool:
    return link.browser_hash is not None and link.browser_hash != token_hash(browser_token or "")


def open_link(token: str, browser_token: str | None, *, now: datetime, address: str, agent: str) -> Opened:
    """
    The click: bind the link to this browser if it is the first, and open a session.

    The link is locked, so that a hundred clicks at once bind it once, and who revokes it ends what they opened.

    :raises LinkUnusable: unknown, expired, revoked, or used up.
    :raises CodeNeeded: as `needs_code`.
    """
    looked_at = _living(now).where(Link.token_hash == token_hash(token))
    link = session.scalar(looked_at.with_for_update().execution_options(populate_existing=True))
    if link is None:
        raise unusable()
    if needs_code(link, browser_token):
        raise CodeNeeded(N_("Here this link opens only with a code that we send you by mail."))
    return open_session(link, browser_token, now=now, address=address, agent=agent, by_code=False)


def open_session(
    link: Link, browser_token: str | None, *, now: datetime, address: str, agent: str, by_code: bool
) -> Opened:
    """
    Let this browser in by a link that the caller holds locked. The first browser keeps the right to come back.

    :raises LinkUnusable: its contact was switched off.
    """
    contact = contact_of(link.customer_id, link.contact_id)
    if contact is None or not contact.active:
        raise unusable()
    mine = browser_token or new_token()
    first = link.browser_hash is None
    if first:
        link.browser_hash, link.first_used_at = token_hash(mine), now
    session_token = sessions.start(
        SessionKind.CONTACT,
        now=now,
        customer_id=link.customer_id,
        contact_id=link.contact_id,
        link_id=link.id,
        code_at=now if by_code else None,
        address=address,
        agent=agent,
    )
    audit.record(
        link.customer_id,
        "link.opened",
        by=Actor(ActorKind.CONTACT, contact.id, contact.name),
        now=now,
        about=f"links:{link.id}",
        facts={"first": first, "by_code": by_code},
    )
    return Opened(session_token, mine)


def unusable() -> LinkUnusable:
    return LinkUnusable(N_("This link no longer works. Ask us for a new one."))


def of_customer(customer_id: int) -> Sequence[Link]:
    return session.scalars(select(Link).where(Link.customer_id == customer_id).order_by(Link.id.desc())).all()


def contact_of_link(link_id: int) -> int | None:
    """Whose link it is, or was."""
    return session.scalar(select(Link.contact_id).where(Link.id == link_id))


def revoke(customer_id: int, link_id: int, *, by: Actor, now: datetime) -> None:
    """End the link and every session that it opened."""
    link = session.scalar(select(Link).where(Link.id == link_id, Link.customer_id == customer_id).with_for_update())
    if link is None or link.revoked_at is not None:
        raise unusable()
    link.revoked_at = now
    sessions.end_all_of_link(link.id, now=now)
    audit.record(customer_id, "link.revoked", by=by, now=now, about=f"links:{link.id}", facts={})
