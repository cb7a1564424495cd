"""The main job, whole: link, click, statement, payment, ledger, receipt, the staff's page, the proof."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from models import clock, messages
from models.database import session
from models.payments import WebhookEvent
from models.reports.verify import verify
from tests.journeys.house import House
from tests.journeys.steps import pay_one, used
from tests.making import Maker

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("java_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_customer_pays_one_item_and_staff_see_it(
    java_script: bool, duewell: House, make: Maker, new_page: Callable[..., Page], staff_page: Callable[..., Page]
) -> None:
    customer = make.customer("Žalias Namas UAB", language="en")
    customer_id = customer.id
    contact = make.contact(customer)
    make.invoice(customer, 12_050, number="INV-7001")
    make.invoice(customer, 64_000, number="INV-7002")
    page = new_page(java_script_enabled=java_script)

    pay_one(page, f"/l/{make.link(customer, contact)}", "INV-7001")

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your payment has arrived.")
    expect(page.get_by_role("main")).to_contain_text("€120.50")
    page.get_by_role("link", name="Back to your statement").click()
    expect(page.get_by_role("main")).to_contain_text("€640.00")
    expect(page.get_by_text("INV-7001")).to_have_count(0)
    hear_everything_twice(duewell)
    (receipt,) = messages.outbox(customer_id)
    assert (receipt.kind, receipt.address, receipt.state) == ("receipt", "ap@example.test", "sent")
    assert "€120.50" in receipt.text
    see_it_as_staff(staff_page(java_script_enabled=java_script), customer_id)
    assert verify(now=clock.now()).broken == []


def hear_everything_twice(duewell: House) -> None:
    """Every webhook once more than Stripe would send it, with the worker's steps after each."""
    duewell.await_webhooks()
    duewell.work()
    heard = session.scalar(select(func.count()).select_from(WebhookEvent))
    assert heard >= 2
    for delivery in duewell.till.control()["deliveries"]:
        duewell.till.control(send_again=delivery["event_id"])
    duewell.await_webhooks()
    duewell.work()
    assert session.scalar(select(func.count()).select_from(WebhookEvent)) == heard


def see_it_as_staff(page: Page, customer_id: int) -> None:
    """The attempt, the receipt and where it went, on the account's pages."""
    page.goto(f"/staff/customers/{customer_id}/entries")
    attempts = page.get_by_role("table", name="Online payments")
    expect(attempts.get_by_role("row")).to_have_count(2)
    expect(attempts).to_contain_text("Paid")
    page.get_by_role("table", name="Entries").get_by_role("link", name="Receipt").click()
    expect(page.get_by_role("main")).to_contain_text("Where it went")
    expect(used(page, "INV-7001")).to_contain_text("€120.50")
    expect(used(page, "INV-7001")).to_contain_text("In force")
