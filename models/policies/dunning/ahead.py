"""What would go on the days to come, if nobody pays: each day decided with what went on the days before it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from models.policies.contact_limits import Contacted
from models.policies.dunning.deciding import decide
from models.policies.dunning.decisions import Decision
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
    courses = Courses(facts)
    for number in range(days):
        day = first + timedelta(days=number)
        if number == 1:
            facts = replace(facts, bank_money_until=None)
        decision = decide(facts, day, moment_of(day), courses=courses, aloud=False)
        yield Ahead(day, decision)
        courses.add(went(decision, day))
        facts = contacted(facts, decision, day)


def first(facts: Facts, start: date, *, days: int, moment_of: Callable[[date], datetime]) -> Ahead | None:
    """The first day on which a message would go."""
    return next((one for one in days_ahead(facts, start, days=days, moment_of=moment_of) if one.decision.send), None)


def went(decision: Decision, day: date) -> list[WentOut]:
    """The lines of a decision once it was carried out."""
    asked = [one for one in decision.send.asked if one.step] if decision.send else []
    for raised in decision.tasks:
        if raised.kind != "no_due_date":
            asked += [one for one in raised.asked if one.step or raised.kind == "sequence_ended"]
    return [WentOut(one.item.entry_id, one.step.id if one.step else END, one.occurrence, day) for one in asked]


def contacted(facts: Facts, decision: Decision, day: date) -> Facts:
    """The facts once its message went; an invoice is no contact."""
    send = decision.send
    if send is None or (send.step and send.step.purpose == Purpose.INVOICE):
        return facts
    one = Contacted(send.opens_at, day, send.channel.value, statement=send.step is None)
    return replace(facts, log=(*facts.log, one))
