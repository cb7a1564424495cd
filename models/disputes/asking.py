"""Asking another department: a question, a link that shows only this case, and the answer as a note for staff."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKeyConstraint, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit
from models.audit import Actor, ActorKind
from models.causes import Department
from models.database import Base, session
from models.disputes import staff_mails
from models.disputes.decisions import refuse_while_one_waits
from models.disputes.opening import CannotDispute, limits, lock, wait_for
from models.disputes.records import Dispute, DisputeState
from models.disputes.thread import DisputeNote, note
from models.errors import N_
from models.sessions import new_token, token_hash
from models.states import changed_meanwhile


class Question(Base):
    """
    Only the token's hash is kept; whoever holds the token reads this case, without the customer's name or balance, and
    answers once. `due_on` is a business date.
    """

    __tablename__ = "dispute_questions"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "dispute_id"], ["disputes.customer_id", "disputes.id"]),
        Index("ix_dispute_questions_dispute", "customer_id", "dispute_id"),
        Index("ix_dispute_questions_open", "due_on", postgresql_where="answered_at is null"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    dispute_id: Mapped[int]
    department_id: Mapped[int]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    question: Mapped[str]
    asked_by: Mapped[int]
    asked_at: Mapped[datetime]
    due_on: Mapped[date]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(server_default="")
    answer: Mapped[str] = mapped_column(server_default="")

    @property
    def link(self) -> Actor:
        """Whoever holds it."""
        return Actor(ActorKind.LINK, self.id)


def ask(
    dispute: Dispute, department: Department, question: str, *, by: Actor, on: date, now: datetime
) -> tuple[Question, str]:
    """
    The case waits for the department. Returns the question and the token of its link: the only time anybody sees it.

    :raises CannotDispute: it asks nothing, or the department has no address.
    :raises models.states.IllegalTransition: the case is decided.
    """
    if not question.strip():
        raise CannotDispute(N_("Write something first."))
    if not department.email:
        raise CannotDispute(N_("This department has no mail address yet."))
    lock(dispute)
    refuse_while_one_waits(dispute)
    wait_for(dispute, DisputeState.WAITING_DEPARTMENT, on)
    token = new_token()
    row = Question(
        customer_id=dispute.customer_id,
        dispute_id=dispute.id,
        department_id=department.id,
        token_hash=token_hash(token),
        question=question.strip(),
        asked_by=by.id or 0,
        asked_at=now,
        due_on=limits().department_on(on),
    )
    session.add(row)
    session.flush()
    facts, words = {"department": department.id, "due_on": row.due_on}, {"question": row.question}
    audit.record(dispute.customer_id, "dispute.asked", by=by, now=now, about=dispute.source, facts=facts, words=words)
    return row, token


def ask_by_mail(
    dispute: Dispute,
    department: Department,
    question: str,
    *,
    address: Callable[[str], str],
    by: Actor,
    on: date,
    now: datetime,
) -> Question:
    """
    As `ask`, and mail the link; the mail forgets it once it is on its way.

    :param address: makes the full address of the page from a token.
    """
    row, token = ask(dispute, department, question, by=by, on=on, now=now)
    staff_mails.write(
        "dispute_question",
        department.email,
        cause=str(row.id),
        now=now,
        dispute=dispute,
        question=row,
        link=address(token),
    )
    return row


def by_token(token: str) -> tuple[Question, Dispute] | None:
    """The question of a link, answered or not; None for a link of nobody, and once the case is over."""
    row = session.scalar(select(Question).where(Question.token_hash == token_hash(token)))
    dispute = session.get(Dispute, (row.customer_id, row.dispute_id)) if row else None
    return (row, dispute) if row and dispute and dispute.is_living else None


def answer(question: Question, text: str, *, name: str, now: datetime) -> DisputeNote:
    """
    Returns the note that staff read.

    :raises CannotDispute: it says nothing.
    :raises models.states.IllegalTransition: it was answered before.
    """
    if not text.strip():
        raise CannotDispute(N_("Write something first."))
    dispute = session.get_one(Dispute, (question.customer_id, question.dispute_id))
    lock(dispute)
    session.refresh(question)
    if question.answered_at is not None:
        raise changed_meanwhile()
    question.answered_at, question.answered_by, question.answer = now, name.strip(), text.strip()
    session.flush()
    department = session.get_one(Department, question.department_id)
    author = f"{department.name}, {question.answered_by}" if question.answered_by else department.name
    told = note(dispute, question.answer, author=author, by=question.link, now=now, question_id=question.id)
    if dispute.state is DisputeState.WAITING_DEPARTMENT and not _unanswered(dispute):
        dispute.move_to(DisputeState.LOOKING)
        dispute.waits_until = None
    session.flush()
    return told


def asked_department(customer_id: int, question_id: int) -> str:
    """The name of the department to which the link of a question went."""
    query = select(Department.name).join(Question, Question.department_id == Department.id)
    return session.scalar(query.where(Question.customer_id == customer_id, Question.id == question_id)) or ""


def questions_of(dispute: Dispute) -> Sequence[tuple[Question, str]]:
    """With the department's name; oldest first."""
    query = (
        select(Question, Department.name)
        .join(Department, Department.id == Question.department_id)
        .where(Question.customer_id == dispute.customer_id, Question.dispute_id == dispute.id)
        .order_by(Question.id)
    )
    return [(question, name) for question, name in session.execute(query)]


def _unanswered(dispute: Dispute) -> bool:
    return any(question.answered_at is None for question, _ in questions_of(dispute))
