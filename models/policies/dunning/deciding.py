"""One customer on one day: at most one message, at the highest step due among its items, and why."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.policies.dunning import reaching, statements
from models.policies.dunning.asking import closed, collectable
from models.policies.dunning.decisions import Asked, Decision, Raised, Send, Spoke
from models.policies.dunning.facts import Facts, Item
from models.policies.dunning.steps import Courses, Due, told
from models.policies.sequences import Channel, Counted, Purpose, Step

UNDATED = Due(None, 1, (Spoke("no_due_date"),))


class _Candidate(NamedTuple):
    item: Item
    minor: int
    due: Due
    told: tuple[Spoke, ...]

    def spoke(self) -> Iterator[Spoke]:
        for one in self.told:
            yield Spoke(one.rule, {"number": self.item.number, **one.values})


def decide(
    facts: Facts, day: date, moment: datetime, *, courses: Courses | None = None, aloud: bool = True
) -> Decision:
    """
    :param day: the business date of the run.
    :param moment: when it decides; what it decides may go from then on, within the customer's hours.
    :param courses: of these facts, where many days are looked at.
    :param aloud: with what is to be said about each item for which nothing is done.
    """
    shut = _closed(facts, day)
    if shut:
        return Decision(None, (), (shut,))
    left, spoke = collectable(facts, day)
    courses = courses or Courses(facts)
    candidates = list(_candidates(facts, courses, left, day, aloud=aloud))
    spoke += [one for candidate in candidates for one in candidate.spoke()]
    if not any(left.values()):
        spoke.append(Spoke("nothing_to_ask" if facts.items else "nothing_open"))
    tasks = tuple(_tasks(candidates))
    send, unreachable = None, None
    for wanted in _wanted(candidates, left, facts, day):
        send, unreachable, more = reaching.reach(facts, wanted, day, moment)
        spoke += more
        if send or unreachable:
            break
    if send is None and unreachable is None:
        send, more = statements.statement(facts, left, day, moment)
        spoke += more
    if unreachable:
        tasks += (unreachable,)
    return Decision(send and with_pay_by(send, facts), tasks, tuple(spoke))


def _closed(facts: Facts, day: date) -> Spoke | None:
    """What keeps silent before any item is looked at."""
    shut = closed(facts, day)
    if shut:
        return shut
    if facts.sequence is None and not facts.statements:
        return Spoke("no_sequence")
    return None


def _candidates(facts: Facts, courses: Courses, left: dict[int, int], day: date, aloud: bool) -> Iterator[_Candidate]:
    """Like items are decided about once; where nobody listens, only those for which something is due."""
    if facts.sequence is None:
        return
    overdue = _overdue(facts, left, day) if courses.know_small_amounts else 0
    for item in facts.items:
        minor = left[item.entry_id]
        if minor <= 0:
            continue
        if item.due_on is None:
            yield _Candidate(item, minor, UNDATED, UNDATED.spoke)
            continue
        # The item and all that is overdue, in the company's currency; in another it cannot be compared.
        asked = None
        if courses.know_small_amounts and item.currency == facts.company_currency:
            asked = overdue if item.due_on < day else overdue + minor
        course = courses.of(item, asked)
        due = courses.due(course, day)
        if due.step or aloud:
            yield _Candidate(item, minor, due, told(course, due, day) if aloud else ())


def _overdue(facts: Facts, left: dict[int, int], day: date) -> int:
    """In the company's currency."""
    mine = facts.company_currency
    return sum(left[item.entry_id] for item in facts.items if is_overdue(item, day) and item.currency == mine)


def is_overdue(item: Item, day: date) -> bool:
    return item.due_on is not None and item.due_on < day


def _tasks(candidates: list[_Candidate]) -> Iterator[Raised]:
    """One task per step, for all its items; one for all items whose sequence is over."""
    if not candidates:
        return
    steps: dict[int, list[_Candidate]] = {}
    for one in candidates:
        if one.due.step and not one.due.ended and one.due.step.channel == Channel.TASK:
            steps.setdefault(one.due.step.id, []).append(one)
    for found in steps.values():
        step = found[0].due.step
        assert step is not None
        yield Raised(step.purpose.value, step, tuple(_asked(one) for one in found))
    ended = [one for one in candidates if one.due.ended]
    if ended:
        yield Raised("sequence_ended", None, tuple(Asked(one.item, one.minor, None) for one in ended))
    undated = [one for one in candidates if one.item.due_on is None]
    if undated:
        yield Raised("no_due_date", None, tuple(Asked(one.item, one.minor, None) for one in undated))


def _asked(one: _Candidate) -> Asked:
    return Asked(one.item, one.minor, one.due.step, one.due.occurrence)


def _wanted(
    candidates: list[_Candidate], left: dict[int, int], facts: Facts, day: date
) -> Iterator[tuple[Step, tuple[Asked, ...]]]:
    """A reminder at the highest step due among the items; only where none can go, new invoices themselves."""
    due = [one for one in candidates if one.due.step and not one.due.ended and one.due.step.channel != Channel.TASK]
    reminders = [_asked(one) for one in due if one.due.step and one.due.step.purpose != Purpose.INVOICE]
    if reminders:
        top = max((one.step for one in reminders if one.step), key=lambda step: step.position)
        there = {one.item.entry_id for one in reminders}
        others = [
            Asked(item, left[item.entry_id])
            for item in facts.items
            if item.entry_id not in there and left[item.entry_id] > 0 and is_overdue(item, day)
        ]
        before = top.counted == Counted.FROM_DUE and top.days < 0
        yield top, tuple(_in_order([*reminders, *([] if before else others)]))
    new = [_asked(one) for one in due if one.due.step and one.due.step.purpose == Purpose.INVOICE]
    if new and new[0].step:
        yield new[0].step, tuple(_in_order(new))


def _in_order(asked: list[Asked]) -> list[Asked]:
    return sorted(asked, key=lambda one: (one.item.currency, one.item.due_on or date.max, one.item.entry_id))


def with_pay_by(send: Send, facts: Facts) -> Send:
    """The day by which the notice asks for the money, counted from the day on which it can go."""
    if send.step is None or send.step.pay_by_days is None:
        return send

    goes_on = send.opens_at.astimezone(ZoneInfo(facts.company_zone)).date()
    return replace(send, pay_by=goes_on + timedelta(days=send.step.pay_by_days))
