"""One invoice, or what else is owed, and one payment or credit: what it says, and where each cent of it went."""

from flask import Response, abort, g, render_template
from flask_login import current_user

from frame import files
from models import accounts, clock, customers, words
from portal import portal


@portal.app_template_global()
def item_word(kind: str) -> str:
    """'Invoice', 'Payment': a kind of the ledger's in the reader's words."""
    return accounts.kind_word(kind)


@portal.app_template_global()
def item_heading(document: accounts.Document) -> str:
    return accounts.heading_of(document)


@portal.get("/invoices/<int:entry_id>")
def invoice(entry_id: int) -> str:
    shown = _owed(entry_id)
    return render_template("portal/invoice.html", document=shown, transfer=_transfer(shown))


@portal.get("/invoices/<int:entry_id>/transfer.svg")
def invoice_code(entry_id: int) -> Response:
    """A picture of its own, so that nobody waits for it who does not scan it."""
    how = _transfer(_owed(entry_id))
    return files.svg(how.code()) if how and how.has_code else abort(404)


@portal.get("/invoices/<int:entry_id>.pdf")
def invoice_pdf(entry_id: int) -> Response:
    shown = _owed(entry_id)
    customer = customers.find(shown.customer_id) or abort(404)
    paper = accounts.invoice_pdf(customer, shown, g.company, now=clock.now(), language=words.language())
    return files.pdf(paper, "invoice", shown.number or str(entry_id))


@portal.get("/credits/<int:entry_id>")
def credit(entry_id: int) -> str:
    today = g.company.today(clock.now())
    shown = accounts.credit_document(current_user.customer_id, entry_id, today) or abort(404)
    return render_template("portal/credit.html", document=shown)


@portal.get("/credits/<int:entry_id>.pdf")
def receipt_pdf(entry_id: int) -> Response:
    shown = accounts.credit_document(current_user.customer_id, entry_id, g.company.today(clock.now()))
    if shown is None or shown.entry.kind != "receipt":
        abort(404)
    customer = customers.find(shown.customer_id) or abort(404)
    paper = accounts.receipt_pdf(customer, shown, g.company, now=clock.now(), language=words.language())
    return files.pdf(paper, "receipt", customer.number, str(entry_id))


def _owed(entry_id: int) -> accounts.Document:
    """Of the reader's account, or of one that is read as part of it."""
    today = g.company.today(clock.now())
    return accounts.debit_document(current_user.customer_id, entry_id, today) or abort(404)


def _transfer(shown: accounts.Document) -> accounts.Transfer | None:
    asked = shown.payable - shown.disputed
    return accounts.transfer_for_invoice(g.company, shown.customer_id, shown.entry.invoice_id, asked)
