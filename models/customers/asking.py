"""A way in for whoever asks at the door: one mail to the address, with a link for each account that knows it."""

from collections.abc import Callable
from datetime import datetime

from models import audit
from models.company import HOLDING_ACCOUNT
from models.customers import contacts, links, mails
from models.customers.contacts import Contact
from models.customers.customers import Customer, find
from models.database import session

DOOR = "portal.ask"
Address = Callable[[str], str]  # makes the full address of a page from a token


def ask_for_links(email: str, *, address: Address, now: datetime) -> None:
    """
    For an address that nobody knows the same is written and taken back, so that neither the answer nor its time tells
    whose address it is.
    """
    known, nobody = contacts.seeing(email), _nobody()
    with session.begin_nested() as point:
        made = [
            (customer, contact, *links.make_once(customer, contact, by=audit.JOB, now=now))
            for contact, customer in known or nobody
        ]
        customer, contact, link, _ = made[0]
        mails.write(
            "link",
            customer,
            contact,
            address=email.strip().lower(),
            cause=str(link.id),
            now=now,
            links=[(customer.name, customer.number_as_written, address(token)) for customer, _, _, token in made],
            expires_at=link.expires_at,
        )
        if not known:
            point.rollback()


def _nobody() -> list[tuple[Contact, Customer]]:
    company = find(HOLDING_ACCOUNT)
    assert company is not None
    return [(Contact(customer_id=company.id, id=0, language=""), company)]
