"""How the house is doing: what waits, and for how long. Read by the operator's metrics."""

from datetime import datetime

from sqlalchemy import text

from models.database import session

_WAITING = text(
    """
select 'duewell_oldest_ready_job_seconds',
       coalesce(extract(epoch from cast(:now as timestamptz) - min(coalesce(e.at, j.scheduled_at))), 0)
from procrastinate_jobs j left join procrastinate_events e on e.job_id = j.id and e.type = 'deferred'
where j.status = 'todo' and coalesce(j.scheduled_at, :now) <= :now
union all select 'duewell_failed_jobs', count(*) from procrastinate_jobs where status = 'failed'
union all select 'duewell_waiting_messages', count(*) from messages where state in ('queued', 'sending', 'unknown')
union all select 'duewell_waiting_events', count(*) from webhook_events where done_at is null
union all select 'duewell_unfinished_attempts', count(*) from attempts
    where state not in ('succeeded', 'failed', 'canceled', 'expired')
union all select 'duewell_unfinished_refunds', count(*) from refunds where state in ('waiting', 'submitted', 'sent')
"""
)


def gauges(*, now: datetime) -> dict[str, float]:
    """Name → value, in the units that the name ends with."""
    return {name: float(value) for name, value in session.execute(_WAITING, {"now": now})}
