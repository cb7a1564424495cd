"""Which step of the sequence is due for one item on a day. Only the newest goes; what was missed is passed over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from models.policies.dunning.decisions import Spoke
from models.policies.dunning.facts import Facts, Item, WentOut
from models.policies.sequences import Channel, Counted, Purpose, Sequence, Step

# These decide something. They come one after another, each with its distance, however late the run: nobody gets a
# lawyer's letter because a worker stood still.
DECISIVE = frozenset({Purpose.FINAL_NOTICE, Purpose.STOP_SERVICE, Purpose.LAW_FIRM, Purpose.HAND_OVER})
END = 0
AFTER_THE_LAST = 7


@dataclass(frozen=True, slots=True)
class Due:
    """`step` none: nothing is due, and `spoke` says why. Step and `ended`: the sequence is over for this item."""

    step: Step | None
    occurrence: int
    spoke: tuple[Spoke, ...]
    ended: bool = False


class Course:
    """One item's way through a sequence."""

    def __init__(self, item: Item, facts: Facts, sequence: Sequence, too_small: Callable[[Step], bool]) -> None:
        self.item, self.sequence = item, sequence
        self.steps = [step for step in sequence.steps if not too_small(step)]
        self.lines = [line for line in facts.lines if line.entry_id == item.entry_id]
        known = {step.id for step in sequence.steps}
        self.last_on = max((line.on for line in self.lines), default=None)
        self.other_version_on = max(
            (line.on for line in self.lines if line.step_id not in known and line.step_id != END), default=None
        )

    def sent(self, step: Step) -> list[WentOut]:
        return [line for line in self.lines if line.step_id == step.id]

    def sent_on(self, step: Step) -> date | None:
        return max((line.on for line in self.sent(step)), default=None)

    def delivered_on(self) -> date:
        """When the invoice itself went; of one that others sent the day on which we learnt of it."""
        zero = self.sequence.steps[0]
        sent_on = self.sent_on(zero) if zero.purpose == Purpose.INVOICE else None
        return sent_on or self.item.recorded_on

    def planned(self, place: int) -> date | None:
        """The day of a step; None while a deciding step waits for the one before it."""
        step, plain = self.steps[place], self._plain(place)
        if step.purpose not in DECISIVE or place == 0:
            return plain
        came = self._came(place - 1)
        if came is None:
            return None
        return max(plain, came + max(plain - self._plain(place - 1), timedelta(days=1)))

    def _plain(self, place: int) -> date:
        """As the sequence says it, without regard to what was missed."""
        step, due_on = self.steps[place], self.item.due_on
        if step.purpose == Purpose.INVOICE or due_on is None:
            return self.item.recorded_on
        if step.counted == Counted.FROM_DUE or place == 0:
            return due_on + timedelta(days=step.days)
        before = self.sent_on(self.steps[place - 1]) or self._plain(place - 1)
        return before + timedelta(days=step.days)

    def _came(self, place: int) -> date | None:
        sent_on = self.sent_on(self.steps[place])
        if sent_on is None and self.other_version_on and self._plain(place) <= self.other_version_on:
            return self.other_version_on
        return sent_on

    def passed(self, place: int) -> bool:
        """A step whose day had come when something later went is never caught up."""
        step, planned = self.steps[place], self._plain(place)
        after = self.other_version_on if step.purpose in DECISIVE else self.last_on
        return after is not None and planned <= after and not self.sent(step)


def due_step(course: Course, facts: Facts, day: date) -> Due:
    item = course.item
    open_places = [
        place for place in range(len(course.steps)) if (at := course.planned(place)) is not None and at <= day
    ]
    newest = max((place for place in open_places if _may(course, place, day)), default=None)
    if newest is None:
        return _not_yet(course, day)
    step = course.steps[newest]
    if course.passed(newest):
        return _not_yet(course, day)
    if course.sent(step):
        return _again(course, newest, day)
    waits = _waits(step, course, facts, day)
    if waits:
        zero = course.steps[0]
        unsent = zero.purpose == Purpose.INVOICE and not course.lines and _may(course, 0, day)
        return Due(zero, 1, ()) if unsent else Due(None, 1, (waits,))
    missed = [course.steps[place] for place in open_places if place < newest and not course.sent(course.steps[place])]
    spoke = (Spoke("newest_only", {"number": item.number, "missed": len(missed)}),) if missed else ()
    return Due(step, 1, spoke)


def _may(course: Course, place: int, day: date) -> bool:
    """Step zero goes for a complete invoice that is not yet overdue."""
    item = course.item
    if course.steps[place].purpose != Purpose.INVOICE:
        return True
    return place == 0 and item.complete and item.due_on is not None and day <= item.due_on


def _waits(step: Step, course: Course, facts: Facts, day: date) -> Spoke | None:
    item = course.item
    if step.purpose == Purpose.INVOICE or item.due_on is None:
        return None
    graced = course.delivered_on() + timedelta(days=facts.grace_days)
    if day < graced:
        return Spoke("grace", {"number": item.number, "until": graced})
    return None


def _again(course: Course, place: int, day: date) -> Due:
    step = course.steps[place]
    times, last = len(course.sent(step)), course.sent_on(step) or day
    if times < step.most_times and step.repeat_days and last + timedelta(days=step.repeat_days) <= day:
        return Due(step, times + 1, ())
    if place == len(course.steps) - 1 and times >= step.most_times and step.channel != Channel.TASK:
        waited = last + timedelta(days=max(step.pay_by_days or 0, AFTER_THE_LAST))
        if any(line.step_id == END for line in course.lines):
            return Due(None, 1, (Spoke("ended", {"number": course.item.number}),))
        if waited <= day:
            return Due(step, 1, (), ended=True)
    return _not_yet(course, day)


def _not_yet(course: Course, day: date) -> Due:
    """What went last and what comes next, as far as it is known."""
    coming = [at for place in range(len(course.steps)) if (at := course.planned(place)) is not None and at > day]
    number = course.item.number
    spoke = [Spoke("went", {"number": number, "on": course.last_on})] if course.last_on else []
    if coming:
        spoke.append(Spoke("not_yet", {"number": number, "on": min(coming)}))
    return Due(None, 1, tuple(spoke) or (Spoke("no_step", {"number": number}),))
