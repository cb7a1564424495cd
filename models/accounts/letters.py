"""The papers of reminders: invoices that go with a mail, letters that are made once, stored, listed and printed."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Select, select

from models import audit, clock, company, customers, words
from models.accounts.documents import debit_document
from models.accounts.invoice_paper import invoice_pdf
from models.accounts.letter_list import Listed, letter_list_csv, letter_list_pdf
from models.accounts.reminder_paper import reminder_pdf
from models.accounts.transfer import transfer_for_account
from models.audit import Actor
from models.company import HOLDING_ACCOUNT
from models.customers import Customer, links
from models.database import session
from models.dunning import advice, sending, templates, texts
from models.dunning.lines import ReminderRun
from models.dunning.writing import dedupe_key
from models.gateways.mail import Attachment
from models.invoices import account_reference
from models.messages import Message, MessageChannel, MessageState
from models.money import Money
from models.policies.sequences import Signer
from models.transactions import transaction

UNSAFE = re.compile(r"[^\w.-]+")


def invoices_enclosed(customer_id: int, entries: Sequence[int], language: str, now: datetime) -> list[Attachment]:
    creditor = company.get()
    customer = customers.find(customer_id)
    found = [debit_document(customer_id, entry_id, creditor.today(now)) for entry_id in entries]
    return [
        Attachment(
            f"{UNSAFE.sub('-', one.number) or one.entry.id}.pdf",
            invoice_pdf(customer, one, creditor, now=now, language=language),
        )
        for one in found
        if one and customer
    ]


def make_letters(run_id: int, address: str, *, now: Callable[[], datetime]) -> int:
    """The PDFs of a run's letters, one transaction each; a letter that has its PDF is left as it is."""
    made = 0
    while True:
        with transaction():
            row = session.scalar(
                _letters(run_id)
                .where(Message.document_hash == "", Message.state == MessageState.QUEUED)
                .order_by(Message.customer_id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if row is None:
                return made
            row.document = _letter(row, address, now())
            row.document_hash = sha256(row.document).hexdigest()
            made += 1


def _letters(run_id: int) -> Select[Message]:
    return select(Message).where(Message.dedupe_key == dedupe_key(run_id), Message.channel == MessageChannel.LETTER)


def _letter(row: Message, address: str, now: datetime) -> bytes:
    creditor = company.get()
    customer = customers.find(row.customer_id)
    assert customer is not None
    facts = _facts(row, customer)
    return reminder_pdf(
        templates.wording_of(row.made_from["words"]),
        facts,
        creditor,
        address=row.address,
        language=row.language,
        link=_link(customer, address),
        how=transfer_for_account(creditor, customer.id, facts.totals),
        advice=advice.place(customer.kind, customer.country),
        now=now,
    )


def _link(customer: Customer, address: str) -> str:
    """Of a page that shows what a letter may show."""
    contact = customers.first_contact(customer.id)
    if contact is None:
        return ""
    customers.lock_all(customer.id)
    return f"{address}/l/{links.make(customer, contact, by=audit.JOB, now=clock.real_now(), paper=True)}"


def _facts(row: Message, customer: Customer) -> texts.Facts:
    pay_by = row.made_from.get("pay_by")
    return texts.Facts.of(
        [
            texts.Item(number, date.fromisoformat(due_on) if due_on else None, Money(minor, currency))
            for _, _, minor, currency, number, due_on in row.made_from["asked"]
        ],
        customer=customer.name,
        customer_number=customer.number_as_written,
        person="",
        today=date.fromisoformat(row.made_from["on"]),
        pay_by=date.fromisoformat(pay_by) if pay_by else None,
        reference=account_reference(customer.id),
        signer=Signer(row.made_from.get("signer", Signer.COMPANY)),
    )


@dataclass(frozen=True, slots=True)
class Printed:
    letters: int
    skipped: int


def write_letters(run_id: int, folder: Path, address: str, *, by: Actor, now: Callable[[], datetime]) -> Printed:
    """
    The letters of a run into a folder, with a list to tick off and one for a printing house. What speaks against a
    letter by now keeps it out. To be written is to be sent: nothing else is learnt of a letter. Written a second time,
    the same bytes come again.
    """
    make_letters(run_id, address, now=now)
    folder.mkdir(parents=True, exist_ok=True)
    listed, skipped = [], 0
    with transaction():
        ids = session.execute(_letters(run_id).with_only_columns(Message.customer_id, Message.id)).all()
    for customer_id, message_id in sorted(map(tuple, ids)):
        with transaction():
            row = session.get_one(Message, (customer_id, message_id), with_for_update=True, populate_existing=True)
            if row.state is MessageState.QUEUED:
                _last_word(row, now())
            if row.state is MessageState.SENT:
                listed.append(_written(row, folder))
            else:
                skipped += 1
    with transaction():
        creditor, day = company.get(), session.get_one(ReminderRun, run_id).as_of
        (folder / "list.pdf").write_bytes(letter_list_pdf(listed, creditor, day, now=now()))
        (folder / "list.csv").write_text(letter_list_csv(listed), encoding="utf-8")
        facts = {"letters": len(listed), "skipped": skipped}
        about = f"reminder_runs:{run_id}"
        audit.record(HOLDING_ACCOUNT, "reminders.letters_written", by=by, now=now(), about=about, facts=facts)
    return Printed(len(listed), skipped)


def _last_word(row: Message, now: datetime) -> None:
    verdict = sending.asked_again([row], now)[row.id]
    if verdict.against:
        sending.skip(row, verdict.against.rule, now)
    else:
        sending.sent_by_post(row, now)


def _written(row: Message, folder: Path) -> Listed:
    customer = customers.find(row.customer_id)
    assert customer is not None
    assert row.document is not None
    file = f"{UNSAFE.sub('-', customer.number)}-{row.id}.pdf"
    (folder / file).write_bytes(row.document)
    said = templates.wording_of(row.made_from["words"])
    creditor = company.get()
    with words.speak(creditor.language, timezone=creditor.timezone):
        amount = words.list_of([words.money(one) for one in _facts(row, customer).totals])
    return Listed(
        customer_number=customer.number_as_written,
        name=customer.name,
        address=row.address,
        country=customer.country,
        file=file,
        said=f"{said.key} {said.number}",
        amount=amount,
    )
