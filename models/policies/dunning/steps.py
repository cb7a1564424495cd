"""Which step of the sequence is due for one item on a day. Only the newest goes; what was missed is passed over."""

from bisect import bisect_right
from collections.abc import Hashable, Iterable
from collections.abc import Sequence as Series
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from models.policies.dunning.decisions import Spoke
from models.policies.dunning.facts import Facts, Item, WentOut
from models.policies.sequences import Channel, Counted, Purpose, Step

# These decide something. They come one after another, each with its distance, however late the run: nobody gets a
# lawyer's letter because a worker stood still.
DECISIVE = frozenset({Purpose.FINAL_NOTICE, Purpose.STOP_SERVICE, Purpose.LAW_FIRM, Purpose.HAND_OVER})
END = 0
AFTER_THE_LAST = 7
Went = Series[tuple[int, date]]  # Steps, by their ids, and the days on which they went.


@dataclass(frozen=True, slots=True)
class Due:
    """`step` none: nothing is due, and `spoke` says why. Step and `ended`: the sequence is over for this item."""

    step: Step | None
    occurrence: int
    spoke: tuple[Spoke, ...]
    ended: bool = False


NOT_YET = Due(None, 1, ())  # What went last and what comes next is said by `told`, where somebody listens.

_NEVER = (date.max, date.min, NOT_YET)


class Place(NamedTuple):
    """A step in its sequence, with what is asked of it again and again. `chained`: counted from the one before."""

    step: Step
    id: int
    days: timedelta
    zero: bool
    decides: bool
    chained: bool

    @classmethod
    def of(cls, step: Step) -> "Place":
        zero, decides = step.purpose == Purpose.INVOICE, step.purpose in DECISIVE
        return cls(step, step.id, timedelta(step.days), zero, decides, step.counted != Counted.FROM_DUE)


class Course:
    """
    The way of like items through a sequence: same due date, same delivery, same steps that went. All of it is worked
    out once; nothing here depends on the day that is looked at.

    `plain` is the day of each step as the sequence says it, without regard to what was missed; `planned` is None while
    a deciding step waits for the one before it. Until `graced` nobody is reminded.
    """

    def __init__(self, item: Item, places: Series[Place], went: Went, others_on: date | None, graced: date) -> None:
        """
        :param item: any of them.
        :param places: without the steps that are left out for so small an amount.
        :param others_on: when a step of another version of the sequence went last.
        """
        self.due_on, self.complete = item.due_on, item.complete
        self.places, self.other_version_on, self.graced = places, others_on, graced
        self.sent: dict[int, list[date]] = {}
        for step_id, on in went:
            self.sent.setdefault(step_id, []).append(on)
        self.last_on = max((on for _, on in went), default=None)
        self.plain: list[date] = []
        self.planned: list[date | None] = []
        before = None
        for place in places:
            if place.zero or item.due_on is None:
                plain = item.recorded_on
            elif place.chained and before:
                plain = (self._sent_on(before) or self.plain[-1]) + place.days
            else:
                plain = item.due_on + place.days
            self.planned.append(self._after(before, plain) if place.decides and before else plain)
            self.plain.append(plain)
            before = place

    def changes_after(self, day: date) -> date:
        """The next day on which something else than on this one may be due."""
        coming = [at for at in self.planned if at is not None and at > day]
        coming += [at for at in (self.graced, self.due_on and self.due_on + timedelta(1)) if at and at > day]
        for place in self.places:
            if place.id in self.sent:
                last, step = max(self.sent[place.id]), place.step
                waits = (step.repeat_days, max(step.pay_by_days or 0, AFTER_THE_LAST))
                coming += [at for at in (last + timedelta(days) for days in waits) if at > day]
        return min(coming, default=date.max)

    def _after(self, before: Place, plain: date) -> date | None:
        """A deciding step keeps its distance from the one before it."""
        came = self._sent_on(before)
        if came is None and self.other_version_on and self.plain[-1] <= self.other_version_on:
            came = self.other_version_on
        return came and max(plain, came + max(plain - self.plain[-1], timedelta(1)))

    def _sent_on(self, place: Place) -> date | None:
        return max(self.sent.get(place.id, ()), default=None)

    def passed(self, number: int) -> bool:
        """A step whose day had come when something later went is never caught up."""
        place = self.places[number]
        after = self.other_version_on if place.decides else self.last_on
        return after is not None and self.plain[number] <= after and place.id not in self.sent


class Courses:
    """The courses of a customer's items: each made once for all like items, and for all days that are looked at."""

    def __init__(self, facts: Facts) -> None:
        steps = facts.sequence.steps if facts.sequence else ()
        self._places = [Place.of(step) for step in steps]
        self._ids = {place.id for place in self._places} | {END}
        self._grace = timedelta(facts.grace_days)
        self._smallest = sorted({step.smallest_minor for step in steps if step.smallest_minor > 0})
        self._went: dict[int, list[tuple[int, date]]] = {}
        self._alike: dict[int, dict[int, Course]] = {}
        self._known: dict[Hashable, dict[int, Course]] = {}
        self._dues: dict[Course, tuple[date, date, Due]] = {}
        self.add(facts.lines)

    @property
    def know_small_amounts(self) -> bool:
        return bool(self._smallest)

    def add(self, lines: Iterable[WentOut]) -> None:
        """What went since."""
        for line in lines:
            self._went.setdefault(line.entry_id, []).append((line.step_id, line.on))
            self._alike.pop(line.entry_id, None)

    def of(self, item: Item, asked: int | None) -> Course:
        """:param asked: minor units; steps for larger amounts are left out. None: no step is."""
        alike = self._alike.get(item.entry_id)
        if alike is None:
            key = (item.due_on, item.recorded_on, item.complete, *self._went.get(item.entry_id, ()))
            alike = self._alike[item.entry_id] = self._known.setdefault(key, {})
        reached = len(self._smallest) if asked is None else bisect_right(self._smallest, asked)
        found = alike.get(reached)
        if found is None:
            found = alike[reached] = self._made(item, asked)
        return found

    def due(self, course: Course, day: date) -> Due:
        """The answer of a day stays the same until something changes: most days nothing does."""
        since, until, due = self._dues.get(course, _NEVER)
        if not since <= day < until:
            due = due_step(course, day)
            self._dues[course] = day, course.changes_after(day), due
        return due

    def _made(self, item: Item, asked: int | None) -> Course:
        went = self._went.get(item.entry_id, ())
        places = [one for one in self._places if asked is None or asked >= one.step.smallest_minor]
        others_on = max((on for step_id, on in went if step_id not in self._ids), default=None)
        return Course(item, places, went, others_on, self._delivered_on(item, went) + self._grace)

    def _delivered_on(self, item: Item, went: Went) -> date:
        """When the invoice itself went; of one that others sent the day on which we learnt of it."""
        zero = self._places[0] if self._places and self._places[0].zero else None
        return max((on for step_id, on in went if zero and step_id == zero.id), default=item.recorded_on)


def due_step(course: Course, day: date) -> Due:
    """What it speaks is about every item of this course alike."""
    places = course.places
    reached = [number for number, at in enumerate(course.planned) if at is not None and at <= day]
    newest = next(
        (number for number in reversed(reached) if not places[number].zero or _may(course, number, day)), None
    )
    if newest is None or course.passed(newest):
        return NOT_YET
    place = places[newest]
    if place.id in course.sent:
        return _again(course, newest, day)
    if day < course.graced and not place.zero:
        unsent = places[0].zero and not course.sent and _may(course, 0, day)
        return Due(places[0].step, 1, ()) if unsent else Due(None, 1, (Spoke("grace", {"until": course.graced}),))
    missed = sum(1 for number in reached if number < newest and places[number].id not in course.sent)
    return Due(place.step, 1, (Spoke("newest_only", {"missed": missed}),) if missed else ())


def told(course: Course, due: Due, day: date) -> tuple[Spoke, ...]:
    """What it speaks; of what is not due yet, what went last and what comes next, as far as it is known."""
    if due is not NOT_YET:
        return due.spoke
    coming = min((at for at in course.planned if at is not None and at > day), default=None)
    spoke = [Spoke("went", {"on": course.last_on})] if course.last_on else []
    if coming:
        spoke.append(Spoke("not_yet", {"on": coming}))
    return tuple(spoke) or (Spoke("no_step"),)


def _may(course: Course, number: int, day: date) -> bool:
    """Step zero goes for a complete invoice that is not yet overdue."""
    return number == 0 and course.complete and course.due_on is not None and day <= course.due_on


def _again(course: Course, number: int, day: date) -> Due:
    step = course.places[number].step
    times, last = len(course.sent[step.id]), max(course.sent[step.id])
    if times < step.most_times and step.repeat_days and last + timedelta(step.repeat_days) <= day:
        return Due(step, times + 1, ())
    if number == len(course.places) - 1 and times >= step.most_times and step.channel != Channel.TASK:
        if END in course.sent:
            return Due(None, 1, (Spoke("ended"),))
        if last + timedelta(max(step.pay_by_days or 0, AFTER_THE_LAST)) <= day:
            return Due(step, 1, (), ended=True)
    return NOT_YET
