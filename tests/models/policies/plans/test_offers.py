"""Whatever is asked for, under whatever terms: what is offered keeps every promise of the terms, to the cent."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as some

from models.money import Money
from models.policies.plans import (
    Approver,
    Ask,
    CannotBeBuilt,
    Frequency,
    Outside,
    Schedule,
    Terms,
    Within,
    build,
    for_budget,
    judge,
    months_after,
)
from models.policies.plans.fitting import fits, last_day
from models.policies.plans.nearest import per_month
from models.policies.public_holidays import after_working_days

TODAY = date(2027, 12, 30)
LAND = "LT"
PLAIN = Terms(
    first_percent=Decimal(10),
    fewest=2,
    most=12,
    most_months=12,
    most_gap_days=45,
    frequencies=frozenset({Frequency.WEEKLY, Frequency.FORTNIGHTLY, Frequency.MONTHLY, Frequency.OWN}),
    smallest=Money(20_00, "EUR"),
    fee=Money(0, "EUR"),
    fee_percent=Decimal(0),
    interest_percent=Decimal(0),
    alone_up_to=Money(5_000_00, "EUR"),
    alone_count=12,
    approver=Approver.FINANCE,
    moves=1,
    grace_days=5,
    retries=2,
    missed_for_default=2,
    working_days=True,
)
percents = some.sampled_from([Decimal(0), Decimal(10), Decimal("33.3"), Decimal(50), Decimal(100)])
days = some.dates(TODAY, TODAY + timedelta(days=420))
todays = some.sampled_from([TODAY, date(2028, 1, 31), date(2028, 2, 29), date(2026, 12, 24), date(2027, 4, 1)])


@some.composite
def terms(draw: some.DrawFn) -> Terms:
    fewest = draw(some.integers(1, 6))
    return replace(
        PLAIN,
        first_percent=draw(percents),
        fewest=fewest,
        most=draw(some.integers(fewest, 30)),
        most_months=draw(some.integers(1, 24)),
        most_gap_days=draw(some.integers(1, 60)),
        frequencies=frozenset(draw(some.sets(some.sampled_from(Frequency), min_size=1))),
        smallest=Money(draw(some.sampled_from([0, 1, 20_00, 50_00])), "EUR"),
        fee=Money(draw(some.sampled_from([0, 0, 5_00])), "EUR"),
        fee_percent=draw(some.sampled_from([Decimal(0), Decimal("1.5")])),
        interest_percent=draw(some.sampled_from([Decimal(0), Decimal("8.15")])),
        working_days=draw(some.booleans()),
    )


balances = some.integers(1, 300_00) | some.integers(1, 10_000_00)
counts = some.integers(1, 30) | some.sampled_from([0, -1, 521, 10**9])
sane_days = some.lists(days, max_size=14, unique=True).map(lambda found: tuple(sorted(found)))
strange_days = some.lists(some.dates(), max_size=4).map(tuple)


@some.composite
def asks(draw: some.DrawFn) -> Ask:
    return Ask(
        first=Money(draw(some.integers(0, 3_000_00) | some.sampled_from([0, -5, 10**12])), "EUR"),
        count=draw(counts),
        frequency=draw(some.sampled_from(Frequency)),
        start_on=draw(days | some.dates() | some.just(date.max)),
        own_dates=draw(sane_days | strange_days),
    )


@some.composite
def regular_asks(draw: some.DrawFn, rules: Terms, balance: Money) -> Ask:
    """Asks that mostly fit the terms."""
    rhythms = sorted(rules.frequencies - {Frequency.OWN})
    assume(rhythms)
    return Ask(
        first=rules.smallest_first(balance) or Money(draw(some.sampled_from([0, 60_00])), "EUR"),
        count=draw(some.integers(rules.fewest, min(rules.most, rules.fewest + 4))),
        frequency=draw(some.sampled_from(rhythms)),
        start_on=TODAY + timedelta(days=draw(some.integers(1, rules.most_gap_days))),
    )


def on_a_working_day(day: date) -> bool:
    return after_working_days(LAND, day, 0) == day


def assert_in_order(schedule: Schedule, ask: Ask, today: date, *, working_days: bool) -> None:
    assert schedule.total == schedule.balance + schedule.fee
    assert [line.number for line in schedule.lines] == list(range(1, ask.payments + 1))
    assert all(line.amount.minor >= 1 for line in schedule.lines)
    assert all(earlier.due_on < later.due_on for earlier, later in pairwise(schedule.lines))
    assert schedule.lines[0].due_on >= today
    if ask.first:
        assert (schedule.lines[0].due_on, schedule.lines[0].amount) == (today, ask.first)
    if working_days:
        assert all(on_a_working_day(line.due_on) for line in schedule.lines[1 if ask.first else 0 :])


def assert_within(schedule: Schedule, rules: Terms, ask: Ask, today: date) -> None:
    assert_in_order(schedule, ask, today, working_days=rules.working_days)
    assert ask.frequency in rules.frequencies
    assert rules.fewest <= len(schedule.lines) <= rules.most
    assert schedule.smallest >= rules.smallest
    assert schedule.ends_on <= last_day(rules, LAND, today)
    assert ask.first.minor * 100 >= schedule.balance.minor * rules.first_percent


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(terms(), balances, asks(), todays)
def test_whatever_is_asked_gets_an_answer_and_the_nearest_plan_is_one_that_may_be_offered(
    rules: Terms, minor: int, ask: Ask, today: date
) -> None:
    balance = Money(minor, "EUR")
    judged = judge(rules, balance, ask, country=LAND, today=today)
    if isinstance(judged, Within):
        assert_within(judged.schedule, rules, ask, today)
        return
    assert judged.reasons
    assert all(str(reason) for reason in judged.reasons)
    if judged.schedule is not None:
        assert_in_order(judged.schedule, ask, today, working_days=rules.working_days)
    if judged.nearest is not None:
        offered = judge(rules, balance, judged.nearest, country=LAND, today=today)
        assert isinstance(offered, Within)
        assert_within(offered.schedule, rules, judged.nearest, today)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(terms(), some.integers(1_000_00, 10_000_00), asks(), some.data())
def test_there_is_a_nearest_plan_whenever_there_is_a_regular_one_at_all(
    rules: Terms, minor: int, ask: Ask, data: some.DataObject
) -> None:
    balance = Money(minor, "EUR")
    regular = data.draw(regular_asks(rules, balance))
    assume(fits(rules, balance, regular, country=LAND, today=TODAY))
    judged = judge(rules, balance, ask, country=LAND, today=TODAY)
    assert isinstance(judged, Within) or judged.nearest is not None


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(terms(), some.integers(3_000_00, 10_000_00), some.integers(0, 600_00), some.integers(31, 60), some.data())
def test_no_other_number_of_payments_is_nearer_to_the_monthly_amount(
    rules: Terms, minor: int, first: int, count: int, data: some.DataObject
) -> None:
    balance = Money(minor, "EUR")
    rules = replace(rules, frequencies=(rules.frequencies - {Frequency.OWN}) or frozenset({Frequency.MONTHLY}))
    ask = Ask(Money(first, "EUR"), count, sorted(rules.frequencies)[0], TODAY + timedelta(days=9))
    judged = judge(rules, balance, ask, country=LAND, today=TODAY)
    assert isinstance(judged, Outside)
    assume(judged.schedule and judged.nearest)
    assert judged.schedule
    assert judged.nearest
    another = replace(judged.nearest, count=data.draw(some.integers(rules.fewest, rules.most)))
    schedule = fits(rules, balance, another, country=LAND, today=TODAY)
    assume(schedule is not None)
    found = fits(rules, balance, judged.nearest, country=LAND, today=TODAY)
    assert found
    assert schedule
    wish = per_month(ask, judged.schedule)
    assert abs(per_month(judged.nearest, found) - wish) <= abs(per_month(another, schedule) - wish)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(terms(), balances, some.integers(-1, 3_000_00), todays)
def test_a_plan_for_a_budget_never_takes_more_than_the_budget(
    rules: Terms, minor: int, monthly: int, today: date
) -> None:
    balance, budget = Money(minor, "EUR"), Money(monthly, "EUR")
    ask = for_budget(rules, balance, budget, country=LAND, today=today)
    if ask is not None:
        judged = judge(rules, balance, ask, country=LAND, today=today)
        assert isinstance(judged, Within)
        assert judged.schedule.largest <= budget


@settings(max_examples=80, deadline=None)
@given(balances, some.integers(1, 40), some.sampled_from(Frequency), days, some.booleans())
@example(1, 1, Frequency.MONTHLY, TODAY, True)
def test_a_schedule_adds_up_whatever_the_months_and_holidays_are(
    minor: int, count: int, frequency: Frequency, start: date, working_days: bool
) -> None:
    own = tuple(start + timedelta(days=number) for number in range(count))
    ask = Ask(Money(0, "EUR"), count, frequency, start, own)
    try:
        schedule = build(
            Money(minor, "EUR"), Money(0, "EUR"), ask, country=LAND, working_days=working_days, today=TODAY
        )
    except CannotBeBuilt:
        assert minor < count
        return
    assert_in_order(schedule, ask, TODAY, working_days=working_days)
    *others, last = [line.amount for line in schedule.lines]
    assert not others or (len(set(others)) == 1 and others[0] <= last)


def test_months_keep_their_day_as_far_as_they_have_it() -> None:
    assert [months_after(date(2027, 12, 31), number) for number in range(5)] == [
        *(date(2027, 12, 31), date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31), date(2028, 4, 30))
    ]
    assert months_after(date(2028, 2, 29), 12) == date(2029, 2, 28)


def plan(ask: Ask, balance: int = 1_000_00, rules: Terms = PLAIN, today: date = TODAY) -> Schedule:
    judged = judge(rules, Money(balance, "EUR"), ask, country=LAND, today=today)
    assert isinstance(judged, Within), judged
    return judged.schedule


def monthly(count: int, first: int = 100_00, start: date = date(2028, 1, 31)) -> Ask:
    return Ask(Money(first, "EUR"), count, Frequency.MONTHLY, start)


def test_a_plan_over_the_turn_of_a_leap_year_by_hand() -> None:
    lines = [(line.due_on.isoformat(), line.amount.minor) for line in plan(monthly(5)).lines]
    assert lines == [
        ("2027-12-30", 100_00),
        ("2028-01-31", 225_00),
        ("2028-02-29", 225_00),
        ("2028-03-31", 225_00),
        ("2028-05-02", 225_00),  # 30 April is a Sunday, 1 May a holiday.
    ]


def test_two_days_that_move_to_the_same_monday_become_monday_and_tuesday() -> None:
    saturday = date(2028, 1, 8)
    ask = Ask(Money(500_00, "EUR"), 0, Frequency.OWN, saturday, (saturday, saturday + timedelta(days=1)))
    assert [line.due_on for line in plan(ask).lines[1:]] == [date(2028, 1, 10), date(2028, 1, 11)]


def test_what_is_outside_says_why_and_what_is_nearest() -> None:
    judged = judge(PLAIN, Money(1_000_00, "EUR"), monthly(24, first=50_00), country=LAND, today=TODAY)
    assert isinstance(judged, Outside)
    assert [str(reason) for reason in judged.reasons] == [
        "A plan has at most this many payments: 12.",
        "The first payment, today, is at least 100.00 EUR.",
        "The last payment is made by 2029-01-02.",
    ]
    assert judged.schedule is not None
    assert judged.nearest == monthly(12)


def test_a_start_too_late_for_any_plan_becomes_an_earlier_one() -> None:
    rules = replace(PLAIN, first_percent=Decimal(0), most_months=2, working_days=False)
    judged = judge(
        rules, Money(1_000_00, "EUR"), monthly(2, first=0, start=TODAY + timedelta(40)), country=LAND, today=TODAY
    )
    assert isinstance(judged, Outside)
    assert judged.nearest == monthly(2, first=0, start=date(2028, 1, 31))  # The last day whose next month is in time.


def test_interest_is_reckoned_on_what_is_still_open() -> None:
    rules = replace(PLAIN, interest_percent=Decimal("7.3"), fee=Money(2_00, "EUR"), fee_percent=Decimal(1))
    schedule = plan(monthly(3, first=400_00, start=date(2028, 1, 31)), rules=rules)
    # Open: 600.00 for 32 days, then 294.00 (306.00 was paid, the fee being 12.00) for 29: 7.3 % a year is 0.02 % a day.
    assert schedule.fee.minor == 12_00 + round(600_00 * 32 * 0.0002 + 294_00 * 29 * 0.0002)
    assert schedule.total.minor == 1_000_00 + schedule.fee.minor


@pytest.mark.parametrize(("budget", "payments"), [(500_00, 2), (120_00, 9), (84_00, None), (0, None)])
def test_a_budget_is_answered_with_the_plan_that_ends_first(budget: int, payments: int | None) -> None:
    ask = for_budget(PLAIN, Money(1_000_00, "EUR"), Money(budget, "EUR"), country=LAND, today=TODAY)
    assert (ask.payments if ask else None) == payments


def test_what_starts_alone_is_a_matter_of_amount_and_number() -> None:
    many = replace(PLAIN, most=24, most_months=24)
    for balance, count, alone in ((5_000_00, 12, True), (5_000_01, 12, False), (5_000_00, 13, False)):
        judged = judge(many, Money(balance, "EUR"), monthly(count, 501_00), country=LAND, today=TODAY)
        assert isinstance(judged, Within)
        assert judged.alone is alone
