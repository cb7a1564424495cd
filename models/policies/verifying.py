"""Whether a corrective action worked: rates before and after, and an honest 'not yet to be told'."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import exp, inf, lgamma, log, log1p

CONFIDENCE = 0.95
FEWEST = 12  # Below so many cases, before and after together, there is no word about a trend.
NO_BETTER = 0.8  # An effect that surely stays above this is too small to be called one.
MOST_CASES = 2_000  # A need beyond this is nowhere near.
HALVINGS = 50  # More than a float tells apart.
NOTHING = 1e-18


class Told(StrEnum):
    VERIFIED = "verified"
    FAILED = "failed"
    NOT_YET = "not_yet"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Counted:
    """Cases of a cause among so many invoice lines billed in its scope."""

    cases: int
    lines: int

    @property
    def rate(self) -> float:
        """Cases for a thousand lines; 0 where nothing was billed."""
        return 1_000 * self.cases / self.lines if self.lines else 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`low` and `high` are the ends of the 95 % interval of the ratio after : before."""

    told: Told
    low: float
    high: float


def judge(before: Counted, after: Counted) -> Verdict:
    """Verified when the whole interval of the ratio lies below 1, failed when it lies above 0.8."""
    low, high = ratio_interval(before, after)
    if before.cases + after.cases < FEWEST:
        return Verdict(Told.TOO_FEW, low, high)
    return Verdict(_told(low, high), low, high)


def _told(low: float, high: float) -> Told:
    if high < 1:
        return Told.VERIFIED
    return Told.FAILED if low > NO_BETTER else Told.NOT_YET


def ratio_interval(before: Counted, after: Counted, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """
    Exact conditional interval of the ratio of two Poisson rates (Przyborowski and Wilenski 1940; Lehmann and Romano,
    'Testing Statistical Hypotheses', 4.5): given their sum, the later cases are binomial with p = rn / (rn + m), whose
    Clopper-Pearson ends become those of r. 0 to infinity where nothing was counted or billed.
    """
    whole = before.cases + after.cases
    if not whole or not before.lines or not after.lines:
        return 0.0, inf
    low, high = clopper_pearson(after.cases, whole, confidence)
    exposure = before.lines / after.lines
    return _odds(low) * exposure, _odds(high) * exposure


def lies_above(recent: Counted, after: Counted) -> bool:
    """Whether the rate has surely risen again: the interval of recent : after lies above 1."""
    return ratio_interval(after, recent)[0] > 1


def _odds(p: float) -> float:
    return p / (1 - p) if p < 1 else inf


@cache
def clopper_pearson(hits: int, tries: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The ends of the exact interval of a proportion (Clopper and Pearson 1934)."""
    tail = (1 - confidence) / 2
    return 1 - _highest(tries - hits, tries, tail), _highest(hits, tries, tail)


def _highest(hits: int, tries: int, tail: float) -> float:
    """The share at which so few hits, or fewer, have become as unlikely as the tail."""
    if hits == tries:
        return 1.0
    low, high = hits / tries, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(hits, tries, middle) > tail else (low, middle)
    return low


def _at_most(hits: int, tries: int, p: float) -> float:
    """P(X <= hits) of a binomial, from its largest term down to what adds nothing more. `hits` <= `tries` * `p`."""
    term = exp(
        lgamma(tries + 1) - lgamma(hits + 1) - lgamma(tries - hits + 1) + hits * log(p) + (tries - hits) * log1p(-p)
    )
    whole, odds = 0.0, (1 - p) / p
    for k in range(hits, -1, -1):
        whole += term
        if term < whole * NOTHING:
            break
        term *= odds * k / (tries - k + 1)
    return whole


def cases_needed(before: Counted, after: Counted) -> int | None:
    """
    About how many more cases it takes until something can be told, if both rates stay what they are; None where that is
    nowhere near.
    """
    now = before.cases + after.cases
    if now < FEWEST:
        return FEWEST - now
    told = (more for more in _steps() if _told(*_grown(before, after, (now + more) / now)) is not Told.NOT_YET)
    return next(told, None)


def _steps() -> list[int]:
    """Finer at first: nobody plans by the exact number."""
    steps, more = [], 1
    while more < MOST_CASES:
        steps.append(more)
        more += max(more // 10, 1)
    return steps


def _grown(before: Counted, after: Counted, by: float) -> tuple[float, float]:
    return ratio_interval(
        Counted(round(before.cases * by), round(before.lines * by)),
        Counted(round(after.cases * by), round(after.lines * by)),
    )
