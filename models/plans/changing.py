"""A living plan becomes another one: a day moved, the rest slower or faster, another card, no more charges."""

from collections.abc import Sequence
from datetime import date, datetime

from models import audit
from models.audit import Actor
from models.customers import lock_account
from models.database import session
from models.errors import N_, Refused
from models.money import Money, total
from models.plans.declining import stop_charging
from models.plans.following import add_instalment, keep_version
from models.plans.records import (
    LATE,
    Because,
    Instalment,
    InstalmentState,
    Plan,
    PlanState,
    Way,
    find_instalment,
    instalments_of,
)

MOVABLE = (InstalmentState.PLANNED, InstalmentState.DUE)


class CannotChange(Refused):
    pass


def can_move(plan: Plan, instalment: Instalment) -> bool:
    return plan.state is PlanState.ACTIVE and plan.moves_left > 0 and instalment.state in MOVABLE


def last_day_to_move_to(plan: Plan, instalment: Instalment) -> date | None:
    """The day before the next instalment; none where it is the last one."""
    later = [row.due_on for row in instalments_of(plan) if row.is_living and row.due_on > instalment.due_on]
    return min(later, default=None)


def move(plan: Plan, instalment_id: int, to: date, *, by: Actor, on: date, now: datetime) -> None:
    """
    Another day for one instalment, as often as was agreed.

    :raises CannotChange: no move is left, a payment of it is on its way, or the day does not lie between today and
        the instalment after it.
    """
    _locked(plan)
    instalment = find_instalment(plan.customer_id, instalment_id)
    if instalment is None or instalment.plan_id != plan.id or not can_move(plan, instalment):
        raise CannotChange(N_("This date cannot be moved. Please talk to us: we will find a way."))
    last = last_day_to_move_to(plan, instalment)
    if to <= on or (last is not None and to >= last):
        raise (
            CannotChange(N_("Choose a day after %(first)s and before %(last)s."), first=on, last=last or date.max)
            if last
            else CannotChange(N_("Choose a day after %(first)s."), first=on)
        )
    facts = {"instalment": instalment.number, "before": instalment.due_on, "after": to}
    if instalment.state is not InstalmentState.PLANNED:
        instalment.move_to(InstalmentState.PLANNED)
    instalment.due_on, instalment.notified_at, instalment.next_try_on = to, None, None
    instalment.waits_for_customer = False
    plan.moves_left -= 1
    session.flush()
    keep_version(plan, Because.MOVED, on=on, now=now)
    audit.record(plan.customer_id, "plan.moved", by=by, now=now, about=plan.source, facts=facts)


def reschedule(
    plan: Plan, lines: Sequence[tuple[date, Money]], *, by: Actor, on: date, now: datetime, reason: str = ""
) -> None:
    """
    Other days and amounts for what is not paid and not being charged: slower or faster, within what may be offered,
    which the caller has judged.

    :raises CannotChange: the lines do not come to what is left, or days have passed: it changed meanwhile.
    """
    _locked(plan)
    rows = instalments_of(plan)
    free = [row for row in rows if row.is_living and row.state is not InstalmentState.CHARGING]
    left = total((row.left for row in free), plan.currency)
    days = [day for day, _ in lines]
    if total((amount for _, amount in lines), plan.currency) != left or not lines:
        raise CannotChange(N_("What is open has changed meanwhile. Please look at the new figures before you go on."))
    if days != sorted(set(days)) or days[0] < on or any(amount.minor <= 0 for _, amount in lines):
        raise CannotChange(N_("Each payment needs a day of its own, later than the one before."))
    for row in free:
        _set_aside(row, on=on)
    session.flush()
    for due_on, amount in lines:
        add_instalment(plan, amount.minor, due_on=due_on)
    keep_version(plan, Because.CHANGED, on=on, now=now)
    facts = {"left": left, "instalments": len(lines), "ends_on": days[-1]}
    words = {"reason": reason} if reason else None
    audit.record(plan.customer_id, "plan.rescheduled", by=by, now=now, about=plan.source, facts=facts, words=words)


def _set_aside(row: Instalment, *, on: date) -> None:
    """What of it has come stays with it; the rest is in the new schedule."""
    if row.covered_minor:
        row.amount_minor = row.covered_minor
        row.move_to(InstalmentState.PAID)
        row.paid_on = on
    else:
        row.move_to(InstalmentState.WAIVED)
    row.next_try_on, row.waits_for_customer = None, False


def charge_another(plan: Plan, method_id: int, consent_id: int, *, by: Actor, on: date, now: datetime) -> None:
    """Another card or account is charged from now on; what waited for one is tried again today, missed or not."""
    _locked(plan)
    plan.way, plan.method_id, plan.consent_id = Way.AUTOMATIC, method_id, consent_id
    for row in instalments_of(plan):
        if row.state in LATE:
            row.next_try_on, row.tries, row.waits_for_customer = on, 0, False
    session.flush()
    audit.record(plan.customer_id, "plan.method", by=by, now=now, about=plan.source, facts={"method": method_id})


def pay_by_transfer(plan: Plan, *, by: Actor, now: datetime) -> None:
    """Nothing is charged any more: each instalment is paid by bank transfer on the same days."""
    _locked(plan)
    stop_charging(plan, by=by, now=now)


def _locked(plan: Plan) -> None:
    lock_account(plan.customer_id, plan.currency)
    session.refresh(plan, with_for_update=True)
    if plan.state is not PlanState.ACTIVE:
        raise CannotChange(N_("This plan has ended. What is open can be paid at any time."))
