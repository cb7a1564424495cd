"""Addresses that take no mail: written down once, until somebody lets them be tried again."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Identity, Index, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models import jobs
from models.database import Base, session


class StoppedAddress(Base):
    """`address` in lower case. One living row for each; `reason` in the words of the mail server. Real time."""

    __tablename__ = "stopped_addresses"
    __table_args__ = (
        Index("uq_stopped_addresses_living", "address", unique=True, postgresql_where="released_at is null"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    address: Mapped[str]
    reason: Mapped[str]
    stopped_at: Mapped[datetime]
    released_at: Mapped[datetime | None]


def stop(address: str, reason: str, *, now: datetime) -> None:
    """No reminder goes there any more. Those whose contact it is get a task, once."""
    row = {"address": address.strip().lower(), "reason": reason, "stopped_at": now}
    added = session.scalar(insert(StoppedAddress).values(row).on_conflict_do_nothing().returning(StoppedAddress.id))
    if added is not None:
        jobs.later("worklist.dead_address", stopped_id=added)


def find(stopped_id: int) -> StoppedAddress | None:
    return session.get(StoppedAddress, stopped_id)


def stopped(addresses: Iterable[str], at: datetime | None = None) -> dict[str, StoppedAddress]:
    """Which of these addresses take no mail, now or as it was known at a moment, by the address in lower case."""
    wanted = [address.strip().lower() for address in addresses]
    query = select(StoppedAddress).where(StoppedAddress.address.in_(wanted))
    if at is None:
        query = query.where(StoppedAddress.released_at.is_(None))
    else:
        still = StoppedAddress.released_at.is_(None) | (StoppedAddress.released_at > at)
        query = query.where(StoppedAddress.stopped_at <= at, still)
    return {row.address: row for row in session.scalars(query)} if wanted else {}


def release(address: str, *, now: datetime) -> bool:
    """Let it be tried again; False where it is not stopped."""
    living = select(StoppedAddress).where(
        StoppedAddress.address == address.strip().lower(), StoppedAddress.released_at.is_(None)
    )
    row = session.scalar(living.with_for_update())
    if row is not None:
        row.released_at = now
    return row is not None
