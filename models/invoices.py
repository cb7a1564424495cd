"""What a customer was billed: invoices and their lines. What is still owed is the ledger's business."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Numeric,
    and_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column
from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

from models.customers import Customer
from models.database import Base, session
from models.errors import N_, Refused
from models.money import Money

DEFAULT_TERM_DAYS = 30
OF_ACCOUNT = re.compile(r"RF\d\dC(\d{1,18})", re.ASCII)
LONGEST_TERM = 4  # Digits: a longer number is somebody's code, not days.


class DuplicateInvoice(Refused):
    pass


class Invoice(Base):
    """
    `amount_minor` is negative for a credit note. `due_on` is never moved. `source` says where it came from
    ('import 12', 'staff'). `due_before_issue` marks a due date that a file gave before the day of issue.
    """

    __tablename__ = "invoices"
    __table_args__ = (CheckConstraint("amount_minor <> 0", name="amount_not_zero"),)

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    number: Mapped[str]
    number_as_written: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    terms: Mapped[str] = mapped_column(server_default="")
    reference: Mapped[str] = mapped_column(server_default="")
    due_before_issue: Mapped[bool] = mapped_column(server_default="false")
    source: Mapped[str] = mapped_column(server_default="")
    recorded_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class InvoiceNumber(Base):
    """The registry of numbers, unique in the company, found before the customer is. `id` makes the RF reference."""

    __tablename__ = "invoice_numbers"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "invoice_id"], ["invoices.customer_id", "invoices.id"]),
        Index("ix_invoice_numbers_invoice", "customer_id", "invoice_id"),
        Index("ix_invoice_numbers_id", "id", unique=True),
    )

    number: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(always=False))
    customer_id: Mapped[int]
    invoice_id: Mapped[int]


class InvoiceLine(Base):
    """
    `net_minor` and `tax_minor` are the line's totals; `tax_rate` is in per cent. `product`, `supplier` and `site`
    (where it was made or sent from) as the invoice names them, so that complaints can be counted by them.
    """

    __tablename__ = "invoice_lines"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "invoice_id"], ["invoices.customer_id", "invoices.id"]),
        Index("ix_invoice_lines_invoice", "customer_id", "invoice_id", "position", unique=True),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    invoice_id: Mapped[int]
    position: Mapped[int]
    description: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    net_minor: Mapped[int]
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(6, 3))
    tax_minor: Mapped[int]
    currency: Mapped[str]
    product: Mapped[str] = mapped_column(server_default="")
    supplier: Mapped[str] = mapped_column(server_default="")
    site: Mapped[str] = mapped_column(server_default="")

    @property
    def net(self) -> Money:
        return Money(self.net_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)


def of_customer(customer_id: int, number: str) -> Invoice | None:
    """A customer reaches an invoice only through their own account."""
    return session.scalar(
        select(Invoice)
        .join(
            InvoiceNumber,
            and_(InvoiceNumber.customer_id == Invoice.customer_id, InvoiceNumber.invoice_id == Invoice.id),
        )
        .where(InvoiceNumber.number == normal_number(number), InvoiceNumber.customer_id == customer_id)
    )


def find(customer_id: int, invoice_id: int) -> Invoice | None:
    return session.get(Invoice, (customer_id, invoice_id))


def registered(number: str) -> InvoiceNumber | None:
    return session.get(InvoiceNumber, normal_number(number))


def lines_of(invoice: Invoice) -> Sequence[InvoiceLine]:
    query = select(InvoiceLine).where(
        InvoiceLine.customer_id == invoice.customer_id, InvoiceLine.invoice_id == invoice.id
    )
    return session.scalars(query.order_by(InvoiceLine.position)).all()


def normal_number(written: str) -> str:
    """An invoice number as it is compared: no outer spaces, capitals."""
    return written.strip().upper()


def due_by_terms(issued_on: date, terms: str) -> date:
    """The due date that a customer's terms give: their number of days, 30 where they name none (2011/7/EU, art. 3)."""
    named = terms.isdecimal() and len(terms) <= LONGEST_TERM
    return issued_on + timedelta(days=int(terms) if named else DEFAULT_TERM_DAYS)


def rf_reference(registry_id: int) -> str:
    """The invoice's structured reference after ISO 11649, made of its place in the registry."""
    return _with_check_digits(f"{registry_id:06d}")


def reference_of(customer_id: int, invoice_id: int) -> str:
    """The structured reference of a customer's invoice; empty where it is in no registry."""
    place = session.scalar(
        select(InvoiceNumber.id).where(InvoiceNumber.customer_id == customer_id, InvoiceNumber.invoice_id == invoice_id)
    )
    return rf_reference(place) if place else ""


def reference_for(customer_id: int, invoice_id: int | None) -> str:
    """Under which money for one item comes to it: an invoice's own reference, else the account's."""
    return (reference_of(customer_id, invoice_id) if invoice_id else "") or account_reference(customer_id)


def account_reference(customer_id: int) -> str:
    """A customer's own reference, for money that pays several items; a letter keeps it apart from any invoice's."""
    return _with_check_digits(f"C{customer_id:06d}")


def customer_of_reference(text: str) -> int | None:
    """The customer whom an account's reference names; None where the check digits are wrong or it is an invoice's."""
    named = OF_ACCOUNT.fullmatch(iso11649.compact(text)) if iso11649.is_valid(text) else None
    return int(named[1]) if named else None


def _with_check_digits(core: str) -> str:
    return f"RF{mod_97_10.calc_check_digits(core + 'RF')}{core}"


def by_rf_reference(text: str) -> InvoiceNumber | None:
    """The invoice of a structured reference; None where the check digits are wrong or nobody has it."""
    if not iso11649.is_valid(text):
        return None
    core = iso11649.compact(text)[4:]
    return session.scalar(select(InvoiceNumber).where(InvoiceNumber.id == int(core))) if core.isdigit() else None


def add(
    customer: Customer,
    *,
    number: str,
    amount: Money,
    issued_on: date,
    due_on: date,
    source: str,
    now: datetime,
    lines: Sequence[InvoiceLine] = (),
    terms: str = "",
    reference: str = "",
) -> Invoice:
    """
    Record the document; `ledger.bill` makes it owed.

    :raises DuplicateInvoice: the number is in use, for this customer or another.
    """
    if registered(number) is not None:
        raise DuplicateInvoice(N_("Invoice number %(number)s is in use."), number=number)
    invoice = Invoice(
        customer_id=customer.id,
        number=normal_number(number),
        number_as_written=number.strip(),
        currency=amount.currency,
        amount_minor=amount.minor,
        issued_on=issued_on,
        due_on=due_on,
        terms=terms,
        reference=reference,
        due_before_issue=due_on < issued_on,
        source=source,
        recorded_at=now,
    )
    session.add(invoice)
    session.flush()
    session.add(InvoiceNumber(number=invoice.number, customer_id=customer.id, invoice_id=invoice.id))
    for position, line in enumerate(lines, start=1):
        line.customer_id, line.invoice_id, line.position = customer.id, invoice.id, position
        session.add(line)
    session.flush()
    return invoice
