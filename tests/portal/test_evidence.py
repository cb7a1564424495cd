"""What people really send, by the form that customers have: refused with a word or made harmless, nothing else lost."""

import dataclasses
import io
from collections.abc import Iterator
from datetime import timedelta

import pikepdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from frame import uploads
from models import clock, company, disputes, files
from models.customers import Contact, Customer
from models.database import session
from models.ledger import Entry
from models.reports.verify import verify
from models.transactions import transaction
from models.work import forget_old_files
from runtime.settings import Settings
from tests import clamd
from tests.conftest import NOW
from tests.making import Maker
from tests.models.test_files import JPEG, PDF, SVG, picture, zipped
from tests.models.test_papers import all_of, infect, letter, locked, page_says
from tests.portal.conftest import apart

PHP = b"<?php system($_GET['c']); ?>"


@pytest.fixture
def settings(settings: Settings) -> Iterator[Settings]:
    with clamd.running() as address:
        yield dataclasses.replace(settings, scanner=address)


@pytest.fixture
def item(make: Maker, customer: Customer) -> Entry:
    return apart(make.invoice(customer, 18_150, number="INV-7"))


def scripted() -> bytes:
    kept = io.BytesIO()
    with pikepdf.Pdf.open(io.BytesIO(letter())) as paper:
        infect(paper)
        paper.save(kept)
    return kept.getvalue()


def forty_one_megapixels() -> bytes:
    drawn = io.BytesIO()
    Image.new("1", (6400, 6407)).save(drawn, "PNG")
    return drawn.getvalue()


def sending(*sent: tuple[str, bytes], **typed: str) -> dict[str, object]:
    """As a browser does; the test client itself would leave what is large in an open file."""
    found = {**typed, "files": [FileStorage(io.BytesIO(content), name) for name, content in sent]}
    boundary, body = encode_multipart(MultiDict(found))
    return {"data": body, "content_type": f'multipart/form-data; boundary="{boundary}"'}


def test_each_bad_file_is_named_and_refused_and_nothing_else_is_lost(
    browser: FlaskClient, customer: Customer, contact: Contact, item: Entry
) -> None:
    way = f"/invoices/{item.id}/wrong"
    browser.post(f"{way}/reason", data={"reason": "damaged"})
    browser.post(f"{way}/story", data={"story": "Half came broken"})
    refused = {
        "drawing.svg": (SVG, "We cannot take drawing.svg."),
        "shell.jpg.php": (PHP, "We cannot take shell.jpg.php."),
        "bomb.zip": (zipped(), "We cannot take bomb.zip."),
        "bomb.jpg": (zipped(), "We cannot take bomb.jpg."),
        "virus.pdf": (PDF + clamd.EICAR + PDF[-8:], "We did not take virus.pdf: our virus scanner warns of it."),
        "large.png": (forty_one_megapixels(), "large.png has more than 40 megapixels."),
        "secret.pdf": (locked("user"), "secret.pdf opens with a password only."),
        "torn.pdf": (b"%PDF-1.7\nnothing\n%%EOF", "torn.pdf is damaged or not complete."),
    }
    sent = [(name, content) for name, (content, _) in refused.items()]
    page = browser.post(f"{way}/evidence", **sending(("good.jpg", JPEG), *sent, ("good.heic", picture("HEIF"))))
    assert page.status_code == 422
    assert [sentence for _, sentence in refused.values() if sentence not in page.text] == []
    tray = disputes.tray_of(customer.id, contact.id, item.id)
    assert [one.name for one in files.drafts(tray)] == ["good.jpg", "good.jpg"]
    assert "Remove good.jpg" in browser.get(f"{way}/evidence").text
    begun = disputes.draft_of(customer.id, contact.id, item.id)
    assert begun.answers == {"reason": "damaged", "story": "Half came broken"}


def test_what_is_two_things_at_once_is_kept_as_the_one_that_it_may_be(
    browser: FlaskClient, customer: Customer, contact: Contact, item: Entry
) -> None:
    way = f"/invoices/{item.id}/wrong"
    for step, typed in (
        ("reason", {"reason": "damaged"}),
        ("lines", {"how-0": "all"}),
        ("story", {"story": "Half came broken"}),
    ):
        assert browser.post(f"{way}/{step}", data=typed).status_code == 303
    worse = [("page.html.jpg", JPEG + SVG + PHP), ("shell.php.png", picture("PNG") + zipped()), ("s.pdf", scripted())]
    assert browser.post(f"{way}/evidence", **sending(*worse)).location == f"{way}/wish"
    browser.post(f"{way}/wish", data={"wish": "credit"})
    case = browser.post(f"{way}/check").location
    assert case.startswith("/cases/")
    session.rollback()
    [dispute] = disputes.of_customers([customer.id])
    kept = {one.name: one for one in files.of(customer.id, dispute.source)}
    assert list(kept) == ["page-html.jpg", "shell-php.png", "s.pdf"]
    for name, form in (("page-html.jpg", "JPEG"), ("shell-php.png", "PNG")):
        given = browser.get(f"/files/{kept[name].id}")
        assert given.headers["Content-Type"] == f"image/{form.lower()}"
        assert not any(bad in given.data for bad in (b"<svg", b"<?php", b"PK\x03\x04"))
        with Image.open(io.BytesIO(given.data)) as opened:
            assert (opened.format, opened.size) == (form, (40, 20))
    given = browser.get(f"/files/{kept['s.pdf'].id}")
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert given.headers["Content-Disposition"] == "attachment; filename=s.pdf"
    assert not any(bad in all_of(given.data) for bad in (b"JavaScript", b"app.alert", b"Launch", b"EmbeddedFile"))
    assert page_says(given.data) == page_says(letter())
    assert verify(now=NOW).broken == []


def test_files_live_as_long_as_the_answers_that_they_lie_beside(
    browser: FlaskClient, customer: Customer, contact: Contact, item: Entry
) -> None:
    way, tray = f"/invoices/{item.id}/wrong", disputes.tray_of(customer.id, contact.id, item.id)
    proofs, (customer_id, contact_id, item_id) = files.Tray.of(contact, "claim"), (customer.id, contact.id, item.id)
    browser.post("/already-paid", **sending(("proof.jpg", JPEG), add="1"))
    browser.post(f"{way}/evidence", **sending(("a.jpg", JPEG), add="1"))

    at_first = timedelta(seconds=company.get().clock_offset_seconds)

    def left_after(days: int) -> tuple[int, int, bool]:
        """Proofs of a payment, which lie beside nothing; photos of a dispute; whether its answers are there."""
        clock.move(at_first + timedelta(days=days))
        forget_old_files(None)
        begun = disputes.draft_of(customer_id, contact_id, item_id) is not None
        left = len(files.drafts(proofs)), len(files.drafts(tray)), begun
        session.rollback()
        return left

    assert left_after(1) == (1, 1, True)
    assert left_after(29) == (0, 1, True)
    with transaction():
        told = {"reason": "damaged"}
        disputes.keep_answers(customer_id, contact_id, item_id, told, owner_id=customer_id, now=clock.now())
    assert left_after(58) == (0, 1, True)
    assert left_after(60) == (0, 0, False)


def test_only_a_form_that_takes_files_may_be_large_and_only_of_somebody_who_may_send_them(
    browser: FlaskClient, item: Entry, app: Flask
) -> None:
    def sent(by: FlaskClient, path: str) -> tuple[int, bool]:
        with by.post(path, **sending(("a.bin", bytes(uploads.LARGEST_FORM)), story="x")) as page:
            return page.status_code, "This is more than we can take at once" in page.text

    way = f"/invoices/{item.id}/wrong"
    assert sent(browser, f"{way}/evidence") == (422, False)
    assert sent(browser, f"{way}/story") == (413, True)
    for path in (f"{way}/evidence", "/question/of-nobody", "/staff/disputes/1/1/write", "/webhooks/stripe"):
        assert sent(app.test_client(), path) == (413, True), path
