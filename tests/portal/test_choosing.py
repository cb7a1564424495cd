"""Choosing several items and parts of them, and paying them in one go."""

import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import func, select
from werkzeug.test import TestResponse

import standin
from models import audit, ledger, payments
from models.customers import Contact, Customer, merges
from models.database import session
from models.ledger import Entry
from models.money import Money
from models.payments import Attempt
from models.transactions import transaction
from tests.conftest import TODAY
from tests.making import Maker
from tests.portal.conftest import apart


@pytest.fixture
def items(make: Maker, customer: Customer) -> list[Entry]:
    """100.00, 200.00 and 300.00 EUR, all overdue."""
    return [apart(make.invoice(customer, amount, number=f"INV-{amount}")) for amount in (10_000, 20_000, 30_000)]


def tick(browser: FlaskClient, chosen: dict[Entry, str], page: str = "", then: str = "review") -> TestResponse:
    fields = {}
    for entry, amount in chosen.items():
        fields |= {f"amount-{entry.id}": amount.strip("-")}
        if not amount.startswith("-"):
            fields |= {f"pay-{entry.id}": "y"}
    return browser.post(f"/pay?currency=EUR{page}", data={**fields, "then": then})


def pay(browser: FlaskClient) -> TestResponse:
    page = browser.get("/pay/review").text
    seen = re.search(r'name="seen" value="(\w+)"', page)
    return browser.post("/pay/review", data={"seen": seen[1] if seen else ""})


def total_shown(browser: FlaskClient, address: str = "/pay") -> str:
    shown = re.search(r'id="sum".*?<bdi>([^<]+)</bdi>', browser.get(address).text, re.DOTALL)
    assert shown
    return shown[1]


def left(customer: Customer, entry: Entry) -> int:
    session.rollback()
    return ledger.entry_of(customer.id, entry.id).left.minor


def attempts() -> int:
    return session.scalar(select(func.count()).select_from(Attempt)) or 0


def test_all_that_is_due_is_ticked_at_first_and_nothing_else(
    browser: FlaskClient, make: Maker, customer: Customer, items: list[Entry]
) -> None:
    later = make.invoice(customer, 5_000, number="LATER", issued_on=TODAY)
    page = browser.get("/pay").text
    ticked = re.findall(r'<input[^>]*checked[^>]*name="pay-(\d+)"', page)
    assert sorted(map(int, ticked)) == sorted(item.id for item in items)
    assert f'name="pay-{later.id}"' in page
    assert total_shown(browser) == "€600.00"


def test_two_items_and_a_part_of_a_third_are_paid_in_one_payment(
    browser: FlaskClient, till: standin.Running, customer: Customer, items: list[Entry]
) -> None:
    one, two, three = items
    assert tick(browser, {one: "100", two: "200", three: "50.50"}).location == "/pay/review?currency=EUR"
    leaving = pay(browser)
    assert leaving.status_code == 303
    _, back = till.press_pay(leaving.location)
    assert "€350.50" in browser.get(back.split("localhost", 1)[1]).text
    assert [left(customer, item) for item in items] == [0, 0, 24_950]
    (attempt,) = payments.of_customer(customer.id)
    assert attempt.amount_minor == 35_050


def test_who_owes_thousands_begins_with_nothing_by_one_click(browser: FlaskClient, items: list[Entry]) -> None:
    tick(browser, {items[0]: "much"}, then="none")
    assert total_shown(browser) == "€0.00"
    tick(browser, {items[1]: "10"}, then="1")
    assert total_shown(browser) == "€10.00"
    tick(browser, {items[1]: "10"}, then="due")
    assert total_shown(browser) == "€600.00"


def test_what_was_chosen_is_kept_over_pages_and_for_another_day(
    browser: FlaskClient, make: Maker, customer: Customer
) -> None:
    many = [make.invoice(customer, 1_000 + n, number=f"N-{n:03}") for n in range(60)]
    first = {item: "-" for item in many[:50]}
    assert tick(browser, first, then="2").location == "/pay?currency=EUR&page=2"
    assert total_shown(browser) == "€105.45"
    tick(browser, {many[0]: "5"}, then="1")
    assert total_shown(browser, "/pay?page=2") == "€110.45"
    assert browser.get("/pay?page=3").status_code == 404


@pytest.mark.parametrize("amount", ["100.01", "0", "-1x", "much", ""])
def test_an_amount_that_cannot_be_paid_stays_on_the_page_and_nothing_is_kept(
    amount: str, browser: FlaskClient, items: list[Entry]
) -> None:
    answer = browser.post("/pay", data={f"pay-{items[0].id}": "y", f"amount-{items[0].id}": amount, "then": "review"})
    assert answer.status_code == 422
    assert f'value="{amount}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert total_shown(browser) == "€600.00"


def test_an_amount_counts_only_where_its_tick_is_set(browser: FlaskClient, items: list[Entry]) -> None:
    tick(browser, {items[0]: "100", items[1]: "-nonsense", items[2]: "-"}, then="1")
    assert total_shown(browser) == "€100.00"


def test_what_changed_meanwhile_is_shown_before_anything_is_paid(
    browser: FlaskClient, make: Maker, customer: Customer, items: list[Entry]
) -> None:
    tick(browser, {items[0]: "100", items[1]: "200", items[2]: "-"})
    seen = re.search(r'name="seen" value="(\w+)"', browser.get("/pay/review").text)
    assert seen
    receipt = make.receipt(customer, 15_000)
    with transaction():
        for item, minor in ((items[0], 10_000), (items[1], 5_000)):
            ledger.allocate(receipt, ledger.entry_of(customer.id, item.id), Money(minor, "EUR"), now=make.now)
    answer = browser.post("/pay/review", data={"seen": seen[1]})
    assert answer.status_code == 409
    assert "Something changed since you looked" in answer.text
    assert "INV-10000" in answer.text
    assert "€150.00" in answer.text
    assert attempts() == 0
    assert pay(browser).status_code == 303
    assert payments.of_customer(customer.id)[0].amount_minor == 15_000


def test_all_that_is_due_is_one_click_away(browser: FlaskClient, customer: Customer, items: list[Entry]) -> None:
    tick(browser, {items[0]: "1", items[1]: "-", items[2]: "-"})
    assert browser.post("/pay/due").location == "/pay/review?currency=EUR"
    assert "€600.00" in browser.get("/pay/review").text


def test_who_leaves_the_pay_page_finds_the_choice_again_and_who_paid_begins_anew(
    browser: FlaskClient, till: standin.Running, items: list[Entry]
) -> None:
    tick(browser, {items[0]: "60", items[1]: "-", items[2]: "-"})
    pay(browser)
    assert total_shown(browser) == "€60.00"
    _, back = till.press_pay(pay(browser).location)
    browser.get(back.split("localhost", 1)[1])
    assert total_shown(browser) == "€540.00"


def test_ones_own_credit_is_used_first_if_one_likes(
    browser: FlaskClient, make: Maker, customer: Customer, items: list[Entry]
) -> None:
    make.receipt(customer, 12_000)
    tick(browser, {items[0]: "100", items[1]: "200", items[2]: "-"})
    assert "You have" in browser.get("/pay/review").text
    assert browser.post("/pay/credit").status_code == 303
    assert [left(customer, item) for item in items] == [0, 18_000, 30_000]
    assert pay(browser).status_code == 303
    assert payments.of_customer(customer.id)[0].amount_minor == 18_000
    assert browser.post("/pay/credit").status_code == 303, "a second click finds nothing more to use"
    assert [left(customer, item) for item in items] == [0, 18_000, 30_000]


def test_items_of_a_joined_account_are_paid_apart(
    browser: FlaskClient, till: standin.Running, make: Maker, customer: Customer, items: list[Entry]
) -> None:
    branch = apart(make.customer("Branch"))
    theirs = make.invoice(branch, 7_000, number="B-1")
    with transaction():
        merges.merge(branch, customer, effective_on=TODAY, by=audit.COMMAND, now=make.now)
    tick(browser, {items[0]: "100", items[1]: "-", items[2]: "-", theirs: "7"})
    assert "joined account" in browser.get("/pay/review").text
    _, back = till.press_pay(pay(browser).location)
    browser.get(back.split("localhost", 1)[1])
    assert [attempt.amount_minor for attempt in payments.of_customer(customer.id)] == [10_000]
    assert total_shown(browser) == "€7.00"
    assert pay(browser).status_code == 303
    assert [attempt.amount_minor for attempt in payments.of_customer(branch.id)] == [700]


def test_more_than_forty_items_go_to_stripe_as_one_line(
    browser: FlaskClient, till: standin.Running, make: Maker, customer: Customer
) -> None:
    for n in range(41):
        make.invoice(customer, 1_000, number=f"N-{n}")
    browser.post("/pay/due")
    leaving = pay(browser)
    assert leaving.status_code == 303
    sessions, _ = till.app.account.books.newest_first("checkout.session", limit=1)
    assert sessions[0]["amount_total"] == 41_000
    assert len(payments.lines_of(payments.of_customer(customer.id)[0])) == 41


def test_who_may_not_pay_chooses_nothing(
    make: Maker, customer: Customer, come_in: Callable[[Customer, Contact], FlaskClient], items: list[Entry]
) -> None:
    browser = come_in(customer, make.contact(customer, "see@example.test", may_pay=False))
    for address in ("/pay", "/pay/review"):
        assert browser.get(address).status_code == 403
        assert browser.post(address).status_code == 403
    assert "Choose what to pay" not in browser.get("/statement").text


def test_a_receipt_is_on_the_page_and_on_paper_with_what_it_paid(
    browser: FlaskClient, till: standin.Running, items: list[Entry]
) -> None:
    tick(browser, {items[0]: "100", items[1]: "50", items[2]: "-"})
    _, back = till.press_pay(pay(browser).location)
    page = browser.get(back.split("localhost", 1)[1]).text
    assert "on its way to you by mail" in page
    address = re.search(r'href="(/credits/\d+\.pdf)"', page)
    assert address
    paper = "\n".join(leaf.extract_text() for leaf in PdfReader(io.BytesIO(browser.get(address[1]).data)).pages)
    for told in ("Receipt", "€150.00", "INV-10000", "INV-20000", "50.00"):
        assert told in paper


def test_who_has_no_address_gets_the_receipt_on_the_page(
    come_in: Callable[[Customer, Contact], FlaskClient],
    make: Maker,
    customer: Customer,
    till: standin.Running,
    items: list[Entry],
) -> None:
    browser = come_in(customer, make.contact(customer, None))
    tick(browser, {items[0]: "100", items[1]: "-", items[2]: "-"})
    _, back = till.press_pay(pay(browser).location)
    page = browser.get(back.split("localhost", 1)[1]).text
    assert "by mail" not in page
    assert "Receipt as PDF" in page
