"""What the days bring: notices, what falls due, what was missed, and when a plan is over without having been kept."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, exists, select

from models import audit, company, holds, jobs
from models.customers import lock_account
from models.database import session
from models.holds import HoldKind
from models.payments import FINAL, OFF_SESSION, Attempt, AttemptLine, AttemptState
from models.plans import telling
from models.plans.changing import take_new_method
from models.plans.declining import close_charges
from models.plans.following import end_holds, follow
from models.plans.records import (
    LATE,
    LIVING,
    NOTICE,
    Instalment,
    InstalmentState,
    Plan,
    PlanItem,
    PlanState,
    instalments_of,
)
from models.plans.starting import CARD_WAITED_FOR, begin, cancel, is_ready
from models.plans.sums import unsettled
from models.transactions import each, transaction

ON_ITS_WAY = timedelta(days=3)  # What was sent on the day arrives later.
FOLLOWED = (PlanState.OFFERED, PlanState.ACTIVE, PlanState.DEFAULTED)
RESTING = frozenset(
    {
        *(HoldKind.PAUSE, HoldKind.HARDSHIP, HoldKind.BREATHING_SPACE, HoldKind.LEGAL_REPRESENTATIVE),
        *(HoldKind.NOT_OURS, HoldKind.ALREADY_PAID, HoldKind.CEASE_CONTACT),
    }
)


def review(customer_id: int, *, now: datetime) -> None:
    """
    Follow what happened to the items, payments and holds of a customer's plans; what was signed begins as soon as it
    is ready. May run any number of times. The transaction is the caller's.
    """
    query = select(Plan).where(Plan.customer_id == customer_id, Plan.state.in_(FOLLOWED) | _is_charged())
    on = company.get().today(now)
    for plan in session.scalars(query.order_by(Plan.currency, Plan.id)).all():  # As accounts are locked.
        lock_account(plan.customer_id, plan.currency)
        session.refresh(plan, with_for_update=True)
        if is_ready(plan):
            begin(plan, on=on, now=now)
        elif plan.state in (PlanState.ACTIVE, PlanState.DEFAULTED):
            take_new_method(plan, on=on, now=now)
            follow(plan, on=on, now=now)
        elif plan.state is PlanState.CANCELLED:
            close_charges(plan, on=on)


def _is_charged() -> ColumnElement[bool]:
    """It was cancelled while money was on its way."""
    mine = (Instalment.customer_id == Plan.customer_id, Instalment.plan_id == Plan.id)
    return exists().where(*mine, Instalment.state == InstalmentState.CHARGING)


def settle(*, now: datetime) -> int:
    """`review` for everybody whose plan does not say what happened. Returns how many there were."""
    customers = unsettled(company.get().today(now))
    session.rollback()
    each(((customer_id,) for customer_id in customers), partial(_review, now=now))
    return len(customers)


def _review(customer_id: int, *, now: datetime) -> None:
    with transaction():
        review(customer_id, now=now)


def tend(as_of: date, *, now: datetime) -> int:
    """
    Bring every plan to a day, each in a transaction of its own. What a day brought it brings once, however often and
    however late this runs. Returns how many plans were looked at.
    """
    keys = _of_the_day(as_of)
    session.rollback()
    each(keys, partial(_tend, as_of=as_of, now=now))
    return len(keys)


def _tend(customer_id: int, plan_id: int, *, as_of: date, now: datetime) -> None:
    with transaction():
        plan = session.get_one(Plan, (customer_id, plan_id), populate_existing=True)
        lock_account(customer_id, plan.currency)
        session.refresh(plan, with_for_update=True)
        if plan.state is PlanState.OFFERED:
            _lapse(plan, as_of=as_of, now=now)
        elif plan.state is PlanState.ACTIVE:
            follow(plan, on=as_of, now=now)
        if plan.state is PlanState.ACTIVE:
            _live(plan, as_of=as_of, now=now)


def _of_the_day(as_of: date) -> Sequence[tuple[int, int]]:
    soon = (
        select(Plan.customer_id, Plan.id)
        .join(Instalment, (Instalment.customer_id == Plan.customer_id) & (Instalment.plan_id == Plan.id))
        .where(Plan.state == PlanState.ACTIVE, Instalment.state.in_(LIVING), Instalment.due_on <= as_of + NOTICE)
    )
    old = select(Plan.customer_id, Plan.id).where(Plan.state == PlanState.OFFERED, Plan.offered_until < as_of)
    unready = select(Plan.customer_id, Plan.id).where(Plan.state == PlanState.OFFERED, Plan.signed_at.is_not(None))
    found = session.execute(soon.union(old, unready)).all()
    return sorted((customer_id, plan_id) for customer_id, plan_id in found)


def _lapse(plan: Plan, *, as_of: date, now: datetime) -> None:
    if is_ready(plan):
        begin(plan, on=as_of, now=now)
    elif plan.signed_at is not None and now - plan.signed_at > CARD_WAITED_FOR and not _is_on_its_way(plan):
        cancel(plan, reason="without_card", by=audit.JOB, on=as_of, now=now)
        telling.tell(plan, "without_card", now=now)
    elif plan.signed_at is None and plan.offered_until is not None and plan.offered_until < as_of:
        cancel(plan, reason="lapsed", by=audit.JOB, on=as_of, now=now)


def _is_on_its_way(plan: Plan) -> bool:
    """Its first payment: a page on which somebody may be just now, a debit that takes days."""
    mine = (Attempt.customer_id == plan.customer_id, Attempt.about == plan.source)
    return session.scalar(select(Attempt.id).where(*mine, Attempt.state.not_in(FINAL)).limit(1)) is not None


def _live(plan: Plan, *, as_of: date, now: datetime) -> None:
    if rests(plan, as_of):
        return
    rows = instalments_of(plan)
    for row in rows:
        if row.state is InstalmentState.PLANNED:
            _come_near(plan, row, as_of=as_of, now=now)
    late = [row for row in rows if row.state is InstalmentState.DUE and _is_missed(row, as_of)]
    if late and not _is_arriving(plan):
        for row in late:
            _miss(plan, row, as_of=as_of, now=now)
    session.flush()
    if _missed_in_a_row(plan, as_of) >= plan.misses > 0 and not _is_arriving(plan):
        _default(plan, as_of=as_of, now=now)


def _is_arriving(plan: Plan) -> bool:
    """Its customer has paid something in it by themselves, and their bank takes days over it."""
    line = (AttemptLine.customer_id == Attempt.customer_id) & (AttemptLine.attempt_id == Attempt.id)
    item = (PlanItem.customer_id == AttemptLine.customer_id) & (PlanItem.entry_id == AttemptLine.entry_id)
    query = select(Attempt.id).join(AttemptLine, line).join(PlanItem, item)
    query = query.where(PlanItem.customer_id == plan.customer_id, PlanItem.plan_id == plan.id)
    query = query.where(Attempt.state == AttemptState.PROCESSING, Attempt.kind != OFF_SESSION)
    return session.scalar(query.limit(1)) is not None


def rests(plan: Plan, on: date) -> bool:
    """Nothing is charged and nothing counts as missed while a hold over the whole account says so."""
    return any(
        held.entry_id is None and held.kind in RESTING and held.currency in (None, plan.currency)
        for held in holds.living([plan.customer_id], on)
    )


def _come_near(plan: Plan, row: Instalment, *, as_of: date, now: datetime) -> None:
    """
    Nothing is charged without a notice so many days before it: what was told later, or so long ago that it rested
    since, is charged so many days after it is told.
    """
    if as_of > row.due_on + NOTICE or (row.notified_at is None and as_of >= row.due_on - NOTICE):
        row.notified_at = now
        day = as_of + NOTICE  # Its own, where it is told in time.
        row.next_try_on = day if plan.is_automatic else None
        telling.tell(plan, "notice", row, now=now, day=day)
    if row.due_on <= as_of:
        row.move_to(InstalmentState.DUE)
        if plan.is_automatic and row.next_try_on is None:
            row.next_try_on = as_of


def _is_missed(row: Instalment, as_of: date) -> bool:
    told_on = company.get().today(row.notified_at) if row.notified_at else row.due_on
    return row.next_try_on is None and as_of > max(row.due_on, told_on) + ON_ITS_WAY


def _miss(plan: Plan, row: Instalment, *, as_of: date, now: datetime) -> None:
    row.move_to(InstalmentState.MISSED)
    row.missed_on, row.grace_until = as_of, as_of + timedelta(days=plan.grace_days)
    facts = {"instalment": row.number, "amount": row.left, "until": row.grace_until}
    audit.record(plan.customer_id, "plan.missed", by=audit.JOB, now=now, about=plan.source, facts=facts)
    telling.tell(plan, "missed", row, now=now)


def _missed_in_a_row(plan: Plan, as_of: date) -> int:
    """The newest ones that fell due, as far back as each was missed and its days of grace are over."""
    count = 0
    for row in reversed([row for row in instalments_of(plan) if row.due_on <= as_of]):
        if row.state in (InstalmentState.WAIVED, InstalmentState.RETURNED):
            continue
        if row.state is not InstalmentState.MISSED or row.grace_until is None or row.grace_until >= as_of:
            if row.state in LATE:
                continue  # Its own days are not over yet.
            break
        count += 1
    return count


def _default(plan: Plan, *, as_of: date, now: datetime) -> None:
    """Its items are asked for again as they were before, less what was paid; pay what was missed, and it goes on."""
    plan.move_to(PlanState.DEFAULTED)
    plan.ended_on = as_of
    end_holds(plan, on=as_of, now=now)
    session.flush()
    audit.record(plan.customer_id, "plan.defaulted", by=audit.JOB, now=now, about=plan.source, facts={})
    telling.tell(plan, "defaulted", now=now)
    jobs.later("worklist.add", customer_id=plan.customer_id, kind="plan_broken", about=plan.source)
