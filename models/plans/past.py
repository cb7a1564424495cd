"""What a customer did not keep within the year before: for rules that are about it."""

from datetime import date

from sqlalchemy import text

from models.database import session
from models.policies.plans import PastPlans, months_after

MONTHS = 12
# One row for each customer with something that was not kept after :since, up to :until.
BROKEN = """
select customer_id, sum(defaulted)::bigint as defaulted, sum(broken_promises)::bigint as broken_promises
from (
    select customer_id, 0 as defaulted, 1 as broken_promises from promises
    where state = 'broken' and ended_on > :since and ended_on <= :until
    union all
    select customer_id, 1, 0 from plans where state = 'defaulted' and ended_on > :since and ended_on <= :until
) as not_kept
group by customer_id
"""
_OF_ONE = text(f"select * from ({BROKEN}) as past where customer_id = :customer_id")


def past_of(customer_id: int, on: date) -> PastPlans:
    row = session.execute(_OF_ONE, {"customer_id": customer_id, **window(on)}).one_or_none()
    return PastPlans(row.defaulted, row.broken_promises) if row else PastPlans()


def window(on: date) -> dict[str, date]:
    return {"since": months_after(on, -MONTHS), "until": on}
