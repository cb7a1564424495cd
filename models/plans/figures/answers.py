"""Requests that wait for a person, and how long the answers of late took."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text

from models import company
from models.database import session
from models.money import Money

DAYS = 90  # Answers of so many days are counted.

_WAITING = text(
    """
select count(*) as requests, min(requested_at) as oldest_at, count(*) filter (where answer_on = :today) as today,
       count(*) filter (where answer_on < :today) as late, count(*) filter (where hardship) as hardship,
       coalesce(sum(balance_minor + fee_minor), 0)::bigint as minor
from plans where state = 'requested' and currency = :currency
"""
)
# An offer or a refusal; what customers took back themselves was never answered.
_ANSWERED = text(
    """
select count(*) as answers, percentile_cont(0.5) within group (order by told.at - p.requested_at) as median,
       count(*) filter (where (told.at at time zone :zone)::date > p.answer_on) as late
from plans p
cross join lateral (
    select min(e.recorded_at) as at from audit_events e
    where e.customer_id = p.customer_id and e.about = 'plans:' || p.id and e.recorded_at >= p.requested_at
      and e.action in ('plan.offered', 'plan.request_declined')
) told
where p.currency = :currency and p.requested_at is not null and p.state <> 'requested'
  and (told.at at time zone :zone)::date > :since and (told.at at time zone :zone)::date <= :today
"""
)


@dataclass(frozen=True, slots=True)
class Requests:
    """
    `today` and `late`: whose answer was promised for the day, or for one before it. `answers` were given within the
    last 90 days, half of them within `median`, `answered_late` of them after the day that was promised.
    """

    waiting: int
    oldest_at: datetime | None
    today: int
    late: int
    hardship: int
    asked: Money
    answers: int
    median: timedelta | None
    answered_late: int

    @property
    def median_hours(self) -> int | None:
        """Rounded up: whoever waited ten minutes did not wait for nothing."""
        return None if self.median is None else -(-int(self.median.total_seconds()) // 3_600)


def requests(currency: str, on: date) -> Requests:
    waits = session.execute(_WAITING, {"currency": currency, "today": on}).one()
    asked = {"currency": currency, "today": on, "since": on - timedelta(days=DAYS), "zone": company.get().timezone}
    given = session.execute(_ANSWERED, asked).one()
    return Requests(
        *(waits.requests, waits.oldest_at, waits.today, waits.late, waits.hardship, Money(waits.minor, currency)),
        *(given.answers, given.median, given.late),
    )
