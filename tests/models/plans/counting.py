"""The figures of plans counted once more, one plan after another: no sums of the database, no sets."""

from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import select

from models import customers, payments, plans
from models.database import session
from models.payments import consents
from models.plans import Instalment, InstalmentState, Plan, PlanState, Way
from models.plans.figures import Figures, Made

S = InstalmentState
FOLLOWED = (PlanState.ACTIVE, PlanState.DEFAULTED)


def assert_counted(found: Figures) -> None:
    """The figures are what is found by hand."""
    currency, on = found.currency, found.on
    groups = (*found.health.groups, *found.health.risks)
    told = {(one.risk or one.standing): (one.plans, one.left.minor) for one in groups if one.plans}
    assert told == standing(currency, on)
    ways = {
        (line.week or line.when.value, way): minor
        for line in found.expected.lines
        for way, minor in (("automatic", line.automatic.minor), ("transfer", line.transfer.minor))
        if minor
    }
    assert ways == expected(currency, on)
    by_hand = kept(currency, on)
    assert {(row.by.value, row.key) for row in found.kept} == set(by_hand)
    for row in found.kept:
        counts = by_hand[row.by.value, row.key]
        ends = {"kept": row.kept, "failed": row.failed, "by_customer": row.by_customer, "by_us": row.by_us}
        ends |= {"begun": row.begun, "replaced": row.replaced}
        ends |= {"in time": row.payments.kept, "late": row.payments.sample - row.payments.kept}
        assert ends == {name: counts[name] for name in ends}, (row.by, row.key)
    assert {change.kept.key: _told(change.made) for change in found.changes if any(_told(change.made)[:5])} == made(
        currency, on
    )


def _told(made: Made) -> tuple[Any, ...]:
    counts = (made.alone, made.requests, made.offered, made.declined, made.started, made.money.minor)
    return (*counts, *(None if one is None else float(one) for one in (made.payments, made.days, made.first)))


def standing(currency: str, on: date) -> dict[str, tuple[int, int]]:
    """How many plans, and what is left of them, by standing and by risk."""
    many: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for plan in _plans(currency):
        if plan.state in FOLLOWED:
            why = _why(plan, on) if plan.state is PlanState.ACTIVE else []
            named = "broken" if plan.state is PlanState.DEFAULTED else "at_risk" if why else "good"
            for key in (named, *why):
                many[key] += 1
                left[key] += sum(item.left.minor for item in plans.items_left(plan, on))
    return {key: (many[key], left[key]) for key in many}


def _why(plan: Plan, on: date) -> list[str]:
    rows = [row for row in plans.instalments_of(plan) if row.is_living]
    last = max((row.due_on for row in rows), default=on)
    found = []
    if any(row.state is S.MISSED for row in rows):
        found.append("missed")
    if any(row.waits_for_customer for row in rows):
        found.append("waits")
    if any(row.due_on < on and row.state in (S.PLANNED, S.DUE) for row in rows):
        found.append("late")
    if plan.way is Way.TRANSFER:
        return found
    if consents.living(plan.customer_id, plan.source) is None:
        found.append("no_consent")
    card = payments.methods.find(plan.customer_id, plan.method_id or 0)
    if card is None or not card.is_usable(on):
        found.append("no_card")
    elif card.last_day is not None and card.last_day < last:
        found.append("card_ends")
    return found


def expected(currency: str, on: date) -> dict[Any, int]:
    """By ('failed' | 'on_its_way' | 'overdue' | the Monday of the week | 'later') and way."""
    sums: Counter[Any] = Counter()
    for plan in _plans(currency):
        for row in plans.instalments_of(plan):
            if plan.state in FOLLOWED and row.is_living:
                sums[_when(plan, row, on), plan.way.value] += row.left_minor
    return {key: minor for key, minor in sums.items() if minor}


def _when(plan: Plan, row: Instalment, on: date) -> object:
    if plan.state is PlanState.DEFAULTED:
        return "failed"
    if row.state is S.CHARGING:
        return "on_its_way"
    if row.due_on < on:
        return "overdue"
    monday, this = (day - timedelta(days=day.weekday()) for day in (row.due_on, on))
    return monday if monday - this < timedelta(weeks=13) else "later"


def kept(currency: str, on: date) -> dict[tuple[str, object], Counter[str]]:
    """What became of the plans, and of the payments, of each group."""
    found: dict[tuple[str, object], Counter[str]] = {("all", None): Counter()}
    for plan in _plans(currency):
        if plan.began_on is None or plan.began_on > on:
            continue
        business = getattr(customers.find(plan.customer_id), "kind", None) == "business"
        kind = "business" if business else "consumer"
        groups = {"all": None, "version": plan.policy_id, "rule": plan.rule, "customers": kind, "way": plan.way.value}
        for group in groups.items():
            counts = found.setdefault(group, Counter())
            counts["begun"] += 1
            if plan.ended_on is not None and plan.ended_on <= on:
                counts[_end(plan)] += 1
            for row in plans.instalments_of(plan):
                counts[_payment(plan, row, on)] += 1
    return found


def _end(plan: Plan) -> str:
    if plan.state is not PlanState.CANCELLED:
        return "kept" if plan.state is PlanState.COMPLETED else "failed"
    return {"customer": "by_customer", "replaced": "replaced"}.get(plan.end_reason, "by_us")


def _payment(plan: Plan, row: Instalment, on: date) -> str:
    given = plan.way is Way.AUTOMATIC and plan.began_on is not None and row.due_on <= plan.began_on
    if row.due_on > on or given or row.state not in (S.PAID, S.MISSED):
        return "not counted"
    grace = row.missed_on + timedelta(days=plan.grace_days) if row.missed_on else None
    if row.state is S.PAID and row.paid_on is not None and row.paid_on <= (grace or on) and row.paid_on <= on:
        return "in time"
    known = min(on, plan.ended_on) if plan.state is PlanState.CANCELLED and plan.ended_on else on
    return "late" if grace is not None and grace < known else "not counted"


def made(currency: str, on: date) -> dict[int | None, tuple[Any, ...]]:
    """Of each version: how its plans came to be, how many began, their money, length and first payment."""
    by_version: dict[int | None, list[Plan]] = {}
    for plan in _plans(currency):
        if plan.made_on <= on:
            by_version.setdefault(plan.policy_id, []).append(plan)
    return {version: _made(members, on) for version, members in by_version.items()}


def _made(members: list[Plan], on: date) -> tuple[Any, ...]:
    asked = [plan for plan in members if plan.requested_at]
    others = [plan for plan in members if not plan.requested_at]
    theirs = ("customer", "replaced", "declined")
    begun = [plan for plan in members if plan.began_on and plan.began_on <= on]
    signed = {plan.id: plans.versions_of(plan)[-1].lines for plan in begun}
    first = days = 0
    for plan in begun:
        due = [date.fromisoformat(day) for _, day, _, _ in signed[plan.id]]
        days += (max(due) - (plan.began_on or on)).days
        first += sum(line[2] for line, day in zip(signed[plan.id], due, strict=True) if day <= (plan.began_on or on))
    money = sum(plan.balance_minor + plan.fee_minor for plan in begun)
    count = len(begun)
    return (
        sum(plan.signed_at is not None and plan.staff_id is None for plan in others),
        len(asked),
        sum(plan.staff_id is not None for plan in others),
        sum(plan.state == "cancelled" and not plan.offered_until and plan.end_reason not in theirs for plan in asked),
        *(count, money),
        _rounded(sum(len(lines) for lines in signed.values()), count, "0.1"),
        _rounded(days, count, "1"),
        float(Decimal(first) / money) if money else None,
    )


def _rounded(whole: int, count: int, to: str) -> float | None:
    return float((Decimal(whole) / count).quantize(Decimal(to), ROUND_HALF_UP)) if count else None


def _plans(currency: str) -> list[Plan]:
    query = select(Plan).where(Plan.currency == currency, Plan.state != PlanState.DRAFT)
    return list(session.scalars(query.execution_options(populate_existing=True)))
