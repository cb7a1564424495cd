"""Whether an action worked is said only where the numbers say it."""

import random
from math import inf

import pytest

from models.policies.verifying import Counted, Told, cases_needed, clopper_pearson, judge, lies_above, ratio_interval

# scipy 1.17.1, scipy.stats.binomtest(hits, tries).proportion_ci(0.95, 'exact').
SCIPY = [
    (0, 1, 0.000000000000, 0.975000000000),
    (1, 1, 0.025000000000, 1.000000000000),
    (0, 12, 0.000000000000, 0.264648469397),
    (12, 12, 0.735351530603, 1.000000000000),
    (1, 12, 0.002107593232, 0.384796165151),
    (6, 12, 0.210944638239, 0.789055361761),
    (3, 15, 0.043312005106, 0.480891133807),
    (5, 45, 0.037076661307, 0.240535808496),
    (10, 50, 0.100302237472, 0.337183108384),
    (25, 50, 0.355272997130, 0.644727002870),
    (40, 85, 0.361341142565, 0.581943747178),
    (2, 100, 0.002431336824, 0.070383932471),
    (50, 100, 0.398321129503, 0.601678870497),
    (99, 100, 0.945540614608, 0.999746853967),
    (7, 200, 0.014185525898, 0.070780998351),
    (100, 250, 0.338782660560, 0.463617995741),
    (300, 700, 0.391565034787, 0.466182352071),
    (1, 1000, 0.000025317487, 0.005558924280),
    (500, 1000, 0.468549172972, 0.531450827028),
    (990, 2000, 0.472858987893, 0.517155690816),
]


@pytest.mark.parametrize(("hits", "tries", "low", "high"), SCIPY)
def test_the_exact_interval_is_that_of_scipy(hits: int, tries: int, low: float, high: float) -> None:
    assert clopper_pearson(hits, tries) == pytest.approx((low, high), abs=1e-9)


def test_a_ratio_is_told_by_the_odds_of_the_later_cases() -> None:
    low, high = ratio_interval(Counted(40, 10_000), Counted(10, 5_000))
    ends = clopper_pearson(10, 50)
    assert (low, high) == pytest.approx(tuple(2 * p / (1 - p) for p in ends))
    assert ratio_interval(Counted(0, 10), Counted(0, 10)) == (0.0, inf)
    assert ratio_interval(Counted(3, 0), Counted(3, 10)) == (0.0, inf)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Counted(6, 1_000), Counted(5, 1_000), Told.TOO_FEW),
        (Counted(40, 10_000), Counted(5, 10_000), Told.VERIFIED),
        (Counted(40, 10_000), Counted(45, 10_000), Told.NOT_YET),
        (Counted(400, 10_000), Counted(410, 10_000), Told.FAILED),
        (Counted(12, 10_000), Counted(0, 10_000), Told.VERIFIED),
        (Counted(12, 10_000), Counted(0, 0), Told.NOT_YET),
    ],
)
def test_it_is_verified_failed_or_not_yet_to_be_told(before: Counted, after: Counted, told: Told) -> None:
    assert judge(before, after).told is told


def test_what_is_needed_would_be_enough_if_it_goes_on_like_this() -> None:
    before, after = Counted(12, 10_000), Counted(6, 10_000)
    assert judge(before, after).told is Told.NOT_YET
    by = (18 + (cases_needed(before, after) or 0)) / 18
    later = judge(Counted(round(12 * by), round(10_000 * by)), Counted(round(6 * by), round(10_000 * by)))
    assert later.told is Told.VERIFIED


def test_a_rate_that_has_surely_risen_lies_above() -> None:
    assert lies_above(Counted(12, 1_000), Counted(10, 10_000))
    assert not lies_above(Counted(2, 1_000), Counted(10, 10_000))


def test_where_nothing_changed_hardly_anything_is_verified() -> None:
    """Looked at after 90, 180 and 360 days, as actions are; 5 % at most, over small and large causes."""
    chance = random.Random(20261122)
    wrong = tries = 0
    for mean in (6, 15, 40, 120):
        for _ in range(200):
            before = Counted(_poisson(chance, mean), 10_000)
            seen, told, passed = 0, False, 0
            for days in (90, 90, 180):
                seen, passed = seen + _poisson(chance, mean * days / 90), passed + days
                told = told or judge(before, Counted(seen, 10_000 * passed // 90)).told is Told.VERIFIED
            wrong += told
            tries += 1
    assert wrong / tries <= 0.05
    assert wrong > 0, "the simulation can find one"


def _poisson(chance: random.Random, mean: float) -> int:
    """Arrivals within `mean` when one comes each 1 on average."""
    count, at = 0, chance.expovariate(1)
    while at < mean:
        count, at = count + 1, at + chance.expovariate(1)
    return count
