"""How many plans were kept, and how many payments came in time: of all, by version of the rules, rule and customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, text

from models.database import session
from models.plans.proposing import LEFT, REPLACED
from models.policies.plans.keeping import Share


class By(StrEnum):
    ALL = "all"
    VERSION = "version"
    RULE = "rule"
    CUSTOMERS = "customers"
    WAY = "way"


# Payments count once it is certain whether they came in time: when they have come, or their days of grace are over.
# The first payment of a plan that is charged is left out: without it the plan would not have begun.
_KEPT = text(
    """
with begun as (
    select p.customer_id, p.id, p.policy_id, p.rule, p.way, p.began_on, p.grace_days,
           case when c.kind = 'business' then 'business' else 'consumer' end as customers,
           case when p.ended_on <= :today then p.state end as ended, p.end_reason,
           case when p.state = 'cancelled' then p.ended_on end as cancelled_on
    from plans p join customers c on c.id = p.customer_id
    where p.currency = :currency and p.began_on <= :today
), fell_due as (
    select n.customer_id, n.plan_id, n.state, n.paid_on, n.missed_on + b.grace_days::int as grace_until,
           least(:today, b.cancelled_on) as known_until
    from instalments n join begun b on b.customer_id = n.customer_id and b.id = n.plan_id
    where n.due_on <= :today and n.state in ('paid', 'missed')
      and not (b.way = 'automatic' and n.due_on <= b.began_on)
), parts as (
    select customer_id, plan_id,
           count(*) filter (where state = 'paid' and paid_on <= least(:today, grace_until)) as in_time,
           count(*) filter (where grace_until < known_until and (state = 'missed' or paid_on > grace_until)) as late
    from fell_due group by customer_id, plan_id
)
select grouping(b.policy_id) as no_version, grouping(b.rule) as no_rule, grouping(b.customers) as no_customers,
       grouping(b.way) as no_way, b.policy_id, b.rule, b.customers, b.way, count(*) as begun,
       count(*) filter (where b.ended = 'completed') as kept, count(*) filter (where b.ended = 'defaulted') as failed,
       count(*) filter (where b.ended = 'cancelled' and b.end_reason = :left) as by_customer,
       count(*) filter (where b.ended = 'cancelled' and b.end_reason = :replaced) as replaced,
       count(*) filter (where b.ended = 'cancelled' and b.end_reason not in (:left, :replaced)) as by_us,
       coalesce(sum(n.in_time), 0)::bigint as in_time, coalesce(sum(n.late), 0)::bigint as late
from begun b left join parts n on n.customer_id = b.customer_id and n.plan_id = b.id
group by grouping sets ((), (b.policy_id), (b.rule), (b.customers), (b.way))
order by b.policy_id desc nulls last, b.rule nulls last, b.customers, b.way
"""
)
_RULES = text(
    """
select distinct on (r.id) r.id, r.name from plan_rules r join plan_policies v on v.id = r.version_id
order by r.id, v.number desc
"""
)


@dataclass(frozen=True, slots=True)
class Kept:
    """
    `key` is the version's id, the rule's id, the kind of customers or the way; none where no rule was for the plan.
    Plans that have not ended are in `begun` alone. `payments` are those of which it is known whether they came in time.
    """

    by: By
    key: str | int | None
    begun: int
    kept: int
    failed: int
    by_customer: int
    by_us: int
    replaced: int
    payments: Share

    @property
    def plans(self) -> Share:
        """All that ended, however they did."""
        return Share(self.kept, self.kept + self.failed + self.by_customer + self.by_us + self.replaced)


def kept(currency: str, on: date) -> list[Kept]:
    """All plans first, then by one thing after another."""
    asked = {"currency": currency, "today": on, "left": LEFT, "replaced": REPLACED}
    rows = [_kept(row) for row in session.execute(_KEPT, asked)]
    return sorted(rows, key=lambda row: list(By).index(row.by))


def rule_names() -> Mapping[int, str]:
    """What each rule is called in the newest version that has it."""
    return {row.id: row.name for row in session.execute(_RULES)}


def of(rows: Sequence[Kept], by: By, key: str | int | None = None) -> Kept | None:
    return next((row for row in rows if (row.by, row.key) == (by, key)), None)


def _kept(row: Row[Any]) -> Kept:
    keys = {By.VERSION: row.policy_id, By.RULE: row.rule, By.CUSTOMERS: row.customers, By.WAY: row.way}
    absent = (row.no_version, row.no_rule, row.no_customers, row.no_way)
    by = next((by for by, missing in zip(keys, absent, strict=True) if not missing), By.ALL)
    return Kept(
        *(by, keys.get(by), row.begun, row.kept, row.failed, row.by_customer, row.by_us, row.replaced),
        Share(row.in_time, row.in_time + row.late),
    )
