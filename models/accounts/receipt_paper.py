"""The receipt on paper: money that has arrived, and what each cent of it paid."""

from datetime import datetime

from models import words
from models.accounts import stationery
from models.accounts.documents import Document
from models.company import Company
from models.customers import Customer
from models.gateways import pdf
from models.money import total
from models.words import gettext as _


def receipt_pdf(
    customer: Customer, document: Document, company: Company, *, now: datetime, language: str, masked_name: str = ""
) -> bytes:
    """
    A tagged PDF of money received, as of the document's day; from the ledger, whichever way the money came.
    `masked_name` stands for name, address and number of the customer: for whoever paid by a link.
    """
    with words.speak(language, timezone=company.timezone):
        return pdf.receipt(_content(customer, document, company, now, masked_name), language=language, made_at=now)


def _content(customer: Customer, document: Document, company: Company, now: datetime, masked_name: str) -> pdf.Receipt:
    entry, heading, number = document.entry, _("Receipt"), "" if masked_name else customer.number_as_written
    facts = [
        (_("Customer number"), number),
        (_("As of"), words.date(document.on)),
        (_("Printed"), words.datetime(now)),
    ]
    details = [
        (_("Received"), words.date(entry.effective_on)),
        (_("Reference"), entry.reference),
        (_("Money not yet assigned"), words.money(document.left) if document.left else ""),
    ]
    return pdf.Receipt(
        title=f"{heading} {number or entry.id}, {words.date(entry.effective_on)}",
        heading=heading,
        sender=stationery.sender(company),
        recipient=stationery.masked(masked_name) if masked_name else stationery.recipient(customer),
        facts=[pdf.Fact(label=label, value=value) for label, value in facts if value],
        dates_line=_("Effective by %(day)s, as known at %(moment)s", day=document.on, moment=now),
        intro="",
        notes=[_("If something is wrong or you cannot pay it all, tell us.")],
        amount=pdf.Fact(label=_("We have received"), value=words.money(entry.amount)),
        details=[pdf.Fact(label=label, value=value) for label, value in details if value],
        items=_items(document),
    )


def _items(document: Document) -> pdf.Table:
    currency = document.entry.currency
    return pdf.Table(
        heading=_("What it paid"),
        columns=[_("Number"), _("Due"), _("Amount"), _("Paid")],
        rows=[
            [
                use.debit_number or use.debit.reference,
                words.date(use.debit.due_on) if use.debit.due_on else "",
                words.amount(use.debit.amount),
                words.amount(use.amount),
            ]
            for use in document.living
        ],
        total=[_("Total"), "", "", words.amount(total((use.amount for use in document.living), currency))],
    )
