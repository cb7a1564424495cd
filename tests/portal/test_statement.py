"""What a customer owes: today and on any day, as a page, on paper, as a file; and everything that happened."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pypdf import PdfReader
from werkzeug.test import TestResponse

from models import audit, clock, company, ledger, staff, words
from models.customers import Contact, Customer, merges, notes
from models.ledger import Entry
from models.money import Money
from models.policies.permissions import Role
from models.staff import StaffState
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

DAY = timedelta(days=1)
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


# Any past day, files, and everything that happened


def printed(answer: TestResponse) -> str:
    assert answer.mimetype == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def filed(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def use(credit: Entry, debit: Entry, minor: int) -> None:
    with transaction():
        fresh = [ledger.entry_of(one.customer_id, one.id) for one in (credit, debit)]
        ledger.allocate(*fresh, Money(minor, credit.currency), now=NOW)


small_books = some.lists(
    some.tuples(some.booleans(), some.integers(1, 50_000), some.integers(0, 40), some.integers(0, 30)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=small_books, days_ago=some.integers(0, 40))
def test_page_paper_file_and_ledger_say_the_same_of_any_day(
    come_in: ComeIn, make: Maker, events: list[tuple[bool, int, int, int]], days_ago: int
) -> None:
    customer = make.customer(language="en")
    browser = come_in(customer, make.contact(customer))
    for is_invoice, minor, ago, term in events:
        on = TODAY - ago * DAY
        if is_invoice:
            make.invoice(customer, minor, issued_on=on, due_on=on + term * DAY)
        else:
            receipt = make.receipt(customer, minor, on=on)
            with transaction():
                ledger.allocate_oldest_first(ledger.entry_of(customer.id, receipt.id), now=NOW)
    day = TODAY - days_ago * DAY
    balance = next(iter(ledger.balances([customer.id], day)), None)
    rows = filed(browser.get(f"/statement.csv?as_of={day}"))
    assert sum(Decimal(row["open"]) for row in rows) == (balance.owed.amount if balance else 0)
    page, paper = (
        browser.get(f"/statement/of-day?as_of={day}").text,
        printed(browser.get(f"/statement.pdf?as_of={day}")),
    )
    if balance is None:
        assert "Nothing was open on this day." in page
        return
    shown = re.search(r'amount-due[^>]*><data class="money" value="([^ ]+) EUR"', page)
    assert shown is not None
    assert Decimal(shown[1]) == balance.owed.amount
    assert words.money(balance.owed) in paper
    listed = [Decimal(value) for value in re.findall(r'num figure"[^>]*><data class="money" value="([^ ]+) EUR"', page)]
    assert sum(listed) == balance.open.amount + balance.unapplied.amount


def test_a_past_day_is_what_staff_see_for_it(browser: FlaskClient, make: Maker, customer: Customer) -> None:
    use(make.receipt(customer, 4_000, on=TODAY - 5 * DAY), make.invoice(customer, 10_000, number="INV-1"), 4_000)
    now = clock.real_now()
    with transaction():
        role = {"email": "vera@company.test", "name": "Vera", "role": Role.CLERK, "state": StaffState.ACTIVE}
        member = staff.add(**role, by=audit.COMMAND, now=now)
        browser.set_cookie("duewell_staff", staff.open_session(member, now=now, address="", agent=""))
    staff_s = f"/staff/customers/{customer.id}/statement"
    for ago in (0, 6, 70):
        asked = f"as_of={TODAY - ago * DAY}"
        assert browser.get(f"/statement.csv?{asked}").data == browser.get(f"{staff_s}.csv?{asked}").data
        ours, theirs = (printed(browser.get(f"{address}.pdf?{asked}")) for address in ("/statement", staff_s))
        assert re.sub(r"\d\d:\d\d", "", ours) == re.sub(r"\d\d:\d\d", "", theirs)
    assert "€60.00" in browser.get(f"/statement/of-day?as_of={TODAY}").text
    before = browser.get(f"/statement/of-day?as_of={TODAY - 6 * DAY}").text
    assert "€100.00" in before
    assert "€60.00" not in before
    assert "Nothing was open on this day." in browser.get(f"/statement/of-day?as_of={TODAY - 70 * DAY}").text


def test_a_day_that_has_not_come_or_is_no_day_is_today(browser: FlaskClient, make: Maker, customer: Customer) -> None:
    make.invoice(customer, 10_000, issued_on=TODAY + DAY)
    for asked in (str(TODAY + 2 * DAY), "yesterday", ""):
        assert "Your statement on" in browser.get(f"/statement/of-day?as_of={asked}").text
        assert filed(browser.get(f"/statement.csv?as_of={asked}")) == []


def test_the_paper_is_in_the_language_of_whoever_reads_it(
    browser: FlaskClient, make: Maker, customer: Customer
) -> None:
    make.invoice(customer, 128_450, number="INV-1")
    browser.set_cookie("duewell_language", "lt")
    assert "1 284,50" in printed(browser.get("/statement.pdf")).replace("\u00a0", " ")


def test_everything_that_happened_is_told_newest_first_and_nothing_of_the_staff_s_own(
    browser: FlaskClient, make: Maker, customer: Customer
) -> None:
    invoice, receipt = make.invoice(customer, 10_000, number="INV-1"), make.receipt(customer, 4_000)
    use(receipt, invoice, 4_000)
    with transaction():
        notes.write(customer.id, "a difficult customer", by=audit.COMMAND, now=NOW)
        debit = ledger.entry_of(customer.id, invoice.id)
        ledger.write_off(debit, Money(100, "EUR"), effective_on=TODAY, dedupe_key="w", reason="not worth it", now=NOW)
    page = browser.get("/history").text
    told = [re.sub(r"<[^>]*>", "", lead).strip() for lead in re.findall(r'class="lead">(.*?)</th>', page)]
    assert told == ["Used for: Invoice INV-1", "Used for: Invoice INV-1", "Write-off INV-1", "Payment", "Invoice INV-1"]
    for hidden in ("a difficult customer", "not worth it"):
        assert hidden not in page


def test_history_comes_in_pages_and_of_nobody_else(browser: FlaskClient, make: Maker, customer: Customer) -> None:
    for place in range(51):
        make.invoice(customer, 1_000, number=f"N-{place:02}", issued_on=TODAY - timedelta(days=100 - place))
    make.invoice(make.customer("Somebody else"), 10_000, number="THEIRS-1")
    first, second = browser.get("/history").text, browser.get("/history?page=2").text
    assert [("N-50" in page, "N-00" in page, "THEIRS-1" in page) for page in (first, second)] == [
        *((True, False, False), (False, True, False)),
    ]
    assert browser.get("/history?page=3").status_code == 404


def test_the_foot_of_every_page_leads_to_help_and_to_what_the_law_asks_for(browser: FlaskClient) -> None:
    facts = {
        "help_phone": "+370 5 210 0000",
        "help_email": "help@company.example",
        "privacy_url": "https://company.example/privacy",
        "imprint_url": "https://company.example/imprint",
        "accessibility_url": "https://company.example/accessibility",
    }
    with transaction():
        company.change(facts, by=audit.COMMAND, now=NOW)
    foot = browser.get("/statement").text.partition("<footer")[2]
    for target in ("tel:+37052100000", "mailto:help@company.example", *list(facts.values())[2:]):
        assert f'href="{target}"' in foot, target
