"""Cases at the desk: on the board, taken, asked about, decided with a credit note, opened again."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from models import audit, causes, disputes
from models.audit import Actor, ActorKind
from models.customers import Customer
from models.database import session
from models.disputes import Dispute, DisputeState, Reason, Remedy
from models.invoices import Invoice, InvoiceLine, lines_of
from models.ledger import Entry, entry_of
from models.money import Money
from models.policies.permissions import Role
from models.transactions import transaction
from tests.backoffice.reading import error_at, errors_above, shown
from tests.conftest import NOW, TODAY
from tests.making import Maker

WORDS = "Half of the tiles are broken"


def billed(description: str, net_minor: int, tax_minor: int) -> InvoiceLine:
    return InvoiceLine(
        description=description,
        quantity=Decimal(1),
        net_minor=net_minor,
        tax_rate=Decimal(21),
        tax_minor=tax_minor,
        currency="EUR",
    )


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer(language="en")


@pytest.fixture
def item(make: Maker, customer: Customer) -> Entry:
    return make.invoice(customer, 18_150, lines=[billed("Tiles", 10_000, 2_100), billed("Glue", 5_000, 1_050)])


@pytest.fixture
def opened(make: Maker, customer: Customer, item: Entry) -> Callable[..., Dispute]:
    contact = make.contact(customer)

    def open_case(minor: int = 12_100) -> Dispute:
        line = lines_of(session.get_one(Invoice, (item.customer_id, item.invoice_id)))[0]
        with transaction():
            return disputes.open_case(
                customer,
                contact,
                item.id,
                {line.id: Money(minor, "EUR")},
                reason=Reason.DAMAGED,
                wanted=Remedy.CREDIT,
                text=WORDS,
                by=Actor(ActorKind.CONTACT, contact.id),
                on=TODAY,
                now=NOW,
            )

    return open_case


@pytest.fixture
def cause(make: Maker) -> int:
    with transaction():
        warehouse = causes.add_department("Warehouse", email="warehouse@example.test", by=audit.COMMAND, now=NOW)
        return causes.add(warehouse.id, "Packing", "Not padded", by=audit.COMMAND, now=NOW).id


@pytest.fixture
def clerk(desk: FlaskClient, as_role: Callable[[Role], FlaskClient]) -> FlaskClient:
    return as_role(Role.CLERK)


def page_of(dispute: Dispute) -> str:
    return f"/staff/disputes/{dispute.customer_id}/{dispute.id}"


def test_a_case_is_taken_on_the_board_and_upheld_in_part_with_a_credit_note(
    clerk: FlaskClient, opened: Callable[..., Dispute], item: Entry, cause: int
) -> None:
    dispute = opened()
    board = clerk.get("/staff/disputes")
    assert f"{dispute.number} €121.00" in shown(board)
    assert '<span class="count">1</span></a>' in board.text
    taken = clerk.post(f"{page_of(dispute)}/take", data={"from": "board"})
    assert taken.location == "/staff/disputes"
    assert "The clerk" in shown(clerk.get("/staff/disputes?whose=mine&show=list"))
    decide = f"{page_of(dispute)}/decide"
    assert 'value="121.00"' in clerk.get(decide).text
    answer = {"outcome": "in_part", "text": "Ten of twenty were broken.", "cause": str(cause), "credit_1": "60,51"}
    assert errors_above(clerk.post(decide, data={**answer, "cause": "", "text": ""})) == [
        "Give the customer your reasons."
    ]
    assert "root cause" in error_at(clerk.post(decide, data={**answer, "cause": ""}), "outcome")
    assert clerk.post(decide, data=answer).status_code == 303
    assert entry_of(item.customer_id, item.id).left == Money(18_150 - 6_051, "EUR")
    page = shown(clerk.get(page_of(dispute)))
    assert "Upheld in part" in page
    assert "Packing › Not padded" in page
    assert disputes.find(dispute.customer_id, dispute.id).state is DisputeState.DECIDED
