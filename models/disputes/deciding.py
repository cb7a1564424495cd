"""Deciding a case: one transaction makes the credit note, frees what was held, and writes to the customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from models import audit, causes, credit_notes, customers, holds
from models.credit_notes import CreditLine, CreditNote
from models.customers import contact_of
from models.database import session
from models.disputes.decisions import Decision, DecisionLine, DecisionState, Outcome, decision_lines_of, decisions_of
from models.disputes.opening import hold, limits, lock, tell
from models.disputes.reasons import Remedy
from models.disputes.records import Dispute, DisputeLine, DisputeState, lines_of
from models.errors import N_, Refused
from models.invoices import InvoiceLine
from models.ledger import Entry, entry_of
from models.money import Money, total
from models.policies import splitting
from models.staff import Principal


class CannotDecide(Refused):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What somebody wants to decide. `credits` by the position of the case's line, tax included."""

    outcome: Outcome
    text: str
    credits: Mapping[int, Money] = field(default_factory=dict)
    remedy: Remedy | None = None
    remedy_on: date | None = None
    cause_id: int | None = None
    other_cause: str = ""
    resume_on: date | None = None


def propose(dispute: Dispute, verdict: Verdict, *, by: Principal, on: date, now: datetime) -> Decision:
    """
    Write down what is to be decided. It counts once `approvals.submit` has carried it out, alone or with a second
    person.

    :raises CannotDecide: outcome and credits do not fit, a reason or the root cause is missing, or, after the customer
        disagreed, it is one's own decision that they disagree with.
    :raises models.states.IllegalTransition: it has been decided, or withdrawn.
    """
    lock(dispute)
    _check_person(dispute, by)
    lines = {line.position: line for line in lines_of(dispute)}
    credits = {position: amount for position, amount in verdict.credits.items() if amount}
    _check(dispute, verdict, lines, credits)
    if not dispute.is_undecided:
        dispute.move_to(DisputeState.DECIDED)  # Says what has happened meanwhile.
    if dispute.state is not DisputeState.LOOKING:
        dispute.move_to(DisputeState.LOOKING)
    return _record(dispute, verdict, credits, by=by, on=on, now=now)


def carry_out(customer_id: int, decision_id: int, *, by: Principal, on: date, now: datetime) -> Entry | None:
    """
    The credit note, the end of the hold, and the letter, in the transaction of whoever decides last. Returns what was
    booked, if anything was.

    :raises models.states.IllegalTransition: it has been carried out, or dropped.
    """
    decision = session.get_one(Decision, (customer_id, decision_id), populate_existing=True)
    dispute = session.get_one(Dispute, (customer_id, decision.dispute_id))
    lock(dispute)
    note = _credit_note(dispute, decision, on=on)
    entry = credit_notes.book(note, now=now) if note else None
    decision.move_to(DecisionState.FINAL)
    decision.entry_id = entry.id if entry else None
    decision.resume_on = max(decision.resume_on, on)
    dispute.move_to(DisputeState.DECIDED)
    dispute.decided_on, dispute.resume_on = on, decision.resume_on
    session.flush()
    holds.end(customer_id, dispute.source, on=on, now=now)
    rest = dispute.claimed - decision.credited
    if rest and decision.resume_on > on:
        hold(dispute, rest, on=on, now=now, until_on=decision.resume_on)
    facts = {"outcome": decision.outcome, "amount": decision.credited, "decision": decision.id}
    audit.record(customer_id, "dispute.decided", by=by.actor, now=now, about=dispute.source, facts=facts)
    customer, contact = customers.find(customer_id), contact_of(customer_id, dispute.contact_id or 0)
    if customer is not None:
        tell(dispute, customer, contact, f"decided:{decision.id}", now=now)
    return entry


def drop(customer_id: int, decision_id: int, *, by: Principal, now: datetime) -> None:
    """The second person did not agree, or who asked took it back: the case is looked at again."""
    decision = session.get_one(Decision, (customer_id, decision_id), populate_existing=True)
    decision.move_to(DecisionState.DROPPED)
    session.flush()
    about, facts = f"disputes:{decision.dispute_id}", {"decision": decision.id}
    audit.record(customer_id, "dispute.decision_dropped", by=by.actor, now=now, about=about, facts=facts)


def _check_person(dispute: Dispute, by: Principal) -> None:
    before = decisions_of(dispute, state=DecisionState.FINAL)
    if dispute.appealed_on and before and before[-1].decided_by == by.staff_id:
        raise CannotDecide(N_("The customer disagreed with your decision, so somebody else has to look at it."))
    if decisions_of(dispute, state=DecisionState.WAITING):
        raise CannotDecide(N_("A decision waits for a second person already."))


def _check(dispute: Dispute, verdict: Verdict, lines: Mapping[int, DisputeLine], credits: Mapping[int, Money]) -> None:
    for position, amount in credits.items():
        line = lines.get(position)
        if line is None or not 0 < amount.minor <= line.claimed_minor:
            most = Money(line.claimed_minor if line else 0, dispute.currency)
            raise CannotDecide(N_("Enter an amount up to %(most)s."), most=most)
    whole = total(credits.values(), dispute.currency)
    if verdict.outcome is Outcome.REFUSED and (whole or verdict.remedy):
        raise CannotDecide(N_("Who is refused gets no credit and no remedy. Choose another outcome."))
    if verdict.outcome is Outcome.UPHELD and not verdict.remedy and whole != dispute.claimed:
        raise CannotDecide(N_("Upheld credits all that is disputed, or promises a remedy. Else it is upheld in part."))
    if verdict.outcome is Outcome.IN_PART and not whole and not verdict.remedy:
        raise CannotDecide(N_("Upheld in part credits something, or promises a remedy."))
    if verdict.remedy and not verdict.remedy_on:
        raise CannotDecide(N_("Say by which day it will be done."))
    if not verdict.text.strip():
        raise CannotDecide(N_("Give the customer your reasons."))
    _check_cause(verdict)


def _check_cause(verdict: Verdict) -> None:
    cause = causes.find(verdict.cause_id) if verdict.cause_id else None
    if (cause is None) == (not verdict.other_cause.strip()):
        raise CannotDecide(N_("Choose exactly one root cause, or say in words what it is."))


def _record(
    dispute: Dispute, verdict: Verdict, credits: Mapping[int, Money], *, by: Principal, on: date, now: datetime
) -> Decision:
    decision = Decision(
        customer_id=dispute.customer_id,
        dispute_id=dispute.id,
        outcome=verdict.outcome,
        state=DecisionState.WAITING,
        currency=dispute.currency,
        credited_minor=total(credits.values(), dispute.currency).minor,
        text=verdict.text.strip(),
        remedy=verdict.remedy,
        remedy_on=verdict.remedy_on,
        cause_id=verdict.cause_id,
        other_cause=verdict.other_cause.strip(),
        resume_on=max(verdict.resume_on or limits().resume_on(on), on),
        decided_by=by.staff_id,
        decided_at=now,
    )
    session.add(decision)
    session.flush()
    for position, amount in credits.items():
        row = DecisionLine(
            customer_id=dispute.customer_id,
            decision_id=decision.id,
            position=position,
            credited_minor=amount.minor,
        )
        session.add(row)
    session.flush()
    return decision


def _credit_note(dispute: Dispute, decision: Decision, *, on: date) -> CreditNote | None:
    """One for each decision that credits something; its lines are those of the invoice, in their proportion of tax."""
    if not decision.credited:
        return None
    entry = entry_of(dispute.customer_id, dispute.entry_id)
    lines = {line.position: line for line in lines_of(dispute)}
    return CreditNote(
        customer_id=dispute.customer_id,
        number=f"{dispute.number}-{decision.id}",
        amount=decision.credited,
        reason=dispute.number,
        issued_on=on,
        invoice_id=entry.invoice_id,
        lines=tuple(
            _credit_line(lines[row.position], Money(row.credited_minor, dispute.currency))
            for row in decision_lines_of(decision)
            if lines[row.position].invoice_line_id
        ),
        key=f"{dispute.source}:{decision.id}",
    )


def _credit_line(line: DisputeLine, credited: Money) -> CreditLine:
    billed = session.get_one(InvoiceLine, (line.customer_id, line.invoice_line_id))
    net, tax = splitting.net_and_tax(credited, billed.net, billed.tax)
    quantity = billed.quantity if credited == billed.net + billed.tax else Decimal(1)
    return CreditLine(
        description=billed.description,
        quantity=quantity,
        net_minor=net.minor,
        tax_rate=billed.tax_rate,
        tax_minor=tax.minor,
    )
