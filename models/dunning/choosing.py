"""Who may have something due on a day: one set-based look over all accounts, before any customer is read."""

from datetime import date, timedelta

from sqlalchemy import text

from models.database import session
from models.dunning.loading import Whole
from models.policies.dunning.statements import WEEKS, week_of
from models.policies.sequences import Counted, Purpose

NEW = timedelta(days=60)  # An invoice that nobody sent for so long is not sent any more by step zero.

# The hash of `policies.dunning.statements.cohort_of`, in SQL.
_CANDIDATES = text(
    """
select distinct coalesce(m.into_id, found.customer_id) as customer_id from (
    select e.customer_id from entries e
    where e.open_minor > 0 and e.due_on <= :due_until
    union all
    select e.customer_id from entries e
    where cast(:new_since as timestamptz) is not null and e.open_minor > 0 and e.due_on >= :as_of
      and e.recorded_at >= cast(:new_since as timestamptz)
    union all
    select e.customer_id from entries e
    where cast(:statements as boolean) and e.open_minor > 0
      and mod(mod(e.customer_id * 2654435761, 4294967296) >> 30, cast(:weeks as bigint)) = :week
) found
left join merges m on m.customer_id = found.customer_id and m.undone_at is null and m.effective_on <= :as_of
where found.customer_id > 0
order by 1
"""
)


def candidates(day: date, whole: Whole) -> list[int]:
    steps = [step for segment in whole.segments for step in segment.sequence.steps]
    if not steps and whole.statement_words is None:
        return []
    lead = min((step.days for step in steps if step.counted == Counted.FROM_DUE and _asks(step.purpose)), default=0)
    zero = any(step.purpose == Purpose.INVOICE for step in steps)
    scope = {
        "as_of": day,
        "due_until": day - timedelta(days=min(lead, 0)) if steps else date.min,
        "new_since": (day - NEW).isoformat() if zero else None,
        "statements": whole.statement_words is not None,
        "weeks": WEEKS,
        "week": week_of(day) % WEEKS,
    }
    return list(session.scalars(_CANDIDATES, scope))


def _asks(purpose: Purpose) -> bool:
    return purpose != Purpose.INVOICE
