"""A customer builds a plan on a phone: typing is answered without losing the place; the same without scripts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from models import clock, company
from models.reports.verify import verify
from models.transactions import transaction
from tests.journeys.house import House
from tests.making import Maker
from tests.portal import test_plans
from tests.portal.mailbox import mailed_code

pytestmark = pytest.mark.browser


def opened(new_page: Callable[..., Page], make: Maker, **wishes: object) -> Page:
    """On the builder, with 640.00 that is overdue."""
    with transaction():
        test_plans.furnish(clock.now())
        company.locked().iban = "LT12 1000 0111 0100 1000"
    customer = make.customer("Žalias Namas UAB", language="en")
    make.invoice(customer, 64_000, number="A-1")
    page = new_page(**wishes)
    page.goto(f"/l/{make.link(customer, make.contact(customer, name='Rūta'))}")
    page.locator("main form button").click()
    page.get_by_role("link", name="Pay in instalments").click()
    return page


def test_a_plan_is_tried_with_number_and_slider_signed_and_begun(
    duewell: House, make: Maker, new_page: Callable[..., Page]
) -> None:
    page = opened(new_page, make)
    table, number = page.get_by_role("table", name="Your payments"), page.get_by_label("Number of payments").first
    expect(table.get_by_role("row")).to_have_count(5)
    number.fill("6")
    expect(table.get_by_role("row")).to_have_count(8)
    expect(number).to_be_focused()
    expect(page.locator("#slide")).to_have_value("6")
    page.locator("#slide").press("ArrowRight")
    expect(table.get_by_role("row")).to_have_count(9)
    expect(number).to_have_value("7")
    expect(page.locator("#slide")).to_be_focused()
    page.get_by_label("First payment, today").fill("1")
    expect(page.get_by_text("The first payment, today, is at least €64.00.")).to_be_visible()
    expect(page.get_by_label("First payment, today")).to_be_focused()
    page.get_by_role("button", name="Take the nearest plan that we offer").click()
    expect(page.get_by_text("it starts as soon as you have signed")).to_be_visible()
    page.get_by_label("By bank transfer").check()
    page.get_by_role("button", name="Check and sign").click()
    page.get_by_role("link", name="Go on to sign").click()
    page.get_by_role("button", name="Send me the code").click()
    page.get_by_label("Code").fill(mailed_code())
    page.get_by_label("Code").press("Enter")
    page.get_by_label("Your full name").fill("Rūta Kazlauskienė")
    page.get_by_label("I have read this and I agree").check()
    page.get_by_role("button", name="Sign the plan").click()
    expect(page.get_by_text("Your plan has begun.")).to_be_visible()
    page.get_by_role("link", name="I cannot make payment 2").click()
    page.get_by_label("New day").fill(str(make.today + timedelta(days=40)))
    page.get_by_role("button", name="Move the payment").click()
    expect(page.get_by_text("The payment is moved to")).to_be_visible()
    assert verify(now=clock.now()).broken == []


def test_without_scripts_the_buttons_do_the_same(duewell: House, make: Maker, new_page: Callable[..., Page]) -> None:
    page = opened(new_page, make, java_script_enabled=False)
    table = page.get_by_role("table", name="Your payments")
    page.get_by_label("Number of payments").first.fill("6")
    page.get_by_role("button", name="Show the payments").click()
    expect(table.get_by_role("row")).to_have_count(8)
    page.get_by_label("So much each month").fill("80")
    page.get_by_role("button", name="Find a plan").click()
    expect(table.get_by_role("row")).to_have_count(10)
    page.get_by_label("Number of payments").first.press("Enter")
    expect(table.get_by_role("row")).to_have_count(10)
