"""Promises as rows: so much of which items by which day, and where each stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session
from models.invoices import Invoice
from models.ledger import Entry
from models.money import Money
from models.states import Stateful


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


class Promise(Stateful, Base):
    """
    So much of some items of one account by a day. Reminders rest until `answer_on` has passed: until then the money
    may arrive. `contact_id` or `staff_id` is who wrote it down.
    """

    __tablename__ = "promises"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_promises_open", "customer_id", "id", postgresql_where="state = 'open'"),
    )
    TRANSITIONS: ClassVar = {
        PromiseState.OPEN: frozenset({PromiseState.KEPT, PromiseState.BROKEN, PromiseState.WITHDRAWN}),
        PromiseState.KEPT: frozenset[PromiseState](),
        PromiseState.BROKEN: frozenset[PromiseState](),
        PromiseState.WITHDRAWN: frozenset[PromiseState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    currency: Mapped[str]
    amount_minor: Mapped[int]
    pay_on: Mapped[date]
    answer_on: Mapped[date]
    state: Mapped[PromiseState]
    moves: Mapped[int] = mapped_column(server_default="0")
    contact_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    made_on: Mapped[date]
    made_at: Mapped[datetime]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(server_default="")

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def source(self) -> str:
        """Its name in `holds`."""
        return f"promises:{self.id}"

    @property
    def is_open(self) -> bool:
        return self.state is PromiseState.OPEN


class PromiseLine(Base):
    """How much of which item; the lines add up to the promise."""

    __tablename__ = "promise_lines"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "promise_id"], ["promises.customer_id", "promises.id"]),
        ForeignKeyConstraint(["customer_id", "entry_id"], ["entries.customer_id", "entries.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_promise_lines_entry", "customer_id", "entry_id"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    promise_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount_minor: Mapped[int]


def find(customer_id: int, promise_id: int) -> Promise | None:
    return session.get(Promise, (customer_id, promise_id), populate_existing=True)


def find_for(customers: Sequence[int], promise_id: int) -> Promise | None:
    """One of these customers' promises."""
    query = select(Promise).where(Promise.customer_id.in_(customers), Promise.id == promise_id)
    return session.scalar(query.execution_options(populate_existing=True))


@dataclass(frozen=True, slots=True)
class ShownLine:
    number: str
    amount: Money


def shown_lines(promise: Promise) -> list[ShownLine]:
    """What is promised, as people read it, oldest due first."""
    rows = session.execute(
        select(Invoice.number_as_written, PromiseLine.amount_minor)
        .join(Entry, (Entry.customer_id == PromiseLine.customer_id) & (Entry.id == PromiseLine.entry_id))
        .outerjoin(Invoice, (Invoice.customer_id == Entry.customer_id) & (Invoice.id == Entry.invoice_id))
        .where(PromiseLine.customer_id == promise.customer_id, PromiseLine.promise_id == promise.id)
        .order_by(Entry.due_on, Entry.id)
    )
    return [ShownLine(number or "", Money(minor, promise.currency)) for number, minor in rows]


def lines_of(promise: Promise) -> Sequence[PromiseLine]:
    query = select(PromiseLine).where(
        PromiseLine.customer_id == promise.customer_id, PromiseLine.promise_id == promise.id
    )
    return session.scalars(query.order_by(PromiseLine.entry_id)).all()


def of_customers(customers: Sequence[int], *, state: PromiseState | None = None, most: int = 50) -> Sequence[Promise]:
    """Newest first."""
    query = select(Promise).where(Promise.customer_id.in_(customers)).order_by(Promise.id.desc()).limit(most)
    return session.scalars(query if state is None else query.where(Promise.state == state)).all()


def missed(customers: Sequence[int]) -> Promise | None:
    """The newest promise, where it was not kept and something of it is still open; one made since speaks instead."""
    newest = next(iter(of_customers(customers, most=1)), None)
    if newest is None or newest.state is not PromiseState.BROKEN:
        return None
    still_open = (
        select(Entry.id)
        .join(PromiseLine, (PromiseLine.customer_id == Entry.customer_id) & (PromiseLine.entry_id == Entry.id))
        .where(
            *(PromiseLine.customer_id == newest.customer_id, PromiseLine.promise_id == newest.id),
            Entry.open_minor > 0,
        )
    )
    return newest if session.scalar(select(still_open.exists())) else None
