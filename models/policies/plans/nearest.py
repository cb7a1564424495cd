"""
The plan inside the terms that is nearest to one that is not.

First the rhythm, the start and the first payment stay what was asked for, or become what is allowed next to it. Then,
of all numbers of payments, the one whose monthly amount is nearest to the wish counts; of two as near, the one that
ends nearer to the day asked for. What somebody can spare each month decides whether they keep a plan, so it goes first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from math import floor

from models.money import Money
from models.policies.plans.charges import fee_of
from models.policies.plans.fitting import fits, look
from models.policies.plans.schedule import LONGEST, MOST_PAYMENTS, Ask, Schedule, build
from models.policies.plans.terms import Frequency, Terms

A_MONTH = {
    Frequency.WEEKLY: Fraction(52, 12),
    Frequency.FORTNIGHTLY: Fraction(26, 12),
    Frequency.MONTHLY: Fraction(1),
}
RHYTHMS = tuple(A_MONTH)
DAYS_IN_A_MONTH = Fraction(365, 12)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is kept of a wish, however absurd it is: an amount for each month, an end, a first payment."""

    monthly: Fraction
    ends_on: date
    first: Money

    def distance(self, ask: Ask, schedule: Schedule) -> tuple[Fraction, int, int]:
        return (
            abs(per_month(ask, schedule) - self.monthly),
            abs((schedule.ends_on - self.ends_on).days),
            abs(ask.first.minor - self.first.minor),
        )


def nearest(terms: Terms, balance: Money, ask: Ask, *, country: str, today: date) -> Ask | None:
    """None where the terms allow no plan at all for this balance."""
    if balance.minor <= 0:
        return None
    if ask.first.currency != balance.currency:
        ask = replace(ask, first=Money(0, balance.currency))
    wish = _wish(terms, balance, ask, country, today)
    kept = _own_days_kept(terms, balance, ask, country, today)
    if kept is not None:
        return kept
    for rhythm in rhythms(terms, ask.frequency):
        for start in _starts(terms, ask, today):
            wanted = replace(ask, frequency=rhythm, start_on=start, own_dates=())
            found = _closest(terms, balance, wanted, wish, country, today)
            if found is not None:
                return found
    return None


def _closest(terms: Terms, balance: Money, wanted: Ask, wish: Wish, country: str, today: date) -> Ask | None:
    """Of all numbers of payments."""
    found = []
    for candidate in _candidates(terms, balance, wanted):
        offered = as_offered(terms, candidate, country, today)
        schedule = fits(terms, balance, offered, country=country, today=today)
        if schedule is not None:
            found.append((wish.distance(candidate, schedule), offered))
    return min(found, key=lambda one: one[0])[1] if found else None


def per_month(ask: Ask, schedule: Schedule) -> Fraction:
    """What a plan takes of a usual month, in minor units."""
    rest = schedule.lines[1:] if ask.first and len(schedule.lines) > 1 else schedule.lines
    if ask.frequency in A_MONTH:
        return rest[0].amount.minor * A_MONTH[ask.frequency]
    months = (rest[-1].due_on - rest[0].due_on).days / DAYS_IN_A_MONTH
    return sum(line.amount.minor for line in rest) / (months + 1)


def _wish(terms: Terms, balance: Money, ask: Ask, country: str, today: date) -> Wish:
    schedule, _ = look(terms, balance, ask, country=country, today=today)
    if schedule is not None:
        return Wish(per_month(ask, schedule), schedule.ends_on, ask.first)
    rest = max(balance.minor - max(ask.first.minor, 0), 1)
    payments = max(ask.payments - (ask.first.minor > 0), 1)
    wished = [day for day in (*ask.own_dates, ask.start_on) if today <= day <= today + LONGEST]
    monthly = Fraction(rest, payments) * A_MONTH.get(ask.frequency, Fraction(1))
    return Wish(monthly, max(wished, default=today), ask.first)


def _own_days_kept(terms: Terms, balance: Money, ask: Ask, country: str, today: date) -> Ask | None:
    """With as many of the customer's own days as the terms allow, when that makes a plan."""
    if ask.frequency != Frequency.OWN or Frequency.OWN not in terms.frequencies:
        return None
    days = sorted({day for day in ask.own_dates if today < day <= today + LONGEST})[:MOST_PAYMENTS]
    for first in _firsts(terms, balance, replace(ask, count=min(len(days) + 1, terms.most))):
        most = terms.most - (first.minor > 0)
        for count in range(min(len(days), most), 0, -1):
            offered = replace(ask, first=first, own_dates=tuple(days[:count]), count=count + (first.minor > 0))
            if fits(terms, balance, offered, country=country, today=today):
                return offered
    return None


def rhythms(terms: Terms, asked: Frequency) -> Iterable[Frequency]:
    """The one asked for, then those next to it; for days of their own the rhythm of a month comes first."""
    wanted = A_MONTH.get(asked, A_MONTH[Frequency.MONTHLY])
    allowed = RHYTHMS if Frequency.OWN in terms.frequencies else [one for one in RHYTHMS if one in terms.frequencies]
    return sorted(allowed, key=lambda one: (one not in terms.frequencies, abs(A_MONTH[one] - wanted)))


def _starts(terms: Terms, ask: Ask, today: date) -> Iterator[date]:
    """The day asked for or the last one allowed before it, then each earlier one."""
    earliest = today + timedelta(days=1)
    wanted = min(max(ask.start_on, earliest), today + timedelta(days=max(terms.most_gap_days, 1)))
    for days in range((wanted - earliest).days + 1):
        yield wanted - timedelta(days=days)


def _candidates(terms: Terms, balance: Money, ask: Ask) -> Iterator[Ask]:
    whole = balance + fee_of(terms, balance)
    in_time = floor((terms.most_months + 1) * A_MONTH[ask.frequency]) + 2
    most = min(terms.most, MOST_PAYMENTS, in_time, whole.minor // max(terms.smallest.minor, 1))
    for count in range(max(terms.fewest, 1), most + 1):
        wanted = replace(ask, count=count)
        yield from (replace(wanted, first=first) for first in _firsts(terms, balance, wanted))


def _firsts(terms: Terms, balance: Money, ask: Ask) -> Iterator[Money]:
    """The first payment asked for or the one allowed next to it; and none, where nothing is demanded today."""
    least = terms.smallest_first(balance)
    most = balance + fee_of(terms, balance) - Money(max(terms.smallest.minor, 1) * (ask.count - 1), balance.currency)
    lowest = max(least, terms.smallest, Money(1, balance.currency))
    if (least or ask.first.minor > 0) and lowest <= most:
        yield min(max(ask.first, lowest), most, balance)
    if not least:
        yield Money(0, balance.currency)


def as_offered(terms: Terms, ask: Ask, country: str, today: date) -> Ask:
    """A rhythm that the terms know only as days of the customer's own is offered as such days."""
    if ask.frequency in terms.frequencies:
        return ask
    unit = Money(1, ask.first.currency)
    days = build(
        Money(ask.count, unit.currency),
        unit - unit,
        replace(ask, first=unit if ask.first else unit - unit),
        country=country,
        working_days=terms.working_days,
        today=today,
    )
    own = tuple(line.due_on for line in days.lines if not (ask.first and line.number == 1))
    return replace(ask, frequency=Frequency.OWN, own_dates=own)
