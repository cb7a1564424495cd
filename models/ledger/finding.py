"""Entries found one by one, fresh from the database: for whoever holds the account's lock."""

from collections.abc import Sequence

from sqlalchemy import select

from models.database import session
from models.ledger.entries import Entry


def entry_of(customer_id: int, entry_id: int) -> Entry:
    """:raises sqlalchemy.exc.NoResultFound: the customer has no such entry."""
    query = select(Entry).where(Entry.customer_id == customer_id, Entry.id == entry_id)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def entry_by_key(customer_id: int, dedupe_key: str) -> Entry | None:
    """What was entered for a cause, if it was."""
    query = select(Entry).where(Entry.customer_id == customer_id, Entry.dedupe_key == dedupe_key)
    return session.scalar(query.execution_options(populate_existing=True))


def open_debits(customer_id: int, currency: str) -> Sequence[Entry]:
    """Every debit with something open, oldest due first."""
    query = select(Entry).where(Entry.customer_id == customer_id, Entry.currency == currency, Entry.open_minor > 0)
    return session.scalars(query.order_by(Entry.due_on, Entry.id).execution_options(populate_existing=True)).all()


def open_debits_of_invoice(customer_id: int, invoice_id: int) -> Sequence[Entry]:
    query = select(Entry).where(Entry.customer_id == customer_id, Entry.invoice_id == invoice_id, Entry.open_minor > 0)
    return session.scalars(query.order_by(Entry.due_on, Entry.id).execution_options(populate_existing=True)).all()
