"""The charging run: each instalment that is due is charged once, whatever dies, however often and late it runs."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from models import audit, payments
from models.customers import lock_account
from models.database import session
from models.errors import Refused
from models.money import Money
from models.payments import AttemptState, NotPayable, consents
from models.plans import telling
from models.plans.records import LATE, Instalment, InstalmentState, Plan, PlanItem, PlanState, Way, find_instalment
from models.plans.sums import items_left
from models.plans.tending import rests, review
from models.states import IllegalTransition
from models.transactions import each, transaction

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway


SILENT_AT_MOST = 3  # in a row; then Stripe is away, and the rest waits for the next run


def charge(as_of: date, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> int:
    """
    Charge what is due by a day. Each one's intent is committed before Stripe is called and names its instalment, of
    which one can be under way at most. Returns how many were charged; what became of them `payments.sync` finds out.
    """
    keys = _due(as_of)
    session.rollback()
    charged = silent = 0

    def charge_next(customer_id: int, plan_id: int, instalment_id: int, currency: str) -> None:
        nonlocal charged, silent
        if silent < SILENT_AT_MOST:
            state = _charge_one(customer_id, plan_id, instalment_id, currency, as_of=as_of, gateway=gateway, now=now)
            charged += state is not None
            silent = silent + 1 if state is AttemptState.SUBMITTED else 0

    each(keys, charge_next)
    return charged


def _due(as_of: date) -> Sequence[tuple[int, int, int, str]]:
    """Customer, plan, instalment, currency."""
    query = (
        select(Instalment.customer_id, Instalment.plan_id, Instalment.id, Instalment.currency)
        .join(Plan, (Plan.customer_id == Instalment.customer_id) & (Plan.id == Instalment.plan_id))
        .where(Plan.state == PlanState.ACTIVE, Plan.way == Way.AUTOMATIC)
        .where(Instalment.state.in_(LATE), Instalment.next_try_on <= as_of)
        .order_by(Instalment.due_on, Instalment.customer_id, Instalment.id)
    )
    return [(*row,) for row in session.execute(query)]


def _charge_one(
    customer_id: int,
    plan_id: int,
    instalment_id: int,
    currency: str,
    *,
    as_of: date,
    gateway: "StripeGateway",
    now: Callable[[], datetime],
) -> AttemptState | None:
    """What became of it as far as is known; none where nothing was charged."""
    entries = _looked_at(customer_id, plan_id, instalment_id, as_of)
    if entries:
        payments.give_way(customer_id, entries, gateway=gateway, now=now)
    with transaction():
        review(customer_id, now=now())
        attempt_id = _ask(customer_id, plan_id, instalment_id, currency, as_of=as_of, now=now())
    if attempt_id is None:
        return None
    try:
        return payments.submit_charge(customer_id, attempt_id, gateway=gateway, now=now)
    except IllegalTransition:
        return None  # Ended before it was sent: something was said to be wrong with it just now.


def _looked_at(customer_id: int, plan_id: int, instalment_id: int, as_of: date) -> list[int]:
    """
    The items of its plan, where somebody looks at Stripe's page for one of them: they have to pay there first, or are
    too late. None while it would not be charged anyway: then nobody's page has to go.
    """
    mine = (PlanItem.customer_id == customer_id, PlanItem.plan_id == plan_id)
    entries = list(session.scalars(select(PlanItem.entry_id).where(*mine)))
    looked_at = payments.pages_for(customer_id, entries) and _is_wanted(customer_id, plan_id, instalment_id, as_of)
    session.rollback()
    return entries if looked_at else []


def _is_wanted(customer_id: int, plan_id: int, instalment_id: int, as_of: date) -> bool:
    plan = session.get_one(Plan, (customer_id, plan_id), populate_existing=True)
    instalment = find_instalment(customer_id, instalment_id)
    return (
        instalment is not None
        and _is_due(plan, instalment, as_of)
        and bool(_lines(plan, instalment, as_of, whoever_pays=True))
    )


def _ask(
    customer_id: int, plan_id: int, instalment_id: int, currency: str, *, as_of: date, now: datetime
) -> UUID | None:
    """Decided under the account's lock; none where there is nothing to charge, or not now."""
    lock_account(customer_id, currency)
    plan = session.get_one(Plan, (customer_id, plan_id), with_for_update=True, populate_existing=True)
    instalment = find_instalment(customer_id, instalment_id)
    if instalment is None or not _is_due(plan, instalment, as_of):
        return None
    lines = _lines(plan, instalment, as_of)
    if not lines:
        return None
    consent = consents.living(customer_id, plan.source)
    try:
        with session.begin_nested():
            attempt = payments.request_charge(
                customer_id,
                lines,
                instalment_id=instalment_id,
                method=plan.method_id or 0,
                consent=consent.id if consent else 0,
                description=f"{plan.number} · {instalment.number}",
                by=audit.JOB,
                on=as_of,
                now=now,
            )
    except NotPayable:
        return None  # Something else is on its way, and may arrive: another day.
    except Refused:
        # No card, no consent any more, too small for a card.
        instalment.next_try_on, instalment.waits_for_customer = None, True
        telling.tell(plan, "not_charged", instalment, now=now)
        return None
    instalment.move_to(InstalmentState.CHARGING)
    instalment.tries += 1
    instalment.next_try_on = None
    session.flush()
    return attempt.id


def _is_due(plan: Plan, instalment: Instalment, as_of: date) -> bool:
    return (
        plan.state is PlanState.ACTIVE
        and plan.is_automatic
        and instalment.state in LATE
        and instalment.next_try_on is not None
        and instalment.next_try_on <= as_of
        and not rests(plan, as_of)
    )


def _lines(plan: Plan, instalment: Instalment, as_of: date, *, whoever_pays: bool = False) -> list[tuple[int, Money]]:
    """
    What of which item it pays, oldest due first; none while something else holds a part of it.

    :param whoever_pays: as if nobody were paying anything just now.
    """
    found = payments.payable_items(plan.customer_id, as_of, currency=plan.currency)
    items = {item.entry_id: (item.unheld if whoever_pays else item.chargeable).minor for item in found}
    lines, left = [], instalment.left_minor
    for item in items_left(plan, as_of):
        free = min(item.left.minor, items.get(item.entry_id, 0), left)
        if free > 0:
            lines.append((item.entry_id, plan.money(free)))
            left -= free
    return [] if left else lines
