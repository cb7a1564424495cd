"""Proof of a payment: what is fine is kept whatever else is wrong, and only who may sees it."""

import dataclasses
import io
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from models import claims, customers, files
from models.customers import Contact, Customer
from models.database import session
from models.files import Tray
from models.gateways.scanner import scanner_of
from models.reports.verify import verify
from runtime.settings import Settings
from tests import clamd
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.test_files import JPEG, PDF, SVG, picture

TYPED = {"amount": "640", "paid_on": str(TODAY), "how": "card", "text": "By the card of my sister"}


@pytest.fixture
def scanner() -> Iterator[str]:
    with clamd.running() as address:
        yield address


@pytest.fixture
def settings(settings: Settings, scanner: str) -> Settings:
    return dataclasses.replace(settings, scanner=scanner)


def sending(*sent: tuple[bytes, str], **typed: str) -> dict[str, object]:
    return {**typed, "files": [(io.BytesIO(content), name) for content, name in sent]}


def drafts(contact: Contact) -> list[str]:
    session.rollback()
    return [one.name for one in files.drafts(Tray.of(contact, "claim"))]


def test_what_was_fine_is_kept_when_another_file_is_refused_and_goes_with_what_was_said(
    browser: FlaskClient, make: Maker, customer: Customer, contact: Contact
) -> None:
    make.invoice(customer, 64_000)
    virus = PDF + clamd.EICAR + PDF[-8:]
    page = browser.post("/already-paid", data=sending((JPEG, "a.jpg"), (SVG, "b.svg"), (virus, "c.pdf"), **TYPED))
    assert page.status_code == 422
    for said in ("We cannot take b.svg.", "our virus scanner warns of it", "By the card of my sister", 'value="640"'):
        assert said in page.text
    assert drafts(contact) == ["a.jpg"]
    assert claims.of_customers([customer.id]) == []
    page = browser.post("/already-paid", data=sending((PDF, "d.pdf"), (JPEG, "again.jpg"), add="1", text="typed"))
    assert (page.status_code, drafts(contact)) == (200, ["a.jpg", "d.pdf"])
    assert "typed" in page.text
    [photo, _] = files.drafts(Tray.of(contact, "claim"))
    assert browser.post("/already-paid", data={**TYPED, "remove": str(photo.id)}).status_code == 200
    assert drafts(contact) == ["d.pdf"]
    answer = browser.post("/already-paid", data=sending((JPEG, "a.jpg"), **TYPED))
    assert answer.status_code == 303
    assert drafts(contact) == []
    assert [name in browser.get(answer.location).text for name in ("a.jpg", "d.pdf")] == [True, True]
    [claim] = claims.of_customers([customer.id])
    proof = claims.proof_of(claim)[0]
    given = browser.get(f"/files/{proof.id}")
    assert given.data == PDF
    assert {
        name: given.headers[name] for name in ("Content-Type", "Content-Disposition", "X-Content-Type-Options")
    } == {
        "Content-Type": "application/pdf",
        "Content-Disposition": "attachment; filename=d.pdf",
        "X-Content-Type-Options": "nosniff",
    }
    assert given.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert verify(now=NOW).broken == []
    session.execute(text("update files set content = content || '!' where id = :id"), {"id": proof.id})
    session.execute(text("update files set about = 'claims:0' where id <> :id"), {"id": proof.id})
    session.commit()
    assert [(row.invariant, row.table) for row in verify(now=NOW).broken] == [("I16", "files")] * 2


def test_ten_files_are_taken_and_the_eleventh_is_said_to_be_too_many(
    browser: FlaskClient, make: Maker, customer: Customer, contact: Contact
) -> None:
    make.invoice(customer, 64_000)
    eleven = [(picture("JPEG", (number, 20)), f"{number}.jpg") for number in range(11, 22)]
    page = browser.post("/already-paid", data=sending(*eleven, **TYPED))
    assert page.status_code == 422
    assert "21.jpg and those after it were not added" in page.text
    assert len(drafts(contact)) == 10
    assert browser.post("/already-paid", data=TYPED).status_code == 303
    path = f"/claims/{claims.of_customers([customer.id])[0].id}"
    page = browser.post(path, data=sending((JPEG, "more.jpg")))
    assert (page.status_code, "We can take 10 files." in page.text) == (422, True)


def test_a_file_of_somebody_else_and_one_not_sent_yet_do_not_exist(
    come_in: Callable[[Customer, Contact], FlaskClient], make: Maker, customer: Customer, contact: Contact
) -> None:
    browser = come_in(customer, contact)
    make.invoice(customer, 64_000)
    browser.post("/already-paid", data=sending((PDF, "mine.pdf"), add="1"))
    [draft] = files.drafts(Tray.of(contact, "claim"))
    assert browser.get(f"/files/{draft.id}").status_code == 404
    path = browser.post("/already-paid", data=TYPED).location
    assert browser.get(f"/files/{draft.id}").status_code == 200
    other = make.customer("Somebody else")
    make.invoice(other)
    browser = come_in(other, make.contact(other, "b@example.test"))
    assert browser.get(f"/files/{draft.id}").status_code == 404
    assert browser.post(path, data=sending((PDF, "b.pdf"))).status_code == 404
    assert browser.post("/already-paid", data={"remove": str(draft.id)}).status_code == 200
    assert files.find([customer.id], draft.id) is not None


def test_a_scanner_that_does_not_answer_is_a_no_and_a_proof_may_come_when_the_pause_is_over(
    browser: FlaskClient, make: Maker, customer: Customer, contact: Contact, app: Flask
) -> None:
    make.invoice(customer, 64_000)
    path = browser.post("/already-paid", data=TYPED).location
    later = TODAY + timedelta(days=7)
    claims.lapse(later, now=NOW)
    scanner, app.extensions["scanner"] = app.extensions["scanner"], scanner_of("tcp://127.0.0.1:9")
    page = browser.post(path, data=sending((PDF, "a.pdf")))
    assert (page.status_code, "did not take it" in page.text) == (422, True)
    app.extensions["scanner"] = scanner
    assert browser.post(path, data={}).status_code == 422
    assert browser.post(path, data=sending((PDF, "a.pdf"))).status_code == 303
    session.rollback()
    [file] = claims.proof_of(claims.of_customers([customer.id])[0])
    asked = session.scalars(text("select args ->> 'about' from procrastinate_jobs where task_name = 'worklist.add'"))
    assert file.source in asked.all()
    browser.post(path, data=sending((JPEG, "left.jpg"), add="1"))
    assert files.forget_drafts(now=NOW + timedelta(days=1), beside="dispute:") == 0
    assert files.forget_drafts(now=NOW + timedelta(days=3), beside="dispute:") == 1
    assert (drafts(contact), customers.find(customer.id) is not None) == ([], True)
