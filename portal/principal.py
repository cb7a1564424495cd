"""Who is at the customers' door: a contact acting for one customer."""

from dataclasses import dataclass
from datetime import datetime

from flask_login import UserMixin

from models import customers, sessions
from models.audit import Actor, ActorKind
from models.sessions import SessionKind
from models.transactions import transaction


@dataclass(frozen=True)
class ContactPrincipal(UserMixin):
    customer_id: int
    contact_id: int
    session_id: int
    name: str
    language: str
    customer_name: str
    customer_number: str
    may_pay: bool

    def get_id(self) -> str:
        return f"contact:{self.customer_id}:{self.contact_id}"

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.CONTACT, self.contact_id, self.name)


def of_session(token: str, *, now: datetime) -> ContactPrincipal | None:
    """The contact of a living session; a contact who was switched off has none."""
    row = sessions.living(SessionKind.CONTACT, token, now=now)
    if row is None or row.customer_id is None or row.contact_id is None:
        return None
    contact = customers.contact_of(row.customer_id, row.contact_id)
    customer = customers.find(row.customer_id)
    if contact is None or customer is None or not contact.active or not contact.may_see:
        return None
    if sessions.needs_seen(row, now=now):
        with transaction():
            sessions.seen(row, now=now)
    return ContactPrincipal(
        customer_id=customer.id,
        contact_id=contact.id,
        session_id=row.id,
        name=contact.name or contact.email or "",
        language=contact.language or customer.language,
        customer_name=customer.name,
        customer_number=customer.number_as_written,
        may_pay=contact.may_pay,
    )
