"""A customer on a phone promises to pay on a day: told before, shown after, ended by staff."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from models import clock, holds, words
from models.holds import HoldKind
from models.policies.permissions import Role
from models.reports.verify import verify
from tests.journeys.house import House
from tests.making import Maker

pytestmark = pytest.mark.browser


def test_a_promise_is_told_made_moved_and_ended(
    duewell: House, make: Maker, new_page: Callable[..., Page], staff_page: Callable[..., Page]
) -> None:
    customer = make.customer("Žalias Namas UAB", language="en")
    customer_id, item_id = customer.id, make.invoice(customer, 64_000, number="A-1").id
    page = new_page()
    page.goto(f"/l/{make.link(customer, make.contact(customer))}")
    page.locator("main form button").click()
    page.get_by_role("link", name="I will pay on a day").click()
    expect(page.get_by_role("status")).to_contain_text("No reminders about it until")

    day = make.today + timedelta(days=12)
    page.get_by_label("The day on which you will pay").fill(day.isoformat())
    page.get_by_label("The day on which you will pay").press("Tab")
    last = day + timedelta(days=3)
    expect(page.get_by_role("status")).to_contain_text(f"by {words.date(last)}")
    page.get_by_role("button", name=f"Promise €640.00 for {words.date(day)}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your promise to pay")
    expect(page.get_by_role("main")).to_contain_text(f"You will pay on {words.date(day)}")
    [held] = holds.living([customer_id], make.today)
    assert (held.kind, held.entry_id, held.claimed_minor) == (HoldKind.PROMISE, item_id, 64_000)

    page.get_by_role("button", name="Move it to").click()
    expect(page.get_by_text("Your promise is moved to")).to_be_visible()
    page.get_by_role("link", name="Back to your statement").click()
    row = page.get_by_role("table", name="Open items").get_by_role("row").filter(has_text="A-1")
    expect(row).to_contain_text("Promised")
    expect(page.get_by_role("button", name="Pay all that is due")).to_have_count(0)

    desk = staff_page(Role.COLLECTOR)
    desk.goto(f"/staff/customers/{customer_id}/holds")
    desk.get_by_role("link", name="End it").click()
    desk.get_by_label("Reason").fill("They called: it is paid on Friday")
    desk.get_by_role("button", name="End it").click()
    expect(desk.get_by_text("Reminders may go again.")).to_be_visible()
    page.reload()
    expect(row).to_contain_text("late")
    assert verify(now=clock.now()).broken == []
