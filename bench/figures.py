"""A figure: what was measured against what, which way is better, and the goals it is held against."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`ours` and `limit` say in words with units what each side took; `cause` is shown where the gate is missed."""

    what: str
    against: str
    ratio: float
    gate: float
    stretch: float | None
    less_is_better: bool
    ours: str
    limit: str
    cause: str = ""

    @property
    def met(self) -> str:
        if self.stretch is not None and self._reaches(self.stretch):
            return "stretch"
        return "yes" if self._reaches(self.gate) else "no"

    @property
    def result(self) -> str:
        return self._written(self.ratio)

    @property
    def goal(self) -> str:
        sign = "≤" if self.less_is_better else "≥"
        gate = f"{sign} {self._written(self.gate)}"
        return gate if self.stretch is None else f"{gate} → {self._written(self.stretch)}"

    def _reaches(self, goal: float) -> bool:
        return self.ratio <= goal if self.less_is_better else self.ratio >= goal

    def _written(self, ratio: float) -> str:
        return f"{ratio:.1f}×" if self.less_is_better else f"{ratio:.2f}"


def best(measured: Sequence[float]) -> float:
    """Other work on the machine only ever adds: the least is nearest to what the code itself needs."""
    return min(measured)
