"""What is left of a plan's items, and what has come for them: sums over the ledger, never stored."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, text

from models.database import session
from models.ledger import Allocation
from models.money import Money
from models.plans.records import Plan


@dataclass(frozen=True, slots=True)
class ItemLeft:
    """
    `came` is money that was used for the item since the plan was signed, and not taken back, up to the plan's part of
    it; `left` is what the plan
    still has to pay of it, without what a case holds: that is `disputed`, and may have to be paid later.
    """

    entry_id: int
    due_on: date
    came: Money
    left: Money
    disputed: Money


# Money means receipts: credit notes and write-offs make less to be paid. What a case holds is not paid by a plan.
ITEMS = """
select i.customer_id, i.plan_id, i.entry_id, e.due_on, coalesce(came.minor, 0) as came_minor,
       greatest(least(i.amount_minor - coalesce(came.minor, 0),
                      e.open_minor - least(coalesce(disputed.minor, 0), e.open_minor)), 0) as left_minor,
       greatest(least(i.amount_minor - coalesce(came.minor, 0), e.open_minor), 0) as owed_minor
from plans p
join plan_items i on i.customer_id = p.customer_id and i.plan_id = p.id
join entries e on e.customer_id = i.customer_id and e.id = i.entry_id
cross join lateral (
    select least(coalesce(sum(a.amount_minor), 0), i.amount_minor)::bigint as minor
    from allocations a join entries c on c.customer_id = a.customer_id and c.id = a.credit_id
    where a.customer_id = i.customer_id and a.debit_id = i.entry_id and a.id > p.allocated_up_to
      and a.reverses_id is null and c.kind = 'receipt'
      and not exists (select from allocations r where r.customer_id = a.customer_id and r.reverses_id = a.id)
) came
cross join lateral (
    select sum(coalesce(h.amount_minor, e.open_minor))::bigint as minor
    from holds h
    where h.customer_id = i.customer_id and h.entry_id = i.entry_id and h.kind = 'dispute' and h.ended_at is null
      and h.from_on <= :today and (h.until_on is null or h.until_on > :today)
) disputed
"""
_OF_PLAN = text(f"{ITEMS} where p.customer_id = :customer and p.id = :plan order by e.due_on, i.entry_id")
_UNSETTLED = text(
    f"""
with items as ({ITEMS} where p.state in ('active', 'defaulted')),
sums as (select customer_id, plan_id, sum(came_minor) as came, sum(left_minor) as "left", sum(owed_minor) as owed
         from items group by customer_id, plan_id),
parts as (
    select n.customer_id, n.plan_id, sum(n.covered_minor) as covered,
           coalesce(sum(n.amount_minor - n.covered_minor)
                    filter (where n.state in ('planned', 'due', 'charging', 'missed')), 0) as living,
           coalesce(sum(n.amount_minor - n.covered_minor) filter (where n.state = 'charging'), 0) as charging,
           bool_or(n.state = 'charging' and not exists (
               select from attempts a where a.customer_id = n.customer_id and a.instalment_id = n.id
               and a.state not in ('succeeded', 'failed', 'canceled', 'expired'))) as ended
    from instalments n join sums using (customer_id, plan_id) group by n.customer_id, n.plan_id
)
select distinct customer_id from sums join parts using (customer_id, plan_id)
where came <> covered or greatest("left", charging) <> living or owed = 0 or ended
union
select customer_id from plans where state = 'offered' and signed_at is not null
order by customer_id
"""
)


def unsettled(today: date) -> list[int]:
    """Customers with a plan that its instalments no longer tell."""
    return list(session.scalars(_UNSETTLED, {"today": today}))


def items_left(plan: Plan, today: date) -> list[ItemLeft]:
    """Oldest due first."""
    asked = {"customer": plan.customer_id, "plan": plan.id, "today": today}
    return [
        ItemLeft(
            row.entry_id,
            row.due_on or today,
            *(plan.money(minor) for minor in (row.came_minor, row.left_minor, row.owed_minor - row.left_minor)),
        )
        for row in session.execute(_OF_PLAN, asked)
    ]


def newest_allocation(customer_id: int) -> int:
    """Of the account whose lock is held: what is allocated after it has a higher number."""
    return session.scalar(select(func.max(Allocation.id)).where(Allocation.customer_id == customer_id)) or 0
