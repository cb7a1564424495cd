"""Signed-in browsers, of contacts and of staff: a row each, so that they can be listed and ended."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, Identity, Index, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session

SEEN_EVERY = timedelta(minutes=1)  # Last-seen is written at most once a minute: it is a hint, not a record.


class SessionKind(StrEnum):
    CONTACT = "contact"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Limits:
    idle: timedelta
    whole: timedelta


LIMITS = {
    SessionKind.CONTACT: Limits(idle=timedelta(minutes=30), whole=timedelta(hours=12)),
    SessionKind.STAFF: Limits(idle=timedelta(minutes=60), whole=timedelta(hours=12)),
}


class BrowserSession(Base):
    """
    Real time, not the movable clock. The token's SHA-256 is kept; the token lives in the cookie alone. `code_at`: when
    a code was last typed in this browser.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("(staff_id is null) <> (contact_id is null)", name="one_principal"),
        Index("ix_sessions_staff", "staff_id", postgresql_where="ended_at is null"),
        Index("ix_sessions_contact", "customer_id", "contact_id", postgresql_where="ended_at is null"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    kind: Mapped[SessionKind]
    customer_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    link_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    code_at: Mapped[datetime | None]
    address: Mapped[str]
    agent: Mapped[str]


def new_token() -> str:
    """256 random bits, safe in an address and in a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def start(
    kind: SessionKind,
    *,
    now: datetime,
    staff_id: int | None = None,
    customer_id: int | None = None,
    contact_id: int | None = None,
    link_id: int | None = None,
    code_at: datetime | None = None,
    address: str = "",
    agent: str = "",
) -> str:
    """Open a session and return its token, which is shown to nobody but the browser."""
    token = new_token()
    session.add(
        BrowserSession(
            token_hash=token_hash(token),
            kind=kind,
            staff_id=staff_id,
            customer_id=customer_id,
            contact_id=contact_id,
            link_id=link_id,
            started_at=now,
            seen_at=now,
            code_at=code_at,
            address=address[:64],
            agent=agent[:200],
        )
    )
    session.flush()
    return token


def living(kind: SessionKind, token: str, *, now: datetime) -> BrowserSession | None:
    """The session of a cookie, unless it was ended, slept too long or is too old."""
    limits = LIMITS[kind]
    return session.scalar(
        select(BrowserSession).where(
            BrowserSession.token_hash == token_hash(token),
            BrowserSession.kind == kind,
            BrowserSession.ended_at.is_(None),
            BrowserSession.seen_at > now - limits.idle,
            BrowserSession.started_at > now - limits.whole,
        )
    )


def needs_seen(seen_at: datetime, *, now: datetime) -> bool:
    return now - seen_at >= SEEN_EVERY


def seen(session_id: int, *, now: datetime) -> None:
    session.execute(update(BrowserSession).where(BrowserSession.id == session_id).values(seen_at=now))


def code_typed(session_id: int, *, now: datetime) -> None:
    session.execute(update(BrowserSession).where(BrowserSession.id == session_id).values(code_at=now))


def code_typed_at(session_id: int) -> datetime | None:
    """When a code was last typed in this browser."""
    return session.scalar(select(BrowserSession.code_at).where(BrowserSession.id == session_id))


def of_staff(staff_id: int, *, now: datetime) -> Sequence[BrowserSession]:
    return _awake(SessionKind.STAFF, BrowserSession.staff_id == staff_id, now=now)


def of_contact(customer_id: int, contact_id: int, *, now: datetime) -> Sequence[BrowserSession]:
    mine = (BrowserSession.customer_id == customer_id, BrowserSession.contact_id == contact_id)
    return _awake(SessionKind.CONTACT, *mine, now=now)


def _awake(kind: SessionKind, *whose: ColumnElement[bool], now: datetime) -> Sequence[BrowserSession]:
    """Living sessions, last used first."""
    limits = LIMITS[kind]
    return session.scalars(
        select(BrowserSession)
        .where(
            *whose,
            BrowserSession.ended_at.is_(None),
            BrowserSession.seen_at > now - limits.idle,
            BrowserSession.started_at > now - limits.whole,
        )
        .order_by(BrowserSession.seen_at.desc(), BrowserSession.id.desc())
    ).all()


def end(session_id: int, *, now: datetime) -> None:
    end_where(BrowserSession.id == session_id, now=now)


def end_all_of_staff(staff_id: int, *, now: datetime, but: int | None = None) -> None:
    end_where(BrowserSession.staff_id == staff_id, BrowserSession.id != (but or 0), now=now)


def end_all_of_link(link_id: int, *, now: datetime) -> None:
    end_where(BrowserSession.link_id == link_id, now=now)


def end_where(*which: object, now: datetime) -> None:
    session.execute(
        update(BrowserSession).where(BrowserSession.ended_at.is_(None), *which).values(ended_at=now)  # type: ignore[arg-type]
    )


BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad")),
    *(("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux")),
)


def device(agent: str) -> str:
    """What people call the browser and machine of a User-Agent header; empty where it says nothing known."""
    found = [next((name for mark, name in known if mark in agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(name for name in found if name)
