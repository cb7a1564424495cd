"""Everything is forms and links: the same work with scripts switched off."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from models.policies.permissions import Role
from tests.journeys.chromium import PHONE
from tests.journeys.house import House
from tests.journeys.steps import BankMoney, enter_money, take_back, used
from tests.making import Maker
from tests.models.test_files import PDF, SVG

pytestmark = pytest.mark.browser


def test_staff_search_note_allocate_and_take_back(duewell: House, make: Maker, staff_page: Callable[..., Page]) -> None:
    customer = make.customer("WAL-MAR co", number="0200769623")
    make.customer("Somebody else", number="9999")
    make.invoice(customer, 10_000, number="A-1")
    make.invoice(customer, 20_000, number="A-2")
    page = staff_page(Role.FINANCE, java_script_enabled=False)

    page.goto("/staff/customers")
    page.get_by_role("searchbox", name="Find a customer").fill("0200769623")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    expect(page.get_by_text("Somebody else")).to_have_count(0)
    page.get_by_role("link", name="WAL-MAR co").click()
    enter_money(page, BankMoney("150.00", make.today - timedelta(days=1), {"A-1": "100.00", "A-2": "50.00"}))
    take_back(page, "A-1")

    expect(used(page, "A-1")).to_contain_text("Taken back")
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name="WAL-MAR co").click()
    page.get_by_role("link", name="Notes").click()
    page.get_by_label("Note").fill("Asked for a copy of A-1.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_text("Asked for a copy of A-1.")).to_be_visible()


def test_a_customer_changes_the_language_and_stays_on_the_page(
    duewell: House, make: Maker, new_page: Callable[..., Page]
) -> None:
    customer = make.customer(language="en")
    make.invoice(customer, 64_000)
    page = new_page(java_script_enabled=False)
    page.goto(f"/l/{make.link(customer, make.contact(customer))}")
    page.get_by_role("button", name="Continue").click()

    page.get_by_role("button", name="فارسی").click()

    assert page.url.endswith("/statement")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_role("main")).to_contain_text("۶۴۰٫۰۰")


def test_a_proof_stays_when_another_file_is_refused_and_the_enter_key_sends_it(
    duewell: House, make: Maker, new_page: Callable[..., Page]
) -> None:
    customer = make.customer(language="en")
    make.invoice(customer, 64_000)
    page = new_page(java_script_enabled=False, viewport=PHONE)
    page.goto(f"/l/{make.link(customer, make.contact(customer))}")
    page.get_by_role("button", name="Continue").click()

    page.get_by_role("link", name="I already paid").first.click()
    files = [("bank.pdf", "application/pdf", PDF), ("photo.svg", "image/svg+xml", SVG)]
    page.get_by_label("Proof of the payment").set_input_files(
        [{"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files]
    )
    page.get_by_label("How much you paid").fill("640")
    page.get_by_label("How much you paid").press("Enter")
    expect(page.locator("main .errors")).to_contain_text("We cannot take photo.svg.")
    expect(page.get_by_role("button", name="Remove bank.pdf")).to_be_visible()
    expect(page.get_by_label("How much you paid")).to_have_value("640")
    page.get_by_label("When you paid").fill(str(make.today))
    page.get_by_label("When you paid").press("Enter")

    expect(page.get_by_role("heading", name="We are looking for your payment")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="bank.pdf").click()
    assert saved.value.path().read_bytes() == PDF
