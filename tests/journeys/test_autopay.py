"""New invoices paid automatically, on a phone and without scripts: on, announced, charged on its day, off."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from models import clock, ledger
from models.database import session
from models.reports.verify import verify
from tests.journeys.house import House
from tests.making import Maker
from tests.portal.mailbox import mails

pytestmark = pytest.mark.browser


def test_an_invoice_is_announced_and_charged_on_a_moved_clock(
    duewell: House, make: Maker, new_page: Callable[..., Page]
) -> None:
    customer = make.customer("Žalias Namas UAB", language="en")
    page = new_page(java_script_enabled=False)
    page.goto(f"/l/{make.link(customer, make.contact(customer, name='Rūta'))}")
    page.locator("main form button").click()
    page.get_by_role("link", name="Cards and automatic payment").click()
    page.get_by_role("link", name="Pay new invoices automatically").click()
    page.get_by_role("button", name="Add a card or bank account").click()
    page.locator("form button").first.click()
    expect(page.get_by_text("Visa •••• 4242 is kept.")).to_be_visible()
    page.get_by_label("At most for one invoice").fill("150")
    page.get_by_role("button", name="Go on and read").click()
    page.get_by_role("button", name="Switch on automatic payment").click()
    expect(page.locator("main")).to_contain_text("Tick the box if you agree.")
    page.get_by_label("I have read this and I agree").check()
    page.get_by_role("button", name="Switch on automatic payment").click()
    expect(page.get_by_text("New invoices are paid automatically from now on.")).to_be_visible()

    item = make.invoice(customer, 12_000, number="A-1", issued_on=make.today, due_on=make.today + timedelta(days=7))
    assert "0 invoices charged" in duewell.flask("charge")
    assert "we take €120.00 on" in mails("autopay")[0].subject
    page.reload()
    expect(page.get_by_text("we take €120.00 for A-1")).to_be_visible()
    duewell.flask("clock", "+7d")
    assert "1 invoices charged" in duewell.flask("charge")
    assert "0 invoices charged" in duewell.flask("charge")
    duewell.work()
    session.rollback()
    assert ledger.entry_of(customer.id, item.id).left.minor == 0
    page.reload()
    page.get_by_role("button", name="Switch it off now").click()
    expect(page.get_by_text("Nothing is taken any more.")).to_be_visible()
    assert verify(now=clock.now()).broken == []
