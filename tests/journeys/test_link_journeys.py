"""What becomes of a link: it is mailed, it grows too old, it is forwarded, it stands in a letter."""

import io
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from sqlalchemy import text

from models import audit, clock, messages
from models.customers import Contact, Customer, links
from models.database import session
from models.reports.verify import verify
from models.transactions import transaction
from tests.journeys.house import House
from tests.making import Maker

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]


@pytest.fixture
def customer(make: Maker) -> Customer:
    customer = make.customer("Žalias Namas UAB", language="en")
    make.invoice(customer, 64_000, number="INV-1")
    return customer


def come_in(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your statement")


def pay_what_is_due(page: Page) -> None:
    page.get_by_role("button", name="Pay €640.00").click()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/open/payments/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your payment has arrived.")


def is_proved(duewell: House) -> bool:
    duewell.await_webhooks()
    duewell.work()
    return verify(now=clock.now()).broken == []


def test_a_link_that_is_too_old_is_renewed_at_the_door_and_the_new_one_opens_the_statement(
    duewell: House, make: Maker, customer: Customer, new_page: NewPage
) -> None:
    customer_id, old = customer.id, make.link(customer, make.contact(customer))
    with transaction():
        session.execute(text("update links set expires_at = now()"))
    page = new_page()
    page.goto(f"/l/{old}")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    page.get_by_label("Your mail address").fill("AP@example.test")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Please look at your mail")
    session.rollback()
    [mail] = messages.outbox(customer_id)
    come_in(page, re.search(rf"{duewell.url}/l/\S+", mail.text)[0])
    expect(page.get_by_role("main")).to_contain_text("€640.00")
    assert is_proved(duewell)


def test_a_forwarded_link_is_paid_by_another_and_the_first_sees_it_paid(
    duewell: House, make: Maker, customer: Customer, new_page: NewPage
) -> None:
    token = make.link(customer, make.contact(customer))
    first, other = new_page(), new_page()
    come_in(first, f"/l/{token}")
    other.goto(f"/l/{token}")
    expect(other.get_by_role("main")).not_to_contain_text("INV-1")
    expect(other.get_by_role("main")).to_contain_text("Ž••••B")
    pay_what_is_due(other)
    other.goto("/statement")
    expect(other.get_by_text("There is nothing to pay. Thank you.")).to_be_visible()
    first.reload()
    expect(first.get_by_role("main")).to_contain_text("You owe nothing. Thank you.")
    assert is_proved(duewell)


def test_a_letter_to_somebody_without_any_address_is_paid_and_the_receipt_kept(
    duewell: House, make: Maker, customer: Customer, new_page: NewPage
) -> None:
    """Without JavaScript, as on the oldest of telephones."""
    contact: Contact = make.contact(customer, None)
    customer_id = customer.id
    with transaction():
        token = links.make(customer, contact, by=audit.COMMAND, now=clock.real_now(), paper=True)
    page = new_page(java_script_enabled=False)
    page.goto(f"/l/{token}")
    expect(page.get_by_role("button", name="Send me the code")).to_have_count(0)
    pay_what_is_due(page)
    expect(page.get_by_role("main")).to_contain_text("Please keep your receipt")
    with page.expect_download() as kept:
        page.get_by_role("link", name="Receipt as PDF").click()
    [sheet] = PdfReader(io.BytesIO(kept.value.path().read_bytes())).pages
    assert "€640.00" in sheet.extract_text()
    assert is_proved(duewell)
    session.rollback()
    assert messages.outbox(customer_id) == []
