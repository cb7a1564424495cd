"""What applying a chunk says back, and the circumstances it is told."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from models.audit import Actor
from models.errors import N_

BOOKS_CLOSED = N_("The books are closed up to %(day)s: nothing can be entered for a day before.")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`run_id` none: a dry run, which reads and compares everything and writes nothing."""

    run_id: int | None
    by: Actor
    now: datetime
    today: date
    closed_on: date | None

    @property
    def dry(self) -> bool:
        return self.run_id is None


class Refusal(NamedTuple):
    """A row that cannot be booked beside what is booked already."""

    row: int
    field: str
    reason: str
    values: Mapping[str, object]


@dataclass(slots=True)
class Outcome:
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    sums: Counter[str] = field(default_factory=Counter)  # Minor units of what is new, by currency.
