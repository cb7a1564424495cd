"""What the house itself notices: a reason for a task, or that a task has lost its reason."""

from datetime import datetime

from sqlalchemy import select

from models import audit, customers
from models.audit import Actor
from models.customers import Contact
from models.database import session
from models.ledger import Entry, EntryKind
from models.messages import addresses
from models.worklist import tasks
from models.worklist.kinds import TaskKind


def review_address(customer_id: int, *, now: datetime) -> None:
    """
    A customer who paid and has no mail address needs one; one who has an address needs nobody to look for it, and
    nobody looks for another once no mail comes back.
    """
    customers.lock_all(customer_id)
    if not addresses.stopped(_addresses_of(customer_id)):
        tasks.drop(customer_id, TaskKind.DEAD_ADDRESS, now=now)
    if customers.first_contact(customer_id) is not None:
        tasks.drop(customer_id, TaskKind.MISSING_ADDRESS, now=now)
    elif not tasks.is_open(customer_id, TaskKind.MISSING_ADDRESS):
        query = select(Entry.id).where(Entry.customer_id == customer_id, Entry.kind == EntryKind.RECEIPT)
        receipt_id = session.scalar(query.order_by(Entry.id.desc()).limit(1))
        if receipt_id is not None:
            tasks.add(customer_id, TaskKind.MISSING_ADDRESS, about=f"entries:{receipt_id}", now=now)


def _addresses_of(customer_id: int) -> list[str]:
    return [one.email for one in customers.contacts_of(customer_id) if one.active and one.email]


def dead_address(stopped_id: int, *, now: datetime) -> None:
    """Whoever has this address as a contact needs another one."""
    stopped = addresses.find(stopped_id)
    if stopped is None or stopped.released_at is not None:
        return
    for contact in customers.known_by(stopped.address):
        if contact.active:
            tasks.add(
                contact.customer_id,
                TaskKind.DEAD_ADDRESS,
                about=f"stopped_addresses:{stopped.id}",
                now=now,
                facts={"note": f"{stopped.address}: {stopped.reason}"},
            )


def release_address(contact: Contact, *, by: Actor, now: datetime) -> None:
    """Let mail go to a contact's address again; where nothing else is stopped, nobody looks for another address."""
    customers.lock_all(contact.customer_id)
    if contact.email and addresses.release(contact.email, now=now):
        audit.record(contact.customer_id, "address.released", by=by, now=now, about=f"contacts:{contact.id}")
    review_address(contact.customer_id, now=now)
