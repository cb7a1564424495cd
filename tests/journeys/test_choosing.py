"""A customer on a phone pays two items and a part of a third, in three ways."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from models import clock, ledger, messages
from models.customers import Customer
from models.database import session
from models.ledger import Entry, EntryKind
from models.reports.verify import verify
from tests.journeys.house import House, eventually
from tests.making import Maker

pytestmark = pytest.mark.browser
DECLINED, ASKED = "4000 0000 0000 0002", "4000 0027 6000 3184"
EMPTY_ACCOUNT = "AT86 1904 3002 3547 3202"


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer("Žalias Namas UAB", language="en")


@pytest.fixture
def items(make: Maker, customer: Customer) -> dict[str, int]:
    """Entry ids of four overdue items by number."""
    amounts = {"A-1": 10_000, "A-2": 20_000, "A-3": 30_000, "A-4": 40_000}
    return {number: make.invoice(customer, minor, number=number).id for number, minor in amounts.items()}


def come_in(page: Page, make: Maker, customer: Customer) -> None:
    page.goto(f"/l/{make.link(customer, make.contact(customer))}")
    page.locator("main form button").click()
    page.wait_for_url("**/statement")


def left(customer_id: int, items: dict[str, int]) -> dict[str, int]:
    session.rollback()
    entries: list[Entry] = [ledger.entry_of(customer_id, entry_id) for entry_id in items.values()]
    return dict(zip(items, (entry.left.minor for entry in entries), strict=True))


@pytest.mark.parametrize("java_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_two_items_and_a_part_of_a_third(
    java_script: bool,
    duewell: House,
    make: Maker,
    customer: Customer,
    items: dict[str, int],
    new_page: Callable[..., Page],
) -> None:
    customer_id = customer.id
    page = new_page(java_script_enabled=java_script)
    come_in(page, make, customer)
    page.get_by_role("link", name="Choose what to pay").click()
    total = page.get_by_role("status").filter(has_text="item")
    expect(total).to_contain_text("€1,000.00")
    page.get_by_role("checkbox", name="Pay A-4").uncheck()
    page.get_by_label("Amount to pay for A-3").fill("50,50")
    if java_script:
        page.get_by_label("Amount to pay for A-3").press("Tab")
    else:
        page.get_by_role("button", name="Update the sum").click()
    expect(total).to_contain_text("€350.50")
    expect(total).to_contain_text("3 items")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Pay €350.50").click()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/payments/*")

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your payment has arrived.")
    expect(page.get_by_role("main")).to_contain_text("€50.50")
    duewell.await_webhooks()
    duewell.work()
    assert left(customer_id, items) == {"A-1": 0, "A-2": 0, "A-3": 24_950, "A-4": 40_000}
    assert [message.kind for message in messages.outbox(customer_id)] == ["receipt"]
    assert verify(now=clock.now()).broken == []


def test_declined_then_paid_and_nothing_has_to_be_chosen_again(
    duewell: House, make: Maker, customer: Customer, items: dict[str, int], new_page: Callable[..., Page]
) -> None:
    customer_id = customer.id
    page = new_page()
    come_in(page, make, customer)
    page.get_by_role("button", name="Pay all that is due").click()
    page.get_by_role("button", name="Pay €1,000.00").click()
    page.get_by_label("Card number").fill(DECLINED)
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_text("Your card was declined.")).to_be_visible()
    page.go_back()
    page.goto("/pay/review")
    expect(page.get_by_role("main")).to_contain_text("4 items")
    page.get_by_role("button", name="Pay €1,000.00").click()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/payments/*")
    duewell.await_webhooks()
    duewell.work()
    assert set(left(customer_id, items).values()) == {0}
    assert [receipt.amount_minor for receipt in _receipts(customer_id)] == [100_000]
    assert verify(now=clock.now()).broken == []


def test_the_same_in_persian(
    duewell: House, make: Maker, customer: Customer, items: dict[str, int], new_page: Callable[..., Page]
) -> None:
    customer_id = customer.id
    page = new_page(locale="fa-IR")
    page.context.add_cookies([{"name": "duewell_language", "value": "fa", "url": duewell.url}])
    come_in(page, make, customer)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.locator("a[href*='/pay?']").click()
    for number in ("A-3", "A-4"):
        page.locator(f"[name=pay-{items[number]}]").uncheck()
    page.locator(f"[name=amount-{items['A-2']}]").fill("۵۰٫۵۰")
    page.locator(f"[name=amount-{items['A-2']}]").press("Tab")
    expect(page.locator("#sum")).to_contain_text("۱۵۰٫۵۰")
    page.locator("button[name=then][value=review]").click()
    page.locator("main form[action*='/pay/review'] button").click()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/payments/*")
    duewell.await_webhooks()
    duewell.work()
    assert left(customer_id, items) == {"A-1": 0, "A-2": 14_950, "A-3": 30_000, "A-4": 40_000}
    assert verify(now=clock.now()).broken == []


def test_the_bank_asks_first_and_whoever_says_no_pays_nothing(
    duewell: House, make: Maker, customer: Customer, items: dict[str, int], new_page: Callable[..., Page]
) -> None:
    customer_id = customer.id
    page = new_page()
    come_in(page, make, customer)
    page.get_by_role("button", name="Pay all that is due").click()
    for answer in ("No, refuse it", "Yes, it is me"):
        if not page.url.startswith(duewell.till.url):
            page.get_by_role("button", name="Pay €1,000.00").click()
        page.get_by_label("Card number").fill(ASKED)
        page.get_by_role("button", name="Pay 1,000.00 EUR").click()
        page.get_by_role("button", name=answer).click()
    page.wait_for_url("**/payments/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your payment has arrived.")
    assert [receipt.amount_minor for receipt in _receipts(customer_id)] == [100_000]
    assert verify(now=clock.now()).broken == []


def test_a_debit_is_on_its_way_for_days_and_comes_back(
    duewell: House, make: Maker, customer: Customer, items: dict[str, int], new_page: Callable[..., Page]
) -> None:
    customer_id = customer.id
    page = new_page()
    come_in(page, make, customer)
    page.get_by_role("button", name="Pay all that is due").click()
    page.get_by_role("button", name="Pay €1,000.00").click()
    page.get_by_label("IBAN").fill(EMPTY_ACCOUNT)
    page.get_by_role("button", name="Debit 1,000.00 EUR").click()
    page.wait_for_url("**/payments/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your payment is on its way")
    expect(page.get_by_role("main")).to_contain_text("You need do nothing.")
    result = page.url
    page.goto("/pay")
    expect(page.get_by_text("Payment on its way")).to_have_count(4)

    duewell.till.control(clock_offset_seconds=61)
    eventually(lambda: "checkout.session.async_payment_failed" in told(duewell))
    duewell.await_webhooks()
    duewell.work()
    page.goto(result)
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was taken")
    expect(page.get_by_role("link", name="Try again")).to_be_visible()
    assert sum(left(customer_id, items).values()) == 100_000
    assert _receipts(customer_id) == []
    assert verify(now=clock.now()).broken == []


def told(duewell: House) -> list[str]:
    return [delivery["type"] for delivery in duewell.till.control()["deliveries"]]


def _receipts(customer_id: int) -> list[Entry]:
    session.rollback()
    query = select(Entry).where(Entry.customer_id == customer_id, Entry.kind == EntryKind.RECEIPT)
    return list(session.scalars(query))
