"""Stripe's events: kept as they come, and worked off as hints to fetch the truth."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert

from models.database import session
from models.errors import N_, Refused
from models.gateways.stripe import Unanswered
from models.gateways.stripe_answers import GatewayEvent
from models.payments import methods
from models.payments.attempts import WebhookEvent, by_object
from models.payments.syncing import sync
from models.transactions import transaction

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway

# Made once, and of the table: to put it together for each event takes as long as all the rest of its request.
_KEEP = insert(cast(Table, WebhookEvent.__table__)).on_conflict_do_nothing()
GIVE_UP_AFTER = timedelta(hours=24)  # An object nobody knew for a day is somebody's to look at.
OF_NOBODY = "unknown object"
OF_METHODS = ("payment_method.", "mandate.")


class WrongMode(Refused):
    """A test event for a live installation, or the other way round."""


def keep_event(event: GatewayEvent, *, live: bool, now: datetime) -> None:
    """
    Store an event once; a repeated delivery changes nothing.

    :raises WrongMode: the event's mode is not ours.
    """
    if event.livemode != live:
        raise WrongMode(N_("This event belongs to another mode of Stripe."))
    session.execute(
        _KEEP,
        {
            "event_id": event.id,
            "type": event.type,
            "object_id": event.object_id,
            "livemode": event.livemode,
            "api_version": event.api_version,
            "payload": event.payload,
            "received_at": now,
            "next_try_at": now,
        },
    )


def drain(*, gateway: "StripeGateway", now: Callable[[], datetime], real_now: Callable[[], datetime]) -> int:
    """
    Work off what waits, one event at a time, beside any number of others who do the same. What fails is tried again
    later; a Stripe that does not answer is not asked about the rest. Returns how many were worked on.
    """
    worked = 0
    while (event_id := _claim(real_now())) is not None:
        worked += 1
        try:
            _work_off(event_id, gateway=gateway, now=now, real_now=real_now)
        except Unanswered:
            return worked
        except Exception as error:
            session.rollback()
            _tell(event_id, error)
    return worked


def _claim(now: datetime) -> str | None:
    """Take an event for a minute: whoever dies with it leaves it to the next."""
    with transaction():
        event = session.scalar(
            select(WebhookEvent)
            .where(WebhookEvent.done_at.is_(None), WebhookEvent.next_try_at <= now)
            .order_by(WebhookEvent.next_try_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if event is None:
            return None
        event.tries += 1
        event.next_try_at = now + min(timedelta(minutes=1) * event.tries, timedelta(hours=1))
        return event.event_id


def _work_off(
    event_id: str, *, gateway: "StripeGateway", now: Callable[[], datetime], real_now: Callable[[], datetime]
) -> None:
    event = session.get_one(WebhookEvent, event_id)
    attempt = by_object(event.object_id)
    key = (attempt.customer_id, attempt.id) if attempt else None
    kept, object_id = event.type.startswith(OF_METHODS), event.object_id
    waited = real_now() - event.received_at
    session.rollback()
    error = ""
    if key and kept:
        methods.refresh(key[0], object_id, gateway=gateway, now=now)
    elif key:
        sync(*key, gateway=gateway, now=now)
    elif waited < GIVE_UP_AFTER:
        return  # It may be quicker than our own commit: it is tried again.
    else:
        error = OF_NOBODY
    with transaction():
        event = session.get_one(WebhookEvent, event_id, with_for_update=True)
        event.done_at, event.error = real_now(), error


def events_of_nobody(*, most: int = 50) -> Sequence[WebhookEvent]:
    """Of objects that no payment of ours knew for a day, newest first."""
    query = select(WebhookEvent).where(WebhookEvent.error == OF_NOBODY)
    return session.scalars(query.order_by(WebhookEvent.received_at.desc()).limit(most)).all()


def _tell(event_id: str, error: Exception) -> None:
    import structlog

    structlog.get_logger().error("event_not_worked_off", event_id=event_id, exc_info=error)
