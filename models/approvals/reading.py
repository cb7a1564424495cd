"""Decisions as people look at them: with the names and numbers behind the ids."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, tuple_

from models import disputes
from models.approvals.decisions import Kind, PlanOffer
from models.approvals.waiting import Approval, decision_of
from models.customers import Customer
from models.database import session
from models.invoices import Invoice
from models.ledger import Entry
from models.staff import Staff


@dataclass(frozen=True, slots=True)
class Shown:
    """
    `entry` is the money or the item it is about; `invoice_number` and `credit_number` as they were written. `verdict`
    is the answer to a case, `goods` what came back in one, `plan` what is to be offered.
    """

    approval: Approval
    customer: Customer
    asked_by: str
    decided_by: str
    entry: Entry | None
    invoice_number: str
    credit_number: str
    verdict: disputes.Decision | None = None
    goods: disputes.GoodsReturn | None = None
    plan: PlanOffer | None = None


def shown(approvals: Sequence[Approval]) -> list[Shown]:
    ids = {approval.customer_id for approval in approvals}
    parties = {row.id: row for row in session.scalars(select(Customer).where(Customer.id.in_(ids)))}
    people = {staff_id for row in approvals for staff_id in (row.asked_by, row.decided_by) if staff_id}
    names = {row.id: row.name for row in session.scalars(select(Staff).where(Staff.id.in_(people)))}
    entries = _entries([(row.customer_id, row.payload["entry_id"]) for row in approvals if "entry_id" in row.payload])
    named = [(row.customer_id, row.payload.get("invoice_id")) for row in approvals]
    numbers = _numbers([*named, *((entry.customer_id, entry.invoice_id) for entry in entries.values())])
    return [_one(row, parties[row.customer_id], names, entries, numbers) for row in approvals]


def _one(
    row: Approval,
    customer: Customer,
    names: dict[int, str],
    entries: dict[int, Entry],
    numbers: dict[int, str],
) -> Shown:
    entry = entries.get(row.payload.get("entry_id", 0))
    asked = decision_of(row) if row.kind is Kind.PLAN else None
    invoice_id = entry.invoice_id if entry else row.payload.get("invoice_id")
    return Shown(
        approval=row,
        customer=customer,
        asked_by=names.get(row.asked_by, ""),
        decided_by=names.get(row.decided_by or 0, ""),
        entry=entry,
        invoice_number=numbers.get(invoice_id or 0, ""),
        credit_number=row.payload["number"] if row.kind == Kind.CREDIT_NOTE else "",
        verdict=disputes.find_decision(row.customer_id, row.payload["decision_id"]) if row.kind is Kind.CASE else None,
        goods=disputes.find_return(row.customer_id, row.payload["return_id"]) if row.kind is Kind.RETURN else None,
        plan=asked if isinstance(asked, PlanOffer) else None,
    )


def _entries(keys: list[tuple[int, int]]) -> dict[int, Entry]:
    query = select(Entry).where(tuple_(Entry.customer_id, Entry.id).in_(keys))
    return {entry.id: entry for entry in session.scalars(query)} if keys else {}


def _numbers(keys: list[tuple[int, int | None]]) -> dict[int, str]:
    wanted = [key for key in keys if key[1] is not None]
    query = select(Invoice).where(tuple_(Invoice.customer_id, Invoice.id).in_(wanted))
    return {invoice.id: invoice.number_as_written for invoice in session.scalars(query)} if wanted else {}
