"""Every plan that is followed, as finance sees it: what is left of it by the ledger, and what speaks against it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, text

from models.database import session
from models.money import Money, total
from models.plans.records import PlanState, Way
from models.plans.sums import ITEMS
from models.policies.plans.risks import Condition, Risk, Standing, risks

# `left` is what the ledger says of a plan's items, as I11 of `flask verify` reads it.
_PLANS = text(
    f"""
with items as ({ITEMS} where p.state in ('active', 'defaulted') and p.currency = :currency),
sums as (select customer_id, plan_id, sum(left_minor)::bigint as left_minor,
                sum(owed_minor - left_minor)::bigint as disputed_minor
         from items group by customer_id, plan_id),
parts as (
    select n.customer_id, n.plan_id, min(n.due_on) filter (where n.state <> 'charging') as next_on,
           max(n.due_on) as last_on, count(*) filter (where n.state = 'missed') as missed,
           count(*) filter (where n.state in ('planned', 'due') and n.due_on < :today) as late,
           count(*) filter (where n.waits_for_customer) as waiting
    from instalments n join sums using (customer_id, plan_id)
    where n.state in ('planned', 'due', 'charging', 'missed') group by n.customer_id, n.plan_id
)
select p.customer_id, p.id as plan_id, c.name as customer, c.number as account, p.state, p.way, p.currency, p.hardship,
       coalesce(s.left_minor, 0) as left_minor, coalesce(s.disputed_minor, 0) as disputed_minor,
       n.next_on, n.last_on, coalesce(n.missed, 0) as missed, coalesce(n.late, 0) as late,
       coalesce(n.waiting, 0) as waiting, m.state is not distinct from 'active' as chargeable,
       (make_date(m.exp_year::int, m.exp_month::int, 1) + interval '1 month' - interval '1 day')::date as card_until,
       exists (select from consents k where k.customer_id = p.customer_id and k.about = 'plans:' || p.id
               and k.withdrawn_at is null) as agreed
from plans p
join customers c on c.id = p.customer_id
left join sums s on s.customer_id = p.customer_id and s.plan_id = p.id
left join parts n on n.customer_id = p.customer_id and n.plan_id = p.id
left join saved_methods m on m.customer_id = p.customer_id and m.id = p.method_id
where p.state in ('active', 'defaulted') and p.currency = :currency
order by n.next_on nulls last, p.customer_id, p.id
"""
)


@dataclass(frozen=True, slots=True)
class Followed:
    """
    A plan that is not over. `left` is what it still has to pay, `disputed` what a case holds besides; `next_on` is the
    day of the oldest payment that is not made and not on its way. `why` is empty unless it is at risk.
    """

    customer_id: int
    plan_id: int
    customer: str
    account: str
    way: Way
    hardship: bool
    left: Money
    disputed: Money
    next_on: date | None
    standing: Standing
    why: tuple[Risk, ...]

    @property
    def number(self) -> str:
        return f"P-{self.plan_id}"


@dataclass(frozen=True, slots=True)
class Group:
    """Plans of one standing (none: all of them), or of one risk: a plan with two risks stands in both."""

    standing: Standing | None
    risk: Risk | None
    plans: int
    left: Money
    disputed: Money


@dataclass(frozen=True, slots=True)
class Health:
    groups: tuple[Group, ...]
    risks: tuple[Group, ...]
    total: Group


def followed(currency: str, on: date) -> list[Followed]:
    """Those of a currency, as they are known today; the one that is to pay next comes first."""
    return [_followed(row, on) for row in session.execute(_PLANS, {"currency": currency, "today": on})]


def health(plans: Sequence[Followed], currency: str) -> Health:
    return Health(
        tuple(_group(chosen(plans, standing), standing, None, currency) for standing in Standing),
        tuple(_group(chosen(plans, Standing.AT_RISK, risk), Standing.AT_RISK, risk, currency) for risk in Risk),
        _group(plans, None, None, currency),
    )


def chosen(plans: Iterable[Followed], standing: Standing, risk: Risk | None = None) -> list[Followed]:
    return [plan for plan in plans if plan.standing is standing and (risk is None or risk in plan.why)]


def _followed(row: Row[Any], on: date) -> Followed:
    why = _why(row, on)
    return Followed(
        *(row.customer_id, row.plan_id, row.customer, row.account, Way(row.way), row.hardship),
        *(Money(row.left_minor, row.currency), Money(row.disputed_minor, row.currency), row.next_on),
        Standing.BROKEN if row.state == PlanState.DEFAULTED else Standing.AT_RISK if why else Standing.GOOD,
        why,
    )


def _why(row: Row[Any], on: date) -> tuple[Risk, ...]:
    if row.state == PlanState.DEFAULTED:
        return ()
    automatic = row.way == Way.AUTOMATIC
    charged = (automatic, row.agreed, row.chargeable, row.card_until)
    return risks(Condition(row.missed, row.late, row.waiting, row.last_on, *charged), on)


def _group(plans: Sequence[Followed], standing: Standing | None, risk: Risk | None, currency: str) -> Group:
    left, disputed = (plan.left for plan in plans), (plan.disputed for plan in plans)
    return Group(standing, risk, len(plans), total(left, currency), total(disputed, currency))
