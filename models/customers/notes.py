"""What staff write down about a customer for each other. Customers never see it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Identity, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit
from models.audit import Actor
from models.customers.customers import Customer
from models.database import Base, session


class Note(Base):
    __tablename__ = "notes"

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    text: Mapped[str]
    staff_id: Mapped[int | None]
    author: Mapped[str]
    written_at: Mapped[datetime]


def write(customer_id: int, text: str, *, by: Actor, now: datetime) -> Note:
    note = Note(customer_id=customer_id, text=text.strip(), staff_id=by.id, author=by.name, written_at=now)
    session.add(note)
    session.flush()
    audit.record(customer_id, "note.written", by=by, now=now, about=f"notes:{note.id}", words={"text": note.text})
    return note


def of_customer(customer_id: int) -> Sequence[Note]:
    return session.scalars(select(Note).where(Note.customer_id == customer_id).order_by(Note.id.desc())).all()
