"""The receipt follows from the ledger's insert and from nothing else: once for each payment."""

from datetime import datetime

from models import customers, jobs, messages, words
from models.company import get as get_company
from models.customers import Contact, links, merges
from models.ledger import Entry, allocations_of, entry_by_key
from models.payments.attempts import Attempt


def receipt_of(attempt: Attempt) -> Entry | None:
    """What a payment entered into the ledger, once it has."""
    return entry_by_key(attempt.customer_id, f"{attempt.payment_intent_id}:paid") if attempt.payment_intent_id else None


def is_mailed(receipt: Entry) -> bool:
    return messages.is_written(receipt.customer_id, _cause(receipt))


def _cause(receipt: Entry) -> str:
    return f"receipt:{receipt.id}"


def queue(attempt: Attempt, receipt: Entry, *, now: datetime) -> None:
    """Put the receipt into the outbox, to whoever paid, else to the customer's first contact. No address: a task."""
    from models.gateways.mail_templates import render_mail

    payer = _payer(attempt)
    contact = payer if payer and payer.email and payer.active else customers.first_contact(attempt.customer_id)
    customer = customers.find(attempt.customer_id)
    if contact is None or not contact.email or customer is None:
        jobs.later("worklist.review_address", customer_id=attempt.customer_id)
        return
    company = get_company()
    language = contact.language or customer.language or company.language
    used = allocations_of(attempt.customer_id, receipt.id)
    with words.speak(language, timezone=company.timezone):
        mail = render_mail(
            "receipt",
            language,
            company=company,
            customer=customer,
            receipt=receipt,
            used=[(part.debit_number or part.debit.reference, part.amount) for part in used],
        )
    added = messages.queue(
        attempt.customer_id,
        dedupe_key=_cause(receipt),
        kind="receipt",
        contact_id=contact.id,
        address=contact.email,
        language=language,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        now=now,
    )
    if added:
        jobs.later("messages.send")


def _payer(attempt: Attempt) -> Contact | None:
    """Who clicked, or whose link it was: of the customer, or of the account that the customer's is read as part of."""
    contact_id = links.contact_of_link(attempt.link_id) if attempt.link_id else attempt.contact_id
    if contact_id is None:
        return None
    joined = merges.living_merge(attempt.customer_id)
    contact = customers.contact_of(attempt.customer_id, contact_id)
    return contact or (customers.contact_of(joined.into_id, contact_id) if joined else None)
