"""What tests begin with: customers, invoices, receipts, made by the business itself."""

import itertools
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from models import audit, clock, customers, invoices, ledger
from models.customers import Contact, Customer
from models.customers import links as customer_links
from models.invoices import InvoiceLine
from models.ledger import Entry
from models.money import Money
from models.transactions import transaction

HERE = "Europe/Vilnius"  # Where a new house stands: what is evening in UTC is tomorrow there.


def day_of(moment: datetime) -> date:
    """The business date of a moment in a house whose timezone nobody changed."""
    return clock.business_date(moment, HERE)


class Maker:
    """Every call is a transaction of its own; amounts are minor units, EUR unless said otherwise."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = day_of(now)
        self._numbers = itertools.count(1001)

    def customer(self, name: str = "Žalias Namas UAB", *, number: str | None = None, **facts: object) -> Customer:
        with transaction():
            return customers.add(
                number=number or str(next(self._numbers)), name=name, by=audit.COMMAND, now=self.now, **facts
            )

    def contact(self, customer: Customer, email: str | None = "ap@example.test", **facts: object) -> Contact:
        with transaction():
            return customers.add_contact(customer, email=email, by=audit.COMMAND, now=self.now, **facts)

    def invoice(
        self,
        customer: Customer,
        minor: int = 12_000,
        *,
        number: str | None = None,
        currency: str = "EUR",
        issued_on: date | None = None,
        due_on: date | None = None,
        lines: Sequence[InvoiceLine] = (),
    ) -> Entry:
        """An invoice issued 60 days ago and due 30 days ago, unless said otherwise; returns its debit."""
        issued_on = issued_on or self.today - timedelta(days=60)
        due_on = due_on or issued_on + timedelta(days=30)
        amount = Money(minor, currency)
        with transaction():
            invoice = invoices.add(
                customer,
                number=number or f"INV-{next(self._numbers)}",
                amount=amount,
                issued_on=issued_on,
                due_on=due_on,
                source="test",
                now=self.now,
                lines=lines,
            )
            return ledger.bill(
                customer.id,
                amount,
                effective_on=issued_on,
                due_on=due_on,
                dedupe_key=f"invoice:{invoice.number}",
                invoice_id=invoice.id,
                now=self.now,
            )

    def receipt(
        self, customer: Customer, minor: int, *, currency: str = "EUR", on: date | None = None, key: str = ""
    ) -> Entry:
        """Unapplied until the test allocates it."""
        with transaction():
            return ledger.receive(
                customer.id,
                Money(minor, currency),
                effective_on=on or self.today,
                dedupe_key=key or f"receipt:{next(self._numbers)}",
                now=self.now,
            )

    def link(self, customer: Customer, contact: Contact) -> str:
        """The token of a link that nobody opened yet."""
        with transaction():
            return customer_links.make(customer, contact, by=audit.COMMAND, now=datetime.now(self.now.tzinfo))
