"""Where each cent of an entry went, or came from."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import aliased

from models.database import session
from models.invoices import Invoice
from models.ledger.entries import Allocation, Entry
from models.money import Money


@dataclass(frozen=True, slots=True)
class Used:
    """One allocation as people read it: how much of which credit went to which debit, and whether it was taken back."""

    allocation_id: int
    amount: Money
    effective_on: date
    recorded_at: datetime
    credit: Entry
    debit: Entry
    credit_number: str
    debit_number: str
    taken_back_on: date | None

    def other_number(self, of_credit: bool) -> str:
        """The document at the other end."""
        return self.debit_number if of_credit else self.credit_number


@cache
def _uses() -> Select[Allocation, Entry, Entry, str, str, date]:
    """Put together once: that takes twenty times as long as to run it."""
    credit, debit, reversal = aliased(Entry), aliased(Entry), aliased(Allocation)
    of_credit, of_debit = aliased(Invoice), aliased(Invoice)
    entry_id: BindParameter[int] = bindparam("entry_id")
    # Materialized: before statistics know of a large import, the planner would pair all entries of the customer.
    few = (
        select(Allocation)
        .where(
            Allocation.customer_id == bindparam("customer_id"),
            Allocation.reverses_id.is_(None),
            (Allocation.credit_id == entry_id) | (Allocation.debit_id == entry_id),
        )
        .cte("used")
        .prefix_with("MATERIALIZED")
    )
    used = aliased(Allocation, few)
    return (
        select(
            *(used, credit, debit),
            *(of_credit.number_as_written, of_debit.number_as_written, reversal.effective_on),
        )
        .join(credit, (credit.customer_id == used.customer_id) & (credit.id == used.credit_id))
        .join(debit, (debit.customer_id == used.customer_id) & (debit.id == used.debit_id))
        .outerjoin(reversal, (reversal.customer_id == used.customer_id) & (reversal.reverses_id == used.id))
        .outerjoin(of_credit, (of_credit.customer_id == credit.customer_id) & (of_credit.id == credit.invoice_id))
        .outerjoin(of_debit, (of_debit.customer_id == debit.customer_id) & (of_debit.id == debit.invoice_id))
        .order_by(used.id)
    )


def allocations_of(customer_id: int, entry_id: int) -> list[Used]:
    """Where each cent of an entry went or came from, in order of recording, what was taken back included."""
    rows = session.execute(_uses(), {"customer_id": customer_id, "entry_id": entry_id})
    return [
        Used(
            allocation_id=row.id,
            amount=row.amount,
            effective_on=row.effective_on,
            recorded_at=row.recorded_at,
            credit=from_credit,
            debit=to_debit,
            credit_number=credit_number or "",
            debit_number=debit_number or "",
            taken_back_on=back_on,
        )
        for row, from_credit, to_debit, credit_number, debit_number, back_on in rows
    ]


def allocation_of(customer_id: int, allocation_id: int) -> Allocation | None:
    return session.get(Allocation, (customer_id, allocation_id))
