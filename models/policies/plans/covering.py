"""Which instalments of a plan money covers, and which ones become less when less is owed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Part:
    """An instalment that is not paid yet. `left_minor` is above zero; `late` says that its day has come."""

    number: int
    due_on: date
    left_minor: int
    late: bool = False


def cover(parts: Sequence[Part], minor: int, *, in_order: bool) -> Mapping[int, int]:
    """
    So much of which instalment (by number) is covered by money that came by itself. What is late comes first, oldest
    first. Then, `in_order`, what is due next: for whoever pays by transfer this is how instalments are paid. Otherwise
    the last ones, so that who pays something besides is done sooner and every date stays.
    """
    late = sorted((part for part in parts if part.late), key=_place)
    others = sorted((part for part in parts if not part.late), key=_place, reverse=not in_order)
    return _taken((*late, *others), minor)


def shorten(parts: Sequence[Part], minor: int) -> Mapping[int, int]:
    """So much is taken off which instalment where less is owed: the last ones first."""
    return _taken(sorted(parts, key=_place, reverse=True), minor)


def again(minor: int, each_minor: int) -> list[int]:
    """
    The amounts of further instalments for what is owed in addition: as large as the plan's others, the last one the
    rest. Never more than a dozen: a plan is not made endless by what comes back.
    """
    count = min(max(-(-minor // max(each_minor, 1)), 1), 12)
    whole = max(each_minor, minor // count)
    amounts = [whole] * (count - 1)
    return [*amounts, minor - sum(amounts)]


def _place(part: Part) -> tuple[date, int]:
    return part.due_on, part.number


def _taken(parts: Iterable[Part], minor: int) -> dict[int, int]:
    taken: dict[int, int] = {}
    for part in parts:
        share = min(part.left_minor, minor)
        if share > 0:
            taken[part.number] = share
            minor -= share
    return taken
