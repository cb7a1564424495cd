"""The payments of a plan, each with its day and amount."""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from models.errors import N_, Refused
from models.money import Money, total
from models.policies import payment_limits
from models.policies.plans.terms import Frequency
from models.policies.public_holidays import after_working_days

MOST_PAYMENTS = 520
LONGEST = timedelta(days=3660)
WEEKS = {Frequency.WEEKLY: 1, Frequency.FORTNIGHTLY: 2}


class CannotBeBuilt(Refused):
    """No schedule comes of it, whatever a policy says."""


@dataclass(frozen=True, slots=True)
class Ask:
    """
    What somebody would like. `first` is paid today, and counts as one of `count`; zero: nothing is paid today.
    `start_on` is the day of the next payment. With days of their own (`Frequency.OWN`) those say how many there are.
    """

    first: Money
    count: int
    frequency: Frequency
    start_on: date
    own_dates: tuple[date, ...] = ()

    @property
    def payments(self) -> int:
        return len(self.own_dates) + (self.first.minor > 0) if self.frequency == Frequency.OWN else self.count


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Schedule:
    """The lines add up to the balance and what is charged for the plan (`fee`, agreed interest in it)."""

    lines: tuple[Line, ...]
    balance: Money
    fee: Money

    @property
    def total(self) -> Money:
        return total((line.amount for line in self.lines), self.balance.currency)

    @property
    def days(self) -> list[tuple[date, Money]]:
        """Day and amount of each line."""
        return [(line.due_on, line.amount) for line in self.lines]

    @property
    def ends_on(self) -> date:
        return self.lines[-1].due_on

    @property
    def smallest(self) -> Money:
        return min(line.amount for line in self.lines)

    @property
    def largest(self) -> Money:
        return max(line.amount for line in self.lines)


def build(balance: Money, fee: Money, ask: Ask, *, country: str, working_days: bool, today: date) -> Schedule:
    """
    The first payment today, the rest in equal parts, of which the last takes what cannot be divided. With
    `working_days` a payment on a weekend or a public holiday of the country goes to the next working day (not the one
    that is paid today), and never two to one day.

    :raises CannotBeBuilt: no payments, more than there is to pay, days that have passed or do not rise.
    """
    _refuse_impossible(balance, fee, ask)
    wished = _wished(ask, today)
    rest = balance + fee - ask.first
    _refuse_days(ask, wished, rest, today)
    days = list(_paid_on(wished, today if ask.first else None, country, working_days))
    share = Money(evenly(rest.minor, len(days), rest.currency), rest.currency) if days else rest
    amounts = [*([ask.first] if ask.first else []), *[share] * (len(days) - 1)]
    if days:
        amounts.append(balance + fee - total(amounts, rest.currency))
    dates = [*([today] if ask.first else []), *days]
    lines = tuple(Line(number, day, amount) for number, (day, amount) in enumerate(zip(dates, amounts, strict=True), 1))
    return Schedule(lines, balance, fee)


def evenly(minor: int, parts: int, currency: str) -> int:
    """Each of so many equal parts, rounded down to what a card can be charged."""
    each, step = minor // parts, payment_limits.step(currency)
    return each - each % step if each >= step else each


def _refuse_impossible(balance: Money, fee: Money, ask: Ask) -> None:
    if balance.minor <= 0:
        raise CannotBeBuilt(N_("There is nothing to pay in instalments."))
    if ask.first.currency != balance.currency:
        raise CannotBeBuilt(N_("Everything in one plan is paid in %(currency)s."), currency=balance.currency)
    if not 0 <= ask.first.minor <= balance.minor + fee.minor:
        raise CannotBeBuilt(N_("The first payment can be anything up to %(most)s."), most=balance + fee)
    if not 1 <= ask.payments <= MOST_PAYMENTS:
        raise CannotBeBuilt(N_("A plan has one payment at least and %(most)s at most."), most=MOST_PAYMENTS)


def _wished(ask: Ask, today: date) -> Sequence[date]:
    """The days asked for after today's payment, before weekends are looked at."""
    if ask.frequency == Frequency.OWN:
        return ask.own_dates
    last = today + LONGEST
    if ask.start_on > last:
        raise CannotBeBuilt(N_("A plan ends within ten years."))
    count = ask.count - (1 if ask.first else 0)
    if ask.frequency == Frequency.MONTHLY:
        return [months_after(ask.start_on, number) for number in range(count)]
    return [ask.start_on + timedelta(weeks=WEEKS[ask.frequency] * number) for number in range(count)]


def _refuse_days(ask: Ask, wished: Sequence[date], rest: Money, today: date) -> None:
    if (rest.minor > 0) != bool(wished) or rest.minor < len(wished):
        raise CannotBeBuilt(N_("There is too little to pay for so many payments."))
    if not wished:
        return
    if wished[0] < today or (ask.first and wished[0] == today):
        raise CannotBeBuilt(N_("Each payment needs a day that is still to come."))
    if any(later <= earlier for earlier, later in pairwise(wished)):
        raise CannotBeBuilt(N_("Each payment needs a day of its own, later than the one before."))
    if wished[-1] > today + LONGEST:
        raise CannotBeBuilt(N_("A plan ends within ten years."))


def _paid_on(wished: Sequence[date], before: date | None, country: str, working_days: bool) -> Iterator[date]:
    for wish in wished:
        day = working_day(country, wish) if working_days else wish
        if before is not None and day <= before:
            day = working_day(country, before + timedelta(days=1))
        yield day
        before = day


@lru_cache(10_000)
def working_day(country: str, day: date) -> date:
    """This day, or the next one on which banks and offices of the country work."""
    return after_working_days(country, day, 0)


def months_after(day: date, months: int) -> date:
    """
    The same day of a later month, or its last one: from the 31st on, 28 February comes and then 31 March again. No day
    is later than the calendar's last one.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return (
        date.max
        if year > date.max.year
        else date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    )
