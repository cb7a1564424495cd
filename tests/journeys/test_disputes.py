"""A customer on a phone says what is wrong, and only that; staff answer; they agree or disagree, and pay the rest."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from models import audit, causes, clock, disputes, holds, ledger, words
from models.customers import Customer
from models.holds import HoldKind
from models.invoices import InvoiceLine
from models.ledger import Entry
from models.money import Money
from models.policies.permissions import Role
from models.reports.verify import verify
from models.transactions import release, transaction
from tests.journeys.house import House
from tests.making import Maker
from tests.models.test_files import JPEG

pytestmark = pytest.mark.browser


def billed(make: Maker, customer: Customer) -> Entry:
    """121.00 for plates and 60.50 for cups, tax of 21 % included."""
    lines = [
        InvoiceLine(
            description=description,
            quantity=Decimal(10),
            net_minor=net,
            tax_rate=Decimal(21),
            tax_minor=tax,
            currency="EUR",
        )
        for description, net, tax in (("Plates", 10_000, 2_100), ("Cups", 5_000, 1_050))
    ]
    return make.invoice(customer, 18_150, number="A-7", lines=lines)


def come_in(page: Page, make: Maker, customer: Customer, **facts: object) -> None:
    page.goto(f"/l/{make.link(customer, make.contact(customer, **facts))}")
    page.locator("main form button").click()


def padding(make: Maker) -> None:
    """A root cause to choose."""
    with transaction():
        warehouse = causes.add_department("Warehouse", email="", by=audit.COMMAND, now=make.now)
        causes.add(warehouse.id, "Packing", "Not padded", by=audit.COMMAND, now=make.now)
    release()


def decide(page: Page, customer_id: int, outcome: str, reasons: str, credit: str = "") -> None:
    """What somebody of ours presses on the one screen, from the page of the case."""
    page.goto(f"/staff/disputes/{customer_id}/{case_of(customer_id)}")
    page.get_by_role("link", name="Decide").first.click()
    page.get_by_label(outcome, exact=True).check()
    if credit:
        page.get_by_label("Plates").fill(credit)
    page.get_by_label("Root cause").select_option(label="Warehouse › Packing › Not padded")
    page.get_by_label("Reasons for the customer").fill(reasons)
    page.get_by_role("button", name="Decide").click()


def case_of(customer_id: int) -> int:
    """The id of the customer's one case."""
    [case] = disputes.of_customers([customer_id])
    case_id = case.id
    release()
    return case_id


def in_words_of(language: str) -> Callable[[str], str]:
    def say(message: str) -> str:
        with words.speak(language):
            return words.gettext(message)

    return say


def dispute(page: Page, say: Callable[[str], str], right: str, photo: Path | None = None) -> None:
    """From the statement to the page of the case: one question after the other."""
    going_on = page.get_by_role("button", name=say("Continue"))
    page.get_by_role("link", name="A-7", exact=True).click()
    page.get_by_role("link", name=say("Something is wrong"), exact=True).click()
    page.get_by_label(say("It arrived damaged")).check()
    going_on.click()
    plates = page.get_by_role("group", name="Plates")
    plates.get_by_label(say("Only a part of it is wrong")).check()
    plates.get_by_label(say("So much is right")).fill(right)
    going_on.click()
    page.get_by_label(say("What happened?")).fill("Seven of ten came broken")
    going_on.click()
    if photo:
        page.get_by_label(say("Photos and papers")).set_input_files(photo)
    (going_on if photo else page.get_by_role("button", name=say("I have none"))).click()
    page.get_by_label(say("Take it off the bill")).check()
    going_on.click()
    expect(page.get_by_role("main")).to_contain_text("Seven of ten came broken")
    page.get_by_role("button", name=say("Send it to us")).click()


def test_a_damaged_item_is_disputed_with_a_photo_credited_and_the_rest_is_paid(
    duewell: House, make: Maker, new_page: Callable[..., Page], staff_page: Callable[..., Page], tmp_path: Path
) -> None:
    customer = make.customer("Žalias Namas UAB", language="en")
    customer_id, item_id = customer.id, billed(make, customer).id
    photo = tmp_path / "broken.jpg"
    photo.write_bytes(JPEG)
    page = new_page()
    come_in(page, make, customer)
    dispute(page, str, "34.30", photo)
    case_id = case_of(customer_id)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Your case D-{case_id}")
    expect(page.get_by_role("main")).to_contain_text("€86.70")
    expect(page.get_by_role("link", name="broken.jpg")).to_be_visible()

    padding(make)
    clerk = staff_page(Role.CLERK)
    decide(
        clerk, customer_id, "You are right in part", "Five came broken. We are sorry: they were not padded.", "60.50"
    )
    expect(clerk.get_by_text("The case is decided.")).to_be_visible()
    page.goto(f"/cases/{case_id}")
    expect(page.get_by_role("heading", level=2, name="You are right in part")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("We take €60.50 off your bill.")
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_text("You agreed on")).to_be_visible()

    duewell.flask("clock", "+15d")
    duewell.look_after_cases()
    page.reload()
    page.get_by_role("link", name="Back to your statement").click()
    page.get_by_role("link", name="Pay A-7").click()
    expect(page.get_by_role("main")).to_contain_text("€121.00")
    page.get_by_role("button", name="Continue to payment").click()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/payments/*")
    duewell.await_webhooks()
    duewell.work()
    assert not ledger.entry_of(customer_id, item_id).left
    assert verify(now=clock.now()).broken == []


def test_who_is_refused_disagrees_and_somebody_else_decides(
    duewell: House, make: Maker, new_page: Callable[..., Page], staff_page: Callable[..., Page]
) -> None:
    """Without JavaScript, at both doors."""
    customer = make.customer("Žalias Namas UAB", language="en")
    customer_id, item_id = customer.id, billed(make, customer).id
    page = new_page(java_script_enabled=False)
    come_in(page, make, customer)
    dispute(page, str, "21")
    case_id = case_of(customer_id)
    padding(make)
    clerk = staff_page(Role.CLERK, java_script_enabled=False)
    decide(clerk, customer_id, "We see it differently", "They left our house whole: see the picture.")
    expect(clerk.get_by_text("The case is decided.")).to_be_visible()
    page.goto(f"/cases/{case_id}")
    expect(page.get_by_role("main")).to_contain_text("They left our house whole")
    page.get_by_role("link", name="I see it differently").click()
    page.get_by_role("button", name="Have it looked at again").click()
    expect(page.locator(".errors")).to_contain_text("Tell us in a few words what we got wrong.")
    page.get_by_label("What did we get wrong?").fill("They were broken when I opened the box")
    page.get_by_role("button", name="Have it looked at again").click()
    expect(page.get_by_role("listitem").filter(has_text="We look at it")).to_have_attribute("aria-current", "step")
    expect(page.get_by_role("link", name="I see it differently")).to_have_count(0)
    [held] = holds.living([customer_id], make.today)
    assert (held.kind, held.claimed_minor, held.until_on) == (HoldKind.DISPUTE, 10_000, None)
    release()

    decide(clerk, customer_id, "We see it differently", "They were whole.")
    expect(clerk.locator(".errors")).to_contain_text("somebody else has to look at it")
    expect(clerk.get_by_label("Reasons for the customer")).to_have_value("They were whole.")
    finance = staff_page(Role.FINANCE, java_script_enabled=False)
    decide(finance, customer_id, "You are right", "The driver remembers it. We are sorry.")
    expect(finance.get_by_text("The case is decided.")).to_be_visible()
    page.goto(f"/cases/{case_id}")
    expect(page.get_by_role("heading", level=2, name="You are right")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Our first answer: We see it differently")
    expect(page.get_by_role("main")).to_contain_text("Two people have looked at it now")
    assert ledger.entry_of(customer_id, item_id).left == Money(8_150, "EUR")


def test_a_dispute_is_opened_in_persian(duewell: House, make: Maker, new_page: Callable[..., Page]) -> None:
    customer = make.customer("بازرگانی نیلوفر", language="fa")
    billed(make, customer)
    page, say = new_page(), in_words_of("fa")
    come_in(page, make, customer)
    dispute(page, say, "۲۱٫۵۰")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_role("main")).to_contain_text("۹۹٫۵۰")
