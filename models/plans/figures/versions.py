"""What a change of the rules did: each version beside the one before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Row, text

from models import company
from models.database import session
from models.money import Money
from models.plans.figures.kept import By, Kept, of
from models.plans.policies import PlanPolicy, versions
from models.plans.proposing import DECLINED, LEFT, REPLACED
from models.policies.plans.keeping import Share, Told, compare

# Length and first payment are those of the schedule that was signed: the plan's first version.
_MADE = text(
    """
with made as (
    select p.*, p.began_on <= :today as started, p.state = 'cancelled' and p.requested_at is not null
           and p.offered_until is null and p.end_reason <> all(:customers) as declined
    from plans p where p.currency = :currency and p.state <> 'draft' and p.made_on <= :today
), agreed as (
    select v.customer_id, v.plan_id, count(*) as payments, max((line ->> 1)::date) as last_on,
           coalesce(sum((line ->> 2)::bigint) filter (where (line ->> 1)::date <= m.began_on), 0) as first_minor
    from made m join plan_versions v on v.customer_id = m.customer_id and v.plan_id = m.id and v.number = 1
    cross join lateral jsonb_array_elements(v.lines) line
    where m.started group by v.customer_id, v.plan_id
)
select m.policy_id,
       count(*) filter (where m.signed_at is not null and m.requested_at is null and m.staff_id is null) as alone,
       count(*) filter (where m.requested_at is not null) as requests,
       count(*) filter (where m.staff_id is not null and m.requested_at is null) as offered,
       count(*) filter (where m.declined) as declined, count(*) filter (where m.started) as started,
       coalesce(sum(m.balance_minor + m.fee_minor) filter (where m.started), 0)::bigint as minor,
       coalesce(sum(a.payments), 0)::bigint as payments, coalesce(sum(a.last_on - m.began_on), 0)::bigint as days,
       coalesce(sum(a.first_minor), 0)::bigint as first_minor
from made m left join agreed a on a.customer_id = m.customer_id and a.plan_id = m.id
group by m.policy_id
"""
)


@dataclass(frozen=True, slots=True)
class Made:
    """
    Plans made under one version: signed by customers `alone`, within the rules; `requests` beyond them, of which
    `declined` by us; `offered` on the telephone. Of those that began, their `money`, how many `payments` each has, how
    many `days` they last and which part of it is paid on the first; as was signed, none where none began.
    """

    alone: int
    requests: int
    offered: int
    declined: int
    started: int
    money: Money
    payments: Decimal | None
    days: int | None
    first: Decimal | None


@dataclass(frozen=True, slots=True)
class Change:
    """
    A version of the rules, or (`number` none) what no rule was for. In force since `live_on`, none: from the
    beginning. `told` compares the share of plans kept with the version before it, none where it is the first.
    """

    number: int | None
    live_on: date | None
    retired_on: date | None
    made: Made
    kept: Kept
    told: Told | None = None

    def days_until(self, on: date) -> int | None:
        """In force so far, its first day included; none where it was so from the beginning."""
        return (min(self.retired_on or on, on) - self.live_on).days + 1 if self.live_on else None


def changes(currency: str, on: date, kept: Sequence[Kept]) -> list[Change]:
    """The newest first; at the end what no rule was for, where there is any."""
    asked = {"currency": currency, "today": on, "customers": [LEFT, REPLACED, DECLINED]}
    found = {row.policy_id: row for row in session.execute(_MADE, asked)}
    shown: list[Change] = []
    for version in sorted((one for one in versions() if one.live_at), key=lambda one: one.number):
        change = _change(version, found.get(version.id), kept, currency)
        if shown:
            change = replace(change, told=compare(shown[-1].kept.plans, change.kept.plans))
        shown.append(change)
    nobodys = [_change(None, found[None], kept, currency)] if None in found else []
    return [*reversed(shown), *nobodys]


def _change(version: PlanPolicy | None, row: Row[Any] | None, kept: Sequence[Kept], currency: str) -> Change:
    key = version.id if version else None
    of_it = of(kept, By.VERSION, key) or Kept(By.VERSION, key, *(0,) * 6, Share(0, 0))
    if version is None:
        return Change(None, None, None, _made(row, currency), of_it)
    live_on, retired_on = _day(version.live_at), _day(version.retired_at)
    at_first = version.live_at is None or version.live_at < version.written_at
    return Change(version.number, None if at_first else live_on, retired_on, _made(row, currency), of_it)


def _made(row: Row[Any] | None, currency: str) -> Made:
    if row is None:
        return Made(0, 0, 0, 0, 0, Money(0, currency), None, None, None)
    counts = (row.alone, row.requests, row.offered, row.declined, row.started, Money(row.minor, currency))
    if not row.started or not row.minor:
        return Made(*counts, None, None, None)
    started = Decimal(row.started)
    payments = (row.payments / started).quantize(Decimal("0.1"), ROUND_HALF_UP)
    days = int((row.days / started).quantize(Decimal(1), ROUND_HALF_UP))
    return Made(*counts, payments, days, Decimal(row.first_minor) / Decimal(row.minor))


def _day(moment: datetime | None) -> date | None:
    return company.get().today(moment) if moment else None
