"""Cases as rows: what a customer says is wrong with one item, how much of it, and where the answer stands."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session
from models.disputes.reasons import Reason, Remedy
from models.money import Money
from models.states import Stateful


class DisputeState(StrEnum):
    NEW = "new"
    LOOKING = "looking"
    WAITING_CUSTOMER = "waiting_customer"
    WAITING_DEPARTMENT = "waiting_department"
    DECIDED = "decided"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class CreditWish(StrEnum):
    """What becomes of a credit for something that was paid."""

    REFUND = "refund"
    KEEP = "keep"


S = DisputeState
UNDECIDED = (S.NEW, S.LOOKING, S.WAITING_CUSTOMER, S.WAITING_DEPARTMENT)
LIVING = (*UNDECIDED, S.DECIDED)


class Dispute(Stateful, Base):
    """
    A case about one item of one account. `claimed_minor` is what need not be paid until it is answered: the sum of its
    lines. `answer_on` is the day that was promised for the answer, `warn_on` the half of the way there, both business
    dates; `waits_until` the last day on which the answer of somebody else is waited for. `contact_id` says whose case
    it is, `staff_id` who wrote it down for somebody that called. `resume_on`, once decided, is the first day on which
    what is left of it is asked for again. `appealed_on`: the customer disagreed, which they can once.
    `credit_wish`: what they want of a credit for what was paid.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "entry_id"], ["entries.customer_id", "entries.id"]),
        CheckConstraint("claimed_minor > 0", name="claimed_positive"),
        Index("ix_disputes_entry", "customer_id", "entry_id"),
        Index("ix_disputes_living", "answer_on", "id", postgresql_where="state not in ('closed', 'withdrawn')"),
        Index("ix_disputes_id", "id"),
        Index("ix_disputes_opened_on", "opened_on"),
    )
    TRANSITIONS: ClassVar = {
        S.NEW: frozenset({S.LOOKING, S.WITHDRAWN}),
        S.LOOKING: frozenset({S.WAITING_CUSTOMER, S.WAITING_DEPARTMENT, S.DECIDED, S.WITHDRAWN}),
        S.WAITING_CUSTOMER: frozenset({S.LOOKING, S.WITHDRAWN}),
        S.WAITING_DEPARTMENT: frozenset({S.LOOKING, S.WITHDRAWN}),
        S.DECIDED: frozenset({S.CLOSED, S.LOOKING}),
        S.CLOSED: frozenset({S.LOOKING}),
        S.WITHDRAWN: frozenset[DisputeState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    entry_id: Mapped[int]
    currency: Mapped[str]
    claimed_minor: Mapped[int]
    reason: Mapped[Reason]
    wanted: Mapped[Remedy]
    text: Mapped[str]
    language: Mapped[str]
    state: Mapped[DisputeState] = mapped_column(default=DisputeState.NEW)
    contact_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    owner_id: Mapped[int | None]
    opened_on: Mapped[date]
    opened_at: Mapped[datetime]
    warn_on: Mapped[date]
    answer_on: Mapped[date]
    waits_until: Mapped[date | None]
    warned_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    decided_on: Mapped[date | None]
    resume_on: Mapped[date | None]
    appealed_on: Mapped[date | None]
    credit_wish: Mapped[CreditWish | None]
    accepted_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(server_default="")

    @property
    def number(self) -> str:
        """What people call it."""
        return f"D-{self.id}"

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)

    @property
    def claimed(self) -> Money:
        return self.money(self.claimed_minor)

    @property
    def source(self) -> str:
        """Its name in `holds`."""
        return f"disputes:{self.id}"

    @property
    def is_undecided(self) -> bool:
        return self.state in UNDECIDED

    @property
    def is_living(self) -> bool:
        return self.state in LIVING

    def is_late(self, today: date) -> bool:
        return self.is_undecided and today > self.answer_on


class DisputeLine(Base):
    """
    How much of which line is said to be wrong. `invoice_line_id` none: of the item as a whole, where the invoice came
    without lines. `description` is the line's as it was.
    """

    __tablename__ = "dispute_lines"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "dispute_id"], ["disputes.customer_id", "disputes.id"]),
        ForeignKeyConstraint(["customer_id", "invoice_line_id"], ["invoice_lines.customer_id", "invoice_lines.id"]),
        CheckConstraint("claimed_minor > 0", name="claimed_positive"),
        Index("ix_dispute_lines_line", "customer_id", "invoice_line_id"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    dispute_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    invoice_line_id: Mapped[int | None]
    description: Mapped[str]
    claimed_minor: Mapped[int]


def find(customer_id: int, dispute_id: int) -> Dispute | None:
    return session.get(Dispute, (customer_id, dispute_id), populate_existing=True)


def find_for(customers: Sequence[int], dispute_id: int) -> Dispute | None:
    """One of these customers' cases."""
    query = select(Dispute).where(Dispute.customer_id.in_(customers), Dispute.id == dispute_id)
    return session.scalar(query.execution_options(populate_existing=True))


def of_customers(customers: Sequence[int], *, living: bool = False, most: int = 50) -> Sequence[Dispute]:
    """Newest first."""
    query = select(Dispute).where(Dispute.customer_id.in_(customers)).order_by(Dispute.id.desc()).limit(most)
    return session.scalars(query.where(Dispute.state.in_(LIVING)) if living else query).all()


def of_item(customer_id: int, entry_id: int) -> Sequence[Dispute]:
    """All cases about one item, newest first."""
    query = select(Dispute).where(Dispute.customer_id == customer_id, Dispute.entry_id == entry_id)
    return session.scalars(query.order_by(Dispute.id.desc())).all()


def lines_of(dispute: Dispute) -> Sequence[DisputeLine]:
    query = select(DisputeLine).where(
        DisputeLine.customer_id == dispute.customer_id, DisputeLine.dispute_id == dispute.id
    )
    return session.scalars(query.order_by(DisputeLine.position)).all()
