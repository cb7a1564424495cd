"""Pareto: what most complaints, most of the held and most of the credited money come from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.complaints.counted import By, Case, key_of
from models.money import Money, total


class Measure(StrEnum):
    CASES = "cases"
    HELD = "held"
    CREDITED = "credited"


@dataclass(frozen=True, slots=True)
class Part:
    """Of one currency: how many cases, in how many of them the customer was right, and their money."""

    currency: str
    cases: int
    right: int
    held: Money
    still_held: Money
    credited: Money


@dataclass(frozen=True, slots=True)
class Sum:
    """Cases of all currencies; their money stays apart."""

    parts: tuple[Part, ...]

    @property
    def cases(self) -> int:
        return sum(part.cases for part in self.parts)

    @property
    def right(self) -> int:
        return sum(part.right for part in self.parts)

    @property
    def held(self) -> list[Money]:
        return [part.held for part in self.parts]

    @property
    def still_held(self) -> list[Money]:
        return [part.still_held for part in self.parts if part.still_held]

    @property
    def credited(self) -> list[Money]:
        return [part.credited for part in self.parts if part.credited]

    def value(self, measure: Measure, currency: str) -> int:
        if measure is Measure.CASES:
            return self.cases
        part = next((part for part in self.parts if part.currency == currency), None)
        return getattr(part, measure.value).minor if part else 0


@dataclass(frozen=True, slots=True)
class Bar:
    """One group of cases. `share` and `cumulative` are parts of one, of the measure that was asked for."""

    key: str
    case: Case  # Any of the group: what it has in common is what the group is called.
    sum: Sum
    share: float
    cumulative: float


@dataclass(frozen=True, slots=True)
class Pareto:
    by: By
    measure: Measure
    currency: str
    bars: Sequence[Bar]
    total: Sum

    @property
    def vital(self) -> int:
        """How many of the groups, from the largest, hold four fifths or more of the whole."""
        return next((place for place, bar in enumerate(self.bars, start=1) if bar.cumulative > 0.7999), len(self.bars))


def pareto(cases: Iterable[Case], by: By, measure: Measure, currency: str) -> Pareto:
    """Largest first, by the measure; money by what there is in one currency."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(key_of(by, case), []).append(case)
    sums = {key: sum_of(members) for key, members in groups.items()}
    everything = sum_of([case for members in groups.values() for case in members])
    whole = everything.value(measure, currency)
    bars, passed = [], 0
    for key in sorted(sums, key=lambda key: (-sums[key].value(measure, currency), -sums[key].cases, key)):
        value = sums[key].value(measure, currency)
        passed += value
        parts = (value / whole, passed / whole) if whole else (0.0, 0.0)
        bars.append(Bar(key, groups[key][0], sums[key], *parts))
    return Pareto(by, measure, currency, bars, everything)


def sum_of(cases: Sequence[Case]) -> Sum:
    return Sum(
        tuple(
            _part(currency, [case for case in cases if case.currency == currency])
            for currency in sorted({case.currency for case in cases})
        )
    )


def _part(currency: str, cases: Sequence[Case]) -> Part:
    return Part(
        currency,
        len(cases),
        sum(case.was_right for case in cases),
        total((case.held for case in cases), currency),
        total((case.still_held for case in cases), currency),
        total((case.credited for case in cases), currency),
    )
