"""A day of finance: bank money over several items, a mistake taken back, every cent and every event in sight."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from models import clock
from models.policies.permissions import Role
from models.reports.verify import verify
from tests.journeys.house import House
from tests.journeys.steps import BankMoney, enter_money, find, happened, take_back, used
from tests.making import Maker

pytestmark = pytest.mark.browser


def test_finance_posts_bank_money_over_three_items_and_takes_one_back(
    duewell: House, make: Maker, staff_page: Callable[..., Page]
) -> None:
    customer = make.customer("WAL-MAR co", number="0200769623")
    for number, minor in (("A-1", 10_000), ("A-2", 20_000), ("A-3", 50_000), ("A-4", 5_000)):
        make.invoice(customer, minor, number=number)
    page = staff_page(Role.FINANCE)

    find(page, "0200769623")
    enter_money(
        page,
        BankMoney("450.00", make.today - timedelta(days=1), {"A-1": "100.00", "A-2": "200.00", "A-3": "150.00"}),
    )

    for number, share in (("A-1", "€100.00"), ("A-2", "€200.00"), ("A-3", "€150.00")):
        expect(used(page, number)).to_contain_text(share)
    expect(page.locator(".figures")).to_contain_text("Unapplied")
    expect(page.locator(".figures div").nth(1)).to_contain_text("€0.00")
    take_back(page, "A-2")
    expect(used(page, "A-2")).to_contain_text("Taken back")
    expect(page.locator(".figures div").nth(1)).to_contain_text("€200.00")
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name="WAL-MAR co").click()
    expect(page.locator(".figures").first).to_contain_text("€600.00")
    expect(page.get_by_role("table", name="Open items")).to_contain_text("€350.00")
    told = happened(page)
    assert told[0] == "Allocation of €200.00 taken back"
    for event in ("Receipt · €450.00", "Allocated €100.00", "Allocated €200.00", "Allocated €150.00"):
        assert event in told
    assert verify(now=clock.now()).broken == []


def test_a_past_day_shows_what_was_open_then(duewell: House, make: Maker, staff_page: Callable[..., Page]) -> None:
    customer = make.customer("WAL-MAR co", number="0200769623")
    customer_id = customer.id
    make.invoice(customer, 10_000, number="OLD-1", issued_on=make.today - timedelta(days=90))
    make.invoice(customer, 20_000, number="NEW-1", issued_on=make.today - timedelta(days=5))
    page = staff_page(Role.FINANCE)

    page.goto(f"/staff/customers/{customer_id}/statement")
    expect(page.get_by_role("main")).to_contain_text("€300.00")
    page.get_by_label("Any other day").fill((make.today - timedelta(days=30)).isoformat())
    page.get_by_role("button", name="Show").click()

    expect(page.get_by_role("main")).not_to_contain_text("NEW-1")
    expect(page.get_by_role("row").filter(has_text="Total")).to_contain_text("€100.00")
    with page.expect_download() as paper:
        page.get_by_role("link", name="PDF").click()
    assert paper.value.suggested_filename == f"statement-0200769623-{make.today - timedelta(days=30)}.pdf"


def test_what_was_typed_wrong_stays_on_the_page_beside_its_reason(
    duewell: House, make: Maker, staff_page: Callable[..., Page]
) -> None:
    customer = make.customer("WAL-MAR co")
    customer_id = customer.id
    make.invoice(customer, 10_000, number="A-1")
    receipt = make.receipt(customer, 30_000)
    page = staff_page(Role.FINANCE)

    page.goto(f"/staff/customers/{customer_id}/entries/{receipt.id}/allocate")
    page.get_by_label("Amount for A-1").fill("100.01")
    page.get_by_role("button", name="Allocate").click()

    expect(page.get_by_role("heading", name="Please check what you entered")).to_be_visible()
    expect(page.locator("p", has_text="Enter an amount up to €100.00.")).to_be_visible()
    expect(page.get_by_label("Amount for A-1")).to_have_value("100.01")
    assert page.url.endswith("/allocate")
