"""A link that does not open the account can be paid by: forwarded or on paper, it shows what a letter may show."""

import io
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import text
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

import standin
from models import audit, clock, company, customers, ledger, payments
from models.customers import Contact, Customer, links
from models.database import session
from models.ledger import Entry
from models.reports.verify import verify
from models.transactions import transaction
from tests.conftest import TODAY
from tests.making import Maker
from tests.models.test_links import everything_written, living_sessions, real_now
from tests.portal.conftest import apart
from tests.portal.mailbox import mailed_code, mails


@pytest.fixture
def invoice(make: Maker, customer: Customer) -> Entry:
    """640.00 EUR, overdue."""
    return apart(make.invoice(customer, 64_000, number="INV-SECRET"))


@pytest.fixture
def token(browser: FlaskClient, make: Maker, customer: Customer, contact: Contact) -> str:
    """Of a link that `browser` opened first."""
    token = make.link(customer, contact)
    browser.get(f"/l/{token}")
    assert browser.post("/open").status_code == 303
    return token


@pytest.fixture
def payer(app: Flask, token: str, invoice: Entry) -> FlaskClient:
    """Another browser, to which the link was forwarded."""
    return holding(app, token)


def holding(app: Flask, token: str) -> FlaskClient:
    browser = app.test_client()
    browser.get(f"/l/{token}")
    return browser


def pay(browser: FlaskClient, currency: str = "EUR") -> TestResponse:
    seen = re.search(r'name="seen" value="(\w+)"', browser.get("/open").text)
    return browser.post(f"/open/pay?currency={currency}", data={"seen": seen[1] if seen else ""})


def paid(browser: FlaskClient, till: standin.Running) -> str:
    """The address of the result."""
    _, back = till.press_pay(pay(browser).headers["Location"])
    return urlsplit(back).path


def paper_link(customer: Customer, contact: Contact) -> str:
    with transaction():
        return links.make(customer, contact, by=audit.COMMAND, now=real_now(), paper=True)


def left(entry: Entry) -> int:
    session.rollback()
    return ledger.entry_of(entry.customer_id, entry.id).left.minor


def printed(browser: FlaskClient, address: str) -> str:
    answer = browser.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)


def test_it_shows_what_a_letter_may_show_and_leads_everywhere_else_back(
    payer: FlaskClient, customer: Customer, contact: Contact
) -> None:
    page = payer.get("/open")
    assert ("€640.00" in page.text, "Ž••••B" in page.text, "RF" in page.text) == (True, True, True)
    for secret in (customer.name, contact.email, "INV-SECRET", customer.number_as_written + "<"):
        assert secret not in page.text
    assert "duewell_link=" in page.headers["Set-Cookie"]
    assert "Max-Age=1800" in page.headers["Set-Cookie"]
    for address in ("/statement", "/pay", "/access", "/history", "/statement.pdf", "/pay/ahead", "/confirm"):
        answer = payer.get(address)
        assert (answer.status_code, answer.location) == (303, "/open"), address
    assert living_sessions() == 2  # The first browser's two: a fixture came in by another link.


def test_who_pays_sees_the_result_and_whose_account_it_is_sees_it_paid(
    payer: FlaskClient, browser: FlaskClient, till: standin.Running, make: Maker, customer: Customer
) -> None:
    make.invoice(customer, 1_000)
    address = paid(payer, till)
    page = payer.get(address).text
    assert ("Thank you. Your payment has arrived." in page, "€650.00" in page) == (True, True)
    receipt = printed(payer, f"{address}.pdf")
    assert ("€650.00" in receipt, "INV-SECRET" in receipt) == (True, True)
    assert (customer.name in page + receipt, "INV-SECRET" in page) == (False, False)
    [attempt] = payments.of_customer(customer.id)
    assert (attempt.contact_id, "INV-SECRET" in attempt.request_json) == (None, False)
    assert attempt.request_json.count("unit_amount") == 1  # Not even how many there are.
    assert "You owe nothing" in browser.get("/statement").text
    assert "There is nothing to pay." in payer.get("/open").text
    assert [mail.address for mail in mails("receipt")] == ["ap@example.test"]
    events = [one for one, _ in audit.page_of_events(customer.id, page=1, size=20)[0]]
    [event] = [one for one in events if one.action == "payment.asked"]
    assert (event.actor_kind.value, event.actor_id) == ("link", attempt.link_id)
    assert verify(now=clock.now()).broken == []


def test_where_nothing_is_due_all_that_is_open_can_be_paid_and_else_only_what_is_due(
    app: Flask, token: str, make: Maker, customer: Customer
) -> None:
    make.invoice(customer, 10_000, due_on=TODAY + timedelta(days=9))
    payer = holding(app, token)
    assert ("Due later" in payer.get("/open").text, "€100.00" in payer.get("/open").text) == (True, True)
    make.invoice(customer, 2_500)
    make.invoice(customer, 700, currency="JPY")
    page = payer.get("/open").text
    assert re.findall(r"Pay ([€¥][\d.,]+)", page) == ["€25.00", "¥700"]


def test_a_paper_link_opens_in_no_browser_and_is_paid_without_any_address(
    app: Flask, make: Maker, till: standin.Running, customer: Customer, invoice: Entry
) -> None:
    with transaction():
        company.locked().help_phone = "+370 5 210 0000"
    contact = make.contact(customer, None)
    reader = holding(app, paper_link(customer, contact))
    assert "+370 5 210 0000" in reader.get("/open").text
    assert reader.post("/open").status_code == 409
    assert reader.post("/code/send").status_code == 409
    assert living_sessions() == 0
    address = paid(reader, till)
    assert "Please keep your receipt" in reader.get(address).text
    assert "€640.00" in printed(reader, f"{address}.pdf")
    assert (mails("receipt"), left(invoice)) == ([], 0)
    assert verify(now=clock.now()).broken == []


def test_a_paper_link_asks_for_a_code_every_time(
    app: Flask, customer: Customer, contact: Contact, invoice: Entry
) -> None:
    token = paper_link(customer, contact)
    reader = app.test_client()
    for _ in range(2):
        reader.get(f"/l/{token}")
        assert reader.post("/open").status_code == 409
        reader.post("/code/send")
        assert reader.post("/code", data={"code": mailed_code()}).location == "/statement"
        assert reader.get("/statement").status_code == 200
        reader.post("/sign-out")


def test_whoever_is_signed_in_goes_first(
    payer: FlaskClient, browser: FlaskClient, till: standin.Running, customer: Customer, invoice: Entry
) -> None:
    theirs = pay(payer).headers["Location"]
    assert "is begun" not in browser.get("/statement").text
    mine = browser.post(f"/pay/{invoice.id}", data={"amount": "640.00"})
    assert mine.headers["Location"].startswith(till.url)
    assert till.press_pay(theirs)[0] == 409  # Stripe's page of the former is closed.
    till.press_pay(mine.headers["Location"])
    assert {attempt.state.value for attempt in payments.of_customer(customer.id)} == {"expired", "open"}
    assert pay(payer).status_code == 409  # What is held by the signed-in one is not payable here.
    assert "A payment is on its way." in payer.get("/open").text


def test_where_somebody_has_paid_by_the_link_the_signed_in_one_is_told(
    payer: FlaskClient, browser: FlaskClient, till: standin.Running, customer: Customer, invoice: Entry
) -> None:
    """The money is there, and nobody told us yet."""
    browser.post("/pay/due")
    seen = re.search(r'name="seen" value="(\w+)"', browser.get("/pay/review").text)
    till.press_pay(pay(payer).headers["Location"])
    answer = browser.post("/pay/review", data={"seen": seen[1]})
    assert (answer.status_code, "is paid." in answer.text) == (409, True)
    assert left(invoice) == 0
    assert [attempt.state.value for attempt in payments.of_customer(customer.id)] == ["succeeded"]


def test_paying_again_by_the_same_link_closes_the_page_before(
    payer: FlaskClient, app: Flask, token: str, till: standin.Running, customer: Customer, invoice: Entry
) -> None:
    first = pay(payer).headers["Location"]
    assert "you can begin again" in payer.get("/open").text
    second = pay(holding(app, token)).headers["Location"]
    assert till.press_pay(first)[0] == 409
    till.press_pay(second)
    for attempt in [attempt.id for attempt in payments.of_customer(customer.id)]:
        payer.get(f"/open/payments/{attempt}")
    assert sorted(attempt.state.value for attempt in payments.of_customer(customer.id)) == ["expired", "succeeded"]
    assert verify(now=clock.now()).broken == []


def test_what_changed_since_it_was_seen_is_not_paid(payer: FlaskClient, make: Maker, customer: Customer) -> None:
    payer.get("/open")
    answer = payer.post("/open/pay?currency=EUR", data={"seen": "else"})
    assert (answer.status_code, "Nothing was paid" in answer.text) == (409, True)
    assert payments.of_customer(customer.id) == []


@pytest.mark.parametrize(
    ("state", "said"),
    [("processing", "You need do nothing."), ("failed", "Nothing was taken"), ("expired", "Nothing was taken")],
)
def test_every_outcome_is_told(payer: FlaskClient, customer: Customer, state: str, said: str) -> None:
    pay(payer)
    [attempt] = payments.of_customer(customer.id)
    with transaction():
        session.execute(text("update attempts set state = :state, session_id = null"), {"state": state})
    page = payer.get(f"/open/payments/{attempt.id}").text
    assert (said in page, "INV-SECRET" in page) == (True, False)


def test_another_link_and_a_revoked_one_show_nothing_of_a_payment(
    app: Flask, payer: FlaskClient, token: str, till: standin.Running, make: Maker, customer: Customer, contact: Contact
) -> None:
    address = paid(payer, till)
    payer.get(address)
    colleague = holding(app, paper_link(customer, contact))
    stranger = app.test_client()
    with transaction():
        for link in links.of_customer(customer.id):
            if not link.paper:
                links.revoke(customer.id, link.id, by=audit.COMMAND, now=real_now())
    for browser in (colleague, stranger, payer):
        assert [browser.get(f"{address}{file}").status_code for file in ("", ".pdf")] == [404, 404]
    assert "no longer works" in payer.get("/open").text
    assert payer.post("/open/pay?currency=EUR").status_code == 404
    assert payer.get("/statement").location == "/"


@pytest.mark.parametrize("power", ["may_see", "may_pay", "active"])
def test_what_the_link_s_contact_may_not_do_nobody_does_by_it(
    payer: FlaskClient, customer: Customer, contact: Contact, power: str
) -> None:
    with transaction():
        mine = customers.contact_of(customer.id, contact.id)
        customers.change_contact(mine, by=audit.COMMAND, now=real_now(), **{power: False})
    page = payer.get("/open").text
    assert ("€640.00" in page, "Pay €640.00" in page) == (power == "may_pay", False)
    assert payer.post("/open/pay?currency=EUR").status_code in (303, 404)
    assert payments.of_customer(customer.id) == []


def test_a_link_pays_ten_times_an_hour_at_most(payer: FlaskClient, till: standin.Running, customer: Customer) -> None:
    """Whoever tries cards by a link has to wait."""
    answers = []
    for _ in range(11):
        answers.append(pay(payer).status_code)
        with transaction():
            session.execute(text("update sign_in_attempts set at = at - interval '2 minutes'"))
    assert answers == [303] * 10 + [429]


def test_no_token_stands_in_the_database_a_log_or_an_address_that_is_sent_along(
    payer: FlaskClient, token: str, till: standin.Running, database_url: str
) -> None:
    with capture_logs() as events:
        address = paid(payer, till)
        pages = [payer.get(where) for where in ("/open", address)]
    logged = str(events)
    assert "/open" in logged
    for page in pages:
        assert page.headers["Referrer-Policy"] == "no-referrer"
    written = everything_written(database_url)
    for place in (logged, address, *(page.text for page in pages), str(till.control())):
        assert token not in place
    assert (token in written, token.encode().hex() in written) == (False, False)
