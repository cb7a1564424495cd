"""What is mailed to staff or kept between two steps of a sign-in: each works once and not for long."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Identity, Index, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session
from models.errors import N_, Refused
from models.sessions import new_token, token_hash


class Purpose(StrEnum):
    INVITE = "invite"
    RESET = "reset"
    SECOND_FACTOR = "second_factor"  # The password was right; the code is still to come.


LIVES = {
    Purpose.INVITE: timedelta(days=7),
    Purpose.RESET: timedelta(minutes=10),
    Purpose.SECOND_FACTOR: timedelta(minutes=10),
}


class TokenUnusable(Refused):
    """Unknown, used, too old, or replaced by a newer one."""


class StaffToken(Base):
    """Only the hash is kept. `staff_id` is null where an unknown address asked: the same is written, for nobody."""

    __tablename__ = "staff_tokens"
    __table_args__ = (Index("ix_staff_tokens_staff", "staff_id", postgresql_where="used_at is null"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    purpose: Mapped[Purpose]
    staff_id: Mapped[int | None]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


def make(purpose: Purpose, staff_id: int | None, *, now: datetime) -> tuple[StaffToken, str]:
    """A new token, shown this once. Older links of the same purpose stop working; sign-ins side by side do not."""
    if purpose != Purpose.SECOND_FACTOR:
        _end(now, StaffToken.staff_id == staff_id, StaffToken.purpose == purpose)
    token = new_token()
    row = StaffToken(
        token_hash=token_hash(token), purpose=purpose, staff_id=staff_id, made_at=now, expires_at=now + LIVES[purpose]
    )
    session.add(row)
    session.flush()
    return row, token


def living(purpose: Purpose, token: str, *, now: datetime, lock: bool = False) -> StaffToken:
    """
    :raises TokenUnusable: it cannot be used by anybody.
    """
    query = select(StaffToken).where(
        StaffToken.token_hash == token_hash(token),
        StaffToken.purpose == purpose,
        StaffToken.staff_id.is_not(None),
        StaffToken.used_at.is_(None),
        StaffToken.expires_at > now,
    )
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise TokenUnusable(N_("This link no longer works: it was used, replaced by a newer one, or is too old."))
    return row


def use(row: StaffToken, *, now: datetime) -> None:
    _end(now, StaffToken.id == row.id)


def kill_all(staff_id: int, *, now: datetime) -> None:
    _end(now, StaffToken.staff_id == staff_id)


def _end(now: datetime, *which: object) -> None:
    session.execute(update(StaffToken).where(StaffToken.used_at.is_(None), *which).values(used_at=now))  # type: ignore[arg-type]
