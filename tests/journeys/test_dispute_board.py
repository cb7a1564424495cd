"""Cases in a browser: dragged and moved by keyboard, the letter looked at, decided, the rest asked for later."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from models import audit, causes, clock, disputes, ledger
from models.disputes import DisputeState, Reason, Remedy
from models.money import Money
from models.policies.permissions import Role
from models.reports.verify import verify
from models.transactions import transaction
from tests.journeys.house import House
from tests.making import Maker

pytestmark = pytest.mark.browser


def test_a_case_is_dragged_moved_by_keyboard_and_decided(
    duewell: House, make: Maker, staff_page: Callable[..., Page]
) -> None:
    customer = make.customer("Žalias Namas UAB", language="fa")
    contact, item = make.contact(customer), make.invoice(customer, 12_100, number="A-1")
    key = (customer.id, item.id)
    with transaction():
        warehouse = causes.add_department("Warehouse", email="w@example.test", by=audit.COMMAND, now=make.now)
        causes.add(warehouse.id, "Packing", "Not padded", by=audit.COMMAND, now=make.now)
        case_id = disputes.open_case(
            customer,
            contact,
            item.id,
            {None: Money(12_100, "EUR")},
            reason=Reason.DAMAGED,
            wanted=Remedy.CREDIT,
            text="All broken",
            by=audit.Actor(audit.ActorKind.CONTACT, contact.id),
            on=make.today,
            now=make.now,
        ).id
    page = staff_page(Role.CLERK)
    page.goto("/staff/disputes")
    card = page.locator("[data-card]")
    column = lambda state: page.locator(f"[data-column={state}]")  # noqa: E731

    card.get_by_text("Žalias Namas").drag_to(column("waiting_customer"))  # A new case cannot go there.
    expect(column("new").locator("[data-card]")).to_have_count(1)
    card.get_by_text("Žalias Namas").drag_to(column("looking"))
    expect(column("looking").locator("[data-card]")).to_have_count(1)
    card.locator("summary").focus()
    page.keyboard.press("Enter")
    card.get_by_role("button", name="Wait for the customer").focus()
    page.keyboard.press("Enter")
    expect(column("waiting_customer").locator("[data-card]")).to_have_count(1)
    assert disputes.find(key[0], case_id).state is DisputeState.WAITING_CUSTOMER
    card.get_by_text("Žalias Namas").drag_to(column("looking"))
    expect(column("looking").locator("[data-card]")).to_have_count(1)
    card.get_by_text("Žalias Namas").drag_to(column("decided"))

    expect(page.get_by_role("heading", level=1)).to_have_text("Decide")
    page.get_by_label("You are right in part").check()
    page.get_by_label("The whole item").fill("100")
    page.get_by_label("Root cause").select_option(label="Warehouse › Packing › Not padded")
    page.get_by_label("Reasons for the customer").fill("نیمی از آن‌ها شکسته بود")
    with page.context.expect_page() as letter:
        page.get_by_role("button", name="See the letter first").click()
    letter.value.close()
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("The case is decided.")).to_be_visible()
    assert ledger.entry_of(*key).left == Money(2_100, "EUR")
    assert verify(now=clock.now()).broken == []
