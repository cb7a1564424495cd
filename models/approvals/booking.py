"""Carrying a decision out: one ledger operation, audited."""

from datetime import datetime

from models import audit, credit_notes, disputes, ledger, payments, plans
from models.approvals.decisions import CaseDecision, Decision, GoodsBack, PlanOffer, Refund, kind_of
from models.credit_notes import CreditNote
from models.customers import lock_account
from models.ledger import Entry
from models.staff import Principal


def dedupe_key(decision: Decision) -> str:
    """A credit note is known by its number, as one that was imported; the others by the form that asked."""
    return decision.dedupe_key if isinstance(decision, CreditNote) else f"{kind_of(decision)}:{decision.key}"


def carry_out(decision: Decision, *, by: Principal, now: datetime) -> Entry | payments.Refund | None:
    """
    Book it. What came through Stripe goes back through Stripe, and is booked when Stripe has taken it. None: a case was
    answered, and nothing credited; or a plan was offered.
    """
    lock_account(decision.customer_id, decision.amount.currency)
    if isinstance(decision, CaseDecision):
        return disputes.carry_out(decision.customer_id, decision.decision_id, by=by, on=decision.effective_on, now=now)
    if isinstance(decision, GoodsBack):
        on_day, said = decision.effective_on, decision.condition
        return disputes.receive(decision.customer_id, decision.return_id, said, by=by, on=on_day, now=now)
    if isinstance(decision, PlanOffer):
        _put_forward(decision, by=by, now=now)
        return None
    if isinstance(decision, CreditNote):
        entry = credit_notes.book(decision, now=now)
    else:
        on = ledger.entry_of(decision.customer_id, decision.entry_id)
        if isinstance(decision, Refund) and payments.payment_of(on):
            reason, key = decision.reason.strip(), decision.key
            return payments.request_refund(on, decision.amount, reason=reason, key=key, by=by.actor, now=now)
        operation = ledger.refund if isinstance(decision, Refund) else ledger.write_off
        entry = operation(
            on,
            decision.amount,
            effective_on=decision.effective_on,
            dedupe_key=dedupe_key(decision),
            reason=decision.reason.strip(),
            now=now,
        )
    audit.record(
        decision.customer_id,
        f"{kind_of(decision)}.booked",
        by=by.actor,
        now=now,
        about=f"entries:{entry.id}",
        facts={"amount": decision.amount, "effective_on": entry.effective_on},
        words={"reason": decision.reason.strip()},
    )
    return entry


def _put_forward(offer: PlanOffer, *, by: Principal, now: datetime) -> None:
    plans.put_forward(
        offer.customer_id,
        offer.contact_id,
        offer.plan_id,
        offer.proposal,
        key=offer.key,
        staff_id=offer.offered_by,
        by=by.actor,
        on=offer.effective_on,
        now=now,
    )
