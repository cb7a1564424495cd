"""What is said about a case: the thread that the customer reads too, and notes that only staff read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit
from models.audit import Actor, ActorKind
from models.database import Base, session
from models.disputes.decisions import refuse_while_one_waits
from models.disputes.opening import CannotDispute, lock, tell_reader, wait_for
from models.disputes.records import Dispute, DisputeState
from models.errors import N_
from models.staff import Staff


class Author(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"


class DisputeMessage(Base):
    """A word in the thread; the customer reads all of them. `contact_id` or `staff_id` wrote it."""

    __tablename__ = "dispute_messages"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "dispute_id"], ["disputes.customer_id", "disputes.id"]),
        CheckConstraint("(contact_id is null) <> (staff_id is null)", name="one_author"),
        Index("ix_dispute_messages_dispute", "customer_id", "dispute_id"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    dispute_id: Mapped[int]
    contact_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    text: Mapped[str]
    written_at: Mapped[datetime]

    @property
    def author(self) -> Author:
        return Author.CUSTOMER if self.staff_id is None else Author.STAFF

    @property
    def source(self) -> str:
        """Its name in `files`."""
        return f"dispute_messages:{self.id}"


class DisputeNote(Base):
    """For staff alone: what they found out, and what a department answered to the question that `question_id` names."""

    __tablename__ = "dispute_notes"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "dispute_id"], ["disputes.customer_id", "disputes.id"]),
        Index("ix_dispute_notes_dispute", "customer_id", "dispute_id"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    dispute_id: Mapped[int]
    author: Mapped[str]
    text: Mapped[str]
    written_at: Mapped[datetime]
    question_id: Mapped[int | None]

    @property
    def source(self) -> str:
        """Its name in `files`."""
        return f"dispute_notes:{self.id}"


@dataclass(frozen=True, slots=True)
class Said:
    """`by` is a name of ours; empty for the customer."""

    message: DisputeMessage
    by: str


def write(dispute: Dispute, text: str, *, by: Actor, now: datetime, step: str = "message") -> DisputeMessage:
    """
    Add to the thread. A customer's word brings a case that waited for it back to whoever looks at it; a word of ours
    is mailed: `step` is what the mail calls it.

    :raises CannotDispute: it says nothing, or the case has ended.
    """
    lock(dispute)
    if not text.strip():
        raise CannotDispute(N_("Write something first."))
    if not dispute.is_living:
        raise CannotDispute(N_("This case is closed. Please open a new one, or call us."))
    ours = by.kind == ActorKind.STAFF
    message = DisputeMessage(
        customer_id=dispute.customer_id,
        dispute_id=dispute.id,
        contact_id=None if ours else by.id,
        staff_id=by.id if ours else None,
        text=text.strip(),
        written_at=now,
    )
    session.add(message)
    if not ours and dispute.state is DisputeState.WAITING_CUSTOMER:
        dispute.move_to(DisputeState.LOOKING)
        dispute.waits_until = None
    session.flush()
    facts, words = {"message": message.id}, {"text": message.text}
    audit.record(dispute.customer_id, "dispute.message", by=by, now=now, about=dispute.source, facts=facts, words=words)
    if ours:
        tell_reader(dispute, f"{step}:{message.id}", now=now)
    return message


def ask_customer(dispute: Dispute, text: str, *, by: Actor, on: date, now: datetime) -> DisputeMessage:
    """
    A word to the customer that needs their answer: the case waits for it.

    :raises CannotDispute: it asks nothing, or a decision waits for a second person.
    :raises models.states.IllegalTransition: the case is decided.
    """
    lock(dispute)
    refuse_while_one_waits(dispute)
    message = write(dispute, text, by=by, now=now, step="question")
    wait_for(dispute, DisputeState.WAITING_CUSTOMER, on)
    session.flush()
    return message


def note(
    dispute: Dispute, text: str, *, author: str, by: Actor, now: datetime, question_id: int | None = None
) -> DisputeNote:
    """
    :raises CannotDispute: it says nothing.
    """
    if not text.strip():
        raise CannotDispute(N_("Write something first."))
    row = DisputeNote(
        customer_id=dispute.customer_id,
        dispute_id=dispute.id,
        author=author,
        text=text.strip(),
        written_at=now,
        question_id=question_id,
    )
    session.add(row)
    session.flush()
    facts, words = {"note": row.id}, {"text": row.text}
    audit.record(dispute.customer_id, "dispute.note", by=by, now=now, about=dispute.source, facts=facts, words=words)
    return row


def messages_of(dispute: Dispute) -> list[Said]:
    """Oldest first."""
    query = (
        select(DisputeMessage, Staff.name)
        .outerjoin(Staff, Staff.id == DisputeMessage.staff_id)
        .where(DisputeMessage.customer_id == dispute.customer_id, DisputeMessage.dispute_id == dispute.id)
        .order_by(DisputeMessage.id)
    )
    return [Said(message, name or "") for message, name in session.execute(query)]


def notes_of(dispute: Dispute) -> Sequence[DisputeNote]:
    query = select(DisputeNote).where(
        DisputeNote.customer_id == dispute.customer_id, DisputeNote.dispute_id == dispute.id
    )
    return session.scalars(query.order_by(DisputeNote.id)).all()
