"""A customer on a phone says what is wrong, and only that; the rest is paid, the answer is read, and disagreed with."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from models import approvals, audit, causes, clock, disputes, holds, ledger, staff, words
from models.approvals import CaseDecision
from models.customers import Customer
from models.disputes import Outcome, Verdict
from models.holds import HoldKind
from models.invoices import InvoiceLine
from models.ledger import Entry
from models.money import Money
from models.policies.permissions import Role
from models.reports.verify import verify
from models.staff import StaffState
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


def decide(customer_id: int, outcome: Outcome, credits: dict[int, int], text: str) -> None:
    """What staff decide of the customer's one case."""
    with transaction():
        member = staff.active_with_role(Role.CLERK) or staff.add(
            email="clerk@company.test", role=Role.CLERK, by=audit.COMMAND, now=clock.now(), state=StaffState.ACTIVE
        )
        by, today = staff.principal(member), clock.now().date()
        warehouse = causes.add_department("Warehouse", email="", by=audit.COMMAND, now=clock.now())
        cause = causes.add(warehouse.id, "Packing", "Not padded", by=audit.COMMAND, now=clock.now())
        [case] = disputes.of_customers([customer_id])
        verdict = Verdict(
            outcome=outcome,
            text=text,
            credits={position: Money(minor, "EUR") for position, minor in credits.items()},
            cause_id=cause.id,
        )
        decision = disputes.propose(case, verdict, by=by, on=today, now=clock.now())
        told = {"customer_id": customer_id, "decision_id": decision.id, "amount": decision.credited}
        approvals.submit(CaseDecision(**told, reason=case.number, effective_on=today), by=by, now=clock.now())
    release()


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
    duewell: House, make: Maker, new_page: Callable[..., Page], tmp_path: Path
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

    page.get_by_role("button", name="Pay the rest: €94.80").click()
    page.get_by_role("button", name="Pay €94.80").click()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/payments/*")
    duewell.await_webhooks()
    duewell.work()
    decide(customer_id, Outcome.UPHELD, {1: 8_670}, "You are right. We are sorry: it was not padded.")
    page.goto(f"/cases/{case_id}")
    expect(page.get_by_role("heading", level=2, name="You are right")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("We take €86.70 off your bill.")
    assert not ledger.entry_of(customer_id, item_id).left
    assert verify(now=clock.now()).broken == []


def test_who_is_refused_disagrees_without_javascript(
    duewell: House, make: Maker, new_page: Callable[..., Page]
) -> None:
    customer = make.customer("Žalias Namas UAB", language="en")
    customer_id, _ = customer.id, billed(make, customer)
    page = new_page(java_script_enabled=False)
    come_in(page, make, customer)
    dispute(page, str, "21")
    case_id = case_of(customer_id)
    decide(customer_id, Outcome.REFUSED, {}, "They left our house whole: see the picture.")
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


def test_a_dispute_is_opened_in_persian(duewell: House, make: Maker, new_page: Callable[..., Page]) -> None:
    customer = make.customer("بازرگانی نیلوفر", language="fa")
    billed(make, customer)
    page, say = new_page(), in_words_of("fa")
    come_in(page, make, customer)
    dispute(page, say, "۲۱٫۵۰")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_role("main")).to_contain_text("۹۹٫۵۰")
