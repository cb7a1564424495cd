"""Taking goods back: offered with a number, credited in the transaction that says they have arrived."""

from datetime import date, datetime, timedelta

from models import audit, holds, jobs
from models.audit import Actor
from models.database import session
from models.disputes import crediting
from models.disputes.decisions import refuse_while_one_waits
from models.disputes.giving import credited, left_by_line
from models.disputes.goods import GoodsReturn, ReturnState
from models.disputes.opening import CannotDispute, hold, lock, tell_reader
from models.disputes.records import Dispute, DisputeState
from models.errors import N_
from models.ledger import Entry
from models.money import Money
from models.staff import Principal

SECOND_PERSON_WITHIN = timedelta(days=30)


def offer(
    dispute: Dispute,
    position: int,
    what: str,
    condition: str,
    credit: Money,
    *,
    until_on: date,
    by: Actor,
    on: date,
    now: datetime,
) -> GoodsReturn:
    """
    Asked for or not. Until the day by which the goods are expected nothing of the case is asked for.

    :param position: of the line that they are of.
    :raises CannotDispute: nothing, more than is left of the line, a day that has passed, or the case is over.
    """
    lock(dispute)
    _refuse_offer(dispute, position, what, credit, ends_well=until_on >= on)
    row = GoodsReturn(
        **{"customer_id": dispute.customer_id, "dispute_id": dispute.id, "position": position},
        **{"state": ReturnState.OFFERED, "what": what.strip(), "condition": condition.strip()},
        **{"currency": dispute.currency, "credit_minor": credit.minor, "until_on": until_on},
        **{"offered_by": by.id or 0, "offered_at": now},
    )
    session.add(row)
    session.flush()
    _rest_until(dispute, row.asked_again_on, on=on, now=now)
    facts = {"return": row.id, "amount": credit, "until_on": until_on}
    audit.record(dispute.customer_id, "dispute.return_offered", by=by, now=now, about=dispute.source, facts=facts)
    tell_reader(dispute, f"return:{row.id}", now=now)
    return row


def _refuse_offer(dispute: Dispute, position: int, what: str, credit: Money, *, ends_well: bool) -> None:
    if not dispute.is_living:
        raise CannotDispute(N_("This case is over. Open it again first."))
    refuse_while_one_waits(dispute)
    if not what.strip():
        raise CannotDispute(N_("Say what comes back."))
    most = left_by_line(dispute).get(position, dispute.money(0))
    if not 0 < credit.minor <= most.minor:
        raise CannotDispute(N_("Enter an amount up to %(most)s."), most=most)
    if not ends_well:
        raise CannotDispute(N_("Choose a day that is still to come."))


def wait_with(customer_id: int, return_id: int, *, by: Principal, on: date, now: datetime) -> None:
    """
    The goods are here, and a second person has yet to agree to their credit: until then they do not lapse, and nothing
    of the case is asked for.
    """
    row = session.get_one(GoodsReturn, (customer_id, return_id), populate_existing=True)
    dispute = session.get_one(Dispute, (customer_id, row.dispute_id))
    lock(dispute)
    row.until_on = max(row.until_on, on + SECOND_PERSON_WITHIN)
    session.flush()
    _rest_until(dispute, row.asked_again_on, on=on, now=now)
    facts = {"return": row.id, "until_on": row.until_on}
    audit.record(customer_id, "dispute.return_waits", by=by.actor, now=now, about=dispute.source, facts=facts)


def receive(
    customer_id: int, return_id: int, condition: str, *, by: Principal, on: date, now: datetime
) -> Entry | None:
    """
    The goods are here: the credit note of its own, and less is held from now on. `approvals.submit` calls it, alone or
    with a second person.

    :raises models.states.IllegalTransition: it was received or cancelled before.
    """
    row = session.get_one(GoodsReturn, (customer_id, return_id), populate_existing=True)
    dispute = session.get_one(Dispute, (customer_id, row.dispute_id))
    lock(dispute)
    session.refresh(row)
    row.move_to(ReturnState.RECEIVED)
    entry = crediting.book(dispute, f"{dispute.number}-{row.number}", {row.position: row.credit}, on=on, now=now)
    row.entry_id = entry.id if entry else None
    row.received_on, row.received_condition = on, condition.strip()
    session.flush()
    _hold_rest(dispute, on=on, now=now)
    facts = {"return": row.id, "amount": row.credit}
    audit.record(customer_id, "dispute.return_received", by=by.actor, now=now, about=dispute.source, facts=facts)
    tell_reader(dispute, f"received:{row.id}", now=now)
    return entry


def cancel(row: GoodsReturn, *, by: Actor, now: datetime) -> None:
    """
    It is not expected any more: taken back by staff, or nothing came by the day.

    :raises models.states.IllegalTransition: it was received or cancelled before.
    """
    dispute = session.get_one(Dispute, (row.customer_id, row.dispute_id))
    lock(dispute)
    session.refresh(row)
    row.move_to(ReturnState.CANCELLED)
    session.flush()
    jobs.later("approvals.review", customer_id=row.customer_id)
    about, facts = dispute.source, {"return": row.id}
    audit.record(row.customer_id, "dispute.return_cancelled", by=by, now=now, about=about, facts=facts)


def _rest_until(dispute: Dispute, day: date, *, on: date, now: datetime) -> None:
    """Once it is decided: what is left of it is asked for again on this day at the earliest."""
    if dispute.state is DisputeState.DECIDED and dispute.resume_on and dispute.resume_on < day:
        dispute.resume_on = day
        _hold_rest(dispute, on=on, now=now)


def _hold_rest(dispute: Dispute, *, on: date, now: datetime) -> None:
    """As much as the case still stands for, for as long as it does."""
    if not dispute.is_living:
        return
    if dispute.resume_on is not None:
        dispute.resume_on = max(dispute.resume_on, on + timedelta(days=1))
        session.flush()
    holds.end(dispute.customer_id, dispute.source, on=on, now=now)
    rest = dispute.claimed - credited(dispute)
    if rest:
        hold(dispute, rest, on=on, now=now, until_on=dispute.resume_on)
