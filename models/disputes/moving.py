"""Moving a case along: looked at, waiting, disagreed with, accepted, opened again, closed."""

from datetime import date, datetime

from sqlalchemy import select

from models import audit, holds, jobs
from models.audit import Actor
from models.database import session
from models.disputes.deciding import drop
from models.disputes.decisions import DecisionState, decisions_of, refuse_while_one_waits
from models.disputes.giving import credited
from models.disputes.goods import on_their_way
from models.disputes.opening import CannotDispute, hold, limits, lock, tell_reader, wait_ends_on
from models.disputes.records import UNDECIDED, Dispute, DisputeState
from models.disputes.returning import cancel
from models.errors import N_
from models.states import changed_meanwhile
from models.transactions import transaction

BY_HAND = (DisputeState.LOOKING, DisputeState.WAITING_CUSTOMER, DisputeState.WAITING_DEPARTMENT)
# Where staff may put a case without more words; what was decided is opened again with a reason.
MOVES = {
    state: tuple(target for target in BY_HAND if state in UNDECIDED and target in Dispute.TRANSITIONS[state])
    for state in DisputeState
}


def move(dispute: Dispute, state: DisputeState, *, by: Actor, on: date, now: datetime) -> None:
    """
    Staff put a case where it stands: looked at, or waiting for somebody, until a day.

    :raises CannotDispute: a decision waits for a second person.
    :raises models.states.IllegalTransition: it cannot go there; a new case is looked at first.
    """
    lock(dispute)
    if state not in BY_HAND:
        raise CannotDispute(N_("A case is decided with its answer, and closed by itself."))
    if state not in MOVES[dispute.state]:
        raise changed_meanwhile()
    refuse_while_one_waits(dispute)
    before = dispute.state
    dispute.move_to(state)
    dispute.waits_until = wait_ends_on(state, on)
    session.flush()
    facts = {"before": before, "after": state}
    audit.record(dispute.customer_id, "dispute.moved", by=by, now=now, about=dispute.source, facts=facts)


def withdraw(dispute: Dispute, *, by: Actor, on: date, now: datetime) -> None:
    """
    The customer takes it back: nothing is held any more, no goods are expected, and what somebody decided meanwhile is
    dropped. `approvals.withdraw_case` calls it, and asks no second person about it any more.

    :raises models.states.IllegalTransition: it has been decided.
    """
    lock(dispute)
    dispute.move_to(DisputeState.WITHDRAWN)
    dispute.ended_on = on
    for goods in on_their_way(dispute):
        cancel(goods, by=by, now=now)
    for decision in decisions_of(dispute, state=DecisionState.WAITING):
        drop(dispute.customer_id, decision.id, by=by, now=now)
    holds.end(dispute.customer_id, dispute.source, on=on, now=now)
    session.flush()
    facts = {"amount": dispute.claimed}
    audit.record(dispute.customer_id, "dispute.withdrawn", by=by, now=now, about=dispute.source, facts=facts)
    tell_reader(dispute, "withdrawn", now=now)


def can_disagree(dispute: Dispute, on: date) -> bool:
    decided = dispute.state is DisputeState.DECIDED and dispute.resume_on is not None and on < dispute.resume_on
    return decided and dispute.appealed_on is None and dispute.accepted_on is None


def disagree(dispute: Dispute, text: str, *, by: Actor, on: date, now: datetime) -> None:
    """
    The customer does not agree, which they can once: somebody else looks at it, and what was not credited is held
    until they have.

    :raises CannotDispute: without a word why, a second time, or too late.
    :raises models.states.IllegalTransition: there is no answer now.
    """
    lock(dispute)
    if not text.strip():
        raise CannotDispute(N_("Tell us in a few words what we got wrong."))
    if dispute.state not in (DisputeState.DECIDED, DisputeState.CLOSED):
        raise changed_meanwhile()
    if not can_disagree(dispute, on):
        raise CannotDispute(N_("This answer is final. You can still talk to us: we will explain it."))
    _again(dispute, on=on, now=now)
    dispute.appealed_on = on
    dispute.owner_id = None
    session.flush()
    jobs.later("disputes.opened", customer_id=dispute.customer_id, dispute_id=dispute.id)
    words = {"text": text.strip()}
    audit.record(dispute.customer_id, "dispute.disagreed", by=by, now=now, about=dispute.source, words=words)
    tell_reader(dispute, "disagreed", now=now)


def accept(dispute: Dispute, *, by: Actor, on: date, now: datetime) -> None:
    """
    The customer agrees. What is left is asked for from the day that the answer names.

    :raises CannotDispute: there is no answer to agree to.
    """
    lock(dispute)
    if dispute.state is not DisputeState.DECIDED or dispute.accepted_on is not None:
        raise CannotDispute(N_("This has changed in the meantime. Please look at it again."))
    dispute.accepted_on = on
    session.flush()
    audit.record(dispute.customer_id, "dispute.accepted", by=by, now=now, about=dispute.source)
    tell_reader(dispute, f"accepted:{on}", now=now)


def reopen(dispute: Dispute, reason: str, *, by: Actor, on: date, now: datetime) -> None:
    """
    Staff look at a case again that was decided or closed.

    :raises CannotDispute: without a reason.
    :raises models.states.IllegalTransition: it is not decided, or was withdrawn.
    """
    if not reason.strip():
        raise CannotDispute(N_("Say why the case is opened again."))
    lock(dispute)
    if dispute.is_undecided:
        raise changed_meanwhile()
    _again(dispute, on=on, now=now)
    dispute.ended_on, dispute.end_reason = None, ""
    session.flush()
    words = {"reason": reason.strip()}
    audit.record(dispute.customer_id, "dispute.reopened", by=by, now=now, about=dispute.source, words=words)
    tell_reader(dispute, f"reopened:{on}", now=now)


def _again(dispute: Dispute, *, on: date, now: datetime) -> None:
    """Back to being looked at, with a new day for the answer; what was credited stays credited."""
    dispute.move_to(DisputeState.LOOKING)
    rules = limits()
    dispute.warn_on, dispute.answer_on = rules.warn_on(on), rules.answer_on(on)
    dispute.warned_at = dispute.escalated_at = None
    dispute.resume_on = dispute.decided_on = dispute.accepted_on = None
    holds.end(dispute.customer_id, dispute.source, on=on, now=now)
    rest = dispute.claimed - credited(dispute)
    if rest:
        hold(dispute, rest, on=on, now=now)


def close_ended(as_of: date, *, now: datetime) -> int:
    """
    Close what was decided and whose time to disagree has passed: each in a transaction of its own, again under the
    account's lock. Returns how many.
    """
    query = select(Dispute.customer_id, Dispute.id).where(
        Dispute.state == DisputeState.DECIDED, Dispute.resume_on <= as_of
    )
    due = session.execute(query.order_by(Dispute.id)).all()
    session.rollback()
    return sum(_close(customer_id, dispute_id, as_of, now=now) for customer_id, dispute_id in due)


def _close(customer_id: int, dispute_id: int, as_of: date, *, now: datetime) -> bool:
    with transaction():
        dispute = session.get_one(Dispute, (customer_id, dispute_id))
        lock(dispute)
        if dispute.state is not DisputeState.DECIDED or dispute.resume_on is None or dispute.resume_on > as_of:
            return False
        dispute.move_to(DisputeState.CLOSED)
        dispute.ended_on = as_of
        holds.end(customer_id, dispute.source, on=as_of, now=now)
        session.flush()
        audit.record(customer_id, "dispute.closed", by=audit.JOB, now=now, about=dispute.source)
    return True
