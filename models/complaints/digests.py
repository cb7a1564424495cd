"""The summary by mail, weekly unless the company says otherwise: to each head of department, and to management."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Identity, func, select
from sqlalchemy.orm import Mapped, mapped_column

from models import causes
from models.complaints import actions, alerts, mails
from models.complaints.actions import ActionState, CorrectiveAction
from models.complaints.alerts import ComplaintAlert
from models.complaints.counted import Asked, By, Case, cases
from models.complaints.figures import Measure, Sum, pareto, sum_of
from models.complaints.names import cause_title, group_title
from models.database import Base, session

ANSWERED_WITHIN = timedelta(days=180)  # A case that was opened earlier is in no summary.


class ComplaintDigest(Base):
    """Both days included. One of each last day, so that it goes once."""

    __tablename__ = "complaint_digests"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    from_on: Mapped[date]
    until_on: Mapped[date] = mapped_column(unique=True)
    sent_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Contents:
    """Of one department, or of all. `causes`: name and cases of what was answered in this time, most cases first."""

    from_on: date
    until_on: date
    came_in: Sum | None  # None for a department: a new case is nobody's yet.
    causes: Sequence[tuple[str, Sum]]
    alerts: Sequence[tuple[str, ComplaintAlert]]
    overdue: Sequence[tuple[str, CorrectiveAction]]
    worked: Sequence[tuple[str, CorrectiveAction]]
    failed: Sequence[tuple[str, CorrectiveAction]]

    @property
    def is_empty(self) -> bool:
        came_in = self.came_in.cases if self.came_in else 0
        return not (came_in or self.causes or self.alerts or self.overdue or self.worked or self.failed)


def send_due(today: date, address: str, *, now: datetime) -> ComplaintDigest | None:
    """
    Send the summaries of the time since the last ones, in the caller's transaction, once it is long enough. A
    department of which there is nothing to say gets none.

    :param address: of the portal, for the links in mails.
    """
    days = alerts.rules().digest
    until = today - timedelta(days=1)
    last = session.scalar(select(func.max(ComplaintDigest.until_on)))
    if last is not None and (until - last).days < days:
        return None
    digest = ComplaintDigest(from_on=until - timedelta(days=days - 1), until_on=until, sent_at=now)
    digest.from_on = last + timedelta(days=1) if last else digest.from_on
    session.add(digest)
    session.flush()
    _send(contents(digest.from_on, until, None), mails.managers(), "", address, now=now)
    for department in causes.departments():
        found = contents(digest.from_on, until, department.id)
        _send(found, mails.head_of(department.id), department.name, address, now=now)
    return digest


def _send(found: Contents, to: list[str], department: str, address: str, *, now: datetime) -> None:
    if found.is_empty:
        return
    link = f"{address}/staff/complaints?from={found.from_on}&until={found.until_on}"
    once = f"{found.until_on}:{department}"
    mails.write("digest", to, once=once, now=now, digest=found, department=department, link=link)


def contents(from_on: date, until_on: date, department_id: int | None) -> Contents:
    """:param department_id: None for all of them."""
    everything = cases(Asked(from_on - ANSWERED_WITHIN, until_on))
    answered = [
        case
        for case in everything
        if case.decided_on and from_on <= case.decided_on <= until_on and _is_of(case, department_id)
    ]
    bars = pareto(answered, By.CAUSE, Measure.CASES, "").bars
    return Contents(
        from_on,
        until_on,
        None if department_id else sum_of([case for case in everything if case.opened_on >= from_on]),
        [(group_title(By.CAUSE, bar.key), bar.sum) for bar in bars],
        [(_name(alert.cause_id), alert) for alert in alerts.waiting() if _under(alert.cause_id, department_id)],
        _of_actions(department_id, lambda action: action.is_overdue(until_on)),
        _of_actions(department_id, lambda action: _ended(action, ActionState.VERIFIED, from_on, until_on)),
        _of_actions(department_id, lambda action: _ended(action, ActionState.FAILED, from_on, until_on)),
    )


def _of_actions(
    department_id: int | None, holds: Callable[[CorrectiveAction], bool]
) -> list[tuple[str, CorrectiveAction]]:
    return [
        (_name(action.cause_id), action)
        for action in actions.every()
        if _under(action.cause_id, department_id) and holds(action)
    ]


def _ended(action: CorrectiveAction, state: ActionState, from_on: date, until_on: date) -> bool:
    return action.state is state and action.ended_on is not None and from_on <= action.ended_on <= until_on


def _is_of(case: Case, department_id: int | None) -> bool:
    return department_id is None or (case.department is not None and case.department.id == department_id)


def _under(cause_id: int, department_id: int | None) -> bool:
    cause = causes.find(cause_id)
    return department_id is None or (cause is not None and cause.department_id == department_id)


def _name(cause_id: int) -> str:
    return cause_title(cause_id)
