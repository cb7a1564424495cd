"""Alerts: too many cases of one cause, or too much money in them. Each waits for an action, or a reason against one."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, company
from models.audit import Actor
from models.causes import Cause
from models.company import HOLDING_ACCOUNT
from models.complaints.actions import ANSWERING, ActionState, CorrectiveAction, with_state
from models.complaints.billed import money_billed
from models.complaints.counted import Asked, Case, cases
from models.complaints.figures import Part, sum_of
from models.database import Base, session
from models.errors import N_, Refused
from models.money import Money
from models.policies.complaining import Complaining
from models.states import Stateful


class ReasonMissing(Refused):
    pass


class AlertState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"  # By an action.
    CLOSED = "closed"  # With a reason.


class AlertBecause(StrEnum):
    CASES = "cases"
    MONEY = "money"


class ComplaintAlert(Stateful, Base):
    """One lives for a cause at most. What it counted when it was raised: cases, and the money of one currency."""

    __tablename__ = "complaint_alerts"
    __table_args__ = (
        Index("uq_complaint_alerts_open", "cause_id", unique=True, postgresql_where="state = 'open'"),
        Index("ix_complaint_alerts_cause", "cause_id"),
    )
    TRANSITIONS: ClassVar = {
        AlertState.OPEN: frozenset({AlertState.ANSWERED, AlertState.CLOSED}),
        AlertState.ANSWERED: frozenset[AlertState](),
        AlertState.CLOSED: frozenset[AlertState](),
    }

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    cause_id: Mapped[int] = mapped_column(ForeignKey(Cause.id))
    because: Mapped[AlertBecause]
    state: Mapped[AlertState] = mapped_column(default=AlertState.OPEN)
    from_on: Mapped[date]
    raised_on: Mapped[date]
    raised_at: Mapped[datetime]
    cases: Mapped[int]
    currency: Mapped[str]
    held_minor: Mapped[int]
    billed_minor: Mapped[int]
    action_id: Mapped[int | None] = mapped_column(ForeignKey(CorrectiveAction.id))
    ended_on: Mapped[date | None]
    ended_by: Mapped[int | None]
    reason: Mapped[str] = mapped_column(server_default="")

    @property
    def held(self) -> Money:
        return Money(self.held_minor, self.currency)

    @property
    def billed(self) -> Money:
        return Money(self.billed_minor, self.currency)

    @property
    def source(self) -> str:
        return f"complaint_alerts:{self.id}"


def rules() -> Complaining:
    return Complaining.of(company.get().limits)


def find(alert_id: int) -> ComplaintAlert | None:
    return session.get(ComplaintAlert, alert_id, populate_existing=True)


def waiting() -> Sequence[ComplaintAlert]:
    """Oldest first."""
    return session.scalars(
        select(ComplaintAlert).where(ComplaintAlert.state == AlertState.OPEN).order_by(ComplaintAlert.id)
    ).all()


def ended(*, most: int = 20) -> Sequence[ComplaintAlert]:
    """Newest first."""
    query = select(ComplaintAlert).where(ComplaintAlert.state != AlertState.OPEN)
    return session.scalars(query.order_by(ComplaintAlert.id.desc()).limit(most)).all()


def raise_due(today: date, *, now: datetime) -> list[ComplaintAlert]:
    """Raise what is due in the caller's transaction: for a cause that has none waiting."""
    limits = rules()
    first = today - timedelta(days=limits.alert_days - 1)
    billed = money_billed(first, today)
    busy = {alert.cause_id for alert in waiting()}
    raised = []
    for cause_id, found in _unanswered(first, today).items():
        if cause_id not in busy and (because := _because(found, billed, limits)):
            raised.append(_raise(cause_id, found, because, billed, first, today, now))
    return raised


def _unanswered(first: date, today: date) -> dict[int, list[Case]]:
    """Cases by cause, without those that an action covers and those that were there when a cluster was closed."""
    actions, quiet = with_state(*ANSWERING), _quiet_until()
    found: dict[int, list[Case]] = {}
    for case in cases(Asked(first, today)):
        if case.cause_id is None or case.opened_on <= quiet.get(case.cause_id, date.min):
            continue
        if not any(action.covers(case) for action in actions):
            found.setdefault(case.cause_id, []).append(case)
    return found


def _quiet_until() -> dict[int, date]:
    """By cause: the last day on which somebody gave a reason against an action, or an action turned out to fail."""
    closed = select(ComplaintAlert.cause_id, ComplaintAlert.ended_on).where(ComplaintAlert.state == AlertState.CLOSED)
    given_up = select(CorrectiveAction.cause_id, CorrectiveAction.ended_on).where(
        CorrectiveAction.state.in_((ActionState.DROPPED, ActionState.FAILED))
    )
    until: dict[int, date] = {}
    for cause_id, day in [*session.execute(closed), *session.execute(given_up)]:
        until[cause_id] = max(day, until.get(cause_id, date.min))
    return until


def _because(found: Sequence[Case], billed: dict[str, int], limits: Complaining) -> AlertBecause | None:
    if limits.is_too_many(len(found)):
        return AlertBecause.CASES
    return AlertBecause.MONEY if any(_is_too_much(part, billed, limits) for part in sum_of(found).parts) else None


def _is_too_much(part: Part, billed: dict[str, int], limits: Complaining) -> bool:
    return limits.is_too_much(part.held.minor, billed.get(part.currency, 0))


def _largest(parts: Iterable[Part], billed: dict[str, int]) -> Part:
    """Of the currency in which most of what was billed is held."""
    return max(parts, key=lambda part: part.held.minor / (billed.get(part.currency) or part.held.minor))


def _raise(
    cause_id: int,
    found: Sequence[Case],
    because: AlertBecause,
    billed: dict[str, int],
    first: date,
    today: date,
    now: datetime,
) -> ComplaintAlert:
    part = _largest(sum_of(found).parts, billed)
    alert = ComplaintAlert(
        cause_id=cause_id,
        because=because,
        from_on=first,
        raised_on=today,
        raised_at=now,
        cases=len(found),
        currency=part.currency,
        held_minor=part.held.minor,
        billed_minor=billed.get(part.currency, 0),
    )
    session.add(alert)
    session.flush()
    facts = {"cause": cause_id, "because": because, "cases": alert.cases, "held": alert.held}
    audit.record(HOLDING_ACCOUNT, "alert.raised", by=audit.JOB, now=now, about=alert.source, facts=facts)
    return alert


def answer(cause_id: int, action: CorrectiveAction, *, by: Actor, on: date) -> None:
    """The cause's alert, if one waits, is answered by an action."""
    query = select(ComplaintAlert).where(ComplaintAlert.cause_id == cause_id, ComplaintAlert.state == AlertState.OPEN)
    alert = session.scalar(query.with_for_update())
    if alert is not None:
        alert.move_to(AlertState.ANSWERED)
        alert.action_id, alert.ended_on, alert.ended_by = action.id, on, by.id
        session.flush()


def close(alert: ComplaintAlert, reason: str, *, by: Actor, on: date, now: datetime) -> None:
    """
    Say why nothing is done. What comes from now on is counted anew.

    :raises ReasonMissing: nobody closes a cluster without a reason.
    :raises models.states.IllegalTransition: somebody answered it meanwhile.
    """
    if not reason.strip():
        raise ReasonMissing(N_("Say why nothing is done about it."))
    session.refresh(alert, with_for_update=True)
    alert.move_to(AlertState.CLOSED)
    alert.ended_on, alert.ended_by, alert.reason = on, by.id, reason.strip()
    session.flush()
    words = {"reason": alert.reason}
    audit.record(HOLDING_ACCOUNT, "alert.closed", by=by, now=now, about=alert.source, words=words)
