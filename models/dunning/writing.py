"""From a decision to the message somebody reads: words of the approved version, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from models.company import Company
from models.customers import Contact, Customer, mails
from models.database import session
from models.dunning import advice, templates, texts
from models.dunning.loading import INVOICE, REMINDER, STATEMENT, Whole
from models.dunning.placeholders import Text
from models.dunning.templates import Wording
from models.gateways.mail_templates import Mail
from models.invoices import account_reference
from models.messages import MessageChannel, MessageState
from models.messages.outbox import new_message_id
from models.money import Money
from models.policies.dunning import Asked, Facts, Send
from models.policies.sequences import Channel, Purpose, Signer
from models.words import Calendar

# Written in place of addresses that hold a secret; the transaction that marks a mail 'sending' puts those in.
STOP = "duewell:no-more"


@dataclass(frozen=True, slots=True)
class Readers:
    """The customers and contacts of a chunk and the words for them, read once."""

    customers: Mapping[int, Customer]
    contacts: Mapping[tuple[int, int], Contact]
    live: Mapping[int, Wording]


def readers(customers: Sequence[int], moment: datetime | None) -> Readers:
    found = session.scalars(select(Customer).where(Customer.id.in_(customers)))
    people = session.scalars(select(Contact).where(Contact.customer_id.in_(customers)))
    return Readers(
        {one.id: one for one in found}, {(one.customer_id, one.id): one for one in people}, templates.live(moment)
    )


def dedupe_key(run_id: int) -> str:
    """One message per customer and run."""
    return f"reminder:run:{run_id}"


def kind_of(send: Send) -> str:
    if send.step is None:
        return STATEMENT
    return INVOICE if send.step.purpose == Purpose.INVOICE else REMINDER


def wording_for(send: Send, live: Mapping[int, Wording]) -> Wording | None:
    """:param live: the approved words, by the id of their template."""
    if send.step is None:
        return next((one for one in live.values() if one.purpose == Purpose.STATEMENT), None)
    return live.get(send.step.template_id or 0)


def message_row(
    facts: Facts, send: Send, whole: Whole, readers: Readers, *, run_id: int, day: date, now: datetime
) -> dict[str, Any]:
    """A row of the outbox; a letter's PDF is made when its chunk is done."""
    customer = readers.customers[facts.customer_id]
    contact = readers.contacts.get((facts.customer_id, send.person_id or 0))
    words_of = wording_for(send, readers.live)
    assert words_of is not None
    language, text = words_of.text(language_of(customer, contact, whole.creditor), whole.creditor.language)
    mail = rendered(send, text, language, whole.creditor, customer, contact, day)
    made_from = {
        **{"run": run_id, **made_of(send, words_of, day)},
        "sequence": facts.sequence.version_id if facts.sequence and send.step else None,
        "step": send.step.id if send.step else None,
    }
    return outbox_row(send, mail, language, customer, contact, key=dedupe_key(run_id), made_from=made_from, now=now)


def outbox_row(
    send: Send,
    mail: Mail,
    language: str,
    customer: Customer,
    contact: Contact | None,
    *,
    key: str,
    made_from: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    letter = send.channel == Channel.LETTER
    return {
        "customer_id": customer.id,
        "dedupe_key": key,
        "kind": kind_of(send),
        "contact_id": contact.id if contact else None,
        "address": customer.address if letter or contact is None else contact.email,
        "language": language,
        "subject": mail.subject,
        "text": mail.text,
        "html": "" if letter else mail.html,
        "message_id": new_message_id(),
        "state": MessageState.QUEUED,
        "queued_at": now,
        "next_try_at": max(send.opens_at, now),
        "channel": MessageChannel.LETTER if letter else MessageChannel.EMAIL,
        "made_from": made_from,
    }


def made_of(send: Send, words_of: Wording, day: date) -> dict[str, Any]:
    """What every message keeps of how it came about."""
    return {
        "on": day.isoformat(),
        "goes_at": send.opens_at.isoformat(),
        "words": words_of.version_id,
        "purpose": (send.step.purpose if send.step else Purpose.STATEMENT).value,
        "signer": _signer(send).value,
        "pay_by": send.pay_by.isoformat() if send.pay_by else None,
        "asked": [_asked(one) for one in send.asked],
    }


def _signer(send: Send) -> Signer:
    return send.step.signer if send.step else Signer.COMPANY


def language_of(customer: Customer, contact: Contact | None, creditor: Company) -> str:
    return (contact.language if contact else "") or customer.language or creditor.language


def calendar_of(contact: Contact | None) -> Calendar:
    return "jalali" if contact and contact.calendar == "jalali" else "gregorian"


def _asked(one: Asked) -> list[Any]:
    item = one.item
    due_on = item.due_on.isoformat() if item.due_on else None
    return [item.customer_id, item.entry_id, one.minor, item.currency, item.number, due_on]


def rendered(
    send: Send,
    text: Text,
    language: str,
    creditor: Company,
    customer: Customer,
    contact: Contact | None,
    day: date,
) -> Mail:
    purpose = send.step.purpose if send.step else Purpose.STATEMENT
    return texts.mail(text, values_of(send, language, creditor, customer, contact, day), creditor, purpose)


def values_of(
    send: Send, language: str, creditor: Company, customer: Customer, contact: Contact | None, day: date
) -> texts.Values:
    """What the places of a text are filled with for this reader."""
    purpose = send.step.purpose if send.step else Purpose.STATEMENT
    items = [texts.Item(one.item.number, one.item.due_on, Money(one.minor, one.item.currency)) for one in send.asked]
    facts = texts.Facts(
        customer=customer.name,
        customer_number=customer.number_as_written,
        person=contact.name if contact else "",
        items=items,
        totals=send.totals,
        today=day,
        pay_by=send.pay_by,
        reference=account_reference(customer.id),
        signer=_signer(send),
    )
    by_mail = send.channel == Channel.EMAIL
    return texts.written(
        facts,
        creditor,
        language,
        whole_numbers=not by_mail or purpose == Purpose.INVOICE,
        link=mails.LINK if by_mail else "",
        calendar=calendar_of(contact),
        unsubscribe=STOP if by_mail and purpose != Purpose.INVOICE else "",
        advice="" if purpose == Purpose.INVOICE else advice.place(customer.kind, customer.country),
    )
