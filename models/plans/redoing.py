"""The rest of a plan, slower or faster: what somebody would like instead, held against what was agreed and may be."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from models import company, customers
from models.audit import Actor
from models.database import session
from models.money import Money
from models.plans.changing import reschedule
from models.plans.past import past_of
from models.plans.paying import not_on_its_way
from models.plans.policies import at_version, rule_for
from models.plans.records import Instalment, InstalmentState, Plan, instalments_of
from models.policies.plans import (
    Ask,
    CannotBeBuilt,
    Frequency,
    Judged,
    Outside,
    Schedule,
    Terms,
    Within,
    build,
    judge,
)


@dataclass(frozen=True, slots=True)
class Redone:
    """`now` are the instalments that would be replaced. `allowed`: within what may be offered, or done sooner."""

    left: Money
    now: tuple[Instalment, ...]
    ask: Ask
    judged: Judged | None
    allowed: bool
    most: int

    @property
    def schedule(self) -> Schedule | None:
        return self.judged.schedule if self.judged else None

    @property
    def reasons(self) -> tuple[object, ...]:
        return self.judged.reasons if isinstance(self.judged, Outside) and not self.allowed else ()

    @property
    def nearest(self) -> Ask | None:
        return self.judged.nearest if isinstance(self.judged, Outside) and not self.allowed else None

    @property
    def lines(self) -> list[tuple[date, Money]]:
        return self.schedule.days if self.schedule else []

    @property
    def seen(self) -> str:
        """Names exactly these days and amounts."""
        return ",".join(f"{day}:{amount.minor}" for day, amount in self.lines)


def free_rows(plan: Plan) -> list[Instalment]:
    return [row for row in instalments_of(plan) if row.is_living and row.state is not InstalmentState.CHARGING]


def rethink(
    plan: Plan,
    *,
    count: int | None,
    frequency: Frequency | None,
    start_on: date | None,
    on: date,
    staff: bool = False,
) -> Redone:
    """
    Whatever is wished has an answer. Nothing is paid today, and the fee of the plan stays as it is. For `staff` also
    where no rule is for the plan.
    """
    left, rows = not_on_its_way(plan), free_rows(plan)
    coming = [row.due_on for row in rows if row.due_on > on]
    ask = Ask(
        first=plan.money(0),
        count=count if count is not None else len(rows),
        frequency=frequency or (plan.frequency if plan.frequency is not Frequency.OWN else Frequency.MONTHLY),
        start_on=start_on or min(coming, default=on),
    )
    terms = _terms(plan, left, on)
    if terms is None and staff and left:
        return Redone(left, tuple(rows), ask, _without_rule(plan, left, ask, on), allowed=False, most=len(rows))
    if terms is None or not left:
        return Redone(left, tuple(rows), ask, None, allowed=False, most=len(rows))
    judged = judge(terms, left, ask, country=company.get().country, today=on)
    return Redone(left, tuple(rows), ask, judged, _is_allowed(judged, rows), most=max(terms.most, len(rows)))


def _without_rule(plan: Plan, left: Money, ask: Ask, on: date) -> Outside | None:
    with suppress(CannotBeBuilt):
        country, days = company.get().country, plan.working_days
        return Outside((), build(left, plan.money(0), ask, country=country, working_days=days, today=on), None)
    return None


def _is_allowed(judged: Judged, rows: list[Instalment]) -> bool:
    """Who is done sooner, in no more payments, needs nobody's leave."""
    if isinstance(judged, Within):
        return judged.alone
    schedule = judged.schedule
    return schedule is not None and len(schedule.lines) <= len(rows) and schedule.ends_on <= rows[-1].due_on


def _terms(plan: Plan, left: Money, on: date) -> Terms | None:
    """Those it was signed under, for what of them is not used up; none where a person decided."""
    customer = customers.find(plan.customer_id)
    if customer is None or plan.policy_id is None:
        return None
    policy = at_version(plan.policy_id)
    rule = next((rule for rule in policy.rules if rule.id == plan.rule), None)
    rule = rule or rule_for(customer, left, on, past=past_of(plan.customer_id, on)).rule
    if rule is None:
        return None
    begun = plan.began_on or on
    gone = (on.year - begun.year) * 12 + on.month - begun.month
    paid = sum(row.state is InstalmentState.PAID for row in instalments_of(plan))
    return replace(
        rule.terms,
        first_percent=Decimal(0),
        fewest=1,
        most=max(rule.terms.most - paid, 1),
        most_months=max(rule.terms.most_months - gone, 1),
        fee=plan.money(0),
        fee_percent=Decimal(0),
        interest_percent=Decimal(0),
    )


def redo(plan: Plan, redone: Redone, *, by: Actor, on: date, now: datetime, reason: str = "") -> None:
    """
    :raises CannotChange: as `reschedule`.
    """
    reschedule(plan, redone.lines, by=by, on=on, now=now, reason=reason)
    plan.frequency = redone.ask.frequency
    session.flush()
