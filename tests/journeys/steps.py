"""What people do in several journeys, as they do it: by what is written on the page."""

from dataclasses import dataclass
from datetime import date

from playwright.sync_api import Locator, Page, expect


def pay_one(page: Page, link: str, number: str) -> None:
    """From the link to the result of the payment, by the test card at the stand-in."""
    page.goto(link)
    assert page.url.endswith("/open")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your statement")
    page.get_by_role("link", name=f"Pay {number}").click()
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.get_by_text("Stand-in for Stripe.")).to_be_visible()
    expect(page.get_by_label("Card number")).to_have_value("4242 4242 4242 4242")
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/payments/*")


@dataclass(frozen=True)
class BankMoney:
    """A receipt and what it is for: item numbers and amounts as they are typed."""

    amount: str
    paid_on: date
    shares: dict[str, str]


def find(page: Page, number: str) -> None:
    """From anywhere at the staff's door to the account, by the customer number."""
    page.goto("/staff/customers")
    page.get_by_role("searchbox", name="Find a customer").fill(number)
    row = page.get_by_role("table", name="Customers").get_by_role("row").filter(has_text=number)
    expect(row).to_have_count(1)
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_role("main")).to_contain_text(number)


def enter_money(page: Page, money: BankMoney) -> None:
    """From the account page to the receipt's own page, by the form and the page of items."""
    page.get_by_role("link", name="Enter a receipt").click()
    page.get_by_label("Amount", exact=True).fill(money.amount)
    page.get_by_label("Date on the bank statement").fill(money.paid_on.isoformat())
    page.get_by_label("Reference").fill("Our payment of this week")
    page.get_by_role("button", name="Enter the receipt").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Allocate")
    for number, share in money.shares.items():
        page.get_by_label(f"Amount for {number}", exact=True).fill(share)
    page.get_by_role("button", name="Allocate").click()
    expect(page.get_by_text("The money is allocated.")).to_be_visible()


def take_back(page: Page, number: str) -> None:
    """On the receipt's page: the allocation to one item."""
    used(page, number).get_by_role("link", name="Take back").click()
    page.get_by_label("Reason").fill("Meant for another invoice")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("is taken back").first).to_be_visible()


def used(page: Page, number: str) -> Locator:
    """The row of the receipt's page that says how much went to an item."""
    return page.get_by_role("table", name="Allocations").get_by_role("row").filter(has_text=number)


def happened(page: Page) -> list[str]:
    """The titles of the timeline, newest first, from a page of the account."""
    page.get_by_role("link", name="Timeline").click()
    expect(page.get_by_role("heading", level=2, name="Timeline")).to_be_visible()
    return page.locator(".timeline .event-title").all_inner_texts()
