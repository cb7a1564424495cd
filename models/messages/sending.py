"""From the outbox to the mail server: claimed in chunks, sent outside any transaction, the outcome kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from models import company
from models.database import session
from models.gateways.mail import MailDraft, Outcome, compose
from models.messages.outbox import Message, MessageState
from models.transactions import transaction

if TYPE_CHECKING:
    from models.gateways.mail import Sender

CHUNK = 50
# Whoever holds a message longer than this has died with it.
CLAIM = timedelta(minutes=10)
WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class _Claimed:
    customer_id: int
    id: int
    draft: MailDraft


def send_due(sender: "Sender", *, now: Callable[[], datetime]) -> int:
    """Send what is queued, unknown or left by a dead worker. Returns how many were tried."""
    tried = 0
    while True:
        chunk = _claim(now())
        for message in chunk:
            _note(message, sender.send(compose(message.draft), message.draft), now())
        tried += len(chunk)
        if len(chunk) < CHUNK:
            return tried


def _claim(now: datetime) -> list[_Claimed]:
    with transaction():
        rows = session.scalars(
            select(Message)
            .where(
                Message.state.in_((MessageState.QUEUED, MessageState.UNKNOWN, MessageState.SENDING)),
                Message.next_try_at <= now,
            )
            .order_by(Message.next_try_at)
            .limit(CHUNK)
            .with_for_update(skip_locked=True)
        ).all()
        creditor = company.get()
        for row in rows:
            if row.state is not MessageState.SENDING:
                row.move_to(MessageState.SENDING)
            row.tries += 1
            row.next_try_at = now + CLAIM
        return [_Claimed(row.customer_id, row.id, _draft(row, creditor)) for row in rows]
