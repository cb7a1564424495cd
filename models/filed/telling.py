"""Mails about a document on file, to whoever was asked to sign it."""

from datetime import datetime

from models import customers
from models.customers import mails, merges
from models.filed.records import KINDS, FiledDocument

SIGNED = "signed"


def tell(document: FiledDocument, step: str, *, now: datetime) -> None:
    """
    Say what happened ('offered', 'signed', 'declined', 'withdrawn'), in the transaction in which it happens. With
    'signed' go the document and its certificate.
    """
    contact = merges.reader_of(document.customer_id, document.contact_id) if document.contact_id else None
    customer = customers.find(contact.customer_id) if contact else None
    if customer is None or contact is None or not contact.email:
        return
    mails.write(
        "filed",
        customer,
        contact,
        address=contact.email,
        cause=f"{document.customer_id}:{document.id}:{document.agreement_id}:{step}",
        now=now,
        document=document,
        what=KINDS[document.kind],
        step=step,
        link=mails.LINK,
    )


def signed_by_cause(cause: str) -> tuple[int, int] | None:
    """Whose and which document a mail brings, by the cause that it was written for; None where it brings nothing."""
    _, customer_id, document_id, _, step = cause.split(":")
    return (int(customer_id), int(document_id)) if step == SIGNED else None
