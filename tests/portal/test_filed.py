"""Documents on file: filed by staff, sent, signed with a code; what was signed is kept and mailed byte for byte."""

import hashlib
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import text
from werkzeug.test import TestResponse

from models import agreements, audit, clock, filed, worklist
from models.agreements import AgreementState
from models.customers import Contact, Customer
from models.database import session
from models.filed import FiledDocument, FiledState
from models.policies.permissions import Role
from models.reports.verify import verify
from models.transactions import transaction
from tests.backoffice.conftest import as_role as as_role
from tests.backoffice.conftest import people as people
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.test_files import PDF, SVG, picture
from tests.portal.conftest import apart
from tests.portal.mailbox import arrived, mailed_code, mails
from tests.portal.test_planning import told

POLYGLOT = PDF.replace(b"%PDF-1.7", b"GIF89a%PDF-1.7")


@pytest.fixture
def clerk(as_role: Callable[[Role], FlaskClient]) -> FlaskClient:
    return as_role(Role.CLERK)


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    return apart(make.contact(customer))


@pytest.fixture
def desk(customer: Customer) -> str:
    return f"/staff/customers/{customer.id}/documents"


@pytest.fixture
def reader(app: Flask, make: Maker, customer: Customer, contact: Contact) -> FlaskClient:
    """The contact, in a browser of their own."""
    browser = app.test_client()
    browser.get(f"/l/{make.link(customer, contact)}")
    browser.post("/open")
    return browser


def file_it(clerk: FlaskClient, desk: str, name: str = "frame.pdf", content: bytes = PDF, **typed: str) -> TestResponse:
    form = {"kind": "contract", "title": "Frame <contract>", "language": "lt", **typed}
    return clerk.post(f"{desk}/new", data={**form, "files": [(io.BytesIO(content), name)]})


def sent(clerk: FlaskClient, desk: str, contact: Contact) -> FiledDocument:
    assert file_it(clerk, desk).status_code == 303
    session.rollback()
    [made] = filed.of_customers([contact.customer_id])
    assert clerk.post(f"{desk}/{made.id}/send", data={"contact": str(contact.id)}).status_code == 303
    return again(made)


def again(document: FiledDocument) -> FiledDocument:
    key = (document.customer_id, document.id)
    session.rollback()
    found = filed.find([key[0]], key[1])
    assert found is not None
    return found


def confirmed() -> None:
    with transaction():  # As after a code.
        session.execute(text("update sessions set code_at = now()"))


def test_a_document_is_sent_read_signed_with_a_code_kept_and_mailed_byte_for_byte(
    clerk: FlaskClient, app: Flask, desk: str, customer: Customer, contact: Contact
) -> None:
    document = sent(clerk, desk, contact)
    [asked] = arrived()
    link = re.search(r"http://localhost(/l/\S+\?document=\d+)", asked.get_body(("plain",)).get_content())
    assert link, "the mail leads to the document"
    assert asked["Subject"].endswith("a document for you to sign")
    reader = app.test_client()
    landing = reader.get(link[1], follow_redirects=True)
    opened = re.search(r'action="(/open[^"]+)"', landing.text)
    assert opened
    where = f"/documents/{document.id}"
    assert reader.post(opened[1]).location == where
    page = reader.get(where)
    assert "Please sign it by 6 Dec 2026" in told(page)
    assert hashlib.sha256(PDF).hexdigest() in told(page)
    assert reader.get(f"{where}/document.pdf").data == PDF
    assert reader.get(f"{where}/document.pdf").headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert reader.post(f"{where}/sign", data={}).location.startswith("/confirm?next="), "a code first"
    reader.post(f"/confirm/send?next={where}")
    assert reader.post(f"/confirm/code?next={where}", data={"code": mailed_code()}).location == where
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', reader.get(where).text)
    typed = {"seen": seen[1], "typed_name": " Ona  Kazlauskienė ", "agreed": "y"}
    assert reader.post(f"{where}/sign", data=typed | {"agreed": ""}).status_code == 422
    assert reader.post(f"{where}/sign", data=typed | {"seen": "0" * 64}).status_code == 409
    assert again(document).state is FiledState.WAITING
    assert reader.post(f"{where}/sign", data=typed, headers={"User-Agent": "A browser"}).status_code == 303
    kept = agreements.signed(customer.id, again(document).source)
    assert (kept.pdf, kept.pdf_sha256) == (PDF, hashlib.sha256(PDF).hexdigest())
    assert (kept.typed_name, kept.address, kept.browser) == ("Ona Kazlauskienė", "127.0.0.1", "A browser")
    assert kept.text_sha256 == seen[1]
    assert abs(kept.signed_at - clock.real_now()) < timedelta(minutes=1), "real time"
    mail = next(one for one in arrived() if one["Subject"].endswith("the document that you signed"))
    enclosed = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
    certificate = enclosed.pop(f"D-{document.id}-certificate.pdf")
    assert enclosed == {"frame.pdf": PDF}
    assert hashlib.sha256(certificate).hexdigest() == again(document).certificate_sha256
    printed = "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(certificate)).pages)
    for said in (kept.pdf_sha256, kept.text_sha256, "OnaKazlauskienė", "127.0.0.1", "a•••@example.test"):
        assert said in printed
    assert reader.get(f"{where}/certificate.pdf").data == clerk.get(f"{desk}/{document.id}/certificate.pdf").data
    assert "Signed by Ona Kazlauskienė" in told(reader.get(where))
    assert reader.post(f"{where}/sign", data=typed).location == where, "once"
    events = [event.action for event, _ in audit.page_of_events(customer.id, page=1, size=50)[0]]
    assert {"filed.added", "filed.sent", "agreement.signed", "filed.signed"} <= set(events)
    assert "Document signed" in told(clerk.get(f"/staff/customers/{customer.id}/timeline"))
    own = reader.get("/preferences/data.json").json
    assert [one["title"] for one in own["documents"]] == ["Frame <contract>"]
    assert [one["typed_name"] for one in own["signatures"]] == ["Ona Kazlauskienė"]
    assert verify(now=NOW).broken == []
    with transaction():  # As nothing of ours ever does.
        session.execute(text("update agreements set pdf = pdf || '0'::bytea"))
        session.execute(text("update filed_documents set certificate = certificate || '0'::bytea"))
    assert {(one.invariant, one.table) for one in verify(now=NOW).broken} == {
        ("I16", "agreements"),
        ("I16", "filed_documents"),
    }


def test_only_whoever_it_is_for_reads_it_and_only_who_may_signs(
    clerk: FlaskClient, app: Flask, desk: str, reader: FlaskClient, make: Maker, customer: Customer, contact: Contact
) -> None:
    item = apart(make.invoice(customer, number="INV-9"))
    assert file_it(clerk, desk, invoice="INV-8").status_code == 422
    assert file_it(clerk, desk, invoice="inv-9").status_code == 303
    session.rollback()
    [document] = filed.of_customers([customer.id])
    entry, where = f"/staff/customers/{customer.id}/entries/{item.id}", f"/documents/{document.id}"
    assert "Frame &lt;contract&gt;" in clerk.get(entry).text
    unseen = [
        reader.get(f"{where}{more}").status_code for more in ("", "/document.pdf", "/certificate.pdf", "/decline")
    ]
    assert (unseen, "Frame" in reader.get(f"/invoices/{item.id}").text) == ([404] * 4, False)
    clerk.post(f"{desk}/{document.id}/share", data={"shared": "yes"})
    for page in (where, "/documents", "/statement", f"/invoices/{item.id}"):
        assert "Frame &lt;contract&gt;" in reader.get(page).text
    clerk.post(f"{desk}/{document.id}/send", data={"contact": str(contact.id)})
    elsewhere = apart(make.customer("Somebody else"))
    stranger, colleague = app.test_client(), app.test_client()
    for browser, who in ((stranger, make.contact(elsewhere)), (colleague, make.contact(customer, "c@example.test"))):
        owner = elsewhere if browser is stranger else customer
        browser.get(f"/l/{make.link(owner, who)}")
        browser.post("/open")
    assert [stranger.get(f"{where}{more}").status_code for more in ("", "/document.pdf", "/decline")] == [404] * 3
    assert stranger.post(f"{where}/sign").status_code == 404
    assert clerk.get(f"/staff/customers/{elsewhere.id}/documents/{document.id}").status_code == 404
    assert "Your colleague who may sign" in told(colleague.get(where))
    assert (colleague.post(f"{where}/sign").status_code, mails("code")) == (403, []), "and nobody gets a code"


def test_declining_taking_back_and_nobody_answering_leave_it_on_file_to_be_sent_again(
    clerk: FlaskClient, desk: str, reader: FlaskClient, customer: Customer, contact: Contact
) -> None:
    document = sent(clerk, desk, contact)
    where, there = f"/documents/{document.id}", f"{desk}/{document.id}"
    assert reader.post(f"{where}/decline", data={"reason": ""}).status_code == 422
    assert reader.post(f"{where}/decline", data={"reason": "Not our prices"}).status_code == 303
    first = again(document).agreement_id
    assert agreements.find([customer.id], first).state is AgreementState.DECLINED
    assert "Not our prices" in told(clerk.get(there))
    assert mails("filed")[0].subject.endswith("you declined to sign a document")
    clerk.post(f"{there}/send", data={"contact": str(contact.id)})
    assert clerk.post(f"{there}/send", data={"contact": str(contact.id)}).status_code == 422, "it waits already"
    assert clerk.post(f"{there}/remove").status_code == 409
    assert clerk.post(f"{there}/withdraw", data={"reason": "A new one comes"}).status_code == 303
    assert "A new one comes" in mails("filed")[0].text
    assert reader.post(f"{where}/decline", data={"reason": "Late"}).status_code == 422
    clerk.post(f"{there}/send", data={"contact": str(contact.id)})
    confirmed()
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', reader.get(where).text)
    late = TODAY + timedelta(days=15)
    filed.lapse(late - timedelta(days=1), now=NOW)
    assert again(document).state is FiledState.WAITING, "the whole of its last day"
    filed.lapse(late, now=NOW)
    assert again(document).state is FiledState.LAPSED
    typed = {"seen": seen[1], "typed_name": "Ona", "agreed": "y"}
    assert reader.post(f"{where}/sign", data=typed).location == where
    assert again(document).state is FiledState.LAPSED
    waits = session.execute(text("select args from procrastinate_jobs where task_name = 'worklist.add'")).scalars()
    about = [args["about"] for args in waits]
    assert about == [f"agreements:{first}", f"agreements:{again(document).agreement_id}"]
    assert filed.about(customer.id, about[1]).id == document.id, "the task leads to the document"
    with transaction():
        worklist.add(customer.id, worklist.TaskKind.DOCUMENT_UNSIGNED, about=about[1], now=NOW)
    [task] = worklist.of_customers([customer.id])
    assert f"See the document D-{document.id}" in told(clerk.get(f"/staff/customers/{customer.id}/tasks/{task.id}"))
    assert clerk.post(f"{there}/remove").status_code == 303
    assert [clerk.get(there).status_code, reader.get(where).status_code] == [404, 404]


def test_what_is_no_honest_pdf_is_not_filed(clerk: FlaskClient, desk: str, customer: Customer) -> None:
    for content in (POLYGLOT, SVG, PDF[:-40], b""):
        answer = file_it(clerk, desk, "frame.pdf", content)
        assert (answer.status_code, filed.of_customers([customer.id])) == (422, [])
        assert "Add the document: one PDF." in answer.text
    assert file_it(clerk, desk, "frame.pdf", picture("JPEG")).status_code == 422
    both = file_it(clerk, desk)
    assert (both.status_code, "Remove what else was added." in both.text) == (422, True)
    picture_id = re.search(r'name="remove" value="(\d+)"[^>]*>', both.text)[1]
    clerk.post(f"{desk}/new", data={"remove": picture_id})
    assert clerk.post(f"{desk}/new", data={"kind": "contract", "title": "Frame", "language": "lt"}).status_code == 303
