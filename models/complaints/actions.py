"""Corrective actions as rows: which cause, what will be done, by whom, by when, and how far it is."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from models.causes import Cause
from models.complaints.counted import Case, Scope
from models.database import Base, session
from models.errors import N_
from models.policies.verifying import Counted, Verdict, judge
from models.staff import Staff
from models.states import Stateful


class ActionState(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    IN_WORK = "in_work"
    DONE = "done"
    VERIFIED = "verified"
    FAILED = "failed"
    DROPPED = "dropped"


A = ActionState
STATES: dict[ActionState, str] = {
    A.PROPOSED: N_("Proposed"),
    A.AGREED: N_("Agreed"),
    A.IN_WORK: N_("In work"),
    A.DONE: N_("Done, being watched"),
    A.VERIFIED: N_("It worked"),
    A.FAILED: N_("It did not work"),
    A.DROPPED: N_("Dropped"),
}
OPEN = (A.PROPOSED, A.AGREED, A.IN_WORK)
ANSWERING = (*OPEN, A.DONE, A.VERIFIED)  # While it stands, its cases raise no alert.
DUE = (A.AGREED, A.IN_WORK)


class CorrectiveAction(Stateful, Base):
    """
    `product`, `supplier`, `site` narrow it; empty: all. `done_on` and what follows belong to its latest round: a fault
    that comes back begins a new one. The four counts are those of the last judgement, `judged_days` after 'done'.
    `told_level` is who has heard of it in this round. `reason`: why it was dropped, or is back at work.
    """

    __tablename__ = "corrective_actions"
    __table_args__ = (
        CheckConstraint("what <> ''", name="says_what"),
        Index("ix_corrective_actions_cause", "cause_id"),
        Index("ix_corrective_actions_owner", "owner_id"),
    )
    TRANSITIONS: ClassVar = {
        A.PROPOSED: frozenset({A.AGREED, A.DROPPED}),
        A.AGREED: frozenset({A.IN_WORK, A.DROPPED}),
        A.IN_WORK: frozenset({A.DONE, A.DROPPED}),
        A.DONE: frozenset({A.VERIFIED, A.FAILED, A.IN_WORK, A.DROPPED}),
        A.VERIFIED: frozenset({A.IN_WORK}),
        A.FAILED: frozenset({A.IN_WORK, A.DROPPED}),
        A.DROPPED: frozenset[ActionState](),
    }

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    cause_id: Mapped[int] = mapped_column(ForeignKey(Cause.id))
    product: Mapped[str] = mapped_column(server_default="")
    supplier: Mapped[str] = mapped_column(server_default="")
    site: Mapped[str] = mapped_column(server_default="")
    what: Mapped[str]
    expected: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    due_on: Mapped[date]
    state: Mapped[ActionState] = mapped_column(default=ActionState.PROPOSED)
    proposed_by: Mapped[int]
    proposed_at: Mapped[datetime]
    agreed_by: Mapped[int | None]
    done_on: Mapped[date | None]
    judged_days: Mapped[int] = mapped_column(server_default="0")
    judged_on: Mapped[date | None]
    before_cases: Mapped[int] = mapped_column(server_default="0")
    before_lines: Mapped[int] = mapped_column(server_default="0")
    after_cases: Mapped[int] = mapped_column(server_default="0")
    after_lines: Mapped[int] = mapped_column(server_default="0")
    ended_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(server_default="")
    told_level: Mapped[int] = mapped_column(server_default="0")

    @property
    def source(self) -> str:
        return f"corrective_actions:{self.id}"

    @property
    def scope(self) -> Scope:
        return Scope(self.product, self.supplier, self.site)

    @property
    def before(self) -> Counted:
        return Counted(self.before_cases, self.before_lines)

    @property
    def after(self) -> Counted:
        return Counted(self.after_cases, self.after_lines)

    @property
    def verdict(self) -> Verdict | None:
        """Of the last judgement; None before the first."""
        return judge(self.before, self.after) if self.judged_on else None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def covers(self, case: Case) -> bool:
        return case.cause_id == self.cause_id and self.scope.holds(case)

    def is_overdue(self, today: date) -> bool:
        return self.state in DUE and today > self.due_on


def find(action_id: int) -> CorrectiveAction | None:
    return session.get(CorrectiveAction, action_id, populate_existing=True)


def of_owner(staff_id: int) -> Sequence[CorrectiveAction]:
    """Soonest due first; what is open before what is not."""
    return _ordered(select(CorrectiveAction).where(CorrectiveAction.owner_id == staff_id))


def every() -> Sequence[CorrectiveAction]:
    return _ordered(select(CorrectiveAction))


def with_state(*states: ActionState) -> Sequence[CorrectiveAction]:
    return _ordered(select(CorrectiveAction).where(CorrectiveAction.state.in_(states)))


def of_cause(cause_id: int) -> Sequence[CorrectiveAction]:
    return _ordered(select(CorrectiveAction).where(CorrectiveAction.cause_id == cause_id))


def _ordered(query: Select[CorrectiveAction]) -> Sequence[CorrectiveAction]:
    place = CorrectiveAction.state.in_(OPEN)
    return session.scalars(query.order_by(place.desc(), CorrectiveAction.due_on, CorrectiveAction.id)).all()
