"""Month by month: cases, what was billed, and whether there is a trend; too few cases are no trend."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from models.complaints.billed import LinesBilled
from models.complaints.counted import Case, Scope
from models.policies.verifying import FEWEST, Counted, lies_above, ratio_interval

MONTHS = 12


class Direction(StrEnum):
    TOO_FEW = "too_few"
    RISEN = "risen"
    FALLEN = "fallen"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Span:
    """A time, both days included, and what came in it."""

    from_on: date
    until_on: date
    counted: Counted


@dataclass(frozen=True, slots=True)
class Trend:
    """`direction` compares the later time with the one of equal length before it, by the exact interval of 95 %."""

    months: Sequence[Span]
    earlier: Span
    later: Span
    direction: Direction

    @property
    def cases(self) -> int:
        return self.earlier.counted.cases + self.later.counted.cases


def first_day(until_on: date, days: int) -> date:
    """The first day that a trend looks at."""
    return min(_month_before(until_on, MONTHS - 1), until_on - timedelta(days=2 * days - 1))


def trend(cases: Sequence[Case], scope: Scope, until_on: date, days: int) -> Trend:
    """:param cases: from `first_day` on."""
    lines = LinesBilled(first_day(until_on, days), until_on, scope)

    def span(from_on: date, to_on: date) -> Span:
        inside = sum(from_on <= case.opened_on <= to_on for case in cases)
        return Span(from_on, to_on, Counted(inside, lines.between(from_on, to_on)))

    starts = [_month_before(until_on, back) for back in range(MONTHS - 1, -1, -1)]
    ends = [*(start - timedelta(days=1) for start in starts[1:]), until_on]
    middle = until_on - timedelta(days=days)
    earlier, later = span(middle - timedelta(days=days - 1), middle), span(middle + timedelta(days=1), until_on)
    return Trend(
        [span(*ends_of) for ends_of in zip(starts, ends, strict=True)],
        earlier,
        later,
        _direction(earlier.counted, later.counted),
    )


def _direction(earlier: Counted, later: Counted) -> Direction:
    if earlier.cases + later.cases < FEWEST:
        return Direction.TOO_FEW
    if lies_above(later, earlier):
        return Direction.RISEN
    return Direction.FALLEN if ratio_interval(earlier, later)[1] < 1 else Direction.UNCLEAR


def _month_before(day: date, months: int) -> date:
    """The first day of the month so many months before."""
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)
