"""A document on file goes to a contact to be signed: sent, signed, declined, taken back, or nobody answered."""

import hashlib
from datetime import date, datetime, timedelta

from sqlalchemy import select

from models import agreements, audit, jobs
from models.agreements import Agreement, NotSigned, Paper, Signature
from models.audit import Actor
from models.customers import Contact, lock_all
from models.database import session
from models.errors import N_, Refused
from models.filed import telling
from models.filed.records import FiledDocument, FiledState
from models.transactions import transaction

STANDS = timedelta(days=14)
UNSIGNED = "document_unsigned"


class CannotSend(Refused):
    pass


def last_day(on: date) -> date:
    """Until when something that is sent on a day may be signed."""
    return on + STANDS


def send(document: FiledDocument, contact: Contact, paper: Paper, *, by: Actor, on: date, now: datetime) -> None:
    """
    Put it before a contact, who is written to; from now on the customer can read it.

    :raises CannotSend: it waits for a signature already, or has one; or nobody could write to the contact.
    """
    _lock(document)
    if not document.may_be_sent:
        raise CannotSend(N_("It waits for a signature already, or has one."))
    if not contact.email or not contact.active or not contact.may_see:
        raise CannotSend(N_("This contact has no mail address, or may not open the account. Choose another one."))
    offered = agreements.offer(document.customer_id, contact.id, document.source, paper, by=by, now=now)
    document.move_to(FiledState.WAITING)
    document.shared, document.contact_id, document.agreement_id = True, contact.id, offered.id
    document.sent_on, document.sign_until, document.ended_on, document.reason = on, last_day(on), None, ""
    session.flush()
    facts = {"contact": contact.id, "until": document.sign_until, "agreement": offered.id}
    audit.record(document.customer_id, "filed.sent", by=by, now=now, about=document.source, facts=facts)
    telling.tell(document, "offered", now=now)


def sign(
    document: FiledDocument,
    paper: Paper,
    signature: Signature,
    certificate: bytes,
    *,
    contact_id: int,
    by: Actor,
    on: date,
    now: datetime,
) -> None:
    """
    Keep who signed which bytes. What they read in another language than it was sent in takes its place first.

    :param certificate: the page that tells so, made from the same values.
    :raises NotSigned: no name, no 'I agree', or it no longer waits to be signed.
    """
    _lock(document)
    if not document.is_waiting or on > (document.sign_until or on):
        raise NotSigned(N_("This document no longer waits for a signature. Please ask us."))
    offered = agreements.offered(document.customer_id, document.source)
    if offered is None or offered.text_sha256 != paper.digest or offered.contact_id != contact_id:
        offered = agreements.offer(document.customer_id, contact_id, document.source, paper, by=by, now=now)
    agreements.sign(offered, signature, by=by, now=now)
    document.move_to(FiledState.SIGNED)
    document.agreement_id, document.contact_id, document.ended_on = offered.id, contact_id, on
    document.certificate, document.certificate_sha256 = certificate, hashlib.sha256(certificate).hexdigest()
    session.flush()
    facts = {"pdf": offered.pdf_sha256, "certificate": document.certificate_sha256}
    audit.record(document.customer_id, "filed.signed", by=by, now=now, about=document.source, facts=facts)
    telling.tell(document, "signed", now=now)


def decline(document: FiledDocument, reason: str, *, by: Actor, on: date, now: datetime) -> None:
    """
    Whoever was asked does not sign, and says why; a person of ours reads it.

    :raises NotSigned: it no longer waits to be signed.
    """
    _lock(document)
    if not document.is_waiting:
        raise NotSigned(N_("This document no longer waits for a signature. Please ask us."))
    offered = _offered(document)
    agreements.decline(offered, by=by, now=now)
    _end(document, FiledState.DECLINED, reason, "filed.declined", by=by, on=on, now=now)
    telling.tell(document, "declined", now=now)
    _hand_over(document, offered)


def withdraw(document: FiledDocument, reason: str, *, by: Actor, on: date, now: datetime) -> None:
    """Ours: nobody is asked to sign it any more. Whoever was asked hears of it."""
    _lock(document)
    if not document.is_waiting:
        raise CannotSend(N_("It does not wait for a signature any more."))
    agreements.withdraw(_offered(document), by=by, now=now)
    _end(document, FiledState.WITHDRAWN, reason, "filed.withdrawn", by=by, on=on, now=now)
    telling.tell(document, "withdrawn", now=now)


def lapse(on: date, *, now: datetime) -> int:
    """Those that nobody signed in time: the customer is not asked again by itself, and a person of ours is told."""
    late = (FiledDocument.state == FiledState.WAITING, FiledDocument.sign_until < on)
    found = session.execute(select(FiledDocument.customer_id, FiledDocument.id).where(*late)).all()
    session.rollback()
    for key in found:
        with transaction():
            document = session.get_one(FiledDocument, tuple(key))
            _lock(document)
            if document.is_waiting and (document.sign_until or on) < on:
                offered = _offered(document)
                agreements.withdraw(offered, by=audit.JOB, now=now)
                _end(document, FiledState.LAPSED, "", "filed.lapsed", by=audit.JOB, on=on, now=now)
                _hand_over(document, offered)
    return len(found)


def _lock(document: FiledDocument) -> None:
    lock_all(document.customer_id)
    session.refresh(document, with_for_update=True)


def _offered(document: FiledDocument) -> Agreement:
    offered = agreements.offered(document.customer_id, document.source)
    assert offered is not None  # What waits has something that is put before somebody.
    return offered


def _end(
    document: FiledDocument, state: FiledState, reason: str, action: str, *, by: Actor, on: date, now: datetime
) -> None:
    document.move_to(state)
    document.ended_on, document.reason = on, reason.strip()
    session.flush()
    words = {"reason": document.reason} if document.reason else None
    audit.record(document.customer_id, action, by=by, now=now, about=document.source, facts={}, words=words)


def _hand_over(document: FiledDocument, offered: Agreement) -> None:
    jobs.later("worklist.add", customer_id=document.customer_id, kind=UNSIGNED, about=offered.source)
