"""A customer whose invoice of two lines is open, and people who decide about cases."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from models import audit, causes, disputes, staff
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.database import session
from models.disputes import Dispute, Reason, Remedy
from models.invoices import Invoice, InvoiceLine, lines_of
from models.ledger import Entry
from models.money import Money
from models.policies.permissions import Role
from models.staff import Principal, StaffState
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

OpenCase = Callable[..., Dispute]


def billed(description: str, net_minor: int, tax_minor: int, quantity: int = 1) -> InvoiceLine:
    return InvoiceLine(
        description=description,
        quantity=Decimal(quantity),
        net_minor=net_minor,
        tax_rate=Decimal(21),
        tax_minor=tax_minor,
        currency="EUR",
    )


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer(language="en")


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    return make.contact(customer)


@pytest.fixture
def by_contact(contact: Contact) -> Actor:
    return Actor(ActorKind.CONTACT, contact.id)


@pytest.fixture
def item(make: Maker, customer: Customer) -> Entry:
    """121.00 for tiles and 60.50 for glue, tax of 21 % included."""
    return make.invoice(customer, 18_150, lines=[billed("Tiles", 10_000, 2_100, 10), billed("Glue", 5_000, 1_050)])


@pytest.fixture
def line_ids(item: Entry) -> list[int]:
    return [line.id for line in lines_of(session.get_one(Invoice, (item.customer_id, item.invoice_id)))]


@pytest.fixture
def open_case(customer: Customer, contact: Contact, item: Entry, line_ids: list[int], by_contact: Actor) -> OpenCase:
    """A case about so much of the first line, or of any line by its place."""

    def opened(minor: int = 12_100, line: int = 0) -> Dispute:
        with transaction():
            return disputes.open_case(
                customer,
                contact,
                item.id,
                {line_ids[line]: Money(minor, "EUR")},
                reason=Reason.DAMAGED,
                wanted=Remedy.CREDIT,
                text="Half of the tiles are broken",
                by=by_contact,
                on=TODAY,
                now=NOW,
            )

    return opened


@pytest.fixture
def cause(make: Maker) -> int:
    with transaction():
        warehouse = causes.add_department("Warehouse", email="warehouse@example.test", by=audit.COMMAND, now=NOW)
        return causes.add(warehouse.id, "Packing", "Not padded", by=audit.COMMAND, now=NOW).id


def _principal(role: Role, email: str) -> Principal:
    with transaction():
        member = staff.add(email=email, role=role, by=audit.COMMAND, now=NOW, state=StaffState.ACTIVE)
    return staff.principal(member)


@pytest.fixture
def clerk(make: Maker) -> Principal:
    return _principal(Role.CLERK, "clerk@example.test")


@pytest.fixture
def another_clerk(make: Maker) -> Principal:
    return _principal(Role.CLERK, "another@example.test")


@pytest.fixture
def finance(make: Maker) -> Principal:
    return _principal(Role.FINANCE, "finance@example.test")
