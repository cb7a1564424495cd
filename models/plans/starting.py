"""From an idea to an agreement in force: tried, asked for, offered, signed, begun."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from models import audit, jobs, ledger, payments, promises
from models.audit import Actor, ActorKind
from models.customers import lock_account
from models.database import session
from models.errors import N_, Refused
from models.holds import HoldKind
from models.ledger import EntryKind
from models.money import Money, total
from models.payments import Attempt, AttemptState
from models.plans import telling
from models.plans.following import end_holds, follow, hold_items, keep_version
from models.plans.records import (
    Because,
    Instalment,
    Plan,
    PlanItem,
    PlanState,
    Way,
    instalments_of,
    items_of,
)
from models.plans.sums import newest_allocation
from models.policies.plans.terms import Frequency
from models.promises import PromiseState

NOT_OVER = (PlanState.OFFERED, PlanState.ACTIVE, PlanState.DEFAULTED)
CHANGED = N_("What is open has changed meanwhile. Please look at the new figures before you go on.")
CARD_WAITED_FOR = timedelta(days=3)  # A signature without its first payment, or without a card, is no plan.


class CannotPlan(Refused):
    pass


class ChangedMeanwhile(CannotPlan):
    """What was agreed on is no longer what is owed: it is shown anew."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """
    What somebody is to sign. `shares` by entry id; `lines` are (day, amount) of every instalment in their order and
    come to the shares and the fee. `ask` is kept as it is. What follows `rule` is of
    that rule, and printed in the text.
    """

    shares: Mapping[int, Money]
    lines: Sequence[tuple[date, Money]]
    fee: Money
    way: Way
    frequency: Frequency = Frequency.MONTHLY
    working_days: bool = False
    ask: Mapping[str, Any] = field(default_factory=dict)
    policy_id: int | None = None
    rule: int | None = None
    grace_days: int = 0
    retries: int = 0
    misses: int = 1
    moves: int = 0

    @property
    def balance(self) -> Money:
        return total(self.shares.values(), self.fee.currency)


def draft_of(customer_id: int, contact_id: int, currency: str) -> Plan | None:
    mine = (Plan.customer_id == customer_id, Plan.contact_id == contact_id, Plan.currency == currency)
    return session.scalar(select(Plan).where(*mine, Plan.state == PlanState.DRAFT))


def keep_draft(
    customer_id: int, contact_id: int, currency: str, ask: Mapping[str, Any], *, on: date, now: datetime
) -> Plan:
    """What somebody has tried last: kept across pages and days. The caller has locked the contact's account."""
    draft = draft_of(customer_id, contact_id, currency)
    if draft is None:
        draft = _new(customer_id, currency, PlanState.DRAFT, contact_id=contact_id, staff_id=None, on=on, now=now)
        session.add(draft)
    draft.ask, draft.made_at = dict(ask), now
    session.flush()
    return draft


def offer(plan: Plan, proposal: Proposal, *, until: date, by: Actor, on: date, now: datetime) -> None:
    """
    It may be signed until a day; offered again with other figures before it is signed, those before are gone.

    :raises CannotPlan: less is to be paid than the shares say.
    :raises models.states.IllegalTransition: it was signed, or has ended.
    """
    _write(plan, proposal, by=by, on=on)
    _answered(plan)
    if plan.state is not PlanState.OFFERED:
        plan.move_to(PlanState.OFFERED)
    elif plan.signed_at is not None:
        plan.move_to(PlanState.OFFERED)  # Refused: what is signed is changed as a plan in force is.
    plan.offered_until = until
    if plan.staff_id is not None:  # What customers have made themselves they sign at once, or leave.
        hold_items(plan, kind=HoldKind.PLAN_ASKED, on=on, now=now)
    session.flush()
    facts = {"amount": proposal.balance, "fee": proposal.fee, "instalments": len(proposal.lines), "until": until}
    audit.record(plan.customer_id, "plan.offered", by=by, now=now, about=plan.source, facts=facts)


def offer_new(
    customer_id: int, contact_id: int, proposal: Proposal, *, until: date, by: Actor, on: date, now: datetime
) -> Plan:
    """Staff's, for somebody who called."""
    currency = proposal.fee.currency
    plan = _new(customer_id, currency, PlanState.REQUESTED, contact_id=contact_id, staff_id=by.id, on=on, now=now)
    session.add(plan)
    session.flush()
    offer(plan, proposal, until=until, by=by, on=on, now=now)
    return plan


def request(
    plan: Plan, proposal: Proposal, *, answer_on: date, hardship: bool, word: str, by: Actor, on: date, now: datetime
) -> None:
    """
    Outside what is offered to everybody: a person looks at it and answers by a day.

    :raises CannotPlan: as `offer`.
    """
    _write(plan, proposal, by=by, on=on)
    plan.move_to(PlanState.REQUESTED)
    plan.requested_at, plan.answer_on, plan.hardship, plan.word = now, answer_on, hardship, word.strip()
    hold_items(plan, kind=HoldKind.PLAN_ASKED, on=on, now=now)
    facts = {"amount": proposal.balance, "instalments": len(proposal.lines), "answer_on": answer_on}
    words = {"word": plan.word} if plan.word else None
    audit.record(plan.customer_id, "plan.requested", by=by, now=now, about=plan.source, facts=facts, words=words)
    task = {"kind": "plan_requested", "about": plan.source, "due_on": answer_on.isoformat()}
    jobs.later("worklist.add", customer_id=plan.customer_id, **task)


def _answered(plan: Plan) -> None:
    if plan.state is PlanState.REQUESTED:
        jobs.later("plans.answered", customer_id=plan.customer_id)


def sign(
    plan: Plan, *, consent_id: int | None, by: Actor, on: date, now: datetime, read: Collection[int] | None = None
) -> None:
    """
    From now on it is agreed: own credits are used, promises about its items rest in it, and what comes is the plan's.
    A plan by transfer begins at once; one that is charged waits for its first payment or its card.

    :param read: the ids of the instalments that were read: offered anew, it has others.
    :raises ChangedMeanwhile: one of its items has less to pay than was offered, or it was offered anew.
    :raises CannotPlan: it is no longer offered.
    """
    lock_account(plan.customer_id, plan.currency)
    session.refresh(plan, with_for_update=True)
    if plan.state is not PlanState.OFFERED or plan.signed_at is not None or (plan.offered_until or on) < on:
        raise CannotPlan(N_("This offer has ended. Please make a new plan, or ask us."))
    if read is not None and {row.id for row in instalments_of(plan)} != set(read):
        raise ChangedMeanwhile(CHANGED)
    _use_own_money(plan, by=by, on=on, now=now)
    wanted = {item.entry_id: item.amount_minor for item in items_of(plan)}
    _check_shares(plan, wanted, on=on)
    plan.signed_at, plan.consent_id = now, consent_id
    if by.kind is ActorKind.CONTACT:
        plan.contact_id = by.id
    plan.allocated_up_to = newest_allocation(plan.customer_id)
    session.flush()
    jobs.later("approvals.review", customer_id=plan.customer_id)
    audit.record(plan.customer_id, "plan.signed", by=by, now=now, about=plan.source, facts={"amount": plan.balance})
    if plan.is_automatic:
        hold_items(plan, kind=HoldKind.PLAN_ASKED, on=on, now=now)
        telling.tell(plan, "signed", now=now)
    else:
        begin(plan, on=on, now=now)


def _use_own_money(plan: Plan, *, by: Actor, on: date, now: datetime) -> None:
    """What the customer had unapplied was counted in: it goes to the items before the plan does."""
    counted = {int(entry_id): minor for entry_id, minor in plan.ask.get("credits", {}).items()}
    if counted and counted != payments.use_credits(plan.customer_id, counted, plan.currency, by=by, on=on, now=now):
        raise ChangedMeanwhile(CHANGED)


def is_ready(plan: Plan) -> bool:
    """Signed, and where it is charged: its first payment has come, or its card is known."""
    if plan.state is not PlanState.OFFERED or plan.signed_at is None:
        return False
    return not plan.is_automatic or saved_by(plan) is not None


def saved_by(plan: Plan, since: datetime | None = None) -> int | None:
    """The card or account that its customer gave last, with its first payment or without one."""
    query = select(Attempt.method_id).where(
        Attempt.customer_id == plan.customer_id,
        Attempt.about == plan.source,
        Attempt.kind != payments.OFF_SESSION,
        Attempt.state == AttemptState.SUCCEEDED,
        Attempt.method_id.is_not(None),
    )
    if since is not None:
        query = query.where(Attempt.asked_at >= since)
    return session.scalar(query.order_by(Attempt.asked_at.desc()).limit(1))


def begin(plan: Plan, *, on: date, now: datetime) -> None:
    """In force: the fee is billed, its items are held, and the schedule is its first version."""
    plan.move_to(PlanState.ACTIVE)
    plan.began_on, plan.method_id = on, plan.method_id or saved_by(plan)
    if plan.fee_minor:
        fee = ledger.bill(
            plan.customer_id,
            plan.fee,
            effective_on=on,
            due_on=instalments_of(plan)[-1].due_on,
            dedupe_key=f"{plan.source}:fee",
            kind=EntryKind.FEE,
            reference=plan.number,
            now=now,
        )
        plan.fee_entry_id = fee.id
        item = {"customer_id": plan.customer_id, "plan_id": plan.id, "entry_id": fee.id}
        session.add(PlanItem(**item, amount_minor=plan.fee_minor))
    for row in instalments_of(plan):
        row.agree_now(on, now)
    _take_promises(plan, on=on, now=now)
    _replace_others(plan, on=on, now=now)
    session.flush()
    hold_items(plan, on=on, now=now)
    keep_version(plan, Because.SIGNED, on=on, now=now)
    audit.record(plan.customer_id, "plan.began", by=audit.JOB, now=now, about=plan.source, facts={"fee": plan.fee})
    telling.tell(plan, "began", now=now)
    follow(plan, on=on, now=now)


def _take_promises(plan: Plan, *, on: date, now: datetime) -> None:
    """What was promised of its items is agreed in the plan."""
    items = {item.entry_id for item in items_of(plan)}
    for promise in promises.of_customers([plan.customer_id]):
        if promise.state is PromiseState.OPEN and items & {line.entry_id for line in promises.lines_of(promise)}:
            promises.withdraw(promise, by=audit.JOB, on=on, now=now, reason=plan.number)


def _replace_others(plan: Plan, *, on: date, now: datetime) -> None:
    """An item is paid by one plan: one that had failed, or was signed and never began, gives way to the newer one."""
    signed = (Plan.customer_id == plan.customer_id, Plan.id != plan.id, Plan.signed_at.is_not(None))
    items = {item.entry_id for item in items_of(plan)}
    for other in session.scalars(select(Plan).where(*signed, Plan.state.in_(NOT_OVER)).order_by(Plan.id)).all():
        if items & {item.entry_id for item in items_of(other)}:
            cancel(other, reason="replaced", by=audit.JOB, on=on, now=now)


def cancel(plan: Plan, *, reason: str, by: Actor, on: date, now: datetime, action: str = "plan.cancelled") -> None:
    """
    It ends before its last instalment: what is open is asked for as if it had never been; what was paid stays paid.
    Who agreed to charges agreed to those of the plan.
    """
    lock_account(plan.customer_id, plan.currency)
    session.refresh(plan, with_for_update=True)
    _answered(plan)
    plan.move_to(PlanState.CANCELLED)
    jobs.later("approvals.review", customer_id=plan.customer_id)
    consent = payments.consents.living(plan.customer_id, plan.source)
    if consent is not None:
        payments.consents.withdraw(consent, by=by, now=now)
    plan.ended_on, plan.end_reason = on, reason
    end_holds(plan, on=on, now=now)
    words = {"reason": reason} if reason else None
    audit.record(plan.customer_id, action, by=by, now=now, about=plan.source, facts={}, words=words)


def _new(
    customer_id: int,
    currency: str,
    state: PlanState,
    *,
    contact_id: int | None,
    staff_id: int | None,
    on: date,
    now: datetime,
) -> Plan:
    return Plan(
        **{"customer_id": customer_id, "currency": currency, "state": state, "way": Way.AUTOMATIC, "ask": {}},
        **{"contact_id": contact_id, "staff_id": staff_id, "made_on": on, "made_at": now},
    )


def _write(plan: Plan, proposal: Proposal, *, by: Actor, on: date) -> None:
    """The items and instalments of what is proposed, in place of those before."""
    lock_account(plan.customer_id, plan.currency)
    session.refresh(plan, with_for_update=True)
    _check_shares(plan, {entry_id: share.minor for entry_id, share in proposal.shares.items()}, on=on)
    whole = total((amount for _, amount in proposal.lines), plan.currency)
    if whole != proposal.balance + proposal.fee:
        raise ValueError(f"{whole} in instalments for {proposal.balance} and {proposal.fee}")
    mine = {"customer_id": plan.customer_id, "plan_id": plan.id}
    for table in (PlanItem, Instalment):
        session.execute(delete(table).where(table.customer_id == plan.customer_id, table.plan_id == plan.id))
    for entry_id, share in proposal.shares.items():
        session.add(PlanItem(**mine, entry_id=entry_id, amount_minor=share.minor))
    for number, (due_on, amount) in enumerate(proposal.lines, start=1):
        row = {"number": number, "due_on": due_on, "currency": plan.currency, "amount_minor": amount.minor}
        session.add(Instalment(**mine, **row))
    plan.way, plan.ask = proposal.way, dict(proposal.ask)
    plan.frequency, plan.working_days = proposal.frequency, proposal.working_days
    plan.policy_id, plan.rule = proposal.policy_id, proposal.rule
    plan.balance_minor, plan.fee_minor = proposal.balance.minor, proposal.fee.minor
    plan.grace_days, plan.retries = proposal.grace_days, proposal.retries
    plan.misses, plan.moves_left = proposal.misses, proposal.moves
    if by.kind is ActorKind.STAFF:
        plan.staff_id = by.id
    session.flush()


def _check_shares(plan: Plan, shares: Mapping[int, int], *, on: date) -> None:
    items = {item.entry_id: item for item in payments.payable_items(plan.customer_id, on, among=list(shares))}
    for entry_id, minor in shares.items():
        item = items.get(entry_id)
        if item is None or item.customer_id != plan.customer_id or not 0 < minor <= item.plannable.minor:
            raise ChangedMeanwhile(CHANGED)
