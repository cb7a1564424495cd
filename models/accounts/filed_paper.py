"""A document on file as it is put before somebody to be signed, and the certificate of who signed which bytes."""

import hashlib
from datetime import UTC, datetime

from models import company as creditors
from models import customers, filed, invoices, words
from models.accounts import stationery
from models.agreements import Paper, Signature
from models.customers import Contact, Customer
from models.customers.contacts import masked
from models.filed import KINDS, FiledDocument
from models.filed.telling import signed_by_cause
from models.gateways import pdf
from models.gateways.mail import Attachment
from models.messages import find as find_message
from models.words import gettext as _


def filed_paper(document: FiledDocument, customer: Customer, language: str) -> Paper:
    """What is agreed to, in the reader's language, and the very bytes of the PDF that it is about."""
    content = filed.content_of(document)
    with words.speak(language, timezone=creditors.get().timezone):
        facts = "\n".join(f"{label}: {value}" for label, value in _facts(document))
        company = creditors.get().name
        paragraphs = (
            _("%(company)s asks you to sign this document:", company=company),
            facts,
            _("SHA-256 is a fingerprint of the PDF: whoever changes a single letter in it gets another one."),
            _("With your full name and 'I agree' you accept the document for %(customer)s.", customer=customer.name),
            _("You need not sign online: ask us, and you get it on paper. Nothing is agreed before you sign."),
            _(
                "We keep the document, your name, the time, and the internet address and browser that you sign with,"
                " and mail you all of it at once."
            ),
        )
    made_from = {"document": document.id, "sha256": hashlib.sha256(content).hexdigest()}
    return Paper(document.title, language, "\n\n".join(paragraphs), language, "", content, made_from)


def certificate(
    document: FiledDocument, customer: Customer, contact: Contact, paper: Paper, signature: Signature, *, now: datetime
) -> bytes:
    """Who signs, when, from where, and which bytes: a page that goes with the document."""
    creditor = creditors.get()
    with words.speak(paper.language, timezone=creditor.timezone):
        heading = _("Signed: %(title)s", title=document.title)
        content = pdf.Certificate(
            title=heading,
            heading=heading,
            sender=stationery.sender(creditor),
            recipient=stationery.recipient(customer),
            facts=[
                pdf.Fact(label=_("Customer number"), value=customer.number_as_written),
                pdf.Fact(label=_("Number"), value=document.number),
                pdf.Fact(label=_("Date"), value=words.date(creditor.today(now))),
            ],
            dates_line=f"{document.number} · {signature.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
            intro=_("The document itself is the PDF that comes with this page. Its SHA-256 names exactly its bytes."),
            notes=[],
            document=[pdf.Fact(label=label, value=value) for label, value in _facts(document)],
            signature_heading=_("The signature"),
            signature=[pdf.Fact(label=label, value=value) for label, value in _signed(paper, contact, signature)],
            text_heading=_("What was read and agreed to"),
            text=[pdf.Paragraph(kind="text", lines=part.split("\n")) for part in paper.text.split("\n\n")],
        )
        return pdf.certificate(content, language=paper.language, made_at=now)


def signed_enclosed(customer_id: int, message_id: int, _now: datetime) -> list[Attachment]:
    """In the mail that tells of a signature: the document as it was signed, and the certificate."""
    row = find_message(customer_id, message_id)
    which = signed_by_cause(row.dedupe_key) if row else None
    document = filed.find([which[0]], which[1]) if which else None
    if document is None or document.certificate is None:
        return []
    return [
        Attachment(filed.file_of(document).name, filed.content_of(document)),
        Attachment(f"{document.number}-certificate.pdf", document.certificate),
    ]


def _facts(document: FiledDocument) -> list[tuple[str, str]]:
    file = filed.file_of(document)
    invoice = invoices.find(document.customer_id, document.invoice_id) if document.invoice_id else None
    return [
        (_("Document"), document.title),
        (_("What it is"), _(KINDS[document.kind])),
        *([(_("Invoice"), invoice.number_as_written)] if invoice else []),
        (_("Language"), words.native_name(document.language)),
        (_("File"), file.name),
        (_("Size in bytes"), words.number(file.size)),
        ("SHA-256", file.sha256),
    ]


def _signed(paper: Paper, contact: Contact, signature: Signature) -> list[tuple[str, str]]:
    facts = [
        (_("Full name"), " ".join(signature.typed_name.split())),
        (_("Confirmed by a code sent to"), masked(contact.email or "")),
        (_("Time"), f"{signature.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"),
        (_("Internet address"), signature.address),
        (_("Browser"), signature.browser),
        (_("SHA-256 of what was read"), paper.digest),
    ]
    return [(label, value) for label, value in facts if value]


def language_to_sign(contact: Contact) -> str:
    """In which somebody reads what they are to sign."""
    customer = customers.find(contact.customer_id)
    return contact.language or (customer.language if customer else "") or creditors.get().language
