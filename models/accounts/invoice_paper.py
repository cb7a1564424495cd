"""An invoice on paper, from our records: what its page says, in the reader's language, with both its dates."""

from datetime import datetime

from models import words
from models.accounts import stationery
from models.accounts.documents import Document
from models.accounts.kinds import kind_word
from models.accounts.transfer import transfer_for_invoice
from models.company import Company
from models.customers import Customer
from models.gateways import pdf
from models.money import total
from models.words import gettext as _


def invoice_pdf(customer: Customer, document: Document, company: Company, *, now: datetime, language: str) -> bytes:
    """A tagged PDF of one item as of the document's day."""
    with words.speak(language, timezone=company.timezone):
        return pdf.invoice(_content(customer, document, company, now), language=language, made_at=now)


def heading_of(document: Document) -> str:
    """'Invoice INV-1'; 'Fee' for what has no document of its own."""
    if document.number and document.entry.kind == "invoice":
        return _("Invoice %(number)s", number=document.number)
    return kind_word(document.entry.kind)


def _content(customer: Customer, document: Document, company: Company, now: datetime) -> pdf.Invoice:
    entry, heading = document.entry, heading_of(document)
    how = transfer_for_invoice(company, document.customer_id, entry.invoice_id, document.payable)
    return pdf.Invoice(
        title=heading,
        heading=heading,
        sender=stationery.sender(company),
        recipient=stationery.recipient(customer),
        facts=_facts(customer, document, now),
        dates_line=_("Effective by %(day)s, as known at %(moment)s", day=document.on, moment=now),
        intro="",
        notes=[
            _("This is a copy from our records, not a new invoice."),
            _("If something is wrong or you cannot pay it all, tell us."),
        ],
        amount=pdf.Fact(label=_("Open"), value=words.money(document.left)),
        details=[
            pdf.Fact(label=_("Amount"), value=words.money(entry.amount)),
            pdf.Fact(label=_("Paid or credited"), value=words.money(entry.amount - document.left)),
            pdf.Fact(label=_("Due"), value=words.date(entry.due_on or entry.effective_on)),
        ],
        lines=_lines(document),
        payments=_payments(document),
        payment=stationery.payment(how),
    )


def _facts(customer: Customer, document: Document, now: datetime) -> list[pdf.Fact]:
    invoice = document.invoice
    facts = [
        (_("Customer number"), customer.number_as_written),
        (_("Issued"), words.date(document.entry.effective_on)),
        (_("Terms"), invoice.terms if invoice else ""),
        (_("Your reference"), invoice.reference if invoice else ""),
        (_("As of"), words.date(document.on)),
        (_("Printed"), words.datetime(now)),
    ]
    return [pdf.Fact(label=label, value=value) for label, value in facts if value]


def _lines(document: Document) -> pdf.Table | None:
    """Nothing where no line has words; without tax what is known is the amount alone."""
    if not any(line.description for line in document.lines):
        return None
    heading = _("What was billed, in %(currency)s", currency=document.entry.currency)
    if not document.has_tax:
        return pdf.Table(
            heading=heading,
            columns=[_("Description"), _("Quantity"), _("Amount")],
            rows=[
                [line.description, words.number(line.quantity.normalize()), words.amount(line.net)]
                for line in document.lines
            ],
            total=[_("Total"), "", words.amount(document.net)],
        )
    rows = [
        [
            *(line.description, words.number(line.quantity.normalize()), words.number(line.tax_rate.normalize())),
            *(words.amount(line.tax), words.amount(line.net)),
        ]
        for line in document.lines
    ]
    return pdf.Table(
        heading=heading,
        columns=[_("Description"), _("Quantity"), _("Tax rate, %%"), _("Tax"), _("Net")],
        rows=rows,
        total=[_("Total"), "", "", words.amount(document.tax), words.amount(document.net)],
    )


def _payments(document: Document) -> pdf.Table:
    currency = document.entry.currency
    return pdf.Table(
        heading=_("Payments and credits, in %(currency)s", currency=currency),
        columns=[_("Date"), _("What"), _("Amount")],
        rows=[
            [
                words.date(use.effective_on),
                f"{kind_word(use.credit.kind)} {use.credit_number}".strip(),
                words.amount(use.amount),
            ]
            for use in document.living
        ],
        total=[_("Total"), "", words.amount(total((use.amount for use in document.living), currency))],
    )
