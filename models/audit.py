"""Who did what and why: an append-only stream per customer, each event chained to the one before by SHA-256."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Identity, Index, Row, UniqueConstraint, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session
from models.errors import N_, Refused
from models.money import Money

FIRST = bytes(32)  # What the first event of a stream follows.
SEAL_FILE = "audit_seal.jsonl"
SEAL_WAITS = "5s"  # Longer than any click, shorter than anybody's patience behind it.


class SealsDiffer(Refused):
    pass


class ActorKind(StrEnum):
    STAFF = "staff"
    CONTACT = "contact"
    LINK = "link"  # Whoever holds it: somebody it was forwarded to, or the reader of a letter.
    JOB = "job"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `name` is for the screen only: the chain holds kind and id, so that a person can be erased."""

    kind: ActorKind
    id: int | None = None
    name: str = ""


COMMAND = Actor(ActorKind.COMMAND, None, "command line")
JOB = Actor(ActorKind.JOB, None, "job")


class AuditEvent(Base):
    """`about` names a row: 'entries:12'. `text_hash` stands for personal words kept beside the chain."""

    __tablename__ = "audit_events"
    __table_args__ = (UniqueConstraint("customer_id", "seq"), Index("ix_audit_events_about", "customer_id", "about"))

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    seq: Mapped[int]
    recorded_at: Mapped[datetime]
    actor_kind: Mapped[ActorKind]
    actor_id: Mapped[int | None]
    action: Mapped[str]
    about: Mapped[str]
    facts: Mapped[dict[str, Any]]
    text_hash: Mapped[bytes | None]
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]


class AuditText(Base):
    """Personal words of an event. Deleting the row erases them; the chain stays valid by their salted hash."""

    __tablename__ = "audit_texts"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "event_id"], ["audit_events.customer_id", "audit_events.id"]),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    salt: Mapped[bytes]
    body: Mapped[dict[str, Any]]


class AuditHead(Base):
    __tablename__ = "audit_heads"

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[bytes]


class AuditSeal(Base):
    """
    One line per night over all heads, chained; the same lines lie in a file meant to leave the machine.
    `events_until` is the highest event id under the seal: so the heads of that night can be found again.
    """

    __tablename__ = "audit_seals"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed_at: Mapped[datetime]
    events_until: Mapped[int]
    heads: Mapped[int]
    heads_hash: Mapped[bytes]
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]


def record(
    customer_id: int,
    action: str,
    *,
    by: Actor,
    now: datetime,
    about: str = "",
    facts: dict[str, Any] | None = None,
    words: dict[str, Any] | None = None,
) -> AuditEvent:
    """
    Add an event to the customer's stream (0: the company's) in the caller's transaction.

    `facts` are chained for good and hold no personal text; `words` (names, addresses, reasons, notes) lie
    beside the chain and can be erased.
    """
    head = _locked_head(customer_id)
    salt = secrets.token_bytes(16)
    body = _stored(words) if words else None
    event = AuditEvent(
        customer_id=customer_id,
        seq=head.seq + 1,
        recorded_at=now,
        actor_kind=by.kind,
        actor_id=by.id,
        action=action,
        about=about,
        facts=_stored(facts or {}),
        text_hash=words_hash(salt, body) if body else None,
        previous_hash=head.hash,
    )
    event.hash = event_hash(event)
    session.add(event)
    session.flush()
    if body:
        session.add(AuditText(customer_id=customer_id, event_id=event.id, salt=salt, body=body))
    head.seq, head.hash = event.seq, event.hash
    session.flush()
    return event


def record_all(events: Sequence[tuple[int, str, dict[str, Any]]], action: str, *, by: Actor, now: datetime) -> None:
    """
    The same action in the streams of many customers, in a few statements.

    :param events: customer, about what, facts.
    """
    heads = _locked_heads({customer_id for customer_id, *_ in events}) if events else {}
    rows = []
    for customer_id, about, facts in events:
        head = heads[customer_id]
        row: dict[str, Any] = {
            **{"customer_id": customer_id, "seq": head.seq + 1, "recorded_at": now, "actor_kind": by.kind},
            **{"actor_id": by.id, "action": action, "about": about, "facts": _stored(facts), "text_hash": None},
            **{"previous_hash": head.hash},
        }
        row["hash"] = event_hash(AuditEvent(**row))
        head.seq, head.hash = head.seq + 1, row["hash"]
        rows.append(row)
    if rows:
        session.execute(insert(AuditEvent), rows)
        session.flush()


def event_hash(event: AuditEvent | Row[Any]) -> bytes:
    """SHA-256 of the event's content and of the hash before it."""
    content = [
        *(event.customer_id, event.seq, event.recorded_at.timestamp(), event.actor_kind.value, event.actor_id),
        *(event.action, event.about, event.facts, event.text_hash.hex() if event.text_hash else None),
        event.previous_hash.hex(),
    ]
    return hashlib.sha256(_canonical(content).encode()).digest()


def words_hash(salt: bytes, words: dict[str, Any]) -> bytes:
    return hashlib.sha256(salt + _canonical(words).encode()).digest()


def seal(*, now: datetime) -> AuditSeal | None:
    """
    Chain one line over all heads to the seals before it; None where no event came since the last one.

    Waits for those who write events, a few seconds at most, and holds them back while it reads the heads: so every
    event is under the seal or has a higher id.

    :raises sqlalchemy.exc.OperationalError: somebody writes for longer than that; it is tried again later.
    """
    session.execute(text(f"set local lock_timeout = '{SEAL_WAITS}'"))
    session.execute(text("lock table audit_heads in exclusive mode"))
    session.execute(text("set local lock_timeout = default"))
    events_until = session.scalar(select(func.max(AuditEvent.id))) or 0
    last = session.scalar(select(AuditSeal).order_by(AuditSeal.seq.desc()).limit(1))
    if events_until == (last.events_until if last else 0):
        return None
    heads = session.execute(select(AuditHead.customer_id, AuditHead.seq, AuditHead.hash).order_by("customer_id"))
    count, heads_hash = heads_digest(heads)
    line = AuditSeal(
        seq=last.seq + 1 if last else 1,
        sealed_at=now,
        events_until=events_until,
        heads=count,
        heads_hash=heads_hash,
        previous_hash=last.hash if last else FIRST,
    )
    line.hash = seal_hash(line)
    session.add(line)
    session.flush()
    return line


def last_sealed_at() -> datetime | None:
    return session.scalar(select(func.max(AuditSeal.sealed_at)))


def heads_digest(heads: Iterable[tuple[int, int, bytes]]) -> tuple[int, bytes]:
    """How many streams there are, and one hash over (customer, seq, hash) of their heads in order of customer."""
    digest, count = hashlib.sha256(), 0
    for customer_id, seq, head in heads:
        digest.update(f"{customer_id}:{seq}:{head.hex()}\n".encode())
        count += 1
    return count, digest.digest()


def seal_hash(line: AuditSeal) -> bytes:
    content = [
        *(line.seq, line.sealed_at.timestamp(), line.events_until, line.heads, line.heads_hash.hex()),
        line.previous_hash.hex(),
    ]
    return hashlib.sha256(_canonical(content).encode()).digest()


def seal_line(line: AuditSeal) -> str:
    """A seal as it stands in the file."""
    return _canonical(
        {
            **{"seq": line.seq, "sealed_at": line.sealed_at.astimezone(UTC), "events_until": line.events_until},
            **{"heads": line.heads, "heads_hash": line.heads_hash.hex()},
            **{"previous_hash": line.previous_hash.hex(), "hash": line.hash.hex()},
        }
    )


def export_seals(folder: Path) -> int:
    """
    Append to the folder's seal file what it lacks, a line torn by a crash included. Returns the bytes added.

    :raises SealsDiffer: what the file holds is not how the database begins: one of them was changed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = "".join(f"{seal_line(line)}\n" for line in session.scalars(select(AuditSeal).order_by(AuditSeal.seq)))
    with (folder / SEAL_FILE).open("a+b") as file:
        file.seek(0)
        written = file.read()
        if not lines.encode().startswith(written):
            raise SealsDiffer(N_("The seal file and the database differ. Run “flask verify” and keep both."))
        missing = lines.encode()[len(written) :]
        file.write(missing)
        file.flush()
        os.fsync(file.fileno())
    return len(missing)


# Made once: whatever is done asks it.
_HEAD = (
    select(AuditHead)
    .where(AuditHead.customer_id == bindparam("customer"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def _locked_head(customer_id: int) -> AuditHead:
    head = session.scalar(_HEAD, {"customer": customer_id})
    if head is None:
        session.execute(insert(AuditHead).values(customer_id=customer_id, seq=0, hash=FIRST).on_conflict_do_nothing())
        head = session.scalars(_HEAD, {"customer": customer_id}).one()
    return head


def _locked_heads(customers: Iterable[int]) -> dict[int, AuditHead]:
    """In ascending order, so that two who want the same ones never wait for each other."""
    wanted = sorted(customers)
    rows = [{"customer_id": customer_id, "seq": 0, "hash": FIRST} for customer_id in wanted]
    session.execute(insert(AuditHead).values(rows).on_conflict_do_nothing())
    query = select(AuditHead).where(AuditHead.customer_id.in_(wanted)).order_by(AuditHead.customer_id)
    locked = session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return {head.customer_id: head for head in locked}


def _stored(content: dict[str, Any]) -> dict[str, Any]:
    """
    The content as it comes back from the database, so that its hash can be computed again: keys are text, and so
    are numbers with a point, which JSON in PostgreSQL writes in another way.
    """
    plain: dict[str, Any] = json.loads(_canonical(content), parse_float=str)
    return plain


def _plain(value: object) -> object:
    if isinstance(value, Money):
        return f"{value.plain()} {value.currency}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain).encode


def page_of_events(customer_id: int, *, page: int, size: int) -> tuple[list[tuple[AuditEvent, AuditText | None]], int]:
    """One page (from 1) of a stream, newest first, each with its personal words while they exist; and how many."""
    head = session.scalar(select(AuditHead.seq).where(AuditHead.customer_id == customer_id)) or 0
    rows = session.execute(
        select(AuditEvent, AuditText)
        .outerjoin(AuditText, (AuditText.customer_id == AuditEvent.customer_id) & (AuditText.event_id == AuditEvent.id))
        .where(AuditEvent.customer_id == customer_id)
        .order_by(AuditEvent.seq.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    return [(event, words) for event, words in rows], head


def events_about(customer_id: int, about: str, *, most: int = 100) -> list[tuple[AuditEvent, AuditText | None]]:
    """What happened to one row, newest first, each with its personal words while they exist."""
    rows = session.execute(
        select(AuditEvent, AuditText)
        .outerjoin(AuditText, (AuditText.customer_id == AuditEvent.customer_id) & (AuditText.event_id == AuditEvent.id))
        .where(AuditEvent.customer_id == customer_id, AuditEvent.about == about)
        .order_by(AuditEvent.seq.desc())
        .limit(most)
    )
    return [(event, words) for event, words in rows]


def broken_event(customer_id: int) -> int | None:
    """The number of the first event of a stream that does not follow from the one before; None when all do."""
    previous, seq = FIRST, 0
    query = select(AuditEvent).where(AuditEvent.customer_id == customer_id).order_by(AuditEvent.seq)
    for event in session.scalars(query.execution_options(yield_per=1000)):
        seq += 1
        if event.seq != seq or event.previous_hash != previous or event_hash(event) != event.hash:
            return seq
        previous = event.hash
    head = session.get(AuditHead, customer_id)
    return seq + 1 if head is not None and (head.seq, head.hash) != (seq, previous) else None
