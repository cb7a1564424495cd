"""Attempts to sign in, counted in rows: every process sees the same ones and a restart forgets none."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Identity, Index, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session
from models.errors import N_, Refused

MINUTE = timedelta(seconds=60)
HOUR = timedelta(hours=1)
TRIES_A_MINUTE = 5
LOCK = timedelta(minutes=15)
WRONG_BEFORE_LOCK = 10
KEPT = timedelta(days=1)


class Outcome(StrEnum):
    WRONG = "wrong"  # Until it is known to be right, so that attempts side by side count each other.
    PASSED = "passed"
    REFUSED = "refused"  # Not looked at: too many came before it.


class SignInAttempt(Base):
    """Hashes only: who tried is not kept. Real time."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        Index("ix_sign_in_attempts_email", "door", "email_hash", "at"),
        Index("ix_sign_in_attempts_address", "door", "address_hash", "at"),
        Index("ix_sign_in_attempts_at", "at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    door: Mapped[str]
    email_hash: Mapped[bytes]
    address_hash: Mapped[bytes]
    at: Mapped[datetime]
    outcome: Mapped[Outcome] = mapped_column(default=Outcome.WRONG)


class TooManyTries(Refused):
    """`seconds` says how long to wait."""

    seconds = int(MINUTE.total_seconds())


class TooManyInAnHour(TooManyTries):
    seconds = int(HOUR.total_seconds())


class Paused(TooManyTries):
    seconds = int(LOCK.total_seconds())


def begin(door: str, *, email: str, address: str, now: datetime) -> SignInAttempt:
    """
    Write the attempt down as wrong. The caller commits before it asks `refusal_of`: of a hundred attempts at
    once each then counts those before it, and no more than the limit are looked at.
    """
    attempt = SignInAttempt(
        door=door, email_hash=_hash(email.strip().lower()), address_hash=_hash(address), at=now, outcome=Outcome.WRONG
    )
    session.add(attempt)
    session.flush()
    return attempt


def refusal_of(attempt: SignInAttempt, *, pauses: bool = True, an_hour: int = 0) -> TooManyTries | None:
    """
    Why this attempt may not be looked at, if so; it is then marked, so that it does not count against the next.
    `pauses` is off where nothing can be guessed, only asked for too often: `an_hour` says how often, for one key.
    """
    refusal = (_pause(attempt) if pauses else None) or _flood(attempt)
    if an_hour and refusal is None:
        refusal = _crowd(attempt, an_hour)
    if refusal:
        _mark(attempt, Outcome.REFUSED)
    return refusal


def passed(attempt: SignInAttempt) -> None:
    _mark(attempt, Outcome.PASSED)


def forget_old(*, now: datetime) -> None:
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - KEPT))


def _mark(attempt: SignInAttempt, outcome: Outcome) -> None:
    attempt.outcome = outcome
    session.add(attempt)
    session.flush()


def _flood(attempt: SignInAttempt) -> TooManyTries | None:
    """More than five wrong ones within a minute, for one e-mail address or from one place."""
    recent = select(SignInAttempt.email_hash, SignInAttempt.address_hash).where(
        SignInAttempt.door == attempt.door,
        SignInAttempt.outcome == Outcome.WRONG,
        SignInAttempt.at > attempt.at - MINUTE,
        SignInAttempt.at <= attempt.at + MINUTE,
        or_(
            SignInAttempt.email_hash == attempt.email_hash,
            SignInAttempt.address_hash == attempt.address_hash,
        ),
    )
    rows = session.execute(recent).all()
    for_email = sum(row.email_hash == attempt.email_hash for row in rows)
    from_place = sum(row.address_hash == attempt.address_hash for row in rows)
    if max(for_email, from_place) <= TRIES_A_MINUTE:
        return None
    return TooManyTries(N_("These were many tries in a short time. Please wait a minute, then try again."))


def _crowd(attempt: SignInAttempt, an_hour: int) -> TooManyInAnHour | None:
    recent = select(func.count()).where(
        SignInAttempt.door == attempt.door,
        SignInAttempt.email_hash == attempt.email_hash,
        SignInAttempt.outcome == Outcome.WRONG,
        SignInAttempt.at > attempt.at - HOUR,
    )
    if (session.scalar(recent) or 0) <= an_hour:
        return None
    return TooManyInAnHour(N_("These were many tries within an hour. Please try again later, or ask us."))


def _pause(attempt: SignInAttempt) -> Paused | None:
    """Ten wrong ones for an e-mail address within 15 minutes close it for 15 minutes, known or not."""
    before = session.scalars(
        select(SignInAttempt.at)
        .where(
            SignInAttempt.door == attempt.door,
            SignInAttempt.email_hash == attempt.email_hash,
            SignInAttempt.outcome == Outcome.WRONG,
            SignInAttempt.id != attempt.id,
        )
        .order_by(SignInAttempt.at.desc())
        .limit(WRONG_BEFORE_LOCK)
    ).all()
    if len(before) < WRONG_BEFORE_LOCK or before[0] - before[-1] > LOCK or before[0] + LOCK <= attempt.at:
        return None
    return Paused(
        N_(
            "For the safety of this account nobody can sign in with this e-mail address until %(until)s, "
            "because a wrong password or code was entered %(count)s times. Nothing is lost."
        ),
        until=before[0] + LOCK,
        count=WRONG_BEFORE_LOCK,
    )


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
