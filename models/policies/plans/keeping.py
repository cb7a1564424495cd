"""How often what was agreed is kept: shares with their sample, and what two of them tell when they are compared."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from models.policies.verifying import FEWEST, clopper_pearson


@dataclass(frozen=True, slots=True)
class Share:
    """So many kept out of so many."""

    kept: int
    sample: int

    @property
    def is_enough(self) -> bool:
        """Below a dozen there is no word about a rate."""
        return self.sample >= FEWEST

    @property
    def rate(self) -> Decimal | None:
        return Decimal(self.kept) / Decimal(self.sample) if self.is_enough else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The exact one of 95 %."""
        return clopper_pearson(self.kept, self.sample) if self.is_enough else None

    def __add__(self, other: "Share") -> "Share":
        return Share(self.kept + other.kept, self.sample + other.sample)


class Told(StrEnum):
    TOO_FEW = "too_few"
    MORE = "more"
    LESS = "less"
    UNCLEAR = "unclear"


def compare(before: Share, after: Share) -> Told:
    """Only where the two intervals have nothing in common is more said than that it may be chance."""
    if before.interval is None or after.interval is None:
        return Told.TOO_FEW
    if after.interval[0] > before.interval[1]:
        return Told.MORE
    return Told.LESS if after.interval[1] < before.interval[0] else Told.UNCLEAR


def at_rate(minor: int, share: Share) -> int | None:
    """So much of an amount comes if as much is kept as so far, rounded half up; none while there is no rate."""
    return (2 * minor * share.kept + share.sample) // (2 * share.sample) if share.is_enough else None
