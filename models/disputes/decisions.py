"""What was decided about a case, as rows: the outcome, what it credits of which line, why, and by whom."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session
from models.disputes.opening import CannotDispute
from models.disputes.reasons import Remedy
from models.disputes.records import Dispute
from models.errors import N_
from models.money import Money
from models.states import Stateful


class Outcome(StrEnum):
    UPHELD = "upheld"
    IN_PART = "in_part"
    REFUSED = "refused"


OUTCOMES: dict[Outcome, str] = {
    Outcome.UPHELD: N_("You are right"),
    Outcome.IN_PART: N_("You are right in part"),
    Outcome.REFUSED: N_("We see it differently"),
}


class DecisionState(StrEnum):
    WAITING = "waiting"  # For a second person.
    FINAL = "final"
    DROPPED = "dropped"  # Who had to agree did not, or who proposed it took it back.


class Decision(Stateful, Base):
    """
    `text` are the reasons, in the customer's language, as the letter gives them. `remedy` beside a credit, or instead
    of one, is promised for `remedy_on`. `other_cause`: what the root cause is, where none of the tree fits. `entry_id`
    is the credit note's, in the ledger. Who agreed, where a second person had to, stands in `approvals`.
    """

    __tablename__ = "dispute_decisions"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "dispute_id"], ["disputes.customer_id", "disputes.id"]),
        ForeignKeyConstraint(["customer_id", "entry_id"], ["entries.customer_id", "entries.id"]),
        CheckConstraint("credited_minor >= 0", name="credited_not_negative"),
        CheckConstraint("(cause_id is null) = (other_cause <> '')", name="one_cause"),
        Index("ix_dispute_decisions_dispute", "customer_id", "dispute_id"),
        Index(
            "uq_dispute_decisions_waiting",
            "customer_id",
            "dispute_id",
            unique=True,
            postgresql_where="state = 'waiting'",
        ),
    )
    TRANSITIONS: ClassVar = {
        DecisionState.WAITING: frozenset({DecisionState.FINAL, DecisionState.DROPPED}),
        DecisionState.FINAL: frozenset[DecisionState](),
        DecisionState.DROPPED: frozenset[DecisionState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    dispute_id: Mapped[int]
    outcome: Mapped[Outcome]
    state: Mapped[DecisionState]
    currency: Mapped[str]
    credited_minor: Mapped[int]
    text: Mapped[str]
    remedy: Mapped[Remedy | None]
    remedy_on: Mapped[date | None]
    cause_id: Mapped[int | None]
    other_cause: Mapped[str] = mapped_column(server_default="")
    resume_on: Mapped[date]
    decided_by: Mapped[int]
    decided_at: Mapped[datetime]
    entry_id: Mapped[int | None]

    @property
    def credited(self) -> Money:
        return Money(self.credited_minor, self.currency)


class DecisionLine(Base):
    """How much of which line of the case is credited, tax included."""

    __tablename__ = "dispute_decision_lines"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "decision_id"], ["dispute_decisions.customer_id", "dispute_decisions.id"]),
        CheckConstraint("credited_minor > 0", name="credited_positive"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    decision_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    credited_minor: Mapped[int]


def find_decision(customer_id: int, decision_id: int) -> Decision | None:
    return session.get(Decision, (customer_id, decision_id), populate_existing=True)


def decisions_of(dispute: Dispute, *, state: DecisionState | None = None) -> Sequence[Decision]:
    """Oldest first."""
    query = select(Decision).where(Decision.customer_id == dispute.customer_id, Decision.dispute_id == dispute.id)
    query = query if state is None else query.where(Decision.state == state)
    return session.scalars(query.order_by(Decision.id)).all()


def decision_lines_of(decision: Decision) -> Sequence[DecisionLine]:
    query = select(DecisionLine).where(
        DecisionLine.customer_id == decision.customer_id, DecisionLine.decision_id == decision.id
    )
    return session.scalars(query.order_by(DecisionLine.position)).all()


def refuse_while_one_waits(dispute: Dispute) -> None:
    """:raises CannotDispute: somebody has decided, and a second person has to look at it first."""
    if decisions_of(dispute, state=DecisionState.WAITING):
        raise CannotDispute(N_("A decision waits for a second person already."))
