"""Sequences of reminders: for whom, in versions, each with its steps."""

from collections.abc import Sequence as Series
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from models.customers import CustomerKind
from models.database import Base, session
from models.dunning.reviewed import Reviewed, ReviewState, refuse_unless, to_write
from models.dunning.templates import Template
from models.errors import N_, Refused
from models.policies.permissions import Permission
from models.policies.sequences import Channel, Counted, Purpose, Sequence, Signer, Step, Tone
from models.staff import Principal

WORKED_ON = (ReviewState.DRAFT, ReviewState.IN_REVIEW, ReviewState.APPROVED)


class DunningSequence(Base):
    """For whom: a kind of customer, a country, both, or everyone; the most specific one counts."""

    __tablename__ = "sequences"
    __table_args__ = (UniqueConstraint("kind", "country", postgresql_nulls_not_distinct=True),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[CustomerKind | None]
    country: Mapped[str] = mapped_column(server_default="")
    added_at: Mapped[datetime]

    @property
    def is_for_everyone(self) -> bool:
        return self.kind is None and not self.country


class SequenceVersion(Reviewed, Base):
    """Approved by counsel, then published by somebody who did not write it. One is in use: the published one."""

    __tablename__ = "sequence_versions"
    __table_args__ = (
        UniqueConstraint("sequence_id", "number"),
        Index(
            "uq_sequence_versions_worked_on",
            "sequence_id",
            unique=True,
            postgresql_where="state in ('draft', 'in_review', 'approved')",
        ),
        Index("uq_sequence_versions_live", "sequence_id", unique=True, postgresql_where="state = 'published'"),
    )
    TRANSITIONS: ClassVar = {
        ReviewState.DRAFT: frozenset({ReviewState.IN_REVIEW, ReviewState.RETIRED}),
        ReviewState.IN_REVIEW: frozenset({ReviewState.APPROVED, ReviewState.DRAFT}),
        ReviewState.APPROVED: frozenset({ReviewState.PUBLISHED, ReviewState.DRAFT}),
        ReviewState.PUBLISHED: frozenset({ReviewState.RETIRED}),
        ReviewState.RETIRED: frozenset[ReviewState](),
    }

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    sequence_id: Mapped[int] = mapped_column(ForeignKey(DunningSequence.id))
    published_by: Mapped[int | None]

    @property
    def about(self) -> str:
        return f"sequence_versions:{self.id}"


class SequenceStep(Base):
    """
    `id` stays with a step from version to version, so that nobody gets the same step again because the sequence was
    changed around it.
    """

    __tablename__ = "sequence_steps"
    __table_args__ = (UniqueConstraint("version_id", "position"),)

    version_id: Mapped[int] = mapped_column(ForeignKey(SequenceVersion.id), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    position: Mapped[int]
    days: Mapped[int]
    counted: Mapped[Counted]
    channel: Mapped[Channel]
    purpose: Mapped[Purpose]
    template_id: Mapped[int | None] = mapped_column(ForeignKey(Template.id))
    tone: Mapped[Tone]
    signer: Mapped[Signer]
    smallest_minor: Mapped[int] = mapped_column(server_default="0")
    most_times: Mapped[int] = mapped_column(server_default="1")
    repeat_days: Mapped[int] = mapped_column(server_default="0")
    pay_by_days: Mapped[int | None]

    @property
    def step(self) -> Step:
        return Step(**{name: getattr(self, name) for name in _FIELDS})


_FIELDS = tuple(Step.__dataclass_fields__)


class SegmentTaken(Refused):
    pass


@dataclass(frozen=True, slots=True)
class Segment:
    """A sequence in use, and for whom: `kind` none is every kind, `country` empty every country."""

    kind: CustomerKind | None
    country: str
    sequence: Sequence

    def covers(self, kind: CustomerKind, country: str) -> bool:
        return self.kind in (None, kind) and self.country in ("", country)


def live(at: datetime | None = None) -> list[Segment]:
    """What is in use now, or was at a moment before; the most specific first, the one for everyone last."""
    query = select(DunningSequence, SequenceVersion).join(
        SequenceVersion, SequenceVersion.sequence_id == DunningSequence.id
    )
    if at is None:
        query = query.where(SequenceVersion.state == ReviewState.PUBLISHED)
    else:
        query = query.where(SequenceVersion.in_use_at(at))
    found = [Segment(one.kind, one.country, _value(one, version)) for one, version in session.execute(query)]
    return sorted(found, key=lambda one: (one.country == "", one.kind is None, one.sequence.version_id))


def live_for(kind: CustomerKind, country: str, *, among: Series[Segment] | None = None) -> Sequence | None:
    """
    The sequence of a customer; None before any is published. Of an unknown kind: a consumer's.

    :param among: what `live` gave, where many customers are asked about.
    """
    known = CustomerKind.CONSUMER if kind == CustomerKind.UNKNOWN else kind
    segments = live() if among is None else among
    return next((one.sequence for one in segments if one.covers(known, country)), None)


def at_version(version_id: int) -> Sequence:
    """Any version as a value: a draft that is looked at, or one that was in use."""
    version = session.get_one(SequenceVersion, version_id)
    return _value(session.get_one(DunningSequence, version.sequence_id), version)


def _value(one: DunningSequence, version: SequenceVersion) -> Sequence:
    return Sequence(version.id, one.name, version.number, tuple(row.step for row in rows_of(version)))


def rows_of(version: SequenceVersion) -> Series[SequenceStep]:
    query = select(SequenceStep).where(SequenceStep.version_id == version.id)
    return session.scalars(query.order_by(SequenceStep.position)).all()


def every() -> Series[DunningSequence]:
    """The one for everyone first."""
    query = select(DunningSequence).order_by(DunningSequence.kind.is_not(None), DunningSequence.id)
    return session.scalars(query).all()


def find(sequence_id: int) -> DunningSequence | None:
    return session.get(DunningSequence, sequence_id)


def version(sequence_id: int, number: int) -> SequenceVersion | None:
    query = select(SequenceVersion).where(SequenceVersion.sequence_id == sequence_id, SequenceVersion.number == number)
    return session.scalar(query)


def versions(sequence_id: int) -> Series[SequenceVersion]:
    """Newest first."""
    query = select(SequenceVersion).where(SequenceVersion.sequence_id == sequence_id)
    return session.scalars(query.order_by(SequenceVersion.number.desc())).all()


def live_version(sequence_id: int) -> SequenceVersion | None:
    return next((one for one in versions(sequence_id) if one.state == ReviewState.PUBLISHED), None)


def add(name: str, kind: CustomerKind | None, country: str, *, by: Principal, now: datetime) -> SequenceVersion:
    """
    A sequence for some customers, with a draft that begins as the one for everyone.

    :raises SegmentTaken: these customers, or this name, have one already.
    """
    refuse_unless(by, Permission.WRITE_WORDS)
    same = (DunningSequence.kind.is_not_distinct_from(kind)) & (DunningSequence.country == country)
    if session.scalar(select(DunningSequence).where(same | (DunningSequence.name == name))) is not None:
        raise SegmentTaken(N_("There is a sequence of this name, or for these customers, already."))
    made = DunningSequence(name=name, kind=kind, country=country, added_at=now)
    session.add(made)
    session.flush()
    fallback = next((one for one in every() if one.is_for_everyone), None)
    source = live_version(fallback.id) if fallback else None
    return new_version(made.id, writers=[by.staff_id], now=now, steps=at_version(source.id).steps if source else ())


def new_version(sequence_id: int, *, writers: list[int], now: datetime, steps: Series[Step] = ()) -> SequenceVersion:
    numbers = [one.number for one in versions(sequence_id)]
    made = SequenceVersion(
        sequence_id=sequence_id, number=max(numbers, default=0) + 1, writers=list(writers), written_at=now
    )
    session.add(made)
    session.flush()
    put_steps(made, steps)
    return made


def draft(one: DunningSequence, *, by: Principal, now: datetime) -> SequenceVersion:
    """The version that is worked on; a copy of the one in use where there is none."""
    refuse_unless(by, Permission.WRITE_WORDS)
    session.refresh(one, with_for_update=True)
    known = versions(one.id)
    open_version = next((row for row in known if row.state in WORKED_ON), None)
    if open_version is not None:
        return open_version
    source = next((row for row in known if row.state == ReviewState.PUBLISHED), known[0] if known else None)
    steps = at_version(source.id).steps if source else ()
    return new_version(one.id, writers=[by.staff_id], now=now, steps=steps)


def write(version: SequenceVersion, steps: Series[Step], *, by: Principal, now: datetime) -> None:
    """
    Keep the steps of a draft in this order; a step whose id no version of this sequence knows is new.

    :raises Locked: the version is no draft any more.
    """
    to_write(version, by=by, now=now)
    siblings = select(SequenceVersion.id).where(SequenceVersion.sequence_id == version.sequence_id)
    unseen = set(session.scalars(select(SequenceStep.id).where(SequenceStep.version_id.in_(siblings))))
    kept = []
    for step in steps:
        kept.append(step if step.id in unseen else replace(step, id=0))
        unseen.discard(step.id)
    put_steps(version, kept)


def put_steps(version: SequenceVersion, steps: Series[Step]) -> None:
    session.execute(delete(SequenceStep).where(SequenceStep.version_id == version.id))
    for position, step in enumerate(steps):
        values = {name: getattr(replace(step, position=position), name) for name in _FIELDS if name != "id" or step.id}
        session.add(SequenceStep(version_id=version.id, **values))
    session.flush()
