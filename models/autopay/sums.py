"""How much of which invoice could be charged now: read from the ledger and the holds, never stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from models import holds, payments
from models.autopay.records import LIVING, AutopayCharge
from models.database import session
from models.invoices import Invoice
from models.ledger import Entry
from models.money import Money
from models.payments import PayableItem
from models.policies import autopay as policy


def free(customer_id: int, currency: str, on: date, *, whoever_pays: bool = False) -> dict[int, Money]:
    """
    By entry, oldest due first: what is open, without what is disputed, promised, in a plan or at rest, and without the
    customer's own money with us.

    :param whoever_pays: as if nobody were paying anything just now.
    """
    items = payments.payable_items(customer_id, on, currency=currency)
    parts = [_part(item, item.open if whoever_pays else item.payable) for item in items]
    mine = {item.entry_id for item in items if item.customer_id == customer_id}
    credit = payments.unapplied(customer_id, currency, on)
    found = policy.free([part for part in parts if part.entry_id in mine], credit.minor)
    return {entry_id: Money(minor, currency) for entry_id, minor in found.items()}


def _part(item: PayableItem, left: Money) -> policy.Part:
    against = (held for held in item.held if policy.objects(held.kind))
    return policy.Part(item.entry_id, left.minor, holds.taken(against, left).minor)


@dataclass(frozen=True, slots=True)
class Coming:
    """A charge as people read it. `amount` is what would be taken now: nothing is ever added to what was told."""

    charge: AutopayCharge
    number: str
    amount: Money


def coming(customers: Sequence[int]) -> list[Coming]:
    """In the order of their days."""
    same = (Entry.customer_id == AutopayCharge.customer_id) & (Entry.id == AutopayCharge.entry_id)
    rows = session.execute(
        select(AutopayCharge, Invoice.number_as_written, Entry.open_minor)
        .join(Entry, same)
        .join(Invoice, (Invoice.customer_id == Entry.customer_id) & (Invoice.id == Entry.invoice_id))
        .where(AutopayCharge.customer_id.in_(customers), AutopayCharge.state.in_(LIVING))
        .order_by(AutopayCharge.charge_on, AutopayCharge.id)
    )
    return [
        Coming(charge, number, Money(min(charge.amount_minor, minor or 0), charge.currency))
        for charge, number, minor in rows
    ]


def number_of(charge: AutopayCharge) -> str:
    """Of its invoice."""
    query = select(Invoice.number_as_written).join(
        Entry, (Entry.customer_id == Invoice.customer_id) & (Entry.invoice_id == Invoice.id)
    )
    return session.scalars(query.where(Entry.customer_id == charge.customer_id, Entry.id == charge.entry_id)).one()
