"""One invoice, one payment: what it says, what paid it, where each cent went, and how to pay it by transfer."""

import html
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from models import audit, company, desk, invoices, ledger
from models.customers import Contact, Customer, merges
from models.ledger import Entry
from models.money import Money
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

ComeIn = Callable[[Customer, Contact], FlaskClient]
DAY = timedelta(days=1)


def allocate(credit: Entry, debit: Entry, minor: int) -> None:
    with transaction():
        fresh = [ledger.entry_of(one.customer_id, one.id) for one in (credit, debit)]
        ledger.allocate(*fresh, Money(minor, credit.currency), now=NOW)


def take_back(entry: Entry) -> None:
    [use] = ledger.allocations_of(entry.customer_id, entry.id)
    with transaction():
        row = ledger.allocation_of(entry.customer_id, use.allocation_id)
        desk.take_back(row, reason="a mistake of ours", by=audit.COMMAND, now=NOW)


def bill(customer: Customer, number: str = "INV-1") -> Entry:
    """€121.00, of which €21.00 is tax."""
    with transaction():
        line = desk.Line("Chairs", Decimal(2), Decimal(50), Decimal(21))
        invoice = desk.write_invoice(
            customer,
            number=number,
            currency="EUR",
            lines=[line],
            issued_on=TODAY - 40 * DAY,
            due_on=TODAY - 10 * DAY,
            reference="PO-77",
            by=audit.COMMAND,
            now=NOW,
        )
    return ledger.entries_of_invoice(customer.id, invoice.id)[0]


def give_bank_account() -> None:
    with transaction():
        row = company.locked()
        row.account_holder, row.iban, row.bic = "Baltic Supply UAB", "LT12 1000 0111 0100 1000", "AGBLLT2X"


def paper(browser: FlaskClient, address: str) -> str:
    answer = browser.get(address)
    assert answer.mimetype == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_an_invoice_says_what_was_billed_what_paid_it_and_what_is_open(
    browser: FlaskClient, make: Maker, customer: Customer
) -> None:
    debit, receipt = bill(customer), make.receipt(customer, 5_000)
    allocate(receipt, debit, 2_100)
    assert f'href="/invoices/{debit.id}"' in browser.get("/statement").text
    shown = browser.get(f"/invoices/{debit.id}").text
    printed = paper(browser, f"/invoices/{debit.id}.pdf")
    for text in ("INV-1", "Chairs", "PO-77", "€121.00", "21.00", "€100.00", "10 days late"):
        assert text in shown, text
    for text in (
        "INV-1",
        "Chairs",
        "PO-77",
        "€121.00",
        "21.00",
        "€100.00",
        "Tax rate, %",
        "This is a copy from our records",
    ):
        assert text in printed, text
    assert f'href="/credits/{receipt.id}"' in shown
    assert f'href="/pay/{debit.id}"' in shown


def test_a_payment_says_where_each_cent_went_and_what_was_taken_back(
    browser: FlaskClient, make: Maker, customer: Customer
) -> None:
    debit, receipt = make.invoice(customer, 10_000, number="INV-1"), make.receipt(customer, 5_000)
    allocate(receipt, debit, 4_000)
    shown = browser.get(f"/credits/{receipt.id}").text
    for text in ("€50.00", "€40.00", "€10.00", "INV-1", f'href="/invoices/{debit.id}"'):
        assert text in shown, text
    take_back(debit)
    assert "Taken back on" in browser.get(f"/credits/{receipt.id}").text
    invoice = browser.get(f"/invoices/{debit.id}").text
    assert 'amount-due"><data class="money" value="100.00 EUR"' in invoice
    assert "a mistake of ours" not in invoice  # What staff write for each other is not the customer's.


def test_who_has_paid_sees_that_nothing_is_left(browser: FlaskClient, make: Maker, customer: Customer) -> None:
    give_bank_account()
    debit = make.invoice(customer, 10_000)
    allocate(make.receipt(customer, 10_000), debit, 10_000)
    shown = browser.get(f"/invoices/{debit.id}").text
    assert "Nothing left to pay" in shown
    assert f'href="/pay/{debit.id}"' not in shown
    assert "Pay by bank transfer" not in shown


def test_a_contact_who_may_only_look_sees_the_invoice_without_a_pay_button(
    come_in: ComeIn, make: Maker, customer: Customer
) -> None:
    debit = make.invoice(customer)
    browser = come_in(customer, make.contact(customer, "looks@example.test", may_pay=False))
    assert f'href="/pay/{debit.id}"' not in browser.get(f"/invoices/{debit.id}").text


@pytest.mark.parametrize(
    "address", ["/invoices/{debit}", "/invoices/{debit}.pdf", "/invoices/{debit}/transfer.svg", "/credits/{credit}"]
)
def test_what_belongs_to_somebody_else_does_not_exist(browser: FlaskClient, make: Maker, address: str) -> None:
    other = make.customer("Somebody else")
    debit, credit = make.invoice(other), make.receipt(other, 100)
    assert browser.get(address.format(debit=debit.id, credit=credit.id)).status_code == 404


def test_an_invoice_is_no_credit_and_a_credit_no_invoice_and_tomorrow_s_is_not_there_yet(
    browser: FlaskClient, make: Maker, customer: Customer
) -> None:
    debit, credit = make.invoice(customer), make.receipt(customer, 100)
    coming = make.invoice(customer, issued_on=TODAY + DAY)
    for address in (f"/invoices/{credit.id}", f"/credits/{debit.id}", f"/invoices/{coming.id}"):
        assert browser.get(address).status_code == 404


def test_an_invoice_of_a_joined_account_is_shown_with_it(browser: FlaskClient, make: Maker, customer: Customer) -> None:
    branch = make.customer("Skyrius")
    debit = make.invoice(branch, number="BRANCH-1")
    assert browser.get(f"/invoices/{debit.id}").status_code == 404
    with transaction():
        merges.merge(branch, customer, effective_on=TODAY, by=audit.COMMAND, now=NOW)
    assert "BRANCH-1" in browser.get(f"/invoices/{debit.id}").text


def test_without_a_bank_account_nothing_is_said_of_transfers(
    browser: FlaskClient, make: Maker, customer: Customer
) -> None:
    debit = make.invoice(customer)
    for address in (f"/invoices/{debit.id}", "/statement"):
        assert "Pay by bank transfer" not in browser.get(address).text
    assert "IBAN" not in paper(browser, f"/invoices/{debit.id}.pdf")


def test_a_transfer_carries_the_reference_of_the_invoice_and_of_the_account(
    browser: FlaskClient, make: Maker, customer: Customer
) -> None:
    give_bank_account()
    debit = make.invoice(customer, 10_000, number="INV-1")
    of_invoice = invoices.rf_reference(invoices.registered("INV-1").id)
    of_account = invoices.account_reference(customer.id)
    for address, reference in ((f"/invoices/{debit.id}", of_invoice), ("/statement", of_account)):
        shown = browser.get(address).text
        assert " ".join(reference[at : at + 4] for at in range(0, len(reference), 4)) in shown
        assert "LT12 1000 0111 0100 1000" in shown
        [picture] = re.findall(r'<img class="qr" src="([^"]+)"', shown)
        code = browser.get(html.unescape(picture))
        assert (code.mimetype, code.text[:4]) == ("image/svg+xml", "<svg")
    assert " ".join(of_invoice[at : at + 4] for at in range(0, 12, 4)) in paper(browser, f"/invoices/{debit.id}.pdf")


def test_a_code_is_drawn_for_euros_alone(browser: FlaskClient, make: Maker, customer: Customer) -> None:
    give_bank_account()
    debit = make.invoice(customer, 5_000, currency="JPY")
    shown = browser.get(f"/invoices/{debit.id}").text
    assert "LT12 1000 0111 0100 1000" in shown
    assert 'class="qr"' not in shown
    for address in (f"/invoices/{debit.id}/transfer.svg", "/statement/transfer.svg?currency=JPY"):
        assert browser.get(address).status_code == 404
