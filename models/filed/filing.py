"""Putting a document on file, showing it to the customer or not, and taking off what was filed by mistake."""

from datetime import date, datetime

from models import audit, files
from models.audit import Actor
from models.customers import lock_all
from models.database import session
from models.filed.records import FiledDocument, FiledKind, FiledState
from models.files import Tray


def file_away(
    tray: Tray,
    kind: FiledKind,
    title: str,
    language: str,
    *,
    invoice_id: int | None,
    shared: bool,
    by: Actor,
    on: date,
    now: datetime,
) -> FiledDocument:
    """Keep the one PDF that lies in the tray, on the tray's account."""
    lock_all(tray.customer_id)
    assert by.id is not None
    document = FiledDocument(
        **{"customer_id": tray.customer_id, "kind": kind, "title": " ".join(title.split()), "language": language},
        **{"invoice_id": invoice_id, "shared": shared, "state": FiledState.ON_FILE},
        **{"staff_id": by.id, "filed_on": on},
    )
    session.add(document)
    session.flush()
    files.hand_in(tray, tray.customer_id, document.source, by=by, now=now)
    facts = {"kind": kind.value, "language": language, "invoice": invoice_id, "shared": shared}
    words = {"title": document.title}
    audit.record(tray.customer_id, "filed.added", by=by, now=now, about=document.source, facts=facts, words=words)
    return document


def share(document: FiledDocument, shared: bool, *, by: Actor, now: datetime) -> None:
    """Show it to the customer, or no longer. What waits for their signature, or has it, stays with them."""
    lock_all(document.customer_id)
    session.refresh(document, with_for_update=True)
    if document.shared == shared or document.state in (FiledState.WAITING, FiledState.SIGNED):
        return
    document.shared = shared
    session.flush()
    action = "filed.shared" if shared else "filed.unshared"
    audit.record(document.customer_id, action, by=by, now=now, about=document.source, facts={})


def remove(document: FiledDocument, *, by: Actor, now: datetime) -> None:
    """
    It was filed by mistake: from now on nobody is shown it. The row and its file stay for whoever has to know.

    :raises models.states.IllegalTransition: it waits for a signature, or has one.
    """
    lock_all(document.customer_id)
    session.refresh(document, with_for_update=True)
    document.move_to(FiledState.REMOVED)
    session.flush()
    audit.record(document.customer_id, "filed.removed", by=by, now=now, about=document.source, facts={})
