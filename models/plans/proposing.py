"""A customer's own plan: kept while they try, put before them to be signed, or before a person to be looked at."""

from datetime import date, datetime

from sqlalchemy import delete, select

from models.audit import Actor
from models.customers import lock_account, lock_all
from models.database import session
from models.plans import telling
from models.plans.building import Wish
from models.plans.records import Plan, PlanState
from models.plans.starting import Proposal, cancel, draft_of, keep_draft, offer, request
from models.states import changed_meanwhile

REPLACED, DECLINED, LEFT = "replaced", "declined", "customer"  # Why a plan ended, where its customer ended it.


def keep(customer_id: int, contact_id: int, currency: str, wish: Wish, *, on: date, now: datetime) -> None:
    """What somebody tries: whenever they come back, it is there."""
    lock_account(customer_id, currency)
    keep_draft(customer_id, contact_id, currency, wish.as_ask(), on=on, now=now)


def kept(customer_id: int, contact_id: int, currency: str) -> Wish | None:
    draft = draft_of(customer_id, contact_id, currency)
    return Wish.of(draft.ask) if draft else None


def own_offer(customer_id: int, contact_id: int, currency: str) -> Plan | None:
    """What somebody has made themselves and not signed yet."""
    return _newest(customer_id, contact_id, currency, PlanState.OFFERED)


def waiting(customer_id: int, contact_id: int, currency: str) -> Plan | None:
    """What of theirs a person is to look at."""
    return _newest(customer_id, contact_id, currency, PlanState.REQUESTED)


def propose(customer_id: int, contact_id: int, proposal: Proposal, *, by: Actor, on: date, now: datetime) -> Plan:
    """
    What somebody has made inside the policy, to be read and signed on the same day, in place of what they looked at
    before. The draft stays for whoever goes back.

    :raises CannotPlan: as `offer`.
    """
    currency = proposal.fee.currency
    lock_account(customer_id, currency)
    me = (customer_id, contact_id, currency)
    plan = own_offer(*me) or keep_draft(*me, proposal.ask, on=on, now=now)
    offer(plan, proposal, until=on, by=by, on=on, now=now)
    keep_draft(*me, proposal.ask, on=on, now=now)
    return plan


def ask_for(
    customer_id: int,
    contact_id: int,
    proposal: Proposal,
    *,
    answer_on: date,
    hardship: bool,
    word: str,
    by: Actor,
    on: date,
    now: datetime,
) -> Plan:
    """
    Let a person look at what somebody would like, in place of what they asked for before and what they did not sign.

    :raises CannotPlan: as `request`.
    """
    currency = proposal.fee.currency
    lock_account(customer_id, currency)
    me = (customer_id, contact_id, currency)
    for former in (waiting(*me), own_offer(*me)):
        if former is not None:
            cancel(former, reason=REPLACED, by=by, on=on, now=now)
    plan = keep_draft(*me, proposal.ask, on=on, now=now)
    request(plan, proposal, answer_on=answer_on, hardship=hardship, word=word, by=by, on=on, now=now)
    telling.tell(plan, "requested", now=now)
    keep_draft(*me, proposal.ask, on=on, now=now)
    return plan


def leave(plan: Plan, *, by: Actor, on: date, now: datetime, reason: str = LEFT) -> None:
    """
    Its customer ends it, or we do for a `reason`: nothing is charged any more, and what is open is asked for as before.

    :raises models.states.IllegalTransition: it has ended.
    """
    lock_all(plan.customer_id)
    cancel(plan, reason=reason, by=by, on=on, now=now)
    if plan.began_on is not None and reason == LEFT:
        telling.tell(plan, "left", now=now)


def turn_down(plan: Plan, *, by: Actor, on: date, now: datetime) -> None:
    """
    Its customer does not want it like this.

    :raises models.states.IllegalTransition: it was signed meanwhile, or has ended.
    """
    lock_account(plan.customer_id, plan.currency)
    session.refresh(plan, with_for_update=True)
    if plan.state is not PlanState.OFFERED or plan.signed_at is not None:
        raise changed_meanwhile()
    cancel(plan, reason=DECLINED, by=by, on=on, now=now)


def forget_draft(customer_id: int, contact_id: int, currency: str) -> None:
    """What was tried is signed now."""
    mine = (Plan.customer_id == customer_id, Plan.contact_id == contact_id, Plan.currency == currency)
    session.execute(delete(Plan).where(*mine, Plan.state == PlanState.DRAFT))


def _newest(customer_id: int, contact_id: int, currency: str, state: PlanState) -> Plan | None:
    mine = (Plan.customer_id == customer_id, Plan.contact_id == contact_id, Plan.currency == currency)
    query = select(Plan).where(*mine, Plan.state == state, Plan.staff_id.is_(None), Plan.signed_at.is_(None))
    return session.scalar(query.order_by(Plan.id.desc()).limit(1))
