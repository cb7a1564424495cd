"""What would go on the days to come, if nobody pays: each day decided with what went on the days before it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from models.policies.contact_limits import Contacted
from models.policies.dunning.deciding import decide
from models.policies.dunning.decisions import Asked, Decision
from models.policies.dunning.facts import Facts, WentOut
from models.policies.dunning.steps import END, Courses
from models.policies.sequences import Purpose


@dataclass(frozen=True, slots=True)
class Ahead:
    day: date
    decision: Decision


def days_ahead(facts: Facts, first: date, *, days: int, moment_of: Callable[[date], datetime]) -> Iterator[Ahead]:
    """
    One decision for each day, without what is to be said about each item; the facts of the first day, with what would
    have gone until then. That the bank's money will be recorded in time is taken for granted.
    """
    courses = Courses(facts, facts.sequence) if facts.sequence else None
    for number in range(days):
        day = first + timedelta(days=number)
        if number == 1:
            facts = replace(facts, bank_money_until=None)
        decision = decide(facts, day, moment_of(day), courses=courses, aloud=False)
        yield Ahead(day, decision)
        facts, lines = after(facts, decision, day)
        if courses:
            courses.add(lines)


def first(facts: Facts, start: date, *, days: int, moment_of: Callable[[date], datetime]) -> Ahead | None:
    """The first day on which a message would go."""
    return next((one for one in days_ahead(facts, start, days=days, moment_of=moment_of) if one.decision.send), None)


def after(facts: Facts, decision: Decision, day: date) -> tuple[Facts, Sequence[WentOut]]:
    """The facts once a decision was carried out, and the lines that are new in them."""
    asked: list[Asked] = []
    log = facts.log
    if decision.send:
        send = decision.send
        asked += [one for one in send.asked if one.step]
        if send.step is None or send.step.purpose != Purpose.INVOICE:
            at = send.opens_at
            log = (*log, Contacted(at, day, send.channel.value, statement=send.step is None))
    for raised in decision.tasks:
        if raised.kind != "no_due_date":
            asked += [one for one in raised.asked if one.step or raised.kind == "sequence_ended"]
    if not asked and log is facts.log:
        return facts, ()
    lines = [WentOut(one.item.entry_id, one.step.id if one.step else END, one.occurrence, day) for one in asked]
    return replace(facts, lines=(*facts.lines, *lines), log=log), lines
