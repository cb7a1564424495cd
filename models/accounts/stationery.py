"""What our papers share: who writes, to whom, and how to pay by bank transfer."""

from models.accounts.transfer import Transfer
from models.company import Company
from models.customers import Customer
from models.gateways import pdf
from models.words import gettext as _

WINDOW_LINES = 5


def sender(company: Company) -> pdf.Sender:
    return pdf.Sender(
        name=company.name,
        lines=address_lines(company.address),
        imprint=" · ".join(part for part in (company.registration, company.help_phone, company.help_email) if part),
    )


def recipient(customer: Customer) -> pdf.Recipient:
    return pdf.Recipient(name=customer.name, lines=address_lines(customer.address)[:WINDOW_LINES])


def masked(name: str) -> pdf.Recipient:
    return pdf.Recipient(name=name, lines=[])


def payment(how: Transfer | None) -> pdf.Payment | None:
    """How to pay by transfer, where the company has said where to; a code to scan for euros."""
    if how is None:
        return None
    return pdf.Payment(
        heading=_("Pay by bank transfer"),
        intro=_(
            "Please give this reference, so that we know whose money it is. "
            "If your bank has no field for it, write it in the message."
        ),
        facts=[
            pdf.Fact(label=_("Account holder"), value=how.holder),
            pdf.Fact(label=_("IBAN"), value=how.iban),
            *([pdf.Fact(label=_("BIC"), value=how.bic)] if how.bic else []),
            pdf.Fact(label=_("Reference"), value=how.reference),
        ],
        qr=pdf.Code(svg=how.code(), alt=how.caption, caption=how.caption) if how.has_code else None,
    )


def address_lines(address: str) -> list[str]:
    return [line.strip() for line in address.splitlines() if line.strip()]
