"""Cases as the board shows them: in columns by where they stand, each with what decides how soon it is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select

from models.customers import Customer
from models.database import session
from models.disputes.records import LIVING, Dispute
from models.invoices import Invoice
from models.ledger import Entry
from models.staff import Staff

ENDED_LATELY = timedelta(days=30)
MOST = 500  # On one page; whoever has more chooses whose cases they look at.


@dataclass(frozen=True, slots=True)
class Card:
    """A case with the names behind its ids. `owner` is empty while it is nobody's."""

    dispute: Dispute
    customer_name: str
    owner: str
    invoice_number: str

    def age(self, today: date) -> int:
        return ((self.dispute.ended_on or today) - self.dispute.opened_on).days


_ROWS = (
    select(
        *(Dispute, Customer.name, func.coalesce(Staff.name, "")),
        func.coalesce(func.nullif(Invoice.number_as_written, ""), Entry.reference),
    )
    .join(Customer, Customer.id == Dispute.customer_id)
    .join(Entry, (Entry.customer_id == Dispute.customer_id) & (Entry.id == Dispute.entry_id))
    .outerjoin(Invoice, (Invoice.customer_id == Entry.customer_id) & (Invoice.id == Entry.invoice_id))
    .outerjoin(Staff, Staff.id == Dispute.owner_id)
)


def cards(today: date, *, owner_id: int | None = None, nobodys: bool = False) -> list[Card]:
    """
    What is not over, the soonest promised first, and what ended lately.

    :param owner_id: only what is theirs; `nobodys`: only what nobody has taken.
    """
    lately = Dispute.ended_on >= today - ENDED_LATELY
    wanted: list[ColumnElement[bool]] = [or_(Dispute.state.in_(LIVING), lately)]
    if owner_id is not None:
        wanted.append(Dispute.owner_id == owner_id)
    if nobodys:
        wanted.append(Dispute.owner_id.is_(None))
    return _cards(_ROWS.where(*wanted).order_by(Dispute.ended_on.desc(), Dispute.answer_on, Dispute.id).limit(MOST))


def cards_of(customers: Sequence[int], *, most: int = 50) -> list[Card]:
    """Of an account and of what is joined to it, newest first."""
    return _cards(_ROWS.where(Dispute.customer_id.in_(customers)).order_by(Dispute.id.desc()).limit(most))


def card_of(dispute: Dispute) -> Card:
    return _cards(_ROWS.where(Dispute.customer_id == dispute.customer_id, Dispute.id == dispute.id))[0]


def _cards(query: Select[Dispute, str, str, str]) -> list[Card]:
    return [Card(*row) for row in session.execute(query.execution_options(populate_existing=True))]
