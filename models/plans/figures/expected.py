"""The cash that plans are to bring: payments that are not made, by the week of their day and by the way they come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import text

from models.database import session
from models.money import Money, total
from models.plans.records import Way
from models.policies.plans.keeping import Share, at_rate

WEEKS = 13


class When(StrEnum):
    ON_ITS_WAY = "on_its_way"  # It is being charged.
    OVERDUE = "overdue"
    WEEK = "week"
    LATER = "later"
    FAILED = "failed"  # Of plans that failed: nobody is held to these days any more.


_EXPECTED = text(
    """
select case when p.state = 'defaulted' then 'failed' when n.state = 'charging' then 'on_its_way'
            when n.due_on < :today then 'overdue'
            when n.due_on < :later then 'week' else 'later' end as "when",
       case when p.state = 'active' and n.state <> 'charging' and n.due_on >= :today and n.due_on < :later
            then date_trunc('week', n.due_on)::date end as week,
       p.way, count(*) as payments, sum(n.amount_minor - n.covered_minor)::bigint as minor
from plans p join instalments n on n.customer_id = p.customer_id and n.plan_id = p.id
where p.state in ('active', 'defaulted') and p.currency = :currency
  and n.state in ('planned', 'due', 'charging', 'missed')
group by 1, 2, 3
"""
)


@dataclass(frozen=True, slots=True)
class Line:
    """
    `week` is its Monday. `by_rate` is what comes if as many payments come in time as so far; none where there are too
    few to say, and where no such rate is known: of what is late already, and of plans that failed.
    """

    when: When
    week: date | None
    payments: int
    automatic: Money
    transfer: Money
    by_rate: Money | None = None

    @property
    def agreed(self) -> Money:
        return self.automatic + self.transfer


@dataclass(frozen=True, slots=True)
class Expected:
    """`rate` is that of all payments so far. `total` is of all that is not made, to the cent."""

    lines: tuple[Line, ...]
    total: Line
    rate: Share


def expected(currency: str, on: date, rate: Share) -> Expected:
    monday = on - timedelta(days=on.weekday())
    weeks = [monday + timedelta(weeks=step) for step in range(WEEKS)]
    asked = {"currency": currency, "today": on, "later": monday + timedelta(weeks=WEEKS)}
    found = {
        (When(row.when), row.week, Way(row.way)): (row.payments, row.minor) for row in session.execute(_EXPECTED, asked)
    }
    places = [
        *((When.ON_ITS_WAY, None), (When.OVERDUE, None)),
        *((When.WEEK, week) for week in weeks),
        *((When.LATER, None), (When.FAILED, None)),
    ]
    lines = [_line(when, week, found, currency) for when, week in places]
    lines = [_rated(line, rate) if line.when in (When.WEEK, When.LATER) else line for line in lines]
    return Expected(tuple(lines), _total(lines, currency), rate)


def _line(
    when: When, week: date | None, found: Mapping[tuple[When, date | None, Way], tuple[int, int]], currency: str
) -> Line:
    sums = {way: found.get((when, week, way), (0, 0)) for way in Way}
    money = {way: Money(minor, currency) for way, (_, minor) in sums.items()}
    return Line(when, week, sum(many for many, _ in sums.values()), money[Way.AUTOMATIC], money[Way.TRANSFER])


def _rated(line: Line, rate: Share) -> Line:
    minor = at_rate(line.agreed.minor, rate)
    return replace(line, by_rate=None if minor is None else Money(minor, line.agreed.currency))


def _total(lines: Sequence[Line], currency: str) -> Line:
    rated = [line.by_rate for line in lines if line.by_rate is not None]
    return Line(
        When.LATER,
        None,
        sum(line.payments for line in lines),
        total((line.automatic for line in lines), currency),
        total((line.transfer for line in lines), currency),
        total(rated, currency) if rated else None,
    )
