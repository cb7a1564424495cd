"""
Typed codes, mailed to the address on file: they open a link in a browser that it is not bound to, and confirm who is
signed in before what cannot be undone.
"""

import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Identity, Index, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, sessions
from models.audit import Actor
from models.customers import links, mails
from models.customers.contacts import Contact, contact_of, masked
from models.customers.customers import Customer, find
from models.customers.links import Link, Opened
from models.database import Base, session
from models.errors import N_, Refused
from models.sessions import new_token, token_hash

DOOR, DOOR_OF_ASKING = "portal.code", "portal.code.ask"
LIVES = timedelta(minutes=10)
FRESH = timedelta(minutes=10)
TRIES = 5
KEPT = timedelta(days=1)
DIGITS = 6


class CodeWrong(Refused):
    """It may be tried again, until the fifth time."""


class CodeUnusable(Refused):
    """Used, too old, tried too often, or its link was revoked."""


class NoAddress(Refused):
    pass


class Code(Base):
    """
    The browser that asked holds a token, the mail the six digits. Both together open the link, or confirm the session,
    and only the hashes of the token and of both together are kept: six digits alone could be guessed from their hash.
    Real time.
    """

    __tablename__ = "codes"
    __table_args__ = (
        CheckConstraint("(link_id is null) <> (session_id is null)", name="one_use"),
        Index("ix_codes_made_at", "made_at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    code_hash: Mapped[bytes]
    link_id: Mapped[int | None]
    session_id: Mapped[int | None]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default="0")
    used_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a code goes to. `email` is empty where no address is on file."""

    contact: Contact
    email: str

    @property
    def masked_email(self) -> str:
        return masked(self.email)

    @property
    def key(self) -> str:
        """What tries are counted by, in whichever browser they are made."""
        return f"{self.contact.customer_id}:{self.contact.id}"


def recipient_of(link: Link) -> Recipient | None:
    """None where the link's contact was switched off."""
    return recipient(link.customer_id, link.contact_id)


def recipient(customer_id: int, contact_id: int) -> Recipient | None:
    """None where the contact was switched off."""
    contact = contact_of(customer_id, contact_id)
    return Recipient(contact, contact.email or "") if contact and contact.active else None


def send(link: Link, *, now: datetime) -> str:
    """
    Mail a new code that opens a link. Returns the token for the browser that asked, in which alone the code works.

    :raises NoAddress: there is no address on file that it could go to.
    """
    to, customer = recipient_of(link), find(link.customer_id)
    if to is None or customer is None:
        raise links.unusable()
    return _send(to, customer, link_id=link.id, now=now)


def send_to_confirm(session_id: int, to: Recipient, *, now: datetime) -> str:
    """
    Mail a new code that confirms a session of the contact. Returns the token for its browser.

    :raises NoAddress: as `send`.
    """
    customer = find(to.contact.customer_id)
    assert customer is not None
    return _send(to, customer, session_id=session_id, now=now)


def _send(
    to: Recipient, customer: Customer, *, now: datetime, link_id: int | None = None, session_id: int | None = None
) -> str:
    if not to.email:
        raise NoAddress(N_("We have no mail address of yours to send a code to. Please ask us for help."))
    token, digits = new_token(), f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    code = Code(
        token_hash=token_hash(token),
        code_hash=_hash(token, digits),
        link_id=link_id,
        session_id=session_id,
        made_at=now,
        expires_at=now + LIVES,
    )
    session.add(code)
    session.flush()
    mails.write(
        "code",
        customer,
        to.contact,
        address=to.email,
        cause=str(code.id),
        now=now,
        code=digits,
        confirms=session_id is not None,
        expires_at=code.expires_at,
    )
    return token


def waiting(token: str, *, now: datetime) -> Link | None:
    """The link that a browser's code is to open, while both can still be used. Changes nothing."""
    return session.scalar(
        select(Link)
        .join(Code, Code.link_id == Link.id)
        .where(
            Code.token_hash == token_hash(token),
            Code.used_at.is_(None),
            Code.expires_at > now,
            Code.tries < TRIES,
            Link.revoked_at.is_(None),
        )
    )


def waits_to_confirm(token: str, session_id: int, *, now: datetime) -> bool:
    """Whether a browser's code can still confirm this session. Changes nothing."""
    found = select(Code.id).where(
        Code.token_hash == token_hash(token),
        Code.session_id == session_id,
        Code.used_at.is_(None),
        Code.expires_at > now,
        Code.tries < TRIES,
    )
    return session.scalar(found) is not None


def count_try(token: str, *, now: datetime) -> None:
    """
    Write the try down before it is looked at. The caller commits: of a hundred at once five are then looked at.

    :raises CodeUnusable: it is not to be tried any more.
    """
    code = _living(token, now)
    if code.tries >= TRIES:
        raise _unusable()
    code.tries += 1


def open_link(token: str, typed: str, browser_token: str | None, *, now: datetime, address: str, agent: str) -> Opened:
    """
    The right code opens the account in this browser, after `count_try`. It works once.

    :raises CodeWrong: with another try, if any is left.
    :raises CodeUnusable: as `count_try`, or the link itself was revoked or is too old.
    """
    code = _right(token, typed, now)
    link = links.living_by_id(code.link_id, now=now) if code.link_id else None
    if link is None:
        raise _unusable()
    code.used_at = now
    return links.open_session(link, browser_token, now=now, address=address, agent=agent, by_code=True)


def confirm(token: str, typed: str, session_id: int, *, by: Actor, customer_id: int, now: datetime) -> None:
    """
    The right code confirms who is signed in, after `count_try`: for ten minutes no other is needed. It works once.

    :raises CodeWrong, CodeUnusable: as `open_link`.
    """
    code = _right(token, typed, now)
    if code.session_id != session_id:
        raise _unusable()
    code.used_at = now
    sessions.code_typed(session_id, now=now)
    audit.record(customer_id, "session.confirmed", by=by, now=now, about=f"sessions:{session_id}", facts={})


def fresh_code_needed(session_id: int, *, now: datetime) -> bool:
    """Before what cannot be undone: whether no code was typed in this browser for ten minutes."""
    typed_at = sessions.code_typed_at(session_id)
    return typed_at is None or now - typed_at >= FRESH


def _right(token: str, typed: str, now: datetime) -> Code:
    code = _living(token, now)
    if not hmac.compare_digest(code.code_hash, _hash(token, _plain(typed))):
        if code.tries >= TRIES:
            raise _unusable()
        raise CodeWrong(N_("This code is not right. Enter the six digits of our newest mail."))
    return code


def forget_old(*, now: datetime) -> None:
    session.execute(delete(Code).where(Code.made_at < now - KEPT))


def _living(token: str, now: datetime) -> Code:
    query = select(Code).where(Code.token_hash == token_hash(token), Code.used_at.is_(None), Code.expires_at > now)
    code = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if code is None:
        raise _unusable()
    return code


def _unusable() -> CodeUnusable:
    return CodeUnusable(N_("This code no longer works. Ask for a new one."))


def _hash(token: str, digits: str) -> bytes:
    return hmac.digest(token.encode(), digits.encode(), "sha256")


def _plain(typed: str) -> str:
    """What was typed, in Latin digits; spaces and signs between them do not matter."""
    return "".join(str(unicodedata.decimal(sign)) for sign in typed if unicodedata.category(sign) == "Nd")
