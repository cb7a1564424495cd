"""Owners are reminded of their actions; what is overdue goes up one level at a time."""

from collections.abc import Iterable
from datetime import date, datetime

from models.complaints import acting, alerts, mails
from models.complaints.actions import DUE, ActionState, CorrectiveAction, with_state
from models.complaints.alerts import ComplaintAlert
from models.complaints.names import cause_title
from models.database import session
from models.policies.complaining import Heard


def remind_due(today: date, address: str, *, now: datetime) -> None:
    """
    In the caller's transaction, once for each level.

    :param address: of the portal, for the links in mails.
    """
    rules = alerts.rules()
    for action in with_state(*DUE):
        level = rules.heard_by(action.due_on, today)
        if level > action.told_level:
            acting.lock(action)
            if action.state in DUE and level > action.told_level:
                for missed in _not_told(action.told_level, level):
                    _mail(action, missed.name.lower(), _who(action, missed), address, now=now)
                action.told_level = level
                session.flush()


def _not_told(told: int, level: Heard) -> list[Heard]:
    """Up to this level. What is overdue is told to everybody on the way, even after a worker that was down."""
    return [one for one in Heard if told < one <= level and (one is level or one >= Heard.OVERDUE)]


def _who(action: CorrectiveAction, level: Heard) -> list[str]:
    if level is Heard.MANAGERS:
        return mails.managers()
    return mails.head_of_cause(action.cause_id) if level is Heard.HEAD else mails.owner_of(action)


def tell_ended(actions: Iterable[CorrectiveAction], address: str, *, now: datetime) -> None:
    """Whoever has to do with it hears that an action worked, failed, or has to be taken up again."""
    for action in actions:
        step = "came_back" if action.state is ActionState.IN_WORK else action.state.value
        to = [*mails.owner_of(action), *mails.head_of_cause(action.cause_id), *mails.managers()]
        _mail(action, step, to, address, now=now)


def tell_raised(raised: Iterable[ComplaintAlert], address: str, *, now: datetime) -> None:
    for alert in raised:
        to = [*mails.head_of_cause(alert.cause_id), *mails.managers()]
        cause = cause_title(alert.cause_id)
        link = f"{address}/staff/complaints/alerts"
        mails.write("alert", to, once=str(alert.id), now=now, alert=alert, cause=cause, link=link)


def _mail(action: CorrectiveAction, step: str, to: list[str], address: str, *, now: datetime) -> None:
    about, link = mails.about(action), f"{address}/staff/actions/{action.id}"
    once = f"{action.id}:{step}:{action.due_on}:{action.done_on}:{action.owner_id}"
    mails.write("action", to, once=once, now=now, step=step, link=link, **about)
