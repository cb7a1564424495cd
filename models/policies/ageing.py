"""How late an open item is, in the five buckets that everybody in the field knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

BUCKETS = (0, 30, 60, 90)  # Days late up to which an item belongs into a bucket; the last bucket has no end.


@dataclass(frozen=True, slots=True)
class Aged:
    """Minor units not due, 1–30, 31–60, 61–90 and more than 90 days late."""

    minor: tuple[int, int, int, int, int]


def aged(items: Iterable[tuple[date, int]], as_of: date) -> Aged:
    """Sort (due date, minor units) into the buckets as of a day; their sum is the sum of the items."""
    minor = [0] * (len(BUCKETS) + 1)
    for due_on, open_minor in items:
        late = (as_of - due_on).days
        minor[next((place for place, most in enumerate(BUCKETS) if late <= most), len(BUCKETS))] += open_minor
    return Aged((minor[0], minor[1], minor[2], minor[3], minor[4]))
