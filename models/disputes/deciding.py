"""Deciding a case: one transaction makes the credit note, frees what was held, and writes to the customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from models import audit, causes, customers, holds
from models.audit import Actor
from models.database import session
from models.disputes import crediting
from models.disputes.decisions import (
    OUTCOMES,
    Decision,
    DecisionLine,
    DecisionState,
    Outcome,
    decision_lines_of,
    decisions_of,
)
from models.disputes.giving import credited, left_by_line
from models.disputes.goods import on_their_way
from models.disputes.opening import hold, limits, lock, reader_of, tell
from models.disputes.reasons import Remedy
from models.disputes.records import Dispute, DisputeState
from models.errors import N_, Refused
from models.ledger import Entry
from models.money import Money, total
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
    credits = {position: amount for position, amount in verdict.credits.items() if amount}
    _check(dispute, verdict, credits)
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
    credits = {row.position: dispute.money(row.credited_minor) for row in decision_lines_of(decision)}
    entry = crediting.book(dispute, f"{dispute.number}-{decision.id}", credits, on=on, now=now)
    decision.move_to(DecisionState.FINAL)
    decision.entry_id = entry.id if entry else None
    # What comes back is waited for: until then nothing of it is asked for.
    decision.resume_on = max(decision.resume_on, on, *(one.asked_again_on for one in on_their_way(dispute)))
    dispute.move_to(DisputeState.DECIDED)
    dispute.decided_on, dispute.resume_on = on, decision.resume_on
    session.flush()
    holds.end(customer_id, dispute.source, on=on, now=now)
    rest = dispute.claimed - credited(dispute)
    if rest and decision.resume_on > on:
        hold(dispute, rest, on=on, now=now, until_on=decision.resume_on)
    facts = {"outcome": decision.outcome, "amount": decision.credited, "decision": decision.id}
    audit.record(customer_id, "dispute.decided", by=by.actor, now=now, about=dispute.source, facts=facts)
    customer, contact = customers.find(customer_id), reader_of(dispute)
    if customer is not None:
        last_day = decision.resume_on - timedelta(days=1)  # To disagree.
        told = {"decision": decision, "outcome": OUTCOMES[decision.outcome], "last_day": last_day}
        tell(dispute, customer, contact, f"decided:{decision.id}", now=now, **told)
    return entry


def drop(customer_id: int, decision_id: int, *, by: Actor, now: datetime) -> None:
    """The second person did not agree, or who asked took it back, or the customer took back the case."""
    decision = session.get_one(Decision, (customer_id, decision_id), populate_existing=True)
    decision.move_to(DecisionState.DROPPED)
    session.flush()
    about, facts = f"disputes:{decision.dispute_id}", {"decision": decision.id}
    audit.record(customer_id, "dispute.decision_dropped", by=by, now=now, about=about, facts=facts)


def _check_person(dispute: Dispute, by: Principal) -> None:
    before = decisions_of(dispute, state=DecisionState.FINAL)
    if dispute.appealed_on and before and before[-1].decided_by == by.staff_id:
        raise CannotDecide(N_("The customer disagreed with your decision, so somebody else has to look at it."))
    if decisions_of(dispute, state=DecisionState.WAITING):
        raise CannotDecide(N_("A decision waits for a second person already."))


def _check(dispute: Dispute, verdict: Verdict, credits: Mapping[int, Money]) -> None:
    lines = left_by_line(dispute)
    for position, amount in credits.items():
        most = lines.get(position, dispute.money(0))
        if not 0 < amount.minor <= most.minor:
            raise CannotDecide(N_("Enter an amount up to %(most)s."), most=most)
    whole, left = total(credits.values(), dispute.currency), total(lines.values(), dispute.currency)
    if verdict.outcome is Outcome.REFUSED and (whole or verdict.remedy):
        raise CannotDecide(N_("Who is refused gets no credit and no remedy. Choose another outcome."))
    if verdict.outcome is Outcome.UPHELD and not verdict.remedy and whole != left:
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
