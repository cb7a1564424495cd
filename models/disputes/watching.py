"""What happens to cases without a click: given to an owner, warned at half time, escalated when late, waited for."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, select

from models import audit, company
from models.audit import JOB
from models.database import session
from models.disputes import staff_mails
from models.disputes.assigning import hand_to, owner_by_rule
from models.disputes.decisions import DecisionState, decisions_of
from models.disputes.goods import GoodsReturn, ReturnState
from models.disputes.opening import lock
from models.disputes.records import UNDECIDED, Dispute, DisputeState
from models.disputes.returning import cancel
from models.policies.permissions import Role
from models.staff import Staff, StaffState
from models.transactions import transaction

Act = Callable[[Dispute, date, datetime, str], None]


def assign(customer_id: int, dispute_id: int, *, address: str, now: datetime) -> None:
    """
    Give a new case, or one that the customer disagrees with, to whoever the rules name, and write to them; where they
    name nobody, the managers hear of it. Whoever decided before does not get it again. A case that has an owner keeps
    them.

    :param address: of the portal, for the link in the mail.
    """
    dispute = session.get_one(Dispute, (customer_id, dispute_id))
    lock(dispute)
    if dispute.owner_id is not None or not dispute.is_undecided:
        return
    decided = decisions_of(dispute, state=DecisionState.FINAL)
    not_id = decided[-1].decided_by if decided else None
    owner_id = owner_by_rule(dispute, company.get().today(now), not_id=not_id)
    if owner_id is not None:
        hand_to(dispute, owner_id, by=JOB, now=now)
    step, people = ("given", [owner_id]) if owner_id is not None else ("nobodys", _managers())
    _write(dispute, step, people, address, now, cause=str(len(decided)))


def watch(as_of: date, *, address: str, now: datetime) -> int:
    """
    Warn, escalate, end what was waited for in vain, let offers to take goods back lapse. Each case in a transaction of
    its own, again under its account's lock, and each once. Returns how many.
    """
    undecided = Dispute.state.in_(UNDECIDED)
    warn = (undecided, Dispute.warned_at.is_(None), Dispute.warn_on <= as_of)
    escalate = (undecided, Dispute.escalated_at.is_(None), Dispute.answer_on < as_of)
    return (
        _each(escalate, _escalate, as_of, address, now)
        + _each(warn, _warn, as_of, address, now)
        + _each((undecided, Dispute.waits_until < as_of), _wait_no_longer, as_of, address, now)
        + _lapse(as_of, now)
    )


def _each(wanted: Sequence[ColumnElement[bool]], act: Act, as_of: date, address: str, now: datetime) -> int:
    due = session.execute(select(Dispute.customer_id, Dispute.id).where(*wanted).order_by(Dispute.id)).all()
    session.rollback()
    done = 0
    for customer_id, dispute_id in due:
        with transaction():
            dispute = session.get_one(Dispute, (customer_id, dispute_id))
            lock(dispute)
            again = select(Dispute.id).where(Dispute.customer_id == customer_id, Dispute.id == dispute_id, *wanted)
            if session.scalar(again) is not None:
                act(dispute, as_of, now, address)
                done += 1
    return done


def _warn(dispute: Dispute, _: date, now: datetime, address: str) -> None:
    dispute.warned_at = now
    session.flush()
    _write(dispute, "half", [dispute.owner_id] if dispute.owner_id else _managers(), address, now)


def _escalate(dispute: Dispute, _: date, now: datetime, address: str) -> None:
    """Who is told that it is late need not be told that half of the time is over."""
    dispute.escalated_at = now
    dispute.warned_at = dispute.warned_at or now
    session.flush()
    facts = {"answer_on": dispute.answer_on}
    audit.record(dispute.customer_id, "dispute.escalated", by=JOB, now=now, about=dispute.source, facts=facts)
    _write(dispute, "late", [*([dispute.owner_id] if dispute.owner_id else []), *_managers()], address, now)


def _wait_no_longer(dispute: Dispute, _: date, now: datetime, address: str) -> None:
    before, waited = dispute.state, dispute.waits_until
    dispute.move_to(DisputeState.LOOKING)
    dispute.waits_until = None
    session.flush()
    facts = {"before": before, "after": DisputeState.LOOKING}
    audit.record(dispute.customer_id, "dispute.moved", by=JOB, now=now, about=dispute.source, facts=facts)
    _write(dispute, "waited", [dispute.owner_id] if dispute.owner_id else _managers(), address, now, cause=str(waited))


def _lapse(as_of: date, now: datetime) -> int:
    """Goods that did not come by their day are expected no more."""
    query = select(GoodsReturn).where(GoodsReturn.state == ReturnState.OFFERED, GoodsReturn.until_on < as_of)
    due = [(row.customer_id, row.id) for row in session.scalars(query.order_by(GoodsReturn.id))]
    session.rollback()
    for key in due:
        with transaction():
            row = session.get_one(GoodsReturn, key, populate_existing=True)
            lock(session.get_one(Dispute, (row.customer_id, row.dispute_id)))
            session.refresh(row)
            if row.state is ReturnState.OFFERED:
                cancel(row, by=JOB, now=now)
    return len(due)


def _managers() -> list[int]:
    query = select(Staff.id).where(Staff.role == Role.MANAGER, Staff.state == StaffState.ACTIVE)
    return list(session.scalars(query.order_by(Staff.id)))


def _write(dispute: Dispute, step: str, people: Sequence[int], address: str, now: datetime, *, cause: str = "") -> None:
    """To each once, for each day that was promised."""
    link = f"{address}/staff/disputes/{dispute.customer_id}/{dispute.id}"
    for staff_id in dict.fromkeys(people):
        member = session.get(Staff, staff_id)
        if member is None or member.state is not StaffState.ACTIVE:
            continue
        named = f"{dispute.customer_id}:{dispute.id}:{step}:{dispute.answer_on}:{cause}:{staff_id}"
        staff_mails.write("staff_dispute", member.email, cause=named, now=now, dispute=dispute, step=step, link=link)
