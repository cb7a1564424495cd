"""The pictures of what a customer keeps with us: a card that pays new invoices, and a document that they sign."""

from collections.abc import Callable
from io import BytesIO

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, expect

from docs.pictures_of_cases import TALL, signed_in
from docs.pictures_of_plans import customer_phone, find_plan
from models.plans import Plan, PlanState
from tests.portal.mailbox import mailed_code

Take = Callable[[BrowserContext, str], None]
TakePaper = Callable[[bytes, str], None]


def take_all(browser: Browser, url: str, take: Take, take_paper: TakePaper) -> None:
    keeps = find_plan(Plan.state == PlanState.ACTIVE, Plan.method_id.is_not(None))
    phone = customer_phone(browser, url, keeps, "en")
    desk = signed_in(browser, url, "collector")
    _autopay(phone, url, take)
    account = f"{url}/staff/customers/{keeps.customer_id}"
    desk.pages[-1].goto(f"{account}/plans")
    take(desk, "autopay-account")
    _document(desk, phone, account, url, take)
    take_paper(desk.pages[-1].request.get(f"{desk.pages[-1].url}/certificate.pdf").body(), "document-certificate")
    phone.close()
    desk.close()


def _autopay(phone: BrowserContext, url: str, take: Take) -> None:
    page = phone.pages[-1]
    page.goto(f"{url}/autopay")
    page.get_by_label("At most for one invoice").fill("500.00")
    take(phone, "autopay-phone")
    page.get_by_role("button", name="Go on and read").click()
    take(phone, "autopay-agree-phone")
    page.get_by_label("I have read this and I agree").check()
    page.get_by_role("button", name="Switch on automatic payment").click()
    page.goto(f"{url}/methods")
    take(phone, "methods-phone")


def _document(desk: BrowserContext, phone: BrowserContext, account: str, url: str, take: Take) -> None:
    """From the desk to the phone and back; the last page at the desk is the signed document's."""
    staff, page = desk.pages[-1], phone.pages[-1]
    staff.goto(f"{account}/documents/new")
    sheet = {"name": "frame-contract.pdf", "mimeType": "application/pdf", "buffer": _sheet()}
    staff.get_by_label("The document", exact=True).set_input_files(sheet)
    staff.get_by_label("Title").fill("Frame contract 2027")
    take(desk, "document-new")
    staff.get_by_role("button", name="Put a document on file").last.click()
    staff.get_by_role("link", name="Send it to be signed").click()
    staff.get_by_role("button", name="Send").click()
    expect(staff.get_by_text("Waits for a signature").first).to_be_visible()
    page.goto(f"{url}/documents")
    page.get_by_role("link", name="Frame contract 2027").click()
    take(phone, "document-phone")
    page.get_by_role("link", name="Go on to sign").click()
    page.get_by_role("button", name="Send me the code").click()
    page.get_by_label("Code").fill(mailed_code())
    page.get_by_label("Code").press("Enter")
    page.get_by_label("Your full name").fill("Oliver Pemberton")
    page.get_by_label("I have read this and I agree").check()
    page.locator("#sign").evaluate("it => it.scrollIntoView()")
    take(phone, "document-sign-phone")
    page.get_by_role("button", name="Sign the document").click()
    expect(page.get_by_text("Signed by Oliver Pemberton")).to_be_visible()
    staff.reload()
    staff.set_viewport_size(TALL)
    take(desk, "document-signed")


def _sheet() -> bytes:
    drawn = BytesIO()
    Image.new("RGB", (595, 842), "white").save(drawn, "PDF")
    return drawn.getvalue()
