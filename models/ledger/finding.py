"""Entries found one by one, fresh from the database: for whoever holds the account's lock."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from models.database import session
from models.ledger.entries import Entry

# Made once: to put such a query together takes longer than to run it.
_OF_CUSTOMER = select(Entry).where(Entry.customer_id == bindparam("customer")).execution_options(populate_existing=True)
_ONE = _OF_CUSTOMER.where(Entry.id == bindparam("entry"))
_BY_KEY = _OF_CUSTOMER.where(Entry.dedupe_key == bindparam("key"))


def entry_of(customer_id: int, entry_id: int) -> Entry:
    """:raises sqlalchemy.exc.NoResultFound: the customer has no such entry."""
    return session.scalars(_ONE, {"customer": customer_id, "entry": entry_id}).one()


def entry_by_key(customer_id: int, dedupe_key: str) -> Entry | None:
    """What was entered for a cause, if it was."""
    return session.scalar(_BY_KEY, {"customer": customer_id, "key": dedupe_key})


def open_debits(customer_id: int, currency: str) -> Sequence[Entry]:
    """Every debit with something open, oldest due first."""
    query = select(Entry).where(Entry.customer_id == customer_id, Entry.currency == currency, Entry.open_minor > 0)
    return session.scalars(query.order_by(Entry.due_on, Entry.id).execution_options(populate_existing=True)).all()


def open_debits_of_invoice(customer_id: int, invoice_id: int) -> Sequence[Entry]:
    query = select(Entry).where(Entry.customer_id == customer_id, Entry.invoice_id == invoice_id, Entry.open_minor > 0)
    return session.scalars(query.order_by(Entry.due_on, Entry.id).execution_options(populate_existing=True)).all()
