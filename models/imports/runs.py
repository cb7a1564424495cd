"""What each import did: kept for the page of imports, and so that a payment is never booked twice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models.audit import Actor, ActorKind
from models.database import Base, session
from models.imports.mappings import Kind

MOST_REJECTS_KEPT = 1_000  # For the page; the file beside it has them all.


class ImportRun(Base):
    """
    `files`: name, mapping, encoding, delimiter, rows and SHA-256 of each. `sums`: what was new, by currency, as
    text. `finished_at` none: it was stopped in the middle, and the same file completes it.
    """

    __tablename__ = "import_runs"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[Kind]
    files: Mapped[list[Any]]
    actor_kind: Mapped[ActorKind]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(server_default="")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    new: Mapped[int] = mapped_column(server_default="0")
    changed: Mapped[int] = mapped_column(server_default="0")
    unchanged: Mapped[int] = mapped_column(server_default="0")
    rejected: Mapped[int] = mapped_column(server_default="0")
    rounded: Mapped[int] = mapped_column(server_default="0")
    flagged: Mapped[int] = mapped_column(server_default="0")
    sums: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    rejected_file: Mapped[str | None]


class ImportReject(Base):
    """One row that was not booked. `reason` is a message id, `values` what stands in it, as text."""

    __tablename__ = "import_rejects"

    run_id: Mapped[int] = mapped_column(ForeignKey(ImportRun.id), primary_key=True)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    file: Mapped[str]
    row: Mapped[int]
    column: Mapped[str]
    value: Mapped[str]
    reason: Mapped[str]
    values: Mapped[dict[str, Any]]


class ImportedPayment(Base):
    """The registry of payments from files: `key` is the payment's own number or a hash of its content."""

    __tablename__ = "imported_payments"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "entry_id"], ["entries.customer_id", "entries.id"]),
        Index("ix_imported_payments_entry", "customer_id", "entry_id"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(ImportRun.id))
    customer_id: Mapped[int]
    entry_id: Mapped[int]


def begin(kind: Kind, files: list[dict[str, Any]], *, by: Actor, now: datetime) -> ImportRun:
    run = ImportRun(kind=kind, files=files, actor_kind=by.kind, actor_id=by.id, actor_name=by.name, started_at=now)
    session.add(run)
    session.flush()
    return run


def latest(limit: int = 50, *, before: int | None = None) -> Sequence[ImportRun]:
    """The newest runs first; `before` is the id that the page before ended with."""
    query = select(ImportRun).order_by(ImportRun.id.desc()).limit(limit)
    if before is not None:
        query = query.where(ImportRun.id < before)
    return session.scalars(query).all()


def find(run_id: int) -> ImportRun | None:
    return session.get(ImportRun, run_id)


def rejects_of(run_id: int, *, after: int = 0, limit: int = 50) -> Sequence[ImportReject]:
    """The rejected rows of a run in the order of its files; `after` is the id that the page before ended with."""
    query = select(ImportReject).where(ImportReject.run_id == run_id, ImportReject.id > after)
    return session.scalars(query.order_by(ImportReject.id).limit(limit)).all()


def earlier_run_of(sha256: str, *, before: int) -> ImportRun | None:
    """The latest finished run before this one that read exactly the same file."""
    query = select(ImportRun).where(
        ImportRun.id < before, ImportRun.finished_at.is_not(None), ImportRun.files.contains([{"sha256": sha256}])
    )
    return session.scalar(query.order_by(ImportRun.id.desc()).limit(1))
