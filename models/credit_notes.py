"""Credit notes: the document first, then what it is worth, then the invoice it names."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

from models import customers, invoices, ledger
from models.customers import lock_account
from models.database import session
from models.errors import N_, Refused
from models.invoices import Invoice, InvoiceLine, normal_number
from models.ledger import Entry
from models.money import Money


class CreditRefused(Refused):
    pass


def _new_key() -> str:
    return uuid4().hex


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLine:
    """Amounts are positive, in minor units of the credit note's currency; `tax_rate` is in per cent."""

    description: str
    quantity: Decimal
    net_minor: int
    tax_rate: Decimal
    tax_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    """A credit note of a positive amount; what it names is cleared first, as far as that is open."""

    customer_id: int
    number: str
    amount: Money
    reason: str
    issued_on: date
    invoice_id: int | None = None
    lines: tuple[CreditLine, ...] = ()
    key: str = field(default_factory=_new_key)

    @property
    def dedupe_key(self) -> str:
        """Known by its number, as one that was imported."""
        return f"credit_note:{normal_number(self.number)}"


def book(note: CreditNote, *, now: datetime) -> Entry:
    """
    In the caller's transaction; audited by whoever decided it.

    :raises CreditRefused: it names an invoice of somebody else, or credits more than that is over.
    """
    lock_account(note.customer_id, note.amount.currency)
    named = session.get(Invoice, (note.customer_id, note.invoice_id)) if note.invoice_id else None
    if note.invoice_id and (named is None or named.currency != note.amount.currency):
        raise CreditRefused(N_("A credit note and its invoice belong to one customer and one currency."))
    if named is not None and note.amount > named.amount:
        raise CreditRefused(
            N_("Invoice %(number)s is over %(amount)s: no more than that can be credited."),
            number=named.number_as_written,
            amount=named.amount,
        )
    customer = customers.find(note.customer_id)
    if customer is None:
        raise CreditRefused(N_("A credit note and its invoice belong to one customer and one currency."))
    document = invoices.add(
        customer,
        number=note.number,
        amount=-note.amount,
        issued_on=note.issued_on,
        due_on=note.issued_on,
        reference=named.number_as_written if named else "",
        lines=[_line(line, note.amount.currency) for line in note.lines],
        source="staff",
        now=now,
    )
    entry = ledger.credit(
        customer.id,
        note.amount,
        effective_on=note.issued_on,
        dedupe_key=note.dedupe_key,
        invoice_id=document.id,
        reference=document.reference,
        reason=note.reason.strip(),
        now=now,
    )
    if named is not None:
        debits = ledger.open_debits_of_invoice(customer.id, named.id)
        ledger.allocate_oldest_first(entry, only=[debit.id for debit in debits], now=now)
    return entry


def _line(line: CreditLine, currency: str) -> InvoiceLine:
    return InvoiceLine(
        description=line.description,
        quantity=line.quantity,
        net_minor=-line.net_minor,
        tax_rate=line.tax_rate,
        tax_minor=-line.tax_minor,
        currency=currency,
    )
