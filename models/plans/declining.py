"""Charges that took no money: tried again on another day, at once, or the customer is asked."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import select

from models import audit, company, payments
from models.audit import Actor
from models.database import session
from models.payments import GONE, Attempt, AttemptState, consents
from models.plans import telling
from models.plans.records import AS_IT_IS, Instalment, InstalmentState, Plan, PlanState, Way, instalments_of
from models.policies.plans import retrying


def end_charges(
    plan: Plan, rows: Iterable[Instalment], tried: Mapping[int, Attempt], *, on: date, now: datetime
) -> list[tuple[Instalment, str]]:
    """Follow what failed. Returns what is to be said of which instalment: to whoever still owes it."""
    told = []
    for instalment in rows:
        attempt = tried.get(instalment.id)
        if instalment.state is InstalmentState.CHARGING and attempt is not None and attempt.state in GONE:
            instalment.move_to(InstalmentState.MISSED if instalment.missed_on else InstalmentState.DUE)
            if attempt.decline_code in retrying.NEVER_ASKED:
                instalment.tries, instalment.next_try_on = instalment.tries - 1, on
            else:
                told.append((instalment, _declined(plan, instalment, attempt, on=on, now=now)))
    session.flush()
    return told


def _declined(plan: Plan, instalment: Instalment, attempt: Attempt, *, on: date, now: datetime) -> str:
    instalment.decline_code = attempt.decline_code
    method = payments.methods.find(plan.customer_id, attempt.method_id) if attempt.method_id else None
    kind = method.kind.value if method else "card"
    verdict = retrying.after(
        attempt.decline_code,
        *(kind, instalment.tries, plan.retries),
        failed_on=on,
        country=company.get().country,
    )
    again = isinstance(verdict, retrying.Again) and plan.is_automatic and plan.state is PlanState.ACTIVE
    instalment.next_try_on = verdict.on if again and isinstance(verdict, retrying.Again) else None
    instalment.waits_for_customer = instalment.next_try_on is None
    session.flush()
    facts = {"amount": instalment.left, "code": attempt.decline_code, "again_on": instalment.next_try_on}
    audit.record(plan.customer_id, "plan.charge_failed", by=audit.JOB, now=now, about=plan.source, facts=facts)
    return "confirm" if isinstance(verdict, retrying.AskCustomer) else "declined"


def stop_charging(plan: Plan, *, by: Actor, now: datetime) -> None:
    """From now on each instalment is paid by bank transfer on its day; what is on its way arrives."""
    plan.way, plan.method_id = Way.TRANSFER, None
    for row in instalments_of(plan):
        row.next_try_on, row.waits_for_customer = None, False
    session.flush()
    audit.record(plan.customer_id, "plan.by_transfer", by=by, now=now, about=plan.source, facts={})


def follow_consent(plan: Plan, *, now: datetime) -> None:
    """Whoever took back what they had agreed to is charged no more, and keeps the plan."""
    if plan.is_automatic and plan.consent_id and consents.living(plan.customer_id, plan.source) is None:
        stop_charging(plan, by=audit.JOB, now=now)
        telling.tell(plan, "consent_ended", now=now)


def close_charges(plan: Plan, *, on: date) -> None:
    """What was on its way when a plan was cancelled: its money pays items, as any other; here it is written down."""
    rows = [row for row in instalments_of(plan) if row.state is InstalmentState.CHARGING]
    for instalment_id, attempt in newest_attempts(rows).items():
        row = next(one for one in rows if one.id == instalment_id)
        if attempt.state is AttemptState.SUCCEEDED:
            row.covered_minor += min(attempt.amount_minor, row.left_minor)
            row.move_to(InstalmentState.PAID)
            row.paid_on = on
        elif attempt.is_final:
            row.move_to(InstalmentState.DUE)
    session.flush()


def newest_attempts(rows: Iterable[Instalment]) -> dict[int, Attempt]:
    """
    By the instalment's id: of each the payment that may take money or has taken it, of which there is one at most,
    else the one that was tried last.
    """
    mine = list(rows)
    if not mine:
        return {}
    query = select(Attempt).where(
        Attempt.customer_id == mine[0].customer_id, Attempt.instalment_id.in_([row.id for row in mine])
    )
    found = session.scalars(query.order_by(Attempt.asked_at, Attempt.sent_at), execution_options=AS_IT_IS).all()
    return {
        attempt.instalment_id: attempt
        for attempt in sorted(found, key=lambda attempt: attempt.state not in GONE)
        if attempt.instalment_id is not None
    }
