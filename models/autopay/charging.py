"""The charging run: each invoice that was announced is charged once, whatever dies, however often and late it runs."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from models import audit, payments
from models.autopay.ending import end_charge
from models.autopay.following import fail, review
from models.autopay.records import Autopay, AutopayCharge, AutopayState, ChargeState, find, find_charge
from models.autopay.sums import free, number_of
from models.customers import lock_account
from models.database import session
from models.errors import Refused
from models.money import Money
from models.payments import AttemptState, NotPayable, consents
from models.policies import autopay as policy
from models.policies.autopay import LeftOut, Why
from models.states import IllegalTransition
from models.transactions import each, transaction

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway


SILENT_AT_MOST = 3  # in a row; then Stripe is away, and the rest waits for the next run


def charge(as_of: date, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> int:
    """
    Charge what was announced for a day. Each one's intent is committed before Stripe is called, and of an invoice one
    charge can be under way at most. Returns how many were charged; what became of them `payments.sync` finds out.
    """
    keys = _due(as_of)
    session.rollback()
    charged = silent = 0

    def charge_next(customer_id: int, charge_id: int) -> None:
        nonlocal charged, silent
        if silent < SILENT_AT_MOST:
            state = _charge_one(customer_id, charge_id, as_of=as_of, gateway=gateway, now=now)
            charged += state is not None
            silent = silent + 1 if state is AttemptState.SUBMITTED else 0

    each(keys, charge_next)
    return charged


def _due(as_of: date) -> Sequence[tuple[int, int]]:
    row = AutopayCharge
    query = select(row.customer_id, row.id).where(row.state == ChargeState.PLANNED, row.next_try_on <= as_of)
    query = query.order_by(row.next_try_on, row.customer_id, row.id)
    return [(customer_id, charge_id) for customer_id, charge_id in session.execute(query)]


def _charge_one(
    customer_id: int, charge_id: int, *, as_of: date, gateway: "StripeGateway", now: Callable[[], datetime]
) -> AttemptState | None:
    """What became of it as far as is known; none where nothing was charged."""
    with transaction():
        review(customer_id, now=now())
    entry_id = _wanted(customer_id, charge_id, as_of)
    if entry_id is None:
        return None
    # Whoever looks at Stripe's page for it has to pay there first, or is too late.
    payments.give_way(customer_id, [entry_id], gateway=gateway, now=now)
    with transaction():
        attempt_id = _ask(customer_id, charge_id, as_of=as_of, now=now())
    if attempt_id is None:
        return None
    try:
        state = payments.submit_charge(customer_id, attempt_id, gateway=gateway, now=now)
    except IllegalTransition:
        return None  # Ended before it was sent: something was said to be wrong with it just now.
    return state


def _wanted(customer_id: int, charge_id: int, as_of: date) -> int | None:
    """The entry; none while it would not be charged anyway: then nobody's page has to go."""
    row = find_charge(customer_id, charge_id)
    autopay = find(customer_id, row.autopay_id) if row else None
    found = None
    if row is not None and autopay is not None and _is_due(autopay, row, as_of):
        amount = _take(autopay, row, as_of, whoever_pays=True)
        found = row.entry_id if isinstance(amount, Money) else None
    session.rollback()
    return found


def _ask(customer_id: int, charge_id: int, *, as_of: date, now: datetime) -> UUID | None:
    """Decided under the account's lock; none where there is nothing to charge, or not now."""
    row = find_charge(customer_id, charge_id)
    autopay = find(customer_id, row.autopay_id) if row else None
    if row is None or autopay is None:
        return None
    lock_account(customer_id, row.currency)
    session.refresh(autopay, with_for_update=True)
    session.refresh(row, with_for_update=True)
    if not _is_due(autopay, row, as_of):
        return None
    amount = _take(autopay, row, as_of)
    if isinstance(amount, LeftOut):
        _left_out(autopay, row, amount.why, as_of, now=now)
        return None
    consent = consents.living(customer_id, autopay.source)
    try:
        with session.begin_nested():
            attempt = payments.request_charge(
                customer_id,
                [(row.entry_id, amount)],
                instalment_id=None,
                method=autopay.method_id,
                consent=consent.id if consent else 0,
                description=number_of(row),
                by=audit.JOB,
                on=as_of,
                now=now,
            )
    except NotPayable:
        return None  # Something else is on its way, and may arrive: another day.
    except Refused:
        fail(autopay, row, Why.METHOD, now=now)  # No card, or no consent any more.
        return None
    row.move_to(ChargeState.CHARGING)
    row.tries += 1
    row.next_try_on, row.attempt_id = None, attempt.id
    session.flush()
    return attempt.id


def _is_due(autopay: Autopay, row: AutopayCharge, as_of: date) -> bool:
    return (
        autopay.state is AutopayState.ON
        and row.state is ChargeState.PLANNED
        and row.next_try_on is not None
        and row.next_try_on <= as_of
    )


def _take(autopay: Autopay, row: AutopayCharge, as_of: date, *, whoever_pays: bool = False) -> Money | LeftOut:
    left = free(row.customer_id, row.currency, as_of, whoever_pays=whoever_pays)
    return policy.take(row.amount, left.get(row.entry_id, Money(0, row.currency)), limit=autopay.limit)


def _left_out(autopay: Autopay, row: AutopayCharge, why: Why, as_of: date, *, now: datetime) -> None:
    """Nothing is left of it that may be charged, or more than is agreed by now; a payment on its way is waited for."""
    if why is not Why.HELD:
        fail(autopay, row, why, now=now)
    elif isinstance(_take(autopay, row, as_of, whoever_pays=True), LeftOut):
        end_charge(row, ChargeState.CANCELLED, Why.HELD, now=now)
