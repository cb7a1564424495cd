"""What staff put before a customer to be signed: worked out on the telephone, or in answer to a request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from models import company, jobs
from models.audit import Actor
from models.customers import Customer, lock_account
from models.database import session
from models.errors import N_
from models.money import Money
from models.plans import telling
from models.plans.building import Wish
from models.plans.proposing import leave
from models.plans.records import Plan, PlanState, Way, instalments_of, items_of
from models.plans.starting import CannotPlan, Proposal, cancel, offer, offer_new
from models.policies.plans import Frequency
from models.states import changed_meanwhile

STANDS = timedelta(days=14)  # An offer, where no payment is due before.
FORM = "form"  # In `Plan.ask`: the form by which it was offered, so that sent twice it is offered once.
PLAIN = ("working_days", "policy_id", "rule", "grace_days", "retries", "misses", "moves")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with whose it is."""

    plan: Plan
    customer: Customer


def written(proposal: Proposal) -> dict[str, Any]:
    """As it waits for a second person."""
    return {
        "currency": proposal.fee.currency,
        "shares": {str(entry_id): share.minor for entry_id, share in proposal.shares.items()},
        "lines": [[day.isoformat(), amount.minor] for day, amount in proposal.lines],
        "fee": proposal.fee.minor,
        "way": proposal.way.value,
        "frequency": proposal.frequency.value,
        "ask": dict(proposal.ask),
        **{name: getattr(proposal, name) for name in PLAIN},
    }


def read(kept: Mapping[str, Any]) -> Proposal:
    currency = kept["currency"]
    return Proposal(
        shares={int(entry_id): Money(minor, currency) for entry_id, minor in kept["shares"].items()},
        lines=[(date.fromisoformat(day), Money(minor, currency)) for day, minor in kept["lines"]],
        fee=Money(kept["fee"], currency),
        way=Way(kept["way"]),
        frequency=Frequency(kept["frequency"]),
        ask=kept["ask"],
        **{name: kept[name] for name in PLAIN},
    )


def put_forward(
    customer_id: int,
    contact_id: int,
    plan_id: int | None,
    proposal: Proposal,
    *,
    key: str,
    staff_id: int,
    by: Actor,
    on: date,
    now: datetime,
) -> Plan:
    """
    Offer it from today on, as a new plan or in answer to a request (`plan_id`); a payment of today stays one of today
    where a second person looked at it meanwhile. `staff_id` is who worked it out.

    :raises CannotPlan: as `offer`; or so many days have passed that two payments would fall on one.
    :raises models.states.IllegalTransition: what was asked for is no longer asked for.
    """
    lines = from_today(proposal.lines, on)
    fresh = replace(proposal, lines=lines, ask={**proposal.ask, FORM: key})
    until = min([day for day, _ in lines if day > on], default=on + STANDS)
    terms: dict[str, Any] = {"until": min(until, on + STANDS), "by": by, "on": on, "now": now}
    if plan_id is None:
        plan = offer_new(customer_id, contact_id, fresh, **terms)
    else:
        plan = session.get_one(Plan, (customer_id, plan_id), populate_existing=True)
        offer(plan, fresh, **terms)
    plan.staff_id = staff_id
    session.flush()
    jobs.later("plans.put_before", customer_id=customer_id, plan_id=plan.id)
    return plan


def asked_wish(plan: Plan) -> Wish:
    """What was asked for or offered, as it came out that day: what was left open then is not found anew."""
    wish, rows = Wish.of(plan.ask), instalments_of(plan)
    asked_on = company.get().today(plan.requested_at or plan.made_at)
    at_once = [row for row in rows if row.due_on <= asked_on]
    later = [row for row in rows if row.due_on > asked_on]
    return replace(
        wish,
        items=tuple(item.entry_id for item in items_of(plan)),
        first=sum(row.amount_minor for row in at_once),
        count=len(rows),
        frequency=plan.frequency,
        start_on=wish.start_on or (later[0].due_on if later else None),
        way=plan.way,
    )


def can_be_answered(plan: Plan) -> bool:
    """It is asked for, or what was offered is not signed: an answer, or another one, can still be given."""
    return plan.state is PlanState.REQUESTED or (plan.state is PlanState.OFFERED and plan.signed_at is None)


def from_today(lines: Sequence[tuple[date, Money]], on: date) -> list[tuple[date, Money]]:
    moved = [(max(day, on), amount) for day, amount in lines]
    if any(later <= earlier for (earlier, _), (later, _) in pairwise(moved)):
        raise CannotPlan(N_("Days of this plan have passed meanwhile. Please work it out anew."))
    return moved


def decline_request(plan: Plan, *, reason: str, by: Actor, on: date, now: datetime) -> None:
    """
    The customer reads why, and may ask for another one.

    :raises models.states.IllegalTransition: it is no longer asked for.
    """
    lock_account(plan.customer_id, plan.currency)
    session.refresh(plan, with_for_update=True)
    if plan.state is not PlanState.REQUESTED:
        raise changed_meanwhile()
    cancel(plan, reason=reason.strip(), by=by, on=on, now=now, action="plan.request_declined")
    telling.tell(plan, "declined_request", now=now)


def end(plan: Plan, *, reason: str, by: Actor, on: date, now: datetime) -> None:
    """
    We end it: nothing is charged any more, what is open is asked for as before, and the customer reads why.

    :raises models.states.IllegalTransition: it has ended.
    """
    leave(plan, by=by, on=on, now=now, reason=reason.strip())
    telling.tell(plan, "ended", now=now)


def requested(*, among: Sequence[int] | None = None) -> list[Asked]:
    """What waits for an answer, the soonest promised first; of these customers alone where they are named."""
    query = select(Plan, Customer).join(Customer, Customer.id == Plan.customer_id)
    query = query.where(Plan.state == PlanState.REQUESTED)
    if among is not None:
        query = query.where(Plan.customer_id.in_(among))
    return [Asked(*row) for row in session.execute(query.order_by(Plan.answer_on, Plan.requested_at, Plan.id))]


def in_states(*states: PlanState, most: int, skip: int = 0) -> list[Asked]:
    """Of all customers, newest first."""
    query = select(Plan, Customer).join(Customer, Customer.id == Plan.customer_id).where(Plan.state.in_(states))
    query = query.order_by(Plan.made_at.desc(), Plan.id.desc()).limit(most).offset(skip)
    return [Asked(*row) for row in session.execute(query)]


def by_form(customer_id: int, key: str) -> Plan | None:
    """What came of a form that was sent before."""
    return session.scalar(select(Plan).where(Plan.customer_id == customer_id, Plan.ask[FORM].as_string() == key))
