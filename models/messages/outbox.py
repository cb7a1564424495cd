"""The outbox: what is to be written to somebody, rendered once, sent once, kept."""

import re
import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Identity, Index, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models.company import HOLDING_ACCOUNT
from models.database import Base, session
from models.states import Stateful

SECRET_LINK = re.compile(r"(/(?:l|question|unsubscribe|staff/invited|staff/reset)/)[A-Za-z0-9_-]{20,}")
SECRET_CODE = re.compile(r"(^|>)\d{6}(?=$|<)", re.MULTILINE)  # Alone in its line or element, as in mails of codes.
CODE = "code"


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"  # Something spoke against it before it went.


class MessageChannel(StrEnum):
    EMAIL = "email"
    LETTER = "letter"


class Message(Stateful, Base):
    """
    One mail, or one letter with its PDF as `document`. `dedupe_key` names its cause, once per customer: a repeated
    cause writes nothing. `made_from` names the versions of the words, and what a reminder asks for.

    `unknown`: the answer was lost after the text was handed over; it is sent again under the same
    Message-ID, so nothing is lost and at worst something arrives twice. `bounced_at`: it was sent and came back.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("customer_id", "dedupe_key"),
        Index("ix_messages_message_id", "message_id"),
        Index("ix_messages_waiting", "next_try_at", postgresql_where="state in ('queued', 'sending', 'unknown')"),
        Index("ix_messages_letters", "customer_id", "id", postgresql_where="channel = 'letter' and state = 'queued'"),
    )
    TRANSITIONS: ClassVar = {
        MessageState.QUEUED: frozenset({MessageState.SENDING, MessageState.SKIPPED}),
        MessageState.SENDING: frozenset(
            {MessageState.SENT, MessageState.REFUSED, MessageState.UNKNOWN, MessageState.QUEUED, MessageState.SKIPPED}
        ),
        MessageState.UNKNOWN: frozenset({MessageState.SENDING, MessageState.SKIPPED}),
        MessageState.SENT: frozenset[MessageState](),
        MessageState.REFUSED: frozenset[MessageState](),
        MessageState.SKIPPED: frozenset[MessageState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    dedupe_key: Mapped[str]
    kind: Mapped[str]
    contact_id: Mapped[int | None]
    address: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    unsubscribe: Mapped[str] = mapped_column(server_default="")
    message_id: Mapped[str]
    state: Mapped[MessageState] = mapped_column(default=MessageState.QUEUED)
    tries: Mapped[int] = mapped_column(server_default="0")
    queued_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str] = mapped_column(server_default=MessageChannel.EMAIL)
    made_from: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    document: Mapped[bytes | None] = mapped_column(deferred=True)
    document_hash: Mapped[str] = mapped_column(server_default="")

    def without_secrets(self, part: str) -> str:
        """A text of this mail without what lets somebody in: for whoever reads it over the recipient's shoulder."""
        part = SECRET_LINK.sub(r"\1…", part)
        return SECRET_CODE.sub(r"\1…", part) if self.kind == CODE else part

    def forget_secrets(self) -> None:
        """Once it is on its way, or never will be: the database keeps hashes of tokens and codes only."""
        self.text, self.html = self.without_secrets(self.text), self.without_secrets(self.html)
        self.unsubscribe = self.without_secrets(self.unsubscribe)


def queue(
    customer_id: int,
    *,
    dedupe_key: str,
    kind: str,
    address: str,
    language: str,
    subject: str,
    text: str,
    html: str,
    now: datetime,
    contact_id: int | None = None,
    unsubscribe: str = "",
) -> bool:
    """
    Put a rendered mail into the outbox in the caller's transaction; False where its cause wrote one before.

    :param unsubscribe: the address by which its reader stops such mails: for its head.
    """
    row = {
        **{"customer_id": customer_id, "dedupe_key": dedupe_key, "kind": kind, "contact_id": contact_id},
        **{"address": address, "language": language, "subject": subject, "text": text, "html": html},
        **{"message_id": new_message_id(), "state": MessageState.QUEUED},
        **{"queued_at": now, "next_try_at": now, "unsubscribe": unsubscribe},
    }
    added = insert(Message).values(row).on_conflict_do_nothing().returning(Message.id)
    return session.scalar(added) is not None


def new_message_id() -> str:
    return f"<{secrets.token_hex(16)}@duewell>"


def outbox(
    customer_id: int | None = None, *, most: int = 50, before_id: int | None = None, to_staff: bool = True
) -> list[Message]:
    """
    Newest first; of all customers where none is given.

    :param to_staff: with the mails to our own staff, whose links let somebody in.
    """
    query = select(Message).order_by(Message.id.desc()).limit(most)
    if not to_staff:
        query = query.where(Message.customer_id != HOLDING_ACCOUNT)
    if customer_id is not None:
        query = query.where(Message.customer_id == customer_id)
    if before_id is not None:
        query = query.where(Message.id < before_id)
    return list(session.scalars(query))


def is_written(customer_id: int, dedupe_key: str) -> bool:
    """Whether a cause has had its mail."""
    return of_cause(customer_id, dedupe_key) is not None


def of_cause(customer_id: int, dedupe_key: str) -> Message | None:
    query = select(Message).where(Message.customer_id == customer_id, Message.dedupe_key == dedupe_key)
    return session.scalar(query)


def find(customer_id: int, message_id: int) -> Message | None:
    return session.get(Message, (customer_id, message_id))
