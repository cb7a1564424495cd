"""'What can you afford each month?', answered with a plan."""

from dataclasses import replace
from datetime import date, timedelta
from math import floor

from models.money import Money
from models.policies.plans.charges import fee_of
from models.policies.plans.fitting import fits
from models.policies.plans.nearest import A_MONTH, as_offered, rhythms
from models.policies.plans.schedule import MOST_PAYMENTS, Ask, evenly, months_after
from models.policies.plans.terms import Frequency, Terms


def for_budget(
    terms: Terms, balance: Money, monthly: Money, *, country: str, today: date, start_on: date | None = None
) -> Ask | None:
    """
    The plan inside the terms that ends first and in which no payment, today's included, is above the budget: the
    whole of it where payments are monthly, 12/26 of it every two weeks, 12/52 every week. None where there is none.

    :param start_on: the day of the next payment; without it one period from today.
    """
    if balance.minor <= 0 or monthly.minor <= 0 or monthly.currency != balance.currency:
        return None
    zero = Money(0, balance.currency)
    for rhythm in rhythms(terms, Frequency.MONTHLY):
        budget = Money(floor(monthly.minor / A_MONTH[rhythm]), monthly.currency)
        ask = Ask(zero, 0, rhythm, start_on or _one_period(terms, rhythm, today))
        for count in range(max(terms.fewest, 1), min(terms.most, MOST_PAYMENTS) + 1):
            first = _first(terms, balance, count, budget)
            offered = as_offered(terms, replace(ask, count=count, first=first), country, today)
            schedule = fits(terms, balance, offered, country=country, today=today)
            if schedule is not None and schedule.largest <= budget:
                return offered
    return None


def _one_period(terms: Terms, rhythm: Frequency, today: date) -> date:
    day = (
        months_after(today, 1)
        if rhythm == Frequency.MONTHLY
        else today + timedelta(days=7 if rhythm == Frequency.WEEKLY else 14)
    )
    return min(day, today + timedelta(days=max(terms.most_gap_days, 1)))


def _first(terms: Terms, balance: Money, count: int, budget: Money) -> Money:
    """Nothing where nothing is demanded; else a payment like the others, as far as that is enough."""
    least = terms.smallest_first(balance)
    if not least:
        return least
    share = evenly((balance + fee_of(terms, balance)).minor, count, balance.currency)
    return min(max(least, Money(share, balance.currency)), balance)
