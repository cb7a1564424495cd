"""Whose case it is: by rule, in order; who is away is skipped."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit
from models.audit import Actor
from models.causes import Department
from models.company import HOLDING_ACCOUNT
from models.database import Base, session
from models.disputes.opening import CannotDispute, lock
from models.disputes.reasons import Reason
from models.disputes.records import Dispute, DisputeState, lines_of
from models.errors import N_
from models.invoices import InvoiceLine
from models.staff import Staff, StaffState
from models.states import changed_meanwhile


class AssignmentRule(Base):
    """
    Rules are tried by `position`. Empty or none: whatever it is. `product` is a part of a line's description or
    product; `least_minor` in the company's currency. `department_id` is whom one would ask about such a case.
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


def rules() -> Sequence[AssignmentRule]:
    """In the order in which they are tried."""
    return session.scalars(select(AssignmentRule).order_by(AssignmentRule.position, AssignmentRule.id)).all()


def add_rule(owner_id: int, *, by: Actor, now: datetime, **fits: Any) -> AssignmentRule:
    """
    The last one to be tried. `fits`: reason, product, language, least_minor, department_id, where they matter.

    :raises CannotDispute: nobody active has this id.
    """
    _refuse_absent(owner_id)
    last = max((one.position for one in rules()), default=0)
    row = AssignmentRule(position=last + 1, owner_id=owner_id, **fits)
    session.add(row)
    session.flush()
    _record("assignment_rule.added", f"assignment_rules:{row.id}", {"owner": owner_id}, by=by, now=now)
    return row


def move_rule_up(rule_id: int) -> None:
    """It is tried before the one that came before it; the first one stays."""
    ordered = list(rules())
    place = next((place for place, one in enumerate(ordered) if one.id == rule_id), 0)
    if place > 0:
        ordered[place - 1], ordered[place] = ordered[place], ordered[place - 1]
        for position, one in enumerate(ordered, start=1):
            one.position = position
        session.flush()


def remove_rule(rule_id: int, *, by: Actor, now: datetime) -> None:
    row = session.get(AssignmentRule, rule_id)
    if row is not None:
        session.delete(row)
        session.flush()
        _record("assignment_rule.removed", f"assignment_rules:{rule_id}", {"owner": row.owner_id}, by=by, now=now)


def absences(on: date) -> Sequence[Absence]:
    """Of today and of days to come."""
    return session.scalars(select(Absence).where(Absence.until_on >= on).order_by(Absence.from_on, Absence.id)).all()


def add_absence(staff_id: int, from_on: date, until_on: date, *, by: Actor, now: datetime) -> Absence:
    """
    New cases go to somebody else meanwhile; those that are theirs stay theirs.

    :raises CannotDispute: nobody active has this id, or it ends before it begins.
    """
    _refuse_absent(staff_id)
    if until_on < from_on:
        raise CannotDispute(N_("The last day comes before the first."))
    row = Absence(staff_id=staff_id, from_on=from_on, until_on=until_on)
    session.add(row)
    session.flush()
    facts = {"staff": staff_id, "from_on": from_on, "until_on": until_on}
    _record("absence.added", f"absences:{row.id}", facts, by=by, now=now)
    return row


def remove_absence(absence_id: int, *, by: Actor, now: datetime) -> None:
    row = session.get(Absence, absence_id)
    if row is not None:
        session.delete(row)
        session.flush()
        _record("absence.removed", f"absences:{absence_id}", {"staff": row.staff_id}, by=by, now=now)


def _refuse_absent(staff_id: int) -> None:
    member = session.get(Staff, staff_id)
    if member is None or member.state is not StaffState.ACTIVE:
        raise CannotDispute(N_("This person does not work here any more. Choose somebody else."))


def _record(action: str, about: str, facts: dict[str, object], *, by: Actor, now: datetime) -> None:
    audit.record(HOLDING_ACCOUNT, action, by=by, now=now, about=about, facts=facts)


def owner_by_rule(dispute: Dispute, on: date, *, not_id: int | None = None) -> int | None:
    """The first of the rules that fit whose owner works today; nobody where none fits."""
    away = set(session.scalars(select(Absence.staff_id).where(Absence.from_on <= on, Absence.until_on >= on)))
    working = set(session.scalars(select(Staff.id).where(Staff.state == StaffState.ACTIVE))) - away - {not_id}
    return next((rule.owner_id for rule in _fitting(dispute) if rule.owner_id in working), None)


def department_by_rule(dispute: Dispute) -> int | None:
    """Whom the rules would ask about it."""
    return next((rule.department_id for rule in _fitting(dispute) if rule.department_id), None)


def _fitting(dispute: Dispute) -> list[AssignmentRule]:
    """Amounts in another currency than the company's have no rate, and count as they are."""
    described = _described(dispute)
    return [
        rule
        for rule in rules()
        if rule.reason in (None, dispute.reason)
        and rule.language in ("", dispute.language)
        and rule.least_minor <= dispute.claimed_minor
        and rule.product.casefold() in described
    ]


def _described(dispute: Dispute) -> str:
    """What the lines say, and the products that the invoice names for them."""
    lines = lines_of(dispute)
    ids = [line.invoice_line_id for line in lines if line.invoice_line_id]
    query = select(InvoiceLine.product).where(InvoiceLine.customer_id == dispute.customer_id, InvoiceLine.id.in_(ids))
    return " ".join([*(line.description for line in lines), *session.scalars(query)]).casefold()


def take(dispute: Dispute, staff_id: int, *, by: Actor, now: datetime) -> None:
    """
    Say that one looks at it oneself; a new case is looked at from then on.

    :raises models.states.IllegalTransition: it is over.
    """
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
    :raises models.states.IllegalTransition: it is over.
    """
    if staff_id is not None:
        _refuse_absent(staff_id)
    lock(dispute)
    if not dispute.is_living:
        raise changed_meanwhile()
    before, dispute.owner_id = dispute.owner_id, staff_id
    session.flush()
    if before != staff_id:
        facts = {"before": before, "after": staff_id}
        audit.record(dispute.customer_id, "dispute.handed", by=by, now=now, about=dispute.source, facts=facts)
