"""New invoices of whoever pays automatically: each is announced by mail, and planned for its day."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from sqlalchemy import text

from models import audit, company, holds
from models.autopay import telling
from models.autopay.records import Autopay, AutopayCharge, AutopayState, ChargeState
from models.autopay.sums import free
from models.customers import lock_account
from models.database import session
from models.holds import HoldKind
from models.money import Money
from models.policies import autopay as policy
from models.policies.autopay import Announced, LeftOut, Why
from models.transactions import each, transaction

# Invoices that came after autopay was switched on and that nothing was said of yet. What was announced and then
# disputed, paused or put into a plan may be announced again once it is free; what ended otherwise may not.
_NEW = """
select e.customer_id, p.id as autopay_id, e.id as entry_id, e.due_on
from autopays p
join entries e on e.customer_id = p.customer_id and e.currency = p.currency and e.id > p.entered_up_to
where p.state = 'on' and e.kind = 'invoice' and e.invoice_id is not null and e.open_minor > 0
  and e.due_on <= :today + cast(greatest(p.notice_days, :told_before) as int)
  and not exists (select from autopay_charges c
                  where c.customer_id = e.customer_id and c.entry_id = e.id
                    and not (c.state = 'cancelled' and c.ended_why = 'held'))
"""
_AUTOPAYS = text(f"select distinct customer_id, autopay_id from ({_NEW}) found order by 1, 2")
_INVOICES = text(f"{_NEW} and p.customer_id = :customer and p.id = :autopay order by e.due_on, e.id")


def announce(as_of: date, *, now: datetime) -> int:
    """
    Tell of every invoice whose time has come, once, however often and however late this runs: a late mail moves the
    day of the charge, never the days of notice, which no day in the past can shorten. Returns at how many accounts was
    looked.
    """
    as_of = max(as_of, company.get().today(now))
    keys = [tuple(row) for row in session.execute(_AUTOPAYS, {"today": as_of, "told_before": policy.TOLD_BEFORE})]
    session.rollback()
    each(keys, partial(_announce, as_of=as_of, now=now))
    return len(keys)


def _announce(customer_id: int, autopay_id: int, *, as_of: date, now: datetime) -> None:
    with transaction():
        autopay = session.get_one(Autopay, (customer_id, autopay_id), populate_existing=True)
        lock_account(customer_id, autopay.currency)
        session.refresh(autopay, with_for_update=True)
        if autopay.state is not AutopayState.ON or not telling.hears(autopay):
            return  # What nobody is told of is not charged.
        left = free(customer_id, autopay.currency, as_of)
        for entry_id, due_on in _invoices(autopay, as_of):
            found = policy.announce(
                left.get(entry_id, Money(0, autopay.currency)),
                due_on,
                limit=autopay.limit,
                notice_days=autopay.notice_days,
                today=as_of,
            )
            if isinstance(found, Announced):
                _plan(autopay, entry_id, found, on=as_of, now=now)
            elif isinstance(found, LeftOut):
                _leave_out(autopay, entry_id, left[entry_id], found.why, now=now)


def _invoices(autopay: Autopay, as_of: date) -> Sequence[tuple[int, date]]:
    asked = {"today": as_of, "told_before": policy.TOLD_BEFORE}
    rows = session.execute(_INVOICES, asked | {"customer": autopay.customer_id, "autopay": autopay.id})
    return [(row.entry_id, row.due_on) for row in rows]


def _plan(autopay: Autopay, entry_id: int, found: Announced, *, on: date, now: datetime) -> None:
    """Its hold keeps everybody else from asking for it until the charge has ended."""
    charge = _charge(autopay, entry_id, found.amount, ChargeState.PLANNED, now=now)
    charge.charge_on = charge.next_try_on = found.charge_on
    session.add(charge)
    session.flush()
    holds.add(
        autopay.customer_id,
        HoldKind.AUTOPAY,
        source=charge.source,
        currency=charge.currency,
        on=on,
        now=now,
        entry_id=entry_id,
        amount=charge.amount,
    )
    facts = {"entry": entry_id, "amount": charge.amount, "on": found.charge_on}
    audit.record(autopay.customer_id, "autopay.announced", by=audit.JOB, now=now, about=charge.source, facts=facts)
    telling.tell(autopay, "notice", charge, now=now)


def _leave_out(autopay: Autopay, entry_id: int, amount: Money, why: Why, *, now: datetime) -> None:
    charge = _charge(autopay, entry_id, amount, ChargeState.LEFT_OUT, now=now)
    charge.ended_at, charge.ended_why = now, why
    session.add(charge)
    session.flush()
    facts = {"entry": entry_id, "amount": amount, "why": why}
    audit.record(autopay.customer_id, "autopay.left_out", by=audit.JOB, now=now, about=charge.source, facts=facts)
    telling.tell(autopay, "left_out", charge, now=now, why=why.value)


def _charge(autopay: Autopay, entry_id: int, amount: Money, state: ChargeState, *, now: datetime) -> AutopayCharge:
    return AutopayCharge(
        **{"customer_id": autopay.customer_id, "autopay_id": autopay.id, "entry_id": entry_id},
        **{"currency": autopay.currency, "amount_minor": amount.minor, "state": state, "told_at": now},
    )
