"""A contract goes from the desk to a customer's phone, is signed there with a code, and comes by mail."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from models.policies.permissions import Role
from tests.journeys.house import House
from tests.making import Maker
from tests.models.test_files import PDF
from tests.portal.mailbox import arrived, mailed_code

pytestmark = pytest.mark.browser


def test_a_contract_is_filed_sent_and_signed_on_a_phone(
    duewell: House, make: Maker, new_page: Callable[..., Page], staff_page: Callable[..., Page], tmp_path: Path
) -> None:
    customer = make.customer("Žalias Namas UAB", language="en")
    token = make.link(customer, make.contact(customer, name="Rūta"))
    contract = tmp_path / "frame.pdf"
    contract.write_bytes(PDF)
    desk = staff_page(Role.COLLECTOR)
    desk.goto(f"/staff/customers/{customer.id}/documents")
    desk.get_by_role("link", name="Put a document on file").click()
    desk.get_by_label("The document", exact=True).set_input_files(contract)
    desk.get_by_label("Title").fill("Frame contract 2027")
    desk.get_by_role("button", name="Put a document on file").last.click()
    desk.get_by_role("link", name="Send it to be signed").click()
    desk.get_by_role("button", name="Send").click()
    expect(desk.get_by_text("Waits for a signature").first).to_be_visible()

    phone = new_page()
    phone.goto(f"/l/{token}?document=1")
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_role("heading", name="Frame contract 2027")).to_be_visible()
    phone.get_by_role("link", name="Go on to sign").click()
    phone.get_by_role("button", name="Send me the code").click()
    phone.get_by_label("Code").fill(mailed_code())
    phone.get_by_label("Code").press("Enter")
    phone.get_by_label("Your full name").fill("Rūta Kazlauskienė")
    phone.get_by_label("I have read this and I agree").check()
    phone.get_by_role("button", name="Sign the document").click()
    expect(phone.get_by_text("Signed by Rūta Kazlauskienė")).to_be_visible()
    with phone.expect_download() as given:
        phone.get_by_role("link", name="Open the PDF").click()
    assert Path(given.value.path()).read_bytes() == PDF
    desk.reload()
    expect(desk.get_by_text("Certificate of the signature")).to_be_visible()
    mail = next(one for one in arrived() if one["Subject"].endswith("the document that you signed"))
    assert [part.get_filename() for part in mail.iter_attachments()] == ["frame.pdf", "D-1-certificate.pdf"]
