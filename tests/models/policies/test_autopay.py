"""When an invoice is announced and charged, and how much of it: every rule by itself, and over random cases."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import Money
from models.policies.autopay import (
    FEWEST_DAYS,
    MOST_DAYS,
    Announced,
    LeftOut,
    NotWithinBounds,
    Part,
    Why,
    announce,
    check,
    free,
    take,
)
from tests.models.plans.owing import eur

DAY = date(2026, 11, 22)
MINOR = st.integers(min_value=0, max_value=200_000).map(eur)
LIMIT = st.integers(min_value=100, max_value=100_000).map(eur)
DAYS = st.integers(min_value=FEWEST_DAYS, max_value=MOST_DAYS)


@given(amount=MINOR, limit=LIMIT, days=DAYS, due_in=st.integers(min_value=-60, max_value=60))
def test_nobody_is_charged_before_the_due_day_nor_sooner_after_the_mail_than_was_agreed(
    amount: Money, limit: Money, days: int, due_in: int
) -> None:
    due_on = DAY + timedelta(days=due_in)
    found = announce(amount, due_on, limit=limit, notice_days=days, today=DAY)
    if isinstance(found, Announced):
        assert found.charge_on == max(due_on, DAY + timedelta(days=days))
        assert found.amount == amount <= limit
    elif isinstance(found, LeftOut):
        assert amount > limit or amount < eur(50)
    else:
        assert not amount or due_in > max(days, 7)


@given(told=LIMIT, amount=MINOR, limit=LIMIT)
def test_what_is_taken_was_told_is_free_and_within_the_limit(told: Money, amount: Money, limit: Money) -> None:
    found = take(told, amount, limit=limit)
    if isinstance(found, Money):
        assert found == min(told, amount) <= limit
    else:
        assert found.why is (Why.HELD if not amount else Why.LIMIT if min(told, amount) > limit else Why.AMOUNT)


@given(
    parts=st.lists(st.tuples(st.integers(1, 10_000), st.integers(0, 12_000)), max_size=6),
    credit=st.integers(0, 30_000),
)
def test_own_money_is_counted_to_the_oldest_first_and_to_nothing_that_is_held(
    parts: list[tuple[int, int]], credit: int
) -> None:
    found = free([Part(place, *part) for place, part in enumerate(parts)], credit)
    most = [max(left - held, 0) for left, held in parts]
    assert all(0 <= found[place] <= most[place] for place in range(len(parts)))
    assert sum(found.values()) == max(sum(most) - credit, 0)
    taken = [place for place in range(len(parts)) if found[place] < most[place]]
    assert all(found[place] == 0 for place in taken[:-1])


@pytest.mark.parametrize("days", [FEWEST_DAYS - 1, MOST_DAYS + 1])
def test_notice_has_bounds(days: int) -> None:
    with pytest.raises(NotWithinBounds):
        check(eur(10_000), days)
