"""Paying a plan by oneself: which items a payment is for, and what of the plan is shown to whoever pays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from models import payments
from models.database import session
from models.invoices import Invoice
from models.ledger import Entry
from models.money import Money, total
from models.plans.records import LATE, Instalment, InstalmentState, Plan, PlanItem, PlanState, instalments_of
from models.plans.sums import items_left


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item of a plan: what was agreed of it."""

    entry_id: int
    number: str
    amount: Money
    is_fee: bool


def shown_items(plan: Plan) -> list[ShownItem]:
    """Oldest due first."""
    rows = session.execute(
        select(PlanItem.entry_id, Invoice.number_as_written, PlanItem.amount_minor)
        .join(Entry, (Entry.customer_id == PlanItem.customer_id) & (Entry.id == PlanItem.entry_id))
        .outerjoin(Invoice, (Invoice.customer_id == Entry.customer_id) & (Invoice.id == Entry.invoice_id))
        .where(PlanItem.customer_id == plan.customer_id, PlanItem.plan_id == plan.id)
        .order_by(Entry.due_on, Entry.id)
    )
    return [
        ShownItem(entry_id, number or "", plan.money(minor), entry_id == plan.fee_entry_id)
        for entry_id, number, minor in rows
    ]


def lines_to_pay(plan: Plan, amount: Money, on: date) -> list[tuple[int, Money]]:
    """So much for the items of the plan, oldest due first, as far as it can be paid now; empty where nothing can."""
    payable = {item.entry_id: item.payable for item in payments.payable_items(plan.customer_id, on)}
    zero = plan.money(0)
    free = [(item.entry_id, min(item.left, payable.get(item.entry_id, zero))) for item in items_left(plan, on)]
    lines, rest = [], amount
    for entry_id, most in free:
        share = min(most, rest)
        if share:
            lines.append((entry_id, share))
            rest -= share
    return lines


def not_on_its_way(plan: Plan, rows: Sequence[Instalment] | None = None) -> Money:
    """What is left of the plan, without what is being charged; of its `rows`, where the caller has them."""
    free = [row for row in rows or instalments_of(plan) if row.is_living and row.state is not InstalmentState.CHARGING]
    return total((row.left for row in free), plan.currency)


def next_of(rows: Sequence[Instalment]) -> Instalment | None:
    """What is to be paid next: what was missed before what is to come."""
    return next((row for row in rows if row.is_living and row.state is not InstalmentState.CHARGING), None)


def invoice_sent_for(plan: Plan, row: Instalment, on: date) -> int | None:
    """The invoice under whose reference an instalment is sent; None where one item does not take all of it."""
    oldest = next((item for item in items_left(plan, on) if item.left), None)
    if oldest is None or row.left > oldest.left:
        return None
    return session.get_one(Entry, (plan.customer_id, oldest.entry_id)).invoice_id


def late(plan: Plan, rows: Sequence[Instalment]) -> Money:
    """What was to be paid by now and is missing: with it a plan that was not kept goes on."""
    return total((row.left for row in rows if row.state in LATE), plan.currency)


def disputed(plan: Plan, on: date) -> Money:
    """What a plan in force does not ask for until there is an answer."""
    left = items_left(plan, on) if plan.state is PlanState.ACTIVE else []
    return total((item.disputed for item in left), plan.currency)


def coming(customer_id: int) -> list[tuple[Plan, Instalment]]:
    """Of each plan in force of one account what it asks for next."""
    query = select(Plan).where(Plan.customer_id == customer_id, Plan.state == PlanState.ACTIVE).order_by(Plan.id)
    found = ((plan, next_of(instalments_of(plan))) for plan in session.scalars(query).all())
    return [(plan, row) for plan, row in found if row is not None]
