"""What nobody need decide any more: what it was about is gone."""

from datetime import date, datetime

from sqlalchemy import or_, select

from models import audit, company, disputes, plans, words
from models.approvals.decisions import Kind
from models.approvals.waiting import Approval, ApprovalState, move
from models.audit import Actor
from models.customers import lock_account, lock_all
from models.database import session
from models.disputes import Dispute
from models.errors import N_

TAKEN_BACK = N_("The customer took the case back.")
GONE = N_("What it was about has ended meanwhile.")


def withdraw_case(dispute: Dispute, *, by: Actor, on: date, now: datetime) -> None:
    """
    The customer takes back a case: nobody is asked about it any more, whatever it was that waited for a second person.

    :raises models.states.IllegalTransition: it has been decided.
    """
    lock_account(dispute.customer_id, dispute.currency)
    asked = _about_case(dispute)
    disputes.withdraw(dispute, by=by, on=on, now=now)
    for approval in asked:
        move(approval, ApprovalState.WITHDRAWN, _said(TAKEN_BACK), by=by, now=now)


def review(customer_id: int, *, now: datetime) -> None:
    """
    Nobody is asked any more about a plan that its customer signed or took back, nor about goods that are no longer
    expected. May run any number of times.
    """
    lock_all(customer_id)
    query = select(Approval).where(Approval.customer_id == customer_id, Approval.state == ApprovalState.WAITING)
    for approval in session.scalars(query.order_by(Approval.id)).all():
        if not _is_wanted(approval):
            move(approval, ApprovalState.WITHDRAWN, _said(GONE), by=audit.JOB, now=now)


def _is_wanted(approval: Approval) -> bool:
    if approval.kind is Kind.RETURN:
        goods = disputes.find_return(approval.customer_id, approval.payload["return_id"])
        return goods is not None and goods.state is disputes.ReturnState.OFFERED
    if approval.kind is Kind.PLAN and approval.payload["plan_id"] is not None:
        plan = plans.find([approval.customer_id], approval.payload["plan_id"])
        return plan is not None and plans.can_be_answered(plan)
    return True


def _about_case(dispute: Dispute) -> list[Approval]:
    decisions = [one.id for one in disputes.decisions_of(dispute)]
    goods = [one.id for one in disputes.returns_of(dispute)]
    query = select(Approval).where(
        Approval.customer_id == dispute.customer_id,
        Approval.state == ApprovalState.WAITING,
        or_(
            Approval.payload["decision_id"].as_integer().in_(decisions),
            Approval.payload["return_id"].as_integer().in_(goods),
        ),
    )
    return list(session.scalars(query.order_by(Approval.id)))


def _said(why: str) -> str:
    """In the company's language, as it is read later."""
    creditor = company.get()
    with words.speak(creditor.language, timezone=creditor.timezone):
        return words.gettext(why)
