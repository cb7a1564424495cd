"""The only writer of what came of a charge: it reads the ledger, the holds, the consent and the attempt."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from sqlalchemy import select, text

from models import audit, company
from models.autopay import telling
from models.autopay.ending import end_charge, turn_off
from models.autopay.records import (
    AS_IT_IS,
    Autopay,
    AutopayCharge,
    AutopayState,
    ChargeState,
    find,
    living_charges,
)
from models.autopay.sums import free
from models.customers import lock_all
from models.database import session
from models.payments import FINAL, Attempt, AttemptState, consents, methods
from models.policies import autopay as policy
from models.policies.autopay import Why
from models.policies.plans import retrying
from models.transactions import each, transaction


def review(customer_id: int, *, now: datetime) -> None:
    """
    Follow what happened to what is charged, to the card or account and to the permission. May run any number of
    times. The transaction is the caller's.
    """
    mine = (Autopay.customer_id == customer_id, Autopay.state == AutopayState.ON)
    on = company.get().today(now)
    switched_on = session.scalars(select(Autopay).where(*mine).order_by(Autopay.id), execution_options=AS_IT_IS).all()
    charges = living_charges(customer_id)
    if not switched_on and not charges:
        return
    lock_all(customer_id)
    for autopay in switched_on:
        _follow_permission(autopay, on=on, now=now)
    for charge in living_charges(customer_id):
        follow(charge, on=on, now=now)


def _follow_permission(autopay: Autopay, *, on: date, now: datetime) -> None:
    method = methods.find(autopay.customer_id, autopay.method_id)
    if consents.living(autopay.customer_id, autopay.source) is None:
        turn_off(autopay, why=Why.OFF, by=audit.JOB, now=now)
    elif method is None or not method.is_usable(on):
        turn_off(autopay, why=Why.METHOD, by=audit.JOB, now=now)


def follow(charge: AutopayCharge, *, on: date, now: datetime) -> None:
    """The account's lock is the caller's."""
    autopay = find(charge.customer_id, charge.autopay_id)
    if autopay is None:
        return
    if charge.state is ChargeState.CHARGING:
        _follow_attempt(autopay, charge, on=on, now=now)
    if charge.state is not ChargeState.PLANNED:
        return
    left = free(charge.customer_id, charge.currency, on, whoever_pays=True).get(charge.entry_id)
    if not left:
        end_charge(charge, ChargeState.CANCELLED, Why.PAID if left is None else Why.HELD, now=now)
    elif charge.waits_until is not None and charge.waits_until < on:
        fail(autopay, charge, Why.NOT_CONFIRMED, now=now)


def fail(autopay: Autopay, charge: AutopayCharge, why: Why, *, now: datetime) -> None:
    """For good: whoever was told of the charge hears that it does not come."""
    end_charge(charge, ChargeState.FAILED, why, now=now)
    telling.tell(autopay, "failed", charge, now=now, why=why.value)


def _follow_attempt(autopay: Autopay, charge: AutopayCharge, *, on: date, now: datetime) -> None:
    attempt = session.get(Attempt, (charge.customer_id, charge.attempt_id), populate_existing=True)
    if attempt is None or attempt.state not in FINAL:
        return
    if attempt.state is AttemptState.SUCCEEDED:
        end_charge(charge, ChargeState.PAID, Why.PAID, now=now)
    elif autopay.state is AutopayState.OFF:
        end_charge(charge, ChargeState.CANCELLED, Why.OFF, now=now)
    elif attempt.decline_code in retrying.NEVER_ASKED:
        charge.move_to(ChargeState.PLANNED)
        charge.tries, charge.next_try_on = charge.tries - 1, on
    else:
        _declined(autopay, charge, attempt, on=on, now=now)
    session.flush()


def _declined(autopay: Autopay, charge: AutopayCharge, attempt: Attempt, *, on: date, now: datetime) -> None:
    charge.decline_code = attempt.decline_code
    method = methods.find(charge.customer_id, attempt.method_id or 0)
    kind = method.kind.value if method else "card"
    verdict = retrying.after(
        attempt.decline_code, kind, charge.tries, policy.RETRIES, failed_on=on, country=company.get().country
    )
    facts = {"amount": attempt.amount, "code": attempt.decline_code}
    audit.record(charge.customer_id, "autopay.charge_failed", by=audit.JOB, now=now, about=charge.source, facts=facts)
    if isinstance(verdict, retrying.Never):
        fail(autopay, charge, Why.DECLINED, now=now)
        return
    charge.move_to(ChargeState.PLANNED)
    if isinstance(verdict, retrying.Again):
        charge.next_try_on = verdict.on
        telling.tell(autopay, "declined", charge, now=now, amount=attempt.amount)
    else:
        charge.waits_until = on + policy.CONFIRM_WITHIN
        telling.tell(autopay, "confirm", charge, now=now, amount=attempt.amount)


# Whatever may have ended a charge or a permission without anybody telling; what it is `review` finds out.
_UNSETTLED = text(
    """
select c.customer_id from autopay_charges c
join entries e on e.customer_id = c.customer_id and e.id = c.entry_id
left join attempts a on a.customer_id = c.customer_id and a.id = c.attempt_id
where c.state = 'planned' and (
          e.open_minor = 0 or c.waits_until < :today
          or exists (select from holds h
                     where h.customer_id = c.customer_id and h.ended_at is null and h.kind <> all(:no_objection)
                       and h.from_on <= :today and (h.until_on is null or h.until_on > :today)
                       and (h.entry_id = c.entry_id
                            or h.entry_id is null and coalesce(h.currency, c.currency) = c.currency)))
   or c.state = 'charging' and a.state in ('succeeded', 'failed', 'canceled', 'expired')
union
select p.customer_id from autopays p
join saved_methods m on m.customer_id = p.customer_id and m.id = p.method_id
where p.state = 'on' and (
          m.state <> 'active' or m.exp_year * 12 + m.exp_month < :month
          or not exists (select from consents k where k.customer_id = p.customer_id
                         and k.about = 'autopay:' || p.id and k.withdrawn_at is null))
order by 1
"""
)


def settle(*, now: datetime) -> int:
    """`review` for everybody whose autopay does not say what happened. Returns how many there were."""
    today = company.get().today(now)
    customers = _unsettled(today)
    session.rollback()
    each(((customer_id,) for customer_id in customers), partial(_review, now=now))
    return len(customers)


def _unsettled(today: date) -> Sequence[int]:
    asked = {"today": today, "month": today.year * 12 + today.month, "no_objection": sorted(policy.NO_OBJECTION)}
    return session.scalars(_UNSETTLED, asked).all()


def _review(customer_id: int, *, now: datetime) -> None:
    with transaction():
        review(customer_id, now=now)
