"""I10: every audit chain computed again from its events, in one pass; then the heads, the seals, and the seal file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from models.audit import (
    FIRST,
    AuditEvent,
    AuditHead,
    AuditSeal,
    AuditText,
    event_hash,
    heads_digest,
    seal_hash,
    seal_line,
    words_hash,
)
from models.database import session
from models.reports.verify.proof import Broken, Proof

CHUNK = 5_000  # Events held in memory at once.


def prove(proof: Proof, customer_id: int | None, seal_file: Path | None) -> None:
    seals = list(session.scalars(select(AuditSeal).order_by(AuditSeal.seq))) if customer_id is None else []
    heads = _Heads(customer_id, sealed_until=seals[-1].events_until if seals else 0)
    checked, broken = 0, []
    last: Row[Any] | None = None
    for event in _events(customer_id):
        if last is not None and last.customer_id != event.customer_id:
            broken += heads.compare(last)
            last = None
        broken += _faults_of(event, last)
        heads.seal(event)
        checked, last = checked + 1, event
    if last is not None:
        broken += heads.compare(last)
    broken += heads.without_events()
    broken += _faults_of_chain(seals)
    broken += _faults_of_newest(seals, heads.sealed)
    if seal_file is not None and customer_id is None:
        broken += _faults_of_file(seals, seal_file)
    proof.add("I10", checked + len(seals), broken)


class _Heads:
    """
    The heads as they are stored, each crossed off by the last event of its stream; and as the newest seal saw them,
    which reached up to the event `sealed_until`.
    """

    def __init__(self, customer_id: int | None, *, sealed_until: int) -> None:
        query = select(AuditHead.customer_id, AuditHead.seq, AuditHead.hash)
        if customer_id is not None:
            query = query.where(AuditHead.customer_id == customer_id)
        self._heads = {head.customer_id: (head.seq, head.hash) for head in session.execute(query)}
        self._sealed_until = sealed_until
        self.sealed: list[tuple[int, int, bytes]] = []

    def seal(self, event: Row[Any]) -> None:
        if event.id <= self._sealed_until:
            if self.sealed and self.sealed[-1][0] == event.customer_id:
                self.sealed.pop()
            self.sealed.append((event.customer_id, event.seq, event.hash))

    def compare(self, last: Row[Any]) -> list[Broken]:
        seq, head = self._heads.pop(last.customer_id, (None, b""))
        if (seq, head) == (last.seq, last.hash):
            return []
        expected = f"event {last.seq} {last.hash.hex()}"
        return [_broken("audit_heads", f"{last.customer_id}", expected, f"event {seq} {head.hex()}")]

    def without_events(self) -> list[Broken]:
        return [
            _broken("audit_heads", f"{customer_id}", f"event {seq}", "no event")
            for customer_id, (seq, _) in sorted(self._heads.items())
            if seq > 0
        ]


def _events(customer_id: int | None) -> Iterator[Row[Any]]:
    query = (
        select(*AuditEvent.__table__.columns, AuditText.salt, AuditText.body)
        .outerjoin(AuditText, (AuditText.customer_id == AuditEvent.customer_id) & (AuditText.event_id == AuditEvent.id))
        .order_by(AuditEvent.customer_id, AuditEvent.seq, AuditEvent.id)
    )
    if customer_id is not None:
        query = query.where(AuditEvent.customer_id == customer_id)
    return iter(session.execute(query, execution_options={"yield_per": CHUNK}))


def _faults_of(event: Row[Any], before: Row[Any] | None) -> Iterator[Broken]:
    where = f"{event.customer_id}:{event.id}"
    seq, previous, previous_id = (before.seq, before.hash, before.id) if before is not None else (0, FIRST, 0)
    if event.seq != seq + 1:
        yield _broken("audit_events", where, f"event {seq + 1} of its stream", f"event {event.seq}")
    if event.previous_hash != previous:
        yield _broken("audit_events", where, f"after {previous.hex()}", f"after {event.previous_hash.hex()}")
    if event.id <= previous_id:
        yield _broken("audit_events", where, f"an id above {previous_id}", str(event.id))
    computed = event_hash(event)
    if event.hash != computed:
        yield _broken("audit_events", where, computed.hex(), event.hash.hex())
    if event.salt is not None:
        words = words_hash(event.salt, event.body)
        if words != event.text_hash:
            yield _broken("audit_texts", where, event.text_hash.hex() if event.text_hash else "no words", words.hex())


def _faults_of_chain(seals: list[AuditSeal]) -> Iterator[Broken]:
    previous = FIRST
    for place, line in enumerate(seals, start=1):
        if line.seq != place:
            yield _broken("audit_seals", str(line.seq), f"seal {place}", f"seal {line.seq}")
        if line.previous_hash != previous:
            yield _broken("audit_seals", str(line.seq), f"after {previous.hex()}", f"after {line.previous_hash.hex()}")
        computed = seal_hash(line)
        if line.hash != computed:
            yield _broken("audit_seals", str(line.seq), computed.hex(), line.hash.hex())
        previous = line.hash


def _faults_of_newest(seals: list[AuditSeal], sealed: list[tuple[int, int, bytes]]) -> Iterator[Broken]:
    """The newest seal speaks for every older one: it stands on all events that they stand on."""
    if not seals:
        return
    newest, (count, digest) = seals[-1], heads_digest(sealed)
    if (newest.heads, newest.heads_hash) != (count, digest):
        expected = f"{newest.heads} heads {newest.heads_hash.hex()}"
        yield _broken("audit_seals", str(newest.seq), expected, f"{count} heads {digest.hex()}")


def _faults_of_file(seals: list[AuditSeal], file: Path) -> Iterator[Broken]:
    """Each whole line of the file is a seal of the database; the newest may not have been written yet."""
    *written, _torn = file.read_text(encoding="utf-8").split("\n")
    for place, found in enumerate(written, start=1):
        expected = seal_line(seals[place - 1]) if place <= len(seals) else "no such seal"
        if found != expected:
            yield _broken(file.name, str(place), expected, found)


def _broken(table: str, where: str, expected: str, found: str) -> Broken:
    return Broken("I10", table, where, expected, found)
