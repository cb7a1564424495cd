"""Whose case it is: by rule, in order; who is away is skipped."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Identity, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit
from models.audit import Actor
from models.causes import Department
from models.database import Base, session
from models.disputes.opening import CannotDispute, lock
from models.disputes.reasons import Reason
from models.disputes.records import Dispute, DisputeState, lines_of
from models.errors import N_
from models.staff import Staff, StaffState
from models.states import changed_meanwhile


class AssignmentRule(Base):
    """
    Rules are tried by `position`. Empty or none: whatever it is. `product` is a part of a line's description or
    product; `least_minor` in the company's currency. `department_id` is where the case belongs to, in the rule's view.
    """

    __tablename__ = "assignment_rules"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    position: Mapped[int]
    reason: Mapped[Reason | None]
    product: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="")
    least_minor: Mapped[int] = mapped_column(server_default="0")
    department_id: Mapped[int | None] = mapped_column(ForeignKey(Department.id))
    owner_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))


class Absence(Base):
    """From the first to the last day, both away."""

    __tablename__ = "absences"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    from_on: Mapped[date]
    until_on: Mapped[date]


def owner_by_rule(dispute: Dispute, on: date, *, not_id: int | None = None) -> int | None:
    """The first of the rules that fit whose owner works today; nobody where none fits."""
    away = set(session.scalars(select(Absence.staff_id).where(Absence.from_on <= on, Absence.until_on >= on)))
    described = " ".join(line.description for line in lines_of(dispute)).casefold()
    rules = (
        select(AssignmentRule)
        .join(Staff, Staff.id == AssignmentRule.owner_id)
        .where(Staff.state == StaffState.ACTIVE)
        .order_by(AssignmentRule.position, AssignmentRule.id)
    )
    for rule in session.scalars(rules):
        fits = (
            rule.reason in (None, dispute.reason)
            and rule.language in ("", dispute.language)
            and rule.least_minor <= dispute.claimed_minor
            and rule.product.casefold() in described
        )
        if fits and rule.owner_id not in away and rule.owner_id != not_id:
            return rule.owner_id
    return None


def take(dispute: Dispute, staff_id: int, *, by: Actor, now: datetime) -> None:
    """
    Say that one looks at it oneself; a new case is looked at from then on.

    :raises models.states.IllegalTransition: it is over.
    """
    lock(dispute)
    if not dispute.is_living:
        raise changed_meanwhile()
    hand_to(dispute, staff_id, by=by, now=now)
    if dispute.state is DisputeState.NEW:
        dispute.move_to(DisputeState.LOOKING)
        session.flush()
        facts = {"before": DisputeState.NEW, "after": DisputeState.LOOKING}
        audit.record(dispute.customer_id, "dispute.moved", by=by, now=now, about=dispute.source, facts=facts)


def hand_to(dispute: Dispute, staff_id: int | None, *, by: Actor, now: datetime) -> None:
    """
    Say whose case it is; None gives it back to everybody.

    :raises CannotDispute: nobody active has this id.
    """
    member = session.get(Staff, staff_id) if staff_id is not None else None
    if staff_id is not None and (member is None or member.state is not StaffState.ACTIVE):
        raise CannotDispute(N_("This person does not work here any more. Choose somebody else."))
    lock(dispute)
    before, dispute.owner_id = dispute.owner_id, staff_id
    session.flush()
    if before != staff_id:
        facts = {"before": before, "after": staff_id}
        audit.record(dispute.customer_id, "dispute.handed", by=by, now=now, about=dispute.source, facts=facts)
