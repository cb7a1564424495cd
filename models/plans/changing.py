"""A living plan becomes another one: a day moved, the rest slower or faster, another card, no more charges."""

from collections.abc import Sequence
from datetime import date, datetime

from models import audit, payments
from models.audit import Actor
from models.customers import lock_account, lock_all
from models.database import session
from models.errors import N_, Refused
from models.money import Money, total
from models.plans import telling
from models.plans.declining import stop_charging
from models.plans.following import add_instalment, day_after, keep_version
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
from models.plans.starting import saved_by
from models.policies.plans.schedule import evenly

MOVABLE = (InstalmentState.PLANNED, InstalmentState.DUE)


IN_FORCE = N_("This plan is signed already. You can end it on its page.")
HAS_ENDED = N_("This plan has ended. What is open can be paid at any time.")
NOT_MOVABLE = N_("This date cannot be moved. Please talk to us: we will find a way.")
NOTHING_TO_PAY = N_("There is nothing to pay on this item now.")


class CannotChange(Refused):
    pass


def can_move(plan: Plan, instalment: Instalment) -> bool:
    return plan.state is PlanState.ACTIVE and plan.moves_left > 0 and instalment.state in MOVABLE


def can_move_beyond(plan: Plan, instalment: Instalment) -> bool:
    """What staff may move: also what was missed, and more often than was agreed."""
    return plan.state is PlanState.ACTIVE and instalment.state in (*MOVABLE, InstalmentState.MISSED)


def last_day_to_move_to(plan: Plan, instalment: Instalment, on: date = date.min) -> date | None:
    """The day of the next instalment (of those after `on`), before which it stays; none where it is the last one."""
    past = max(instalment.due_on, on)
    later = [row.due_on for row in instalments_of(plan) if row.is_living and row.due_on > past]
    return min(later, default=None)


def moves_before(plan: Plan, instalment: Instalment, on: date) -> date:
    """Before which day its customer may move it to: that of the next one, or of one that would follow the last one."""
    next_one = last_day_to_move_to(plan, instalment, on)
    return next_one or day_after(plan, max(instalment.due_on, on), 1)


def move(plan: Plan, instalment_id: int, to: date, *, by: Actor, on: date, now: datetime) -> None:
    """
    Another day for one instalment, as often as was agreed.

    :raises CannotChange: no move is left, a payment of it is on its way, or the day does not lie between today and
        the instalment after it.
    """
    _locked(plan)
    instalment = find_instalment(plan.customer_id, instalment_id)
    if instalment is None or instalment.plan_id != plan.id or not can_move(plan, instalment):
        raise CannotChange(NOT_MOVABLE)
    plan.moves_left -= 1
    _move(plan, instalment, to, moves_before(plan, instalment, on), by=by, on=on, now=now)


def move_beyond(plan: Plan, instalment_id: int, to: date, *, reason: str, by: Actor, on: date, now: datetime) -> None:
    """
    By staff, with a reason, beside what was agreed; a missed one is to come again.

    :raises CannotChange: as `move`.
    """
    _locked(plan)
    instalment = find_instalment(plan.customer_id, instalment_id)
    if instalment is None or instalment.plan_id != plan.id or not can_move_beyond(plan, instalment):
        raise CannotChange(NOT_MOVABLE)
    last = last_day_to_move_to(plan, instalment, on)
    _move(plan, instalment, to, last, by=by, on=on, now=now, reason=reason)


def _move(
    plan: Plan,
    instalment: Instalment,
    to: date,
    last: date | None,
    *,
    by: Actor,
    on: date,
    now: datetime,
    reason: str = "",
) -> None:
    if to <= on or (last is not None and to >= last):
        raise (
            CannotChange(N_("Choose a day after %(first)s and before %(last)s."), first=on, last=last or date.max)
            if last
            else CannotChange(N_("Choose a day after %(first)s."), first=on)
        )
    facts = {"instalment": instalment.number, "before": instalment.due_on, "after": to}
    if instalment.state is not InstalmentState.PLANNED:
        instalment.move_to(InstalmentState.PLANNED)
    instalment.due_on, instalment.next_try_on = to, None
    instalment.agree_now(on, now, by=by)
    instalment.waits_for_customer, instalment.missed_on, instalment.grace_until = False, None, None
    session.flush()
    keep_version(plan, Because.MOVED, on=on, now=now)
    words = {"reason": reason} if reason else None
    audit.record(plan.customer_id, "plan.moved", by=by, now=now, about=plan.source, facts=facts, words=words)
    telling.tell(plan, "rearranged", now=now)


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
        add_instalment(plan, amount.minor, due_on=due_on).agree_now(on, now, by=by)
    keep_version(plan, Because.CHANGED, on=on, now=now)
    facts = {"left": left, "instalments": len(lines), "ends_on": days[-1]}
    words = {"reason": reason} if reason else None
    audit.record(plan.customer_id, "plan.rescheduled", by=by, now=now, about=plan.source, facts=facts, words=words)
    telling.tell(plan, "rearranged", now=now)


def _set_aside(row: Instalment, *, on: date) -> None:
    """What of it has come stays with it; the rest is in the new schedule."""
    if row.covered_minor:
        row.amount_minor = row.covered_minor
        row.move_to(InstalmentState.PAID)
        row.paid_on = on
    else:
        row.move_to(InstalmentState.WAIVED)
    row.next_try_on, row.waits_for_customer = None, False


def can_spread(plan: Plan, instalment: Instalment) -> bool:
    return can_move(plan, instalment) and bool(_others(plan, instalment))


def spread(plan: Plan, instalment_id: int, *, by: Actor, on: date, now: datetime) -> None:
    """
    One instalment is not paid on its day: the others after it become larger by it. It counts as a day that was moved.

    :raises CannotChange: no move is left, a payment of it is on its way, or there is no other one.
    """
    _locked(plan)
    instalment = find_instalment(plan.customer_id, instalment_id)
    if instalment is None or instalment.plan_id != plan.id or not can_spread(plan, instalment):
        raise CannotChange(N_("This payment cannot be spread over others. Please talk to us: we will find a way."))
    larger = spread_over(plan, instalment)
    facts = {"instalment": instalment.number, "amount": instalment.left, "others": len(larger)}
    _set_aside(instalment, on=on)
    for row, more in larger:
        row.amount_minor += more.minor
        row.notified_at = None
    plan.moves_left -= 1
    session.flush()
    keep_version(plan, Because.CHANGED, on=on, now=now)
    audit.record(plan.customer_id, "plan.spread", by=by, now=now, about=plan.source, facts=facts)
    telling.tell(plan, "rearranged", now=now)


def spread_over(plan: Plan, instalment: Instalment) -> list[tuple[Instalment, Money]]:
    """The ones after it with how much larger each becomes; the last takes what does not divide."""
    others = _others(plan, instalment)
    share = evenly(instalment.left_minor, len(others) or 1, plan.currency)
    rest = instalment.left_minor - share * len(others)
    return [(row, plan.money(share + (rest if row is others[-1] else 0))) for row in others]


def _others(plan: Plan, instalment: Instalment) -> list[Instalment]:
    """The ones to come after it."""
    rows = instalments_of(plan)
    return [row for row in rows if row.state is InstalmentState.PLANNED and row.due_on > instalment.due_on]


def charge_another(plan: Plan, method_id: int, consent_id: int, *, by: Actor, on: date, now: datetime) -> None:
    """
    Another card or account is charged from now on; what waited for one is tried again today, missed or not. What is
    announced for a day keeps it.
    """
    _locked(plan)
    plan.way, plan.method_id, plan.consent_id = Way.AUTOMATIC, method_id, consent_id
    for row in instalments_of(plan):
        if row.state in LATE and (row.tries or row.next_try_on is None):
            row.next_try_on, row.tries, row.waits_for_customer = on, 0, False
    session.flush()
    audit.record(plan.customer_id, "plan.method", by=by, now=now, about=plan.source, facts={"method": method_id})


def take_new_method(plan: Plan, *, on: date, now: datetime) -> None:
    """
    What the customer gave last for this plan is charged from now on, while they agree to charges. Who paid by transfer
    and agrees again gives a card again as well.
    """
    consent = payments.consents.living(plan.customer_id, plan.source)
    if plan.state is not PlanState.ACTIVE or consent is None:
        return
    method_id = saved_by(plan, since=None if plan.is_automatic else consent.given_at)
    if method_id is not None and (method_id, consent.id, True) != (plan.method_id, plan.consent_id, plan.is_automatic):
        charge_another(plan, method_id, consent.id, by=audit.JOB, on=on, now=now)


def pay_by_transfer(plan: Plan, *, by: Actor, now: datetime) -> None:
    """The consent is taken back, nothing is charged any more: each instalment is paid by transfer on the same days."""
    lock_all(plan.customer_id)
    _locked(plan)
    consent = payments.consents.living(plan.customer_id, plan.source)
    if consent is not None:
        payments.consents.withdraw(consent, by=by, now=now)
        telling.tell(plan, "consent_ended", now=now)
    stop_charging(plan, by=by, now=now)


def _locked(plan: Plan) -> None:
    lock_account(plan.customer_id, plan.currency)
    session.refresh(plan, with_for_update=True)
    if plan.state is not PlanState.ACTIVE:
        raise CannotChange(HAS_ENDED)
