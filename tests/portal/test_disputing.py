"""'Something is wrong': one question after another, nothing typed is lost, and the rest is paid."""

import io

import pytest
from flask.testing import FlaskClient

from models import disputes, files, holds
from models.customers import Contact, Customer
from models.database import session
from models.holds import HoldKind
from models.invoices import Invoice, lines_of
from models.ledger import Entry
from tests.conftest import TODAY
from tests.making import Maker
from tests.models.disputes.conftest import billed
from tests.models.test_files import JPEG, SVG
from tests.portal.conftest import apart
from tests.portal.mailbox import mails


@pytest.fixture
def item(make: Maker, customer: Customer) -> Entry:
    """121.00 for tiles and 60.50 for glue, tax of 21 % included."""
    lines = [billed("Tiles", 10_000, 2_100, 10), billed("Glue", 5_000, 1_050)]
    return apart(make.invoice(customer, 18_150, number="INV-7", lines=lines))


@pytest.fixture
def line_ids(item: Entry) -> list[int]:
    return [line.id for line in lines_of(session.get_one(Invoice, (item.customer_id, item.invoice_id)))]


def test_every_answer_is_kept_and_becomes_a_case(
    browser: FlaskClient, customer: Customer, contact: Contact, item: Entry, line_ids: list[int]
) -> None:
    way = f"/invoices/{item.id}/wrong"
    assert "Something is wrong" in browser.get(f"/invoices/{item.id}").text
    assert browser.get(f"{way}/check").location == f"{way}/reason"
    assert browser.post(f"{way}/reason", data={"reason": "damaged"}).location == f"{way}/lines"
    typed = {f"how-{line_ids[0]}": "part", f"right-{line_ids[0]}": "34,3O", f"how-{line_ids[1]}": "right"}
    refused = browser.post(f"{way}/lines", data=typed)
    assert (refused.status_code, "34,3O" in refused.text) == (422, True)
    assert "34,3O" in browser.get(f"{way}/lines").text
    typed[f"right-{line_ids[0]}"] = "34.30"
    assert browser.post(f"{way}/lines", data=typed).location == f"{way}/story"
    assert browser.post(f"{way}/story", data={"story": "x" * 2_001}).status_code == 422
    assert browser.post(f"{way}/story", data={"story": "Half came\r\nbroken"}).location == f"{way}/evidence"
    photos = {"files": [(io.BytesIO(JPEG), "a.jpg"), (io.BytesIO(SVG), "b.svg")]}
    assert browser.post(f"{way}/evidence", data=photos).status_code == 422
    assert browser.post(f"{way}/evidence").location == f"{way}/wish"
    assert browser.post(f"{way}/wish", data={"wish": "credit"}).location == f"{way}/check"
    assert "Go on from" in browser.get("/cases").text
    check = browser.get(f"{way}/check").text
    for said in ("It arrived damaged", "€86.70", "Half came", "a.jpg", "Take it off the bill"):
        assert said in check
    answer = browser.post(f"{way}/check")
    session.rollback()
    [case] = disputes.of_customers([customer.id])
    assert answer.location == f"/cases/{case.id}"
    page = browser.get(answer.location).text
    for said in (case.number, "€86.70", "You need not pay this while we look", "Pay the rest: €94.80", "a.jpg"):
        assert said in page
    assert [(one.kind, one.claimed_minor) for one in holds.living([customer.id], TODAY)] == [(HoldKind.DISPUTE, 8_670)]
    assert [one.name for one in files.of(customer.id, case.source)] == ["a.jpg"]
    assert browser.post(f"{way}/check").location == "/cases", "sent twice, made once"
    assert len(mails("dispute")) == 1
    assert browser.post(f"/cases/{case.id}/pay").location == "/pay/review?currency=EUR"
    assert "Pay €94.80" in browser.get("/pay/review").text


def test_what_somebody_tells_suggests_a_reason_and_chooses_none(
    browser: FlaskClient, customer: Customer, contact: Contact, item: Entry, line_ids: list[int]
) -> None:
    way = f"/invoices/{item.id}/wrong"

    def check(story: str, reason: str = "other") -> str:
        browser.post(f"{way}/reason", data={"reason": reason})
        browser.post(f"{way}/story", data={"story": story})
        return browser.get(f"{way}/check").text

    browser.post(f"{way}/lines", data={f"how-{line_ids[0]}": "all"})
    browser.post(f"{way}/wish", data={"wish": "credit"})
    assert "this sounds like" not in check("You have spelled our street wrong")
    assert "this sounds like" not in check("Half of it came broken", reason="late")
    page = check("Half of it came broken & wet")
    assert "this sounds like: It arrived damaged" in page
    assert "Because you wrote: <q><bdi>came broken" in page
    assert "Something else" in page
    browser.set_cookie("duewell_language", "fa")
    assert "<q><bdi>شکسته" in check("نیمی از کاشی‌ها شکسته رسیده بود")
    browser.delete_cookie("duewell_language")
    kept = browser.post(f"{way}/reason?change=1", data={"reason": "other", "unlike": "damaged"})
    assert kept.location == f"{way}/check"
    assert "this sounds like" not in browser.get(kept.location).text
    assert "this sounds like: It never arrived" in check("The parcel never arrived")
    chosen = browser.post(f"{way}/reason?change=1", data={"reason": "not_received"})
    page = browser.get(chosen.location).text
    assert ("It never arrived" in page, "this sounds like" in page) == (True, False)
    browser.post(f"{way}/check")
    session.rollback()
    assert [one.reason for one in disputes.of_customers([customer.id])] == [disputes.Reason.NOT_RECEIVED]
