"""Events that never reached us: Stripe's own list of them, read every hour into the inbox."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session
from models.payments.inbox import keep_event
from models.transactions import transaction

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway

READ_AGAIN = timedelta(hours=1)  # Stripe lists an event a little after the moment it bears.
FIRST_TIME = timedelta(days=1)
TOLD = frozenset(
    {
        *("checkout.session.completed", "checkout.session.expired", "checkout.session.async_payment_succeeded"),
        *("checkout.session.async_payment_failed", "payment_intent.succeeded", "payment_intent.payment_failed"),
        *("payment_intent.processing", "payment_intent.canceled", "refund.created", "refund.updated", "refund.failed"),
        *("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"),
        *("charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated", "setup_intent.succeeded"),
        *("payment_method.automatically_updated", "payment_method.detached", "mandate.updated"),
    }
)


class EventCursor(Base):
    """One row: up to which business moment Stripe's list was read."""

    __tablename__ = "event_cursor"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    read_until: Mapped[datetime]


def catch_up(*, gateway: "StripeGateway", now: Callable[[], datetime], real_now: Callable[[], datetime]) -> int:
    """
    Put what Stripe lists into the inbox, where what we know already changes nothing. Returns how many were read.

    :raises models.gateways.stripe.Unanswered: next time the list is read from where it was read to.
    """
    cursor, until = session.get(EventCursor, 1), now()
    since = cursor.read_until - READ_AGAIN if cursor else until - FIRST_TIME
    session.rollback()
    events = [event for event in gateway.events_since(since) if event.type in TOLD and event.livemode == gateway.live]
    with transaction():
        for event in events:
            keep_event(event, live=gateway.live, now=real_now())
        # Of two workers that have read at once the last one writes: each has read all that was there.
        row = insert(EventCursor).values(id=1, read_until=until)
        session.execute(row.on_conflict_do_update(index_elements=["id"], set_={"read_until": row.excluded.read_until}))
    return len(events)
