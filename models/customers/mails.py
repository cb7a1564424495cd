"""Mails to a contact about their own account, in the contact's language: what lets them in, what they did."""

from datetime import datetime

from models import company, jobs, messages, words
from models.audit import Actor
from models.customers.contacts import Contact, change_contact, masked
from models.customers.customers import Customer
from models.messages.sending import LINKED

LINK = "duewell:account"  # Becomes a link when the mail goes: one that waits would be a secret in the database.


def write(
    kind: str, customer: Customer, contact: Contact, *, address: str, cause: str, now: datetime, **values: object
) -> None:
    """
    Put a mail into the outbox in the caller's transaction.

    :param address: where it goes; `contact` says in which language, and whose account it is kept with.
    :raises ValueError: nobody makes a link for mails of this kind.
    """
    if values.get("link") == LINK and kind not in LINKED:
        raise ValueError(f"no link is made for {kind!r}")
    from models.gateways.mail_templates import render_mail

    creditor = company.get()
    language = contact.language or customer.language or creditor.language
    calendar: words.Calendar | None = "jalali" if contact.calendar == "jalali" else None
    with words.speak(language, calendar, timezone=creditor.timezone):
        mail = render_mail(kind, language, company=creditor, customer=customer, **values)
    messages.queue(
        customer.id,
        dedupe_key=f"{kind}:{cause}",
        kind=kind,
        contact_id=contact.id,
        address=address,
        language=language,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        now=now,
    )
    jobs.later("messages.send")


def change_own_address(
    customer: Customer, contact: Contact, *, name: str, email: str, by: Actor, now: datetime
) -> None:
    """
    A contact's own name and address. The address that was theirs until now hears of it: it may have been somebody else.

    :raises models.customers.contacts.DuplicateContact: the customer has a contact with this address.
    """
    before = contact.email
    change_contact(contact, name=name, email=email, by=by, now=now)
    if before and before != contact.email:
        told = {"masked_email": masked(contact.email or "")}
        write(
            "address_changed",
            customer,
            contact,
            address=before,
            cause=f"{contact.id}:{now.isoformat()}",
            now=now,
            **told,
        )
