"""Mails about a payment, to whoever made it, once for each cause."""

from datetime import datetime

from models import customers, jobs, messages, words
from models.company import get as get_company
from models.customers import Contact, links, merges
from models.ledger import Entry
from models.payments.attempts import Attempt


def write(kind: str, attempt: Attempt, *, cause: str, now: datetime, **values: object) -> bool:
    """
    Put a mail into the outbox in the caller's transaction: to whoever paid, else to the customer's first contact, in
    their language. False where nobody has an address.

    :param cause: a second mail of the same cause is not written.
    """
    from models.gateways.mail_templates import render_mail

    payer = _payer(attempt)
    contact = payer if payer and payer.email and payer.active else customers.first_contact(attempt.customer_id)
    customer = customers.find(attempt.customer_id)
    if contact is None or not contact.email or customer is None:
        return False
    company = get_company()
    language = contact.language or customer.language or company.language
    with words.speak(language, timezone=company.timezone):
        mail = render_mail(kind, language, company=company, customer=customer, **values)
    added = messages.queue(
        attempt.customer_id,
        dedupe_key=cause,
        kind=kind,
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
    return True


def tell_not_paid(attempt: Attempt, *, now: datetime) -> None:
    """What the bank was asked for days ago, and whoever paid took for done, has failed."""
    write("payment_failed", attempt, cause=f"failed:{attempt.id}", now=now, amount=attempt.amount, taken_back=False)


def tell_taken_back(attempt: Attempt, chargeback: Entry, *, now: datetime) -> None:
    """What had arrived is gone again, and what it paid is open."""
    cause = f"taken_back:{chargeback.id}"
    write("payment_failed", attempt, cause=cause, now=now, amount=chargeback.amount, taken_back=True)


def _payer(attempt: Attempt) -> Contact | None:
    """Who clicked, or whose link it was: of the customer, or of the account that the customer's is read as part of."""
    contact_id = links.contact_of_link(attempt.link_id) if attempt.link_id else attempt.contact_id
    return merges.hears_of(attempt.customer_id, contact_id) if contact_id else None
