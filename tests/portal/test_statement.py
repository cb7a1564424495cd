from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient

from models import audit, company
from models.customers import Contact, Customer, merges
from models.transactions import transaction
from tests.making import Maker

ComeIn = Callable[[Customer, Contact], FlaskClient]


def test_somebody_without_a_session_is_sent_to_the_start(client: FlaskClient) -> None:
    answer = client.get("/statement")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    asked_by_htmx = client.get("/statement", headers={"HX-Request": "true"})
    assert (asked_by_htmx.status_code, asked_by_htmx.headers["HX-Redirect"]) == (204, "/")


def test_who_owes_nothing_is_thanked(browser: FlaskClient) -> None:
    assert "You owe nothing. Thank you." in browser.get("/statement").text


def test_the_statement_adds_up_what_is_due_now_and_later(browser: FlaskClient, make: Maker, customer: Customer) -> None:
    make.invoice(customer, 10_000, number="LATE-1")
    make.invoice(customer, 64_000, number="SOON-1", due_on=make.today + timedelta(days=400))
    page = browser.get("/statement").text
    for shown in ("€740.00", "€100.00", "€640.00", "LATE-1", "SOON-1", "days late", "Not due yet"):
        assert shown in page


def test_money_that_waits_is_shown_as_the_customers_own(browser: FlaskClient, make: Maker, customer: Customer) -> None:
    make.invoice(customer, 10_000)
    make.receipt(customer, 2_500)
    page = browser.get("/statement").text
    assert "Money not yet assigned" in page
    assert "€25.00" in page


def test_each_currency_has_a_statement_of_its_own(browser: FlaskClient, make: Maker, customer: Customer) -> None:
    make.invoice(customer, 10_000, number="EUR-1")
    make.invoice(customer, 5_000, number="JPY-1", currency="JPY")
    assert "JPY-1" not in browser.get("/statement").text
    yen = browser.get("/statement?currency=JPY").text
    assert "¥5,000" in yen
    assert "EUR-1" not in yen


def test_many_items_come_in_pages_and_there_is_no_page_after_the_last(
    browser: FlaskClient, make: Maker, customer: Customer
) -> None:
    for place in range(51):
        make.invoice(customer, 1_000, number=f"N-{place:02}", issued_on=make.today - timedelta(days=100 - place))
    assert "N-50" not in browser.get("/statement").text
    assert "N-50" in browser.get("/statement?page=2").text
    for page in (0, 3, -1, 10**30):
        assert browser.get(f"/statement?page={page}").status_code == 404


def test_nobody_sees_what_another_customer_owes(browser: FlaskClient, make: Maker) -> None:
    make.invoice(make.customer("Somebody else"), 10_000, number="THEIRS-1")
    assert "THEIRS-1" not in browser.get("/statement").text


def test_a_contact_who_may_only_look_is_offered_no_payment(come_in: ComeIn, make: Maker, customer: Customer) -> None:
    entry = make.invoice(customer, 10_000, number="INV-1")
    browser = come_in(customer, make.contact(customer, "looks@example.test", may_pay=False))
    page = browser.get("/statement").text
    assert "INV-1" in page
    assert f"/pay/{entry.id}" not in page
    assert browser.get(f"/pay/{entry.id}").status_code == 403


def test_a_merged_account_is_part_of_the_statement(browser: FlaskClient, make: Maker, customer: Customer) -> None:
    branch = make.customer("Skyrius")
    make.invoice(branch, 10_000, number="BRANCH-1")
    with transaction():
        merges.merge(branch, customer, effective_on=make.today, by=audit.COMMAND, now=make.now)
    assert "BRANCH-1" in browser.get("/statement").text


def test_the_day_up_to_which_bank_money_is_in_is_said(browser: FlaskClient, make: Maker) -> None:
    assert "Bank payments up to" not in browser.get("/statement").text
    with transaction():
        company.locked().bank_money_until = make.today
    assert "Bank payments up to" in browser.get("/statement").text
