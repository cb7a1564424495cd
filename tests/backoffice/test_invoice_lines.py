"""Where a line's goods came from: staff write and read it, and no customer sees it."""

from collections.abc import Callable
from decimal import Decimal

from flask.testing import FlaskClient
from sqlalchemy import select

from models import accounts, clock, company
from models.accounts import debit_document
from models.database import session
from models.invoices import InvoiceLine
from models.ledger import Entry
from models.policies.permissions import Role
from tests.backoffice.reading import shown
from tests.making import Maker

LINE = {
    "lines-0-description": "Oak chair",
    "lines-0-product": "CHAIR",
    "lines-0-supplier": "Medis AB",
    "lines-0-site": "Kaunas",
    "lines-0-price": "100",
}


def test_supplier_and_site_of_a_line_are_for_staff(
    as_role: Callable[[Role], FlaskClient], client: FlaskClient, make: Maker
) -> None:
    customer = make.customer()
    contact = make.contact(customer)
    finance = as_role(Role.FINANCE)
    facts = {"number": "F-1", "currency": "EUR", "issued_on": "2026-09-01", "due_on": "2026-10-01"}
    address = f"/staff/customers/{customer.id}"
    assert finance.post(f"{address}/invoices/new", data=facts | LINE).status_code == 303
    entry_id = session.scalars(select(Entry.id)).one()
    page = shown(finance.get(f"{address}/entries/{entry_id}"))
    assert all(word in page for word in ("Oak chair", "CHAIR", "Medis AB", "Kaunas"))

    link = f"/l/{make.link(customer, contact)}"
    client.get(link)
    client.post("/open")
    theirs = shown(client.get(f"/invoices/{entry_id}"))
    assert "Oak chair" in theirs
    assert not any(word in theirs for word in ("Medis AB", "Kaunas"))
    # No rate was typed: nothing is said of tax, on the page as on paper.
    assert "Tax" not in theirs
    document = debit_document(customer.id, entry_id, company.get().today(clock.now()))
    assert document
    line = session.scalars(select(InvoiceLine)).one()
    assert (line.tax_rate, document.has_tax) == (Decimal(0), False)
    paper = accounts.invoice_pdf(customer, document, company.get(), now=clock.now(), language="en")
    assert paper.startswith(b"%PDF")
