"""Files in a case: staff and departments add them as customers do, and each reaches only whom it may."""

import io
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models import causes, disputes, files
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer, contacts_of
from models.database import session
from models.disputes import Dispute, DisputeState
from models.reports.verify import verify
from models.transactions import transaction
from tests.backoffice.reading import shown
from tests.backoffice.test_disputes import cause as cause
from tests.backoffice.test_disputes import clerk as clerk
from tests.backoffice.test_disputes import customer as customer
from tests.backoffice.test_disputes import item as item
from tests.backoffice.test_disputes import link_in_mail, page_of
from tests.backoffice.test_disputes import opened as opened
from tests.conftest import NOW
from tests.making import Maker
from tests.models.test_files import JPEG, PDF, SVG, picture


def sending(*sent: tuple[str, bytes], **typed: str) -> dict[str, object]:
    return {**typed, "files": [(io.BytesIO(content), name) for name, content in sent]}


def customers_own(dispute: Dispute, contact: Contact, name: str, about: str) -> int:
    tray, by = files.Tray.of(contact, "dispute"), Actor(ActorKind.CONTACT, contact.id)
    checked = files.Checked(name, files.FileKind.JPEG, picture("JPEG", (len(name), 9)))
    with transaction():
        return files.keep(tray, checked, by=by, now=NOW, about=about).id


@pytest.fixture
def dispute(opened: Callable[..., Dispute]) -> Dispute:
    return opened()


def test_staff_add_files_to_a_message_and_to_a_note_and_the_customer_reads_the_first_alone(
    clerk: FlaskClient,
    dispute: Dispute,
    customer: Customer,
    app: Flask,
    make: Maker,
) -> None:
    where, key, customer_id = page_of(dispute), (dispute.customer_id, dispute.id), customer.id
    typed = {"text": "So we pack", "waits": "y"}
    page = clerk.post(f"{where}/write", data=sending(("how.jpg", JPEG), ("plan.svg", SVG), **typed))
    assert page.status_code == 422
    for told in ("We cannot take plan.svg.", "So we pack", "Remove how.jpg", "checked"):
        assert told in page.text
    assert disputes.messages_of(disputes.find(*key)) == []
    assert "how.jpg" in clerk.get(where).text, "what was fine waits on the page of the case"
    assert clerk.post(f"{where}/write", data=typed).status_code == 303
    assert clerk.post(f"{where}/note", data=sending(("inside.pdf", PDF), note="They tip it over")).status_code == 303
    page = shown(clerk.get(where))
    assert ("So we pack how.jpg" in page, "They tip it over inside.pdf" in page) == (True, True)
    [message], [note] = (found(disputes.find(*key)) for found in (disputes.messages_of, disputes.notes_of))
    [how], [inside] = (files.of(customer_id, one.source) for one in (message.message, note))
    assert clerk.get(f"/staff/customers/{customer_id}/files/{inside.id}").data == PDF
    reader = app.test_client()
    reader.get(f"/l/{make.link(customer, contacts_of(customer_id)[0])}")
    reader.post("/open")
    case = reader.get(f"/cases/{dispute.id}").text
    assert ("how.jpg" in case, "inside.pdf" in case) == (True, False)
    assert reader.get(f"/files/{how.id}").headers["Content-Disposition"] == "attachment; filename=how.jpg"
    assert reader.get(f"/files/{inside.id}").status_code == 404
    assert "inside.pdf" not in reader.get("/preferences/data.json").text
    mine = ("mine.jpg", picture("JPEG", (8, 8)))
    assert reader.post(f"/cases/{dispute.id}", data=sending(mine, text="Like this")).status_code == 303
    assert "Like this mine.jpg" in shown(clerk.get(where))
    assert verify(now=NOW).broken == []


def test_a_department_sees_the_evidence_of_its_case_and_adds_its_own_by_the_link(
    clerk: FlaskClient,
    dispute: Dispute,
    customer: Customer,
    cause: int,
    app: Flask,
    make: Maker,
) -> None:
    customer_id, contact = customer.id, contacts_of(customer.id)[0]
    key = (dispute.customer_id, dispute.id)
    shown_too = customers_own(dispute, contact, "broken.jpg", dispute.source)
    strange = customers_own(dispute, contact, "other.jpg", "disputes:0")
    where, department = page_of(dispute), str(causes.find(cause).department_id)
    assert clerk.post(f"{where}/write", data=sending(("ours.jpg", JPEG), text="We look")).status_code == 303
    clerk.post(f"{where}/note", data=sending(("inside.pdf", PDF), note="Again"))
    clerk.post(f"{where}/ask", data={"department": department, "text": "How was it packed?"})
    link, anybody = link_in_mail("warehouse@example.test"), app.test_client()
    page = anybody.get(link).text
    assert [name in page for name in ("broken.jpg", "other.jpg", "ours.jpg", "inside.pdf")] == [True, *[False] * 3]
    given = anybody.get(f"{link}/files/{shown_too}")
    assert (given.status_code, given.headers["Content-Security-Policy"]) == (200, "default-src 'none'; sandbox")
    session.rollback()
    [note] = disputes.notes_of(disputes.find(*key))
    [inside] = files.of(customer_id, note.source)
    for number in (strange, inside.id):
        assert anybody.get(f"{link}/files/{number}").status_code == 404
    assert anybody.get(f"{link[:-4]}none/files/{shown_too}").status_code == 404
    box = picture("JPEG", (50, 50))
    refused = anybody.post(link, data=sending(("box.jpg", box), ("plan.svg", SVG), text="In two layers", name="Jonas"))
    assert refused.status_code == 422
    for said in ("We cannot take plan.svg.", "In two layers", 'value="Jonas"', "Remove box.jpg"):
        assert said in refused.text
    assert disputes.find(*key).state is DisputeState.WAITING_DEPARTMENT
    session.rollback()
    assert anybody.post(link, data={"text": "In two layers", "name": "Jonas"}).status_code == 303
    assert "box.jpg" in anybody.get(link).text
    assert anybody.post(link, data=sending(("late.pdf", PDF), text="And", name="Jonas")).status_code == 422
    session.rollback()
    answer = disputes.notes_of(disputes.find(*key))[-1]
    [packed] = files.of(customer_id, answer.source)
    assert anybody.get(f"{link}/files/{packed.id}").status_code == 200
    assert "In two layers box.jpg" in shown(clerk.get(where))
    assert clerk.get(f"/staff/customers/{customer_id}/files/{packed.id}").status_code == 200
    reader = app.test_client()
    reader.get(f"/l/{make.link(customer, contact)}")
    reader.post("/open")
    assert reader.get(f"/files/{packed.id}").status_code == 404
    assert [(row.invariant, row.id) for row in verify(now=NOW).broken] == [("I16", f"{customer_id}:{strange}")]
