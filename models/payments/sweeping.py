"""The guarantee that needs no webhook: whatever is not final is looked at again until it is."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from models.customers import lock_account
from models.database import session
from models.gateways.stripe import GatewayError, Unanswered
from models.payments import methods
from models.payments.asking import find_page
from models.payments.attempts import FINAL, OFF_SESSION, Attempt, AttemptState
from models.payments.charging import find_charge
from models.payments.payable import PaymentPageUnreachable
from models.payments.syncing import close, put_off, sync
from models.transactions import transaction

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway


def sweep(*, gateway: "StripeGateway", now: Callable[[], datetime], most: int = 100) -> int:
    """
    Look at every attempt that is not final and whose time has come. One that cannot be settled does not stop those
    behind it; a Stripe that does not answer does, until the next sweep. Returns how many were looked at.
    """
    methods.sweep(gateway=gateway, now=now)
    query = (
        select(Attempt.customer_id, Attempt.id)
        .where(Attempt.state.not_in(FINAL), Attempt.next_try_at <= now())
        .order_by(Attempt.next_try_at)
        .limit(most)
    )
    due = session.execute(query).all()
    session.rollback()
    for looked_at, (customer_id, attempt_id) in enumerate(due, start=1):
        try:
            _look_at(customer_id, attempt_id, gateway=gateway, now=now)
        except Exception as error:
            session.rollback()
            _put_off(customer_id, attempt_id, now())
            if isinstance(error, Unanswered):
                return looked_at
            if not isinstance(error, GatewayError | PaymentPageUnreachable):
                _tell(attempt_id, error)
    return len(due)


def _look_at(customer_id: int, attempt_id: UUID, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> None:
    attempt = session.get_one(Attempt, (customer_id, attempt_id), populate_existing=True)
    state, kind = attempt.state, attempt.kind
    session.rollback()
    if state is AttemptState.CREATED:
        _close_unsent(customer_id, attempt_id, now())
    elif state is AttemptState.SUBMITTED:
        (find_charge if kind == OFF_SESSION else find_page)(customer_id, attempt_id, gateway=gateway, now=now)
    else:
        sync(customer_id, attempt_id, gateway=gateway, now=now)


def _close_unsent(customer_id: int, attempt_id: UUID, now: datetime) -> None:
    """Whoever made it ended before Stripe was called: nothing was made there, so nothing is held here."""
    with transaction():
        attempt = session.get_one(Attempt, (customer_id, attempt_id))
        lock_account(customer_id, attempt.currency)
        session.refresh(attempt, with_for_update=True)
        if attempt.state is AttemptState.CREATED:
            close(attempt, AttemptState.FAILED, "never_sent", now)


def _put_off(customer_id: int, attempt_id: UUID, now: datetime) -> None:
    with transaction():
        attempt = session.get_one(Attempt, (customer_id, attempt_id), with_for_update=True, populate_existing=True)
        put_off(attempt, now)


def _tell(attempt_id: UUID, error: Exception) -> None:
    import structlog

    structlog.get_logger().error("attempt_not_settled", attempt=str(attempt_id), exc_info=error)
