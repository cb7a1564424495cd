"""The last word about a reminder: holds, opt-outs and limits are asked again in the transaction that lets it go."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import update

from models import audit, clock, company
from models.customers import links, merges, opt_outs
from models.customers.mails import LINK
from models.database import session
from models.dunning.lines import LineState, ReminderLine
from models.dunning.loading import FOREVER, INVOICE, REMINDER, STATEMENT, load, whole_at
from models.dunning.writing import STOP
from models.gateways.mail import Attachment
from models.messages import Message, MessageState
from models.policies.dunning.rechecking import Planned, Verdict, recheck
from models.policies.sequences import Purpose

Invoices = Callable[[int, Sequence[int], str, datetime], Sequence[Attachment]]


class Reminders:
    """
    The keeper of reminders, statements and invoices in the outbox.

    :param address: of the portal, for links.
    :param invoices: the PDFs of a customer's invoices, by their entries, in a language.
    """

    kinds = frozenset({REMINDER, STATEMENT, INVOICE})
    enclosing = frozenset({INVOICE})

    def __init__(self, address: str, invoices: Invoices) -> None:
        self._address, self._invoices = address, invoices

    def enclosed(self, customer_id: int, message_id: int, now: datetime) -> Sequence[Attachment]:
        """The invoices themselves, in the mail that brings them."""
        row = session.get_one(Message, (customer_id, message_id))
        return self._invoices(customer_id, [entry_id for _, entry_id, *_ in row.made_from["asked"]], row.language, now)

    def checked(self, rows: Sequence[Message], now: datetime) -> Sequence[Message]:
        """Locks the accounts, in ascending order, and decides anew; those that go get their links."""
        verdicts = asked_again(rows, now)
        for row in rows:
            verdict = verdicts[row.id]
            if verdict.against:
                skip(row, verdict.against.rule, now)
            elif verdict.wait_until:
                row.next_try_at = verdict.wait_until
        going = [row for row in rows if verdicts[row.id].goes]
        self.put_links(going)
        return going

    def noted(self, row: Message, now: datetime) -> None:
        if row.state is MessageState.SENT:
            _move_lines(row, LineState.SENT, "", now)
        elif row.state is MessageState.REFUSED:
            _move_lines(row, LineState.FAILED, "refused", now)
            if row.made_from.get("address_stopped"):
                row.made_from = {**row.made_from, "ended_at": now.isoformat()}

    def put_links(self, rows: Sequence[Message]) -> None:
        """
        Made when they go: a link that waits in the outbox would be a secret in the database. Of any kind of mail; who
        is no contact gets the portal's own address.
        """
        now = clock.real_now()
        to_look = [row for row in rows if LINK in row.text or LINK in row.html]
        tokens = links.make_for_each(_readers(to_look), by=audit.JOB, now=now)
        for row in to_look:
            token = tokens.get(_reader(row))
            _put(row, LINK, f"{self._address}/l/{token}" if token else self._address)
        to_stop = [row for row in rows if row.contact_id is not None and STOP in row.text]
        tokens = opt_outs.unsubscribe_tokens(_readers(to_stop), now=now)
        for row in to_stop:
            row.unsubscribe = f"{self._address}/unsubscribe/{tokens[_reader(row)]}"
            _put(row, STOP, row.unsubscribe)


def _reader(row: Message) -> tuple[int, int]:
    return row.customer_id, row.contact_id or 0


def _readers(rows: Sequence[Message]) -> set[tuple[int, int]]:
    return {_reader(row) for row in rows if row.contact_id is not None}


def _put(row: Message, place: str, address: str) -> None:
    row.text, row.html = row.text.replace(place, address), row.html.replace(place, address)


def asked_again(rows: Sequence[Message], now: datetime) -> dict[int, Verdict]:
    """By the id of the message; the accounts of all of them, and of what is joined to them, are locked."""
    owners = sorted({row.customer_id for row in rows})
    merges.lock_families(owners)
    creditor = company.get()
    day = creditor.today(now)
    facts = load(owners, day, FOREVER, whole_at(creditor, None, creditor.bank_money_until))
    return {row.id: recheck(facts[row.customer_id], _planned(row), day, now) for row in rows}


def _planned(row: Message) -> Planned:
    asked = {entry_id: minor for _, entry_id, minor, *_ in row.made_from["asked"]}
    return Planned(row.id, Purpose(row.made_from["purpose"]), row.contact_id, asked)


def skip(row: Message, reason: str, now: datetime) -> None:
    """It never goes; the next run decides anew about its items."""
    row.move_to(MessageState.SKIPPED)
    row.error = reason
    row.made_from = {**row.made_from, "ended_at": now.isoformat()}
    row.forget_secrets()
    _move_lines(row, LineState.SKIPPED, reason, now)


def sent_by_post(row: Message, now: datetime) -> None:
    """It was printed, which is all that we learn of a letter."""
    row.move_to(MessageState.SENDING)
    row.move_to(MessageState.SENT)
    row.sent_at = now
    _move_lines(row, LineState.SENT, "", now)


def _move_lines(row: Message, state: LineState, reason: str, now: datetime) -> None:
    session.execute(
        update(ReminderLine)
        .where(
            *(ReminderLine.written_to == row.customer_id, ReminderLine.message_id == row.id),
            ReminderLine.state == LineState.SELECTED,
        )
        .values(state=state, reason=reason, done_at=now)
    )
