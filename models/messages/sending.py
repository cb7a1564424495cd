"""From the outbox to the mail server: claimed in chunks, sent outside any transaction, the outcome kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import select, tuple_

from models import company
from models.database import session
from models.gateways.mail import (
    Attachment,
    Mailbox,
    MailDraft,
    Outcome,
    RefusedForGood,
    Sent,
    TryAgain,
    UnsafeHeader,
    compose,
)
from models.gateways.mime import envelope_address
from models.messages import addresses
from models.messages.outbox import Message, MessageChannel, MessageState
from models.transactions import transaction

if TYPE_CHECKING:
    from models.gateways.mail import Sender

CHUNK = 50
# Whoever holds a message longer than this has died with it.
CLAIM = timedelta(minutes=10)
LONGEST_SEND = timedelta(minutes=5)  # With a server that answers each step at the last moment.
WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))


class Keeper(Protocol):
    """
    Whoever has the last word about mails of some kinds. `checked` is called in the transaction that marks them
    'sending', and returns those that go; `enclosed` brings what is attached to those of the `enclosing` kinds, while
    nothing is locked; `noted` is called in the transaction that keeps what became of one. `put_links` is called for
    mails of the `LINKED` kinds, as they go.
    """

    kinds: frozenset[str]
    enclosing: frozenset[str]

    def checked(self, rows: Sequence[Message], now: datetime) -> Sequence[Message]: ...

    def noted(self, row: Message, now: datetime) -> None: ...

    def put_links(self, rows: Sequence[Message]) -> None: ...

    def enclosed(self, customer_id: int, message_id: int, now: datetime) -> Sequence[Attachment]: ...


# Without their keeper these wait: nobody sends a reminder unchecked, or a mail whose link is not made.
LINKED = ("autopay", "dispute", "filed", "plan")
KEPT_BACK = ("reminder", "statement_mail", "invoice_mail", *LINKED)


class LocalOutbox:
    """Outside production without a mail server: what would have gone is shown on the outbox page."""

    mail_from = "duewell@localhost"

    def send(self, raw: bytes, draft: MailDraft) -> Outcome:
        return Sent("shown in the local outbox")


@dataclass(frozen=True, slots=True)
class _Claimed:
    customer_id: int
    id: int
    until: datetime
    draft: MailDraft
    kind: str
    kept: bool


Enclose = Callable[[int, int, datetime], Sequence[Attachment]]


def send_due(
    sender: "Sender",
    *,
    now: Callable[[], datetime],
    keeper: Keeper | None = None,
    papers: Mapping[str, Enclose] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> int:
    """
    Send what is queued, unknown or left by a dead worker. Returns how many were tried. A sender is for one caller at a
    time; any number of callers with senders of their own share the work.

    :param papers: what brings the papers that go with mails of a kind, where no keeper does.
    :param stopped: asked before each mail.
    """
    tried = 0
    while True:
        looked_at, chunk = _claim(sender.mail_from, now(), keeper, kept=isinstance(sender, LocalOutbox))
        for place, message in enumerate(chunk):
            if stopped():
                _give_back(chunk[place:], now())
                return tried
            if now() > message.until - LONGEST_SEND:
                return tried  # The server is slow: what is left falls to the next claim, before two could send it.
            draft = _with_enclosed(message, keeper, papers or {}, now())
            _note(message, _send(sender, draft), now(), keeper)
            tried += 1
        if looked_at < CHUNK:
            return tried


def _give_back(claimed: Sequence[_Claimed], now: datetime) -> None:
    """For others to take at once, unless somebody has taken it over already."""
    until = {message.id: message.until for message in claimed}
    keys = [(message.customer_id, message.id) for message in claimed]
    with transaction():
        mine = select(Message).where(tuple_(Message.customer_id, Message.id).in_(keys)).order_by(Message.id)
        for row in session.scalars(mine.with_for_update().execution_options(populate_existing=True)):
            if row.state is MessageState.SENDING and row.next_try_at == until[row.id]:
                row.move_to(MessageState.QUEUED)
                row.tries -= 1
                row.next_try_at = now


def _with_enclosed(message: _Claimed, keeper: Keeper | None, papers: Mapping[str, Enclose], now: datetime) -> MailDraft:
    enclose = keeper.enclosed if keeper and message.kind in keeper.enclosing else papers.get(message.kind)
    if enclose is None:
        return message.draft
    with transaction():
        return replace(message.draft, attachments=tuple(enclose(message.customer_id, message.id, now)))


def _send(sender: "Sender", draft: MailDraft) -> Outcome:
    """
    One mail that cannot be sent must not stop those behind it, and a fault of ours must not cost the customer their
    mail: only an address that is none is refused for good here.
    """
    try:
        envelope_address(draft.recipient.address)
    except UnsafeHeader as error:
        return RefusedForGood(str(error), address_stopped=True)
    try:
        return sender.send(compose(draft), draft)
    except Exception as error:
        import structlog

        structlog.get_logger().error("mail_not_sent", message_id=draft.message_id, exc_info=error)
        return TryAgain(f"{type(error).__name__}: {error}")


def _claim(mail_from: str, now: datetime, keeper: Keeper | None, *, kept: bool) -> tuple[int, list[_Claimed]]:
    """How many were due, and those of them that go."""
    with transaction():
        waiting = (
            select(Message)
            .where(
                Message.state.in_((MessageState.QUEUED, MessageState.UNKNOWN, MessageState.SENDING)),
                Message.next_try_at <= now,
                Message.channel == MessageChannel.EMAIL,
            )
            .order_by(Message.next_try_at.desc())  # A code that somebody waits for stands behind no thousand reminders.
            .limit(CHUNK)
            .with_for_update(skip_locked=True)
        )
        if keeper is None:
            waiting = waiting.where(Message.kind.not_in(KEPT_BACK))
        rows = session.scalars(waiting).all()
        due = len(rows)
        if keeper is not None:
            rows = _checked(rows, keeper, now)
        creditor = company.get()
        for row in rows:
            if row.state is not MessageState.SENDING:
                row.move_to(MessageState.SENDING)
            row.tries += 1
            row.next_try_at = now + CLAIM
        drafts = [_draft(row, mail_from, creditor) for row in rows]
        return due, [
            _Claimed(row.customer_id, row.id, now + CLAIM, draft, row.kind, kept)
            for row, draft in zip(rows, drafts, strict=True)
        ]


def _checked(rows: Sequence[Message], keeper: Keeper, now: datetime) -> Sequence[Message]:
    theirs = [row for row in rows if row.kind in keeper.kinds]
    keeper.put_links([row for row in rows if row.kind in LINKED])
    if not theirs:
        return rows
    go = {row.id for row in keeper.checked(theirs, now)}
    return [row for row in rows if row.kind not in keeper.kinds or row.id in go]


def _draft(row: Message, mail_from: str, creditor: company.Company) -> MailDraft:
    return MailDraft(
        message_id=row.message_id,
        sender=Mailbox(mail_from, creditor.name),
        recipient=Mailbox(row.address),
        subject=row.subject,
        text=row.text,
        html=row.html,
        written_at=row.queued_at,
        language=row.language,
        unsubscribe=row.unsubscribe,
        reply_to=Mailbox(creditor.help_email, creditor.name) if creditor.help_email else None,
    )


def _note(message: _Claimed, outcome: Outcome, now: datetime, keeper: Keeper | None) -> None:
    with transaction():
        row = session.get_one(Message, (message.customer_id, message.id), with_for_update=True, populate_existing=True)
        if row.state is not MessageState.SENDING:
            return  # Somebody took it over, and wrote down what became of it.
        _become(row, outcome, now, kept=message.kept)
        if keeper is not None and row.kind in keeper.kinds:
            keeper.noted(row, now)


def _become(row: Message, outcome: Outcome, now: datetime, *, kept: bool) -> None:
    """Keep what became of it; 'unknown' and 'try again' get their next time."""
    if isinstance(outcome, Sent):
        row.move_to(MessageState.SENT)
        row.sent_at, row.error = now, outcome.answer
        if not kept:
            row.forget_secrets()
        return
    row.error = outcome.reason
    if isinstance(outcome, RefusedForGood):
        row.move_to(MessageState.REFUSED)
        if outcome.address_stopped:
            addresses.stop(row.address, outcome.reason, now=now)
        row.forget_secrets()
        return
    row.move_to(MessageState.QUEUED if isinstance(outcome, TryAgain) else MessageState.UNKNOWN)
    row.next_try_at = now + WAITS[min(row.tries, len(WAITS)) - 1]
