"""
What a plan costs beyond the balance: a fee, and interest. Nothing by default.

fee = fixed amount + balance × fee percent / 100

interest = Σ (open before payment k × days since payment k − 1 × percent per year) / (100 × 365)

where the days of the first payment are counted from today, payments of the plan with its fee go to the balance before
they go to the fee, and the sum is rounded half up once. This is
simple interest on what is still open, counted in real days over a year of 365 (Actual/365 Fixed, the day count of the
2006 ISDA Definitions, 4.16(d)); no interest on interest or on the fee. ERPNext reckons its interest on open invoices
in the same way (outstanding × rate / 100 / 365 × days).

Consumers are charged no more than the law of their country allows, as packs/plan_charges.toml has it from a source
that was read; where it has nothing, nothing is charged to them.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from models.money import Money
from models.policies.plans.schedule import Schedule
from models.policies.plans.terms import Terms

FILE = Path(__file__).parents[1] / "packs" / "plan_charges.toml"
DAYS_IN_A_YEAR = 365
BUSINESS = "business"


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that a consumer in a country is charged: fixed fee and percentages. `source` and the day it was read."""

    country: str
    fee: Decimal
    fee_percent: Decimal
    interest_percent: Decimal
    since: date
    until: date
    source: str
    read_on: date


@cache
def caps() -> tuple[Cap, ...]:
    rows = tomllib.loads(FILE.read_text()).get("cap", [])
    return tuple(
        Cap(
            country=row["country"],
            fee=Decimal(str(row["fee"])),
            fee_percent=Decimal(str(row["fee_percent"])),
            interest_percent=Decimal(str(row["interest_percent"])),
            since=row.get("since", date.min),
            until=row.get("until", date.max),
            source=row["source"],
            read_on=row["read_on"],
        )
        for row in rows
    )


def cap_of(country: str, on: date, among: Iterable[Cap] | None = None) -> Cap | None:
    """The cap of a country on a day; none where no source was read."""
    known = caps() if among is None else among
    return next((one for one in known if one.country == country.upper() and one.since <= on <= one.until), None)


def laws_read(on: date) -> list[str]:
    """The countries that have a cap on a day."""
    return sorted({one.country for one in caps() if one.since <= on <= one.until})


def capped(terms: Terms, kind: str, country: str, on: date, among: Iterable[Cap] | None = None) -> Terms:
    """
    The terms with no more charges than the law allows.

    :param kind: 'business'; anything else is a consumer, the kinder side of a doubt.
    """
    if kind == BUSINESS:
        return terms
    cap = cap_of(country, on, among)
    currency = terms.fee.currency
    if cap is None:
        return replace(terms, fee=Money(0, currency), fee_percent=Decimal(0), interest_percent=Decimal(0))
    return replace(
        terms,
        fee=min(terms.fee, Money.rounded(cap.fee, currency)),
        fee_percent=min(terms.fee_percent, cap.fee_percent),
        interest_percent=min(terms.interest_percent, cap.interest_percent),
    )


def charges_anything(terms: Terms) -> bool:
    return bool(terms.fee or terms.fee_percent or terms.interest_percent)


def fee_of(terms: Terms, balance: Money) -> Money:
    return terms.fee + _half_up(terms.fee_percent * balance.minor / 100, balance.currency)


def interest_of(terms: Terms, plain: Schedule, today: date) -> Money:
    """:param plain: the plan with its fee, before there is interest in it."""
    still_open, before, weighted = plain.balance.minor, today, 0
    for line in plain.lines:
        weighted += still_open * (line.due_on - before).days
        still_open, before = max(still_open - line.amount.minor, 0), line.due_on
    return _half_up(terms.interest_percent * weighted / (100 * DAYS_IN_A_YEAR), plain.balance.currency)


def _half_up(minor: Decimal, currency: str) -> Money:
    return Money(int(minor.to_integral_value(ROUND_HALF_UP)), currency)
