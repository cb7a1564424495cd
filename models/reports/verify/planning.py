"""I11: the living instalments of a plan come to what is left of its items."""

from datetime import datetime, timedelta

from models import company
from models.plans.sums import ITEMS
from models.reports.verify.proof import Finding, Proof

FOLLOWED_WITHIN = timedelta(minutes=5)  # What happens to an item reaches its plan within a minute.
_MINE = "(cast(:customer as bigint) is null or p.customer_id = :customer)"
_ID = "p.customer_id || ':' || p.id"
_PLANS = f"from plans p where p.state = 'active' and {_MINE}"
_LIVING = "n.state in ('planned', 'due', 'charging', 'missed')"
# What changed a moment ago is still on its way to the plan.
_QUIET = """not exists (
    select from plan_items i
    where i.customer_id = p.customer_id and i.plan_id = p.id
      and (exists (select from allocations a where a.customer_id = i.customer_id and a.debit_id = i.entry_id
                   and a.recorded_at > :quiet_since)
           or exists (select from holds h where h.customer_id = i.customer_id and h.entry_id = i.entry_id
                      and greatest(h.added_at, h.ended_at) > :quiet_since)))"""
_SUMS = f"""
with items as ({ITEMS} where p.state = 'active')
select {_ID} as id, p.currency,
       greatest((select coalesce(sum(left_minor), 0) from items i
                 where i.customer_id = p.customer_id and i.plan_id = p.id), charging) as expected,
       living as found
from plans p
cross join lateral (
    select coalesce(sum(n.amount_minor - n.covered_minor) filter (where {_LIVING}), 0) as living,
           coalesce(sum(n.amount_minor - n.covered_minor) filter (where n.state = 'charging'), 0) as charging
    from instalments n where n.customer_id = p.customer_id and n.plan_id = p.id
) parts
where p.state = 'active' and {_MINE} and {_QUIET}"""
# What is on its way is not made less by a credit that comes meanwhile.
_UNLIKE = f"select * from ({_SUMS}) told where expected <> found order by id"
# The newest version is the schedule, less what has been paid since.
_VERSIONS = f"""
select {_ID} as id, p.currency, line ->> 2 as expected, n.amount_minor - n.covered_minor as found
from plans p
join lateral (select lines from plan_versions v where v.customer_id = p.customer_id and v.plan_id = p.id
              order by v.number desc limit 1) newest on true
cross join lateral jsonb_array_elements(newest.lines) line
join instalments n on n.customer_id = p.customer_id and n.plan_id = p.id and n.number = (line ->> 0)::bigint
where p.state = 'active' and {_MINE} and {_LIVING} and n.covered_minor = 0
  and (n.amount_minor <> (line ->> 2)::bigint or n.due_on <> (line ->> 1)::date)
order by p.customer_id, p.id"""
FINDINGS = (
    Finding("I11", "plans", f"select count(*) {_PLANS}", _UNLIKE),
    Finding("I11", "plan_versions", "select 0", _VERSIONS),
)


def prove(proof: Proof, customer_id: int | None, now: datetime) -> None:
    for finding in FINDINGS:
        finding.prove(proof, customer=customer_id, quiet_since=now - FOLLOWED_WITHIN, today=company.get().today(now))
