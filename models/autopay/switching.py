"""Autopay is switched on, or agreed anew with another card, limit or notice: only by what somebody has read."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from models import audit
from models.audit import Actor
from models.autopay import telling
from models.autopay.records import Autopay, AutopayState, living
from models.customers import lock_account, lock_all
from models.database import session
from models.errors import N_
from models.gateways.stripe_methods import MethodKind
from models.ledger import Entry
from models.money import Money
from models.payments import MethodNotUsable, consents, methods
from models.policies import autopay as policy

DEBITED = "EUR"  # The one currency of SEPA.


@dataclass(frozen=True, slots=True)
class Terms:
    """What is charged, up to how much for one invoice, and how many days after its mail at the earliest."""

    method_id: int
    limit: Money
    notice_days: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was read and agreed to, word for word, and from where."""

    text: str
    language: str
    ip: str
    browser: str


def check(customer_id: int, terms: Terms, *, on: date) -> None:
    """
    :raises MethodNotUsable: not this customer's, removed, run out, or not for this currency.
    :raises models.policies.autopay.NotWithinBounds, models.policies.payment_limits.AmountOutsideLimits: see there.
    """
    policy.check(terms.limit, terms.notice_days)
    method = methods.usable(customer_id, terms.method_id, on)
    if method.kind is MethodKind.SEPA_DEBIT and terms.limit.currency != DEBITED:
        raise MethodNotUsable(N_("From this bank account only euros can be taken. Please choose a card."))


def turn_on(
    customer_id: int, contact_id: int, terms: Terms, agreed: Agreed, *, by: Actor, on: date, now: datetime
) -> Autopay:
    """
    For invoices entered from now on; where it is on already, it goes on as is agreed now.

    :raises models.errors.Refused: as `check`.
    """
    lock_all(customer_id)
    lock_account(customer_id, terms.limit.currency)
    check(customer_id, terms, on=on)
    autopay = living(customer_id, terms.limit.currency)
    changed = autopay is not None
    if autopay is None:
        autopay = _new(customer_id, contact_id, terms, now=now)
    autopay.contact_id, autopay.method_id = contact_id, terms.method_id
    autopay.limit_minor, autopay.notice_days = terms.limit.minor, terms.notice_days
    session.flush()
    consent = consents.give(
        customer_id,
        autopay.source,
        contact_id=contact_id,
        text=agreed.text,
        language=agreed.language,
        ip=agreed.ip,
        browser=agreed.browser,
        by=by,
        now=now,
        method_id=terms.method_id,
    )
    facts = {"limit": terms.limit, "days": terms.notice_days, "method": terms.method_id, "consent": consent.id}
    action = "autopay.changed" if changed else "autopay.on"
    audit.record(customer_id, action, by=by, now=now, about=autopay.source, facts=facts)
    telling.tell(autopay, "on", now=now, text=agreed.text)
    return autopay


def _new(customer_id: int, contact_id: int, terms: Terms, *, now: datetime) -> Autopay:
    newest = session.scalar(select(func.max(Entry.id)).where(Entry.customer_id == customer_id)) or 0
    autopay = Autopay(
        **{"customer_id": customer_id, "currency": terms.limit.currency, "contact_id": contact_id},
        **{"method_id": terms.method_id, "limit_minor": terms.limit.minor, "notice_days": terms.notice_days},
        **{"entered_up_to": newest, "state": AutopayState.ON, "on_at": now},
    )
    session.add(autopay)
    session.flush()
    return autopay
