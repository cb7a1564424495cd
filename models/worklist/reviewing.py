"""What the house itself notices: a reason for a task, or that a task has lost its reason."""

from datetime import datetime

from sqlalchemy import select

from models import customers
from models.database import session
from models.ledger import Entry, EntryKind
from models.worklist import tasks
from models.worklist.kinds import TaskKind


def review_address(customer_id: int, *, now: datetime) -> None:
    """A customer who paid and has no mail address needs one; one who has an address needs nobody to look for it."""
    customers.lock_all(customer_id)
    if customers.first_contact(customer_id) is not None:
        tasks.drop(customer_id, TaskKind.MISSING_ADDRESS, now=now)
    elif not tasks.is_open(customer_id, TaskKind.MISSING_ADDRESS):
        query = select(Entry.id).where(Entry.customer_id == customer_id, Entry.kind == EntryKind.RECEIPT)
        receipt_id = session.scalar(query.order_by(Entry.id.desc()).limit(1))
        if receipt_id is not None:
            tasks.add(customer_id, TaskKind.MISSING_ADDRESS, about=f"entries:{receipt_id}", now=now)
