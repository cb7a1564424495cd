"""Open pages give way to a charge that was agreed on: at most one of the two takes money."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from models.database import session
from models.gateways.stripe import GatewayError
from models.payments.asking import give_up
from models.payments.attempts import PAGED, Attempt, AttemptLine
from models.payments.payable import GIVEN_UP, PaymentPageUnreachable

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway


def pages_for(customer_id: int, entries: Sequence[int]) -> Sequence[UUID]:
    """The open pages on which somebody might pay one of these items."""
    same = (AttemptLine.customer_id == Attempt.customer_id) & (AttemptLine.attempt_id == Attempt.id)
    query = select(Attempt.id).join(AttemptLine, same).where(Attempt.customer_id == customer_id).distinct()
    query = query.where(AttemptLine.entry_id.in_(entries), Attempt.state.in_(GIVEN_UP), Attempt.kind.in_(PAGED))
    return session.scalars(query).all()


def give_way(
    customer_id: int, entries: Sequence[int], *, gateway: "StripeGateway", now: Callable[[], datetime]
) -> None:
    """
    Expire the open pages on which somebody might pay these items. One that was paid meanwhile is synced instead, and
    stands; one that Stripe does not tell about keeps its amounts, so that a charge for them is refused.
    """
    pages = pages_for(customer_id, entries)
    session.rollback()  # No transaction stays open across the calls.
    for attempt_id in pages:
        with suppress(GatewayError, PaymentPageUnreachable):
            give_up(customer_id, attempt_id, gateway=gateway, now=now)
