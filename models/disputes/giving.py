"""What a case has given: credited by its decisions and for goods that came back, and what is left to give."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import select

from models import audit, jobs
from models.audit import Actor
from models.database import session
from models.disputes.decisions import Decision, DecisionLine, DecisionState, decisions_of
from models.disputes.goods import ReturnState, returns_of
from models.disputes.opening import CannotDispute, lock
from models.disputes.records import CreditWish, Dispute, lines_of
from models.errors import N_
from models.ledger import entry_of
from models.money import Money, total

REFUNDED_WITHIN = timedelta(days=3)


def left_by_line(dispute: Dispute) -> dict[int, Money]:
    """By the position of the case's line: claimed, less what was credited or will be for goods on their way."""
    given = _decided(dispute) + _returned(dispute, ReturnState.RECEIVED) + _returned(dispute, ReturnState.OFFERED)
    return {
        line.position: dispute.money(max(line.claimed_minor - given[line.position], 0)) for line in lines_of(dispute)
    }


def credited(dispute: Dispute) -> Money:
    """All that was credited, by decisions and for goods that came back."""
    return dispute.money((_decided(dispute) + _returned(dispute, ReturnState.RECEIVED)).total())


def is_about_paid(dispute: Dispute) -> bool:
    """Whether some of what is disputed has been paid: then a credit is given back, or kept, as the customer likes."""
    return entry_of(dispute.customer_id, dispute.entry_id).left < dispute.claimed - credited(dispute)


def free_credit(dispute: Dispute) -> Money:
    """Of what was credited, what nothing has used: it had been paid already."""
    booked = [one.entry_id for one in decisions_of(dispute, state=DecisionState.FINAL)]
    booked += [one.entry_id for one in returns_of(dispute)]
    credits = (entry_of(dispute.customer_id, entry_id) for entry_id in booked if entry_id is not None)
    return total((entry.left for entry in credits), dispute.currency)


def choose_credit(dispute: Dispute, wish: CreditWish, *, by: Actor, on: date, now: datetime) -> None:
    """
    The customer says what becomes of it: kept, it waits for later bills; to be refunded, a person pays it back, which
    is not taken back by a click.

    :raises CannotDispute: nothing is left of it, or it is being refunded.
    """
    lock(dispute)
    free = free_credit(dispute)
    if not free or dispute.credit_wish is CreditWish.REFUND:
        raise CannotDispute(N_("This has changed in the meantime. Please look at it again."))
    dispute.credit_wish = wish
    session.flush()
    facts = {"wish": wish, "amount": free}
    audit.record(dispute.customer_id, "dispute.credit_wish", by=by, now=now, about=dispute.source, facts=facts)
    if wish is CreditWish.REFUND:
        due_on = (on + REFUNDED_WITHIN).isoformat()
        told = {"kind": "refund_wanted", "about": dispute.source, "due_on": due_on}
        jobs.later("worklist.add", customer_id=dispute.customer_id, **told)


def _decided(dispute: Dispute) -> Counter[int]:
    query = (
        select(DecisionLine.position, DecisionLine.credited_minor)
        .join(
            Decision,
            (Decision.customer_id == DecisionLine.customer_id) & (Decision.id == DecisionLine.decision_id),
        )
        .where(
            Decision.customer_id == dispute.customer_id,
            Decision.dispute_id == dispute.id,
            Decision.state == DecisionState.FINAL,
        )
    )
    return _summed((position, minor) for position, minor in session.execute(query))


def _returned(dispute: Dispute, state: ReturnState) -> Counter[int]:
    return _summed((one.position, one.credit_minor) for one in returns_of(dispute) if one.state is state)


def _summed(rows: Iterable[tuple[int, int]]) -> Counter[int]:
    found: Counter[int] = Counter()
    for position, minor in rows:
        found[position] += minor
    return found
