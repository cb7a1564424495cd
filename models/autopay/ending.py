"""What ends: a planned charge with its hold, autopay itself, and the card or account that it is charged to."""

from datetime import datetime

from models import audit, company, holds
from models.audit import Actor
from models.autopay import telling
from models.autopay.records import (
    Autopay,
    AutopayCharge,
    AutopayState,
    ChargeState,
    living_charges,
    of_customers,
)
from models.customers import lock_all
from models.database import session
from models.payments import SavedMethod, consents, methods
from models.policies.autopay import Why


def end_charge(charge: AutopayCharge, state: ChargeState, why: Why | None, *, now: datetime) -> None:
    """From now on its invoice is asked for as any other, where anything of it is open."""
    charge.move_to(state)
    charge.next_try_on, charge.waits_until = None, None
    charge.ended_at, charge.ended_why = now, why
    holds.end(charge.customer_id, charge.source, on=company.get().today(now), now=now)
    if why not in (None, Why.PAID):
        facts = {"entry": charge.entry_id, "amount": charge.amount, "why": why}
        audit.record(
            charge.customer_id, f"autopay.{state.value}", by=audit.JOB, now=now, about=charge.source, facts=facts
        )


def turn_off(autopay: Autopay, *, why: Why = Why.OFF, by: Actor, now: datetime) -> None:
    """
    At once: nothing that was announced is charged, and the permission is taken back. What is on its way arrives.
    Twice is once.
    """
    lock_all(autopay.customer_id)
    session.refresh(autopay, with_for_update=True)
    if autopay.state is AutopayState.OFF:
        return
    autopay.move_to(AutopayState.OFF)
    autopay.off_at, autopay.off_why = now, why
    for charge in living_charges(autopay.customer_id):
        if charge.autopay_id == autopay.id and charge.state is ChargeState.PLANNED:
            end_charge(charge, ChargeState.CANCELLED, Why.OFF, now=now)
    consent = consents.living(autopay.customer_id, autopay.source)
    if consent is not None:
        consents.withdraw(consent, by=by, now=now)
    session.flush()
    audit.record(autopay.customer_id, "autopay.off", by=by, now=now, about=autopay.source, facts={"why": why})
    telling.tell(autopay, "off", now=now)


def remove_method(method: SavedMethod, *, by: Actor, now: datetime) -> None:
    """A card or account is charged for nothing any more: autopay by it is off, a plan by it asks for another one."""
    for autopay in of_customers([method.customer_id]):
        if autopay.method_id == method.id:
            turn_off(autopay, why=Why.METHOD, by=by, now=now)
    methods.remove(method, by=by, now=now)
