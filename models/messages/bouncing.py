"""What becomes of a mail after its server took it over: it may still come back."""

from datetime import datetime

from sqlalchemy import select

from models.database import session
from models.gateways import bounces
from models.messages import addresses
from models.messages.outbox import Message


def receive(raw: bytes, *, now: datetime) -> bool:
    """
    Take a notification in the caller's transaction: a mail that came back for good stops its address. What names no
    mail of ours is ignored, and so is the same notification a second time.

    :returns: whether it was about one of our mails.
    """
    bounce = bounces.read(raw)
    if bounce is None:
        return False
    found = select(Message).where(Message.message_id == bounce.message_id)
    message = session.scalar(found.with_for_update())
    if message is None:
        return False
    message.error = bounce.reason
    if bounce.for_good and message.bounced_at is None:
        message.bounced_at = now
        addresses.stop(message.address, bounce.reason, now=now)
    return True
