"""The only writer of what came of a plan: it reads the ledger, the holds and the attempts, and follows them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from models import audit, company, holds, ledger
from models.database import session
from models.holds import HoldKind
from models.money import Money, total
from models.payments import Attempt, AttemptState
from models.plans import telling
from models.plans.declining import end_charges, follow_consent, newest_attempts
from models.plans.records import (
    LATE,
    Because,
    Instalment,
    InstalmentState,
    Plan,
    PlanState,
    PlanVersion,
    instalments_of,
    items_of,
)
from models.plans.sums import ItemLeft, items_left
from models.policies.plans import covering, schedule
from models.policies.plans.covering import Part
from models.policies.public_holidays import after_working_days


def follow(plan: Plan, *, on: date, now: datetime) -> None:
    """
    Bring a plan to what happened to its items. May run any number of times: it changes nothing where nothing has
    happened. The account's lock is the caller's.
    """
    follow_consent(plan, now=now)
    rows = instalments_of(plan)
    tried = newest_attempts(row for row in rows if row.is_living)
    failed = end_charges(plan, rows, tried, on=on, now=now)
    charged = {one: attempt for one, attempt in tried.items() if attempt.state is AttemptState.SUCCEEDED}
    for attempt in charged.values():
        _use(plan, attempt, on=on, now=now)
    items = items_left(plan, on)
    because = _follow_items(plan, rows, charged, items, on=on)
    if because:
        keep_version(plan, because, on=on, now=now)
        rows = instalments_of(plan)
    rows = [row for row in rows if row.is_living]
    if not rows and not any(item.disputed for item in items):
        _complete(plan, on=on, now=now)
        return
    for row, step in failed:
        if row.is_living:
            telling.tell(plan, step, row, now=now)
    if plan.state is PlanState.DEFAULTED and rows and not any(row.state in LATE for row in rows):
        _revive(plan, on=on, now=now)
    elif plan.state is PlanState.ACTIVE and because:
        telling.tell(plan, "changed", now=now, because=because.value, lines=rows)


def _follow_items(
    plan: Plan, rows: Sequence[Instalment], charged: Collection[int], items: Sequence[ItemLeft], *, on: date
) -> Because | None:
    came, left = ((item.came for item in items), (item.left for item in items))
    because = _follow_money(plan, rows, charged, total(came, plan.currency), on=on)
    if because is Because.RETURNED:
        rows = instalments_of(plan)
    return _follow_debt(plan, rows, total(left, plan.currency), on=on) or because


def _follow_money(
    plan: Plan, rows: Sequence[Instalment], charged: Collection[int], came: Money, *, on: date
) -> Because | None:
    """Money that came since covers instalments, those that were charged first; what went back uncovers them."""
    more = came.minor - sum(row.covered_minor for row in rows)
    for row in [row for row in rows if row.id in charged]:
        more -= _cover(row, min(row.left_minor, max(more, 0)), on=on)
        _paid(row, on=on)
    if more < 0:
        _uncover(plan, rows, -more, on=on)
        return Because.RETURNED
    if not more:
        return None
    free = [row for row in rows if row.is_living and row.state is not InstalmentState.CHARGING]
    shares = covering.cover(_parts(free), more, in_order=not plan.is_automatic)
    for row in free:
        more -= _cover(row, shares.get(row.number, 0), on=on)
    session.flush()
    if more:
        _keep(plan, more, on=on)
    return Because.PAID_OTHERWISE if plan.is_automatic and shares else None


def _use(plan: Plan, attempt: Attempt, *, on: date, now: datetime) -> None:
    """What was credited meanwhile need not be paid: what came for it pays the plan's other items."""
    receipt = ledger.entry_by_key(plan.customer_id, f"{attempt.payment_intent_id}:paid")
    if receipt is None or not receipt.left:
        return
    for item in items_left(plan, on):
        share = min(item.left, receipt.left)
        if share:
            ledger.allocate(receipt, ledger.entry_of(plan.customer_id, item.entry_id), share, now=now)


def _cover(row: Instalment, minor: int, *, on: date) -> int:
    row.covered_minor += minor
    if minor and not row.left_minor:
        _paid(row, on=on)
    return minor


def _paid(row: Instalment, *, on: date) -> None:
    if row.is_living:
        row.move_to(InstalmentState.PAID)
        row.paid_on, row.next_try_on, row.waits_for_customer, row.grace_until = on, None, False, None


def _keep(plan: Plan, minor: int, *, on: date) -> None:
    """It came while no instalment was open for it, as where all that is left is disputed: it is one of its own."""
    row = add_instalment(plan, minor, due_on=on, state=InstalmentState.PAID)
    row.covered_minor, row.paid_on = minor, on
    session.flush()


def _uncover(plan: Plan, rows: Sequence[Instalment], minor: int, *, on: date) -> None:
    """The newest paid first; what of it has to be paid again is a new instalment, late from the start."""
    for row in sorted(rows, key=lambda row: (row.paid_on or date.max, row.number), reverse=True):
        back = min(row.covered_minor, minor)
        if not back:
            continue
        row.covered_minor -= back
        minor -= back
        if row.state is InstalmentState.PAID:
            row.move_to(InstalmentState.RETURNED)
            add_instalment(plan, back, due_on=on, state=InstalmentState.DUE, waits=True)
    session.flush()


def _follow_debt(plan: Plan, every: Sequence[Instalment], owed: Money, *, on: date) -> Because | None:
    """The living instalments come to what is left of the items: less where less is owed, more where more is."""
    rows = [row for row in every if row.is_living]
    less = sum(row.left_minor for row in rows) - owed.minor
    free = [row for row in rows if row.state is not InstalmentState.CHARGING]
    if less > 0:
        shares = covering.shorten(_parts(free), less)
        _take_off(free, shares, on=on)
        return Because.LESS_OWED if shares else None
    if less < 0:
        _add(plan, -less, on=on)
        return Because.MORE_OWED
    return None


def _take_off(rows: Sequence[Instalment], shares: Mapping[int, int], *, on: date) -> None:
    for row in rows:
        share = shares.get(row.number, 0)
        if share and share == row.amount_minor:
            row.move_to(InstalmentState.WAIVED)
        elif share:
            row.amount_minor -= share
            if not row.left_minor:
                _paid(row, on=on)
    session.flush()


def _add(plan: Plan, minor: int, *, on: date) -> None:
    """After the last one, at the pace of the plan."""
    rows = instalments_of(plan)
    each = max((row.amount_minor for row in rows[1:]), default=minor)
    amounts = covering.again(minor, each)
    last = max([row.due_on for row in rows if row.is_living] or [on])
    for step, amount in enumerate(amounts, start=1):
        add_instalment(plan, amount, due_on=day_after(plan, max(last, on), step))


def day_after(plan: Plan, day: date, steps: int) -> date:
    """So many steps of the plan's pace after a day, on a working day where that was agreed."""
    weeks = schedule.WEEKS.get(plan.frequency)
    due_on = day + timedelta(weeks=weeks * steps) if weeks else schedule.months_after(day, steps)
    return after_working_days(company.get().country, due_on, 0) if plan.working_days else due_on


def add_instalment(
    plan: Plan,
    minor: int,
    *,
    due_on: date,
    state: InstalmentState = InstalmentState.PLANNED,
    waits: bool = False,
) -> Instalment:
    """One more, under the next number."""
    mine = (Instalment.customer_id == plan.customer_id, Instalment.plan_id == plan.id)
    number = (session.scalar(select(func.max(Instalment.number)).where(*mine)) or 0) + 1
    row = Instalment(
        **{"customer_id": plan.customer_id, "plan_id": plan.id, "number": number, "currency": plan.currency},
        **{"due_on": due_on, "amount_minor": minor, "state": state, "waits_for_customer": waits},
    )
    session.add(row)
    session.flush()
    return row


def keep_version(plan: Plan, because: Because, *, on: date, now: datetime) -> None:
    """Write down the schedule as it is from now on."""
    mine = (PlanVersion.customer_id == plan.customer_id, PlanVersion.plan_id == plan.id)
    number = (session.scalar(select(func.max(PlanVersion.number)).where(*mine)) or 0) + 1
    lines = [
        [row.number, row.due_on.isoformat(), row.left_minor, row.state.value]
        for row in instalments_of(plan)
        if row.is_living
    ]
    session.add(
        PlanVersion(
            **{"customer_id": plan.customer_id, "plan_id": plan.id, "number": number, "because": because},
            **{"lines": lines, "made_on": on, "made_at": now},
        )
    )
    session.flush()
    facts = {"version": number, "because": because.value, "instalments": len(lines)}
    audit.record(plan.customer_id, "plan.changed", by=audit.JOB, now=now, about=plan.source, facts=facts)


def _complete(plan: Plan, *, on: date, now: datetime) -> None:
    plan.move_to(PlanState.COMPLETED)
    end_holds(plan, on=on, now=now)
    plan.ended_on = on
    session.flush()
    audit.record(plan.customer_id, "plan.completed", by=audit.JOB, now=now, about=plan.source, facts={})
    telling.tell(plan, "completed", now=now)


def _revive(plan: Plan, *, on: date, now: datetime) -> None:
    """What was missed has come after all: the plan goes on as if it had come in time."""
    plan.move_to(PlanState.ACTIVE)
    plan.ended_on = None
    hold_items(plan, on=on, now=now)
    keep_version(plan, Because.REVIVED, on=on, now=now)
    telling.tell(plan, "revived", now=now)


def hold_items(plan: Plan, *, on: date, now: datetime, kind: HoldKind = HoldKind.PLAN) -> None:
    """
    What a plan in good order pays is asked for by the plan and nobody else; of one that is asked for or put before its
    customer (PLAN_ASKED) nothing is asked for until they have our answer, or we theirs. What it held before it no
    longer holds.
    """
    end_holds(plan, on=on, now=now)
    for item in items_of(plan):
        holds.add(
            plan.customer_id,
            kind,
            source=plan.source,
            currency=plan.currency,
            on=on,
            now=now,
            entry_id=item.entry_id,
            amount=plan.money(item.amount_minor),
        )


def end_holds(plan: Plan, *, on: date, now: datetime) -> None:
    holds.end(plan.customer_id, plan.source, on=on, now=now)


def _parts(rows: Sequence[Instalment]) -> list[Part]:
    return [Part(row.number, row.due_on, row.left_minor, row.state in LATE) for row in rows]
