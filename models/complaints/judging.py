"""Whether an action worked, said by the numbers alone; and whether the fault is back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models import audit
from models.company import HOLDING_ACCOUNT
from models.complaints import acting, alerts
from models.complaints.actions import ActionState, CorrectiveAction, with_state
from models.complaints.billed import LinesBilled
from models.complaints.counted import Asked, Case, Known, cases
from models.complaints.trends import Span
from models.database import session
from models.policies.complaining import Complaining, came_back_on
from models.policies.verifying import Counted, Told, judge, lies_above
from models.words import ngettext

AGAIN_WITHIN = timedelta(days=14)  # To say what will be done about a fault that came back.
BLOCK = 30  # Days of a column in the drawing.


@dataclass(frozen=True, slots=True)
class Watched:
    """The two times that are compared. `open_cases`: of the later one, without an answer, so of no cause yet."""

    before: Span
    after: Span
    open_cases: int


def watched(action: CorrectiveAction, days: int, after_days: int, until_on: date | None = None) -> Watched:
    """
    Before: so many days up to the day before it was done; after: so many from that day on, or until a day before.

    Nothing is said of a case that has no answer yet, so they are counted apart.
    """
    done_on = action.done_on or date.max
    first, last = done_on - timedelta(days=days), done_on + timedelta(days=after_days - 1)
    last = min(last, until_on) if until_on else last
    found = cases(Asked(first, last, action.scope))
    lines = LinesBilled(first, last, action.scope)

    def span(from_on: date, to_on: date) -> Span:
        inside = sum(action.covers(case) and from_on <= case.opened_on <= to_on for case in found)
        return Span(from_on, to_on, Counted(inside, lines.between(from_on, to_on)))

    waits = sum(case.cause is Known.NOT_YET and case.opened_on >= done_on for case in found)
    return Watched(span(first, done_on - timedelta(days=1)), span(done_on, last), waits)


def blocks(action: CorrectiveAction, days: int, until_on: date) -> tuple[list[Span], int]:
    """Month by month around 'done', for the drawing; and how many of them lie before."""
    done_on = action.done_on or until_on + timedelta(days=1)
    before = max(days // BLOCK, 1)
    first = done_on - timedelta(days=before * BLOCK)
    found = [case for case in cases(Asked(first, until_on, action.scope)) if action.covers(case)]
    lines = LinesBilled(first, until_on, action.scope)
    spans = []
    while first <= until_on:
        last = min(first + timedelta(days=BLOCK - 1), until_on)
        inside = sum(first <= case.opened_on <= last for case in found)
        spans.append(Span(first, last, Counted(inside, lines.between(first, last))))
        first = last + timedelta(days=1)
    return spans, before


def next_look(action: CorrectiveAction, rules: Complaining) -> date | None:
    """The day on which it is judged next; None once it was judged for the last time."""
    if action.state is not ActionState.DONE or action.done_on is None:
        return None
    left = (days for days in rules.looks() if days > action.judged_days)
    days = next(left, None)
    return action.done_on + timedelta(days=days) if days else None


def judge_due(today: date, *, now: datetime) -> list[CorrectiveAction]:
    """Judge what has been watched long enough, in the caller's transaction. Returns what worked and what failed."""
    rules = alerts.rules()
    told = []
    for action in with_state(ActionState.DONE):
        while (look := next_look(action, rules)) and today >= look and _judge(action, look, rules, today, now=now):
            if action.state is not ActionState.DONE:
                told.append(action)
    return told


def _judge(action: CorrectiveAction, look: date, rules: Complaining, today: date, *, now: datetime) -> bool:
    """False where late answers are waited for. Whoever has no answer even then is counted against the action."""
    acting.lock(action)
    if action.done_on is None or next_look(action, rules) != look:
        return False
    seen = watched(action, rules.days, (look - action.done_on).days)
    if seen.open_cases and today < look + timedelta(days=rules.settle):
        return False
    after = Counted(seen.after.counted.cases + seen.open_cases, seen.after.counted.lines)
    verdict = judge(seen.before.counted, after)
    action.judged_days, action.judged_on = (look - action.done_on).days, today
    action.before_cases, action.before_lines = seen.before.counted.cases, seen.before.counted.lines
    action.after_cases, action.after_lines = after.cases, after.lines
    if verdict.told in (Told.VERIFIED, Told.FAILED):
        action.move_to(ActionState.VERIFIED if verdict.told is Told.VERIFIED else ActionState.FAILED)
        action.ended_on = today
    session.flush()
    facts = {
        **{"told": verdict.told, "before": [action.before_cases, action.before_lines]},
        **{"after": [action.after_cases, action.after_lines], "days": action.judged_days},
    }
    audit.record(HOLDING_ACCOUNT, "action.judged", by=audit.JOB, now=now, about=action.source, facts=facts)
    return True


def reopen_due(today: date, *, now: datetime) -> list[CorrectiveAction]:
    """What has worked and does no more goes back to work by itself; in the caller's transaction."""
    rules, reopened = alerts.rules(), []
    for action in with_state(ActionState.VERIFIED):
        acting.lock(action)
        why = _came_back(action, rules, today) if action.state is ActionState.VERIFIED else ""
        if why:
            acting.again(action, why, due_on=today + AGAIN_WITHIN, by=audit.JOB, now=now)
            reopened.append(action)
    return reopened


def _came_back(action: CorrectiveAction, rules: Complaining, today: date) -> str:
    """
    Why it did, in words; empty where it did not. Counted from the end of the time that was judged; answers come late,
    so every week and month since then is looked at again.
    """
    since = (action.done_on or today) + timedelta(days=action.judged_days)
    found = [case for case in cases(Asked(since, today, action.scope)) if action.covers(case)]
    days = [case.opened_on for case in found]
    if came_back_on(days, rules.again_cases, rules.again_days):
        count = rules.again_cases
        return ngettext(
            "%(num)s case within %(days)s days.", "%(num)s cases within %(days)s days.", count, days=rules.again_days
        )
    if _rate_is_above(action, days, since, today, rules):
        return ngettext(
            "More cases in %(num)s day than the action had reached.",
            "More cases in %(num)s days than the action had reached.",
            rules.rate_days,
        )
    return ""


def _rate_is_above(
    action: CorrectiveAction, days: Sequence[date], since: date, today: date, rules: Complaining
) -> bool:
    lines = LinesBilled(since, today, action.scope)

    def month_to(last: date) -> Counted:
        first = max(last - timedelta(days=rules.rate_days - 1), since)
        return Counted(_between(days, first, last), lines.between(first, last))

    return any(lies_above(month_to(last), action.after) for last in sorted(set(days)))


def _between(days: Iterable[date], first: date, last: date) -> int:
    return sum(first <= day <= last for day in days)


def complained(action: CorrectiveAction, days: int) -> list[Case]:
    """Whose complaints the action is about: those of the time before it, and until it was seen to work."""
    done_on = action.done_on or date.max
    until = action.ended_on or done_on
    return [case for case in cases(Asked(done_on - timedelta(days=days), until, action.scope)) if action.covers(case)]
