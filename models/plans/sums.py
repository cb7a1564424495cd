"""What is left of a plan's items, and what has come for them: sums over the ledger, never stored."""

from collections.abc import Collection
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
    it; `left` is what the plan still has to pay of it, without what a case holds: that is `disputed`, and may have to
    be paid later.
    """

    entry_id: int
    due_on: date
    came: Money
    left: Money
    disputed: Money


# Money means receipts: credit notes and write-offs make less to be paid. What a receipt had paid of an item when the
# plan was signed is not the plan's, also where it is taken back and used for it again, as for a partial refund. What a
# case holds is not paid by a plan.
ITEMS = """
select i.customer_id, i.plan_id, i.entry_id, e.due_on, coalesce(came.minor, 0) as came_minor,
       greatest(least(i.amount_minor - coalesce(came.minor, 0),
                      e.open_minor - least(coalesce(disputed.minor, 0), e.open_minor)), 0) as left_minor,
       greatest(least(i.amount_minor - coalesce(came.minor, 0), e.open_minor), 0) as owed_minor
from plans p
join plan_items i on i.customer_id = p.customer_id and i.plan_id = p.id
join entries e on e.customer_id = i.customer_id and e.id = i.entry_id
cross join lateral (
    select least(coalesce(sum(greatest(used.now_minor - used.then_minor, 0)), 0), i.amount_minor)::bigint as minor
    from (
        select sum(case when r.id is null then a.amount_minor else 0 end) as now_minor,
               sum(case when a.id <= p.allocated_up_to and coalesce(r.id > p.allocated_up_to, true)
                        then a.amount_minor else 0 end) as then_minor
        from allocations a
        join entries c on c.customer_id = a.customer_id and c.id = a.credit_id
        left join allocations r on r.customer_id = a.customer_id and r.reverses_id = a.id
        where a.customer_id = i.customer_id and a.debit_id = i.entry_id and a.reverses_id is null and c.kind = 'receipt'
        group by a.credit_id
    ) used
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
where came <> covered or greatest("left", charging) <> living or owed = 0 and living = 0 or ended
union
select customer_id from plans where state = 'offered' and signed_at is not null
order by customer_id
"""
)

_IN_OTHERS = text(
    """
select sum(n.amount_minor - n.covered_minor)
from plans p join instalments n on n.customer_id = p.customer_id and n.plan_id = p.id
where p.customer_id = :customer and p.currency = :currency
  and (p.state = 'active' or p.state = 'offered' and (p.signed_at is not null or p.staff_id is not null))
  and n.state in ('planned', 'due', 'charging', 'missed')
  and not exists (select from plan_items i
                  where i.customer_id = p.customer_id and i.plan_id = p.id and i.entry_id = any(:items))
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


def in_other_plans(customer_id: int, currency: str, items: Collection[int]) -> Money:
    """
    What is left to pay in plans in force, and in those that can be signed or begin at any moment; without plans about
    one of these items, in whose place a new one comes.
    """
    asked = {"customer": customer_id, "currency": currency, "items": list(items)}
    return Money(int(session.scalar(_IN_OTHERS, asked) or 0), currency)


def newest_allocation(customer_id: int) -> int:
    """Of the account whose lock is held: what is allocated after it has a higher number."""
    return session.scalar(select(func.max(Allocation.id)).where(Allocation.customer_id == customer_id)) or 0
