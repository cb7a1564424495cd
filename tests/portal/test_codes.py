"""A typed code: the way in for another browser than the first, and for every browser where the company wants it."""

import re
from collections.abc import Callable
from hashlib import sha256

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from models import audit, company
from models.customers import Contact, Customer, links
from models.database import session
from models.transactions import transaction
from tests.making import Maker
from tests.models.test_links import everything_written, real_now
from tests.portal.mailbox import another, mailed_code, mailed_links, mails, send_mails

ComeIn = Callable[[Customer, Contact], FlaskClient]


@pytest.fixture
def token(client: FlaskClient, customer: Customer, contact: Contact, make: Maker) -> str:
    """Of a link that a first browser has opened."""
    token = make.link(customer, contact)
    client.get(f"/l/{token}")
    assert client.post("/open").status_code == 303
    return token


@pytest.fixture
def other(app: Flask, token: str) -> FlaskClient:
    """Another browser, on the page to which the link leads it."""
    other = app.test_client()
    other.get(f"/l/{token}")
    return other


def enter(browser: FlaskClient, code: str) -> TestResponse:
    return browser.post("/code", data={"code": code})


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/statement").status_code == 200


def want_codes_always() -> None:
    with transaction():
        company.change({"codes_always": True}, by=audit.COMMAND, now=real_now())


def test_another_browser_is_offered_a_code_and_shown_nothing_else(
    other: FlaskClient, customer: Customer, contact: Contact
) -> None:
    page = other.get("/open")
    assert page.status_code == 200
    assert "a•••@example.test" in page.text
    assert customer.name not in page.text
    assert contact.email not in page.text
    assert other.post("/open").status_code == 409
    assert mails("code") == []
    assert not is_in(other)


def test_the_code_opens_the_account_and_the_first_browser_keeps_its_right(
    client: FlaskClient, other: FlaskClient, token: str
) -> None:
    sent = other.post("/code/send")
    assert (sent.status_code, sent.location) == (303, "/code")
    assert "a•••@example.test" in other.get("/code").text
    assert enter(other, mailed_code()).location == "/statement"
    assert is_in(other)
    assert is_in(client)
    client.get(f"/l/{token}")
    assert client.post("/open").location == "/statement"


def test_a_code_may_be_typed_with_spaces_and_in_persian_digits(other: FlaskClient) -> None:
    other.post("/code/send")
    code = mailed_code()
    persian = code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert enter(other, f" {persian[:3]} {persian[3:]} ").status_code == 303
    assert is_in(other)


def test_a_code_works_once(other: FlaskClient) -> None:
    other.post("/code/send")
    held, code = other.get_cookie("duewell_code").value, mailed_code()
    enter(other, code)
    other.post("/sign-out")
    other.set_cookie("duewell_code", held)
    assert enter(other, code).location == "/open"
    assert not is_in(other)


def test_a_code_works_only_in_the_browser_that_asked_for_it(app: Flask, other: FlaskClient, token: str) -> None:
    other.post("/code/send")
    code = mailed_code()
    third = app.test_client()
    third.get(f"/l/{token}")
    assert enter(third, code).location == "/open"
    third.post("/code/send")
    if mailed_code() != code:
        assert enter(third, code).status_code == 422
    assert not is_in(third)


def test_a_code_lives_ten_minutes(other: FlaskClient) -> None:
    other.post("/code/send")
    move_codes("9 minutes 50 seconds")
    assert other.get("/code").status_code == 200
    move_codes("15 seconds")
    assert enter(other, mailed_code()).location == "/open"
    assert not is_in(other)


def move_codes(interval: str) -> None:
    with transaction():
        session.execute(text(f"update codes set expires_at = expires_at - interval '{interval}'"))


def test_five_wrong_tries_kill_a_code(other: FlaskClient) -> None:
    other.post("/code/send")
    code = mailed_code()
    answers = [enter_from(other, another(code), place) for place in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [303]
    let_a_minute_pass()
    assert enter(other, code).location == "/open"
    assert not is_in(other)


def enter_from(browser: FlaskClient, code: str, place: int) -> TestResponse:
    return browser.post("/code", data={"code": code}, environ_overrides={"REMOTE_ADDR": f"192.0.2.{place}"})


def let_a_minute_pass() -> None:
    with transaction():
        session.execute(text("update sign_in_attempts set at = at - interval '1 minute'"))


def test_many_wrong_codes_close_the_way_for_a_quarter_of_an_hour(other: FlaskClient) -> None:
    for _ in range(2):
        other.post("/code/send")
        for place in range(5):
            enter_from(other, another(mailed_code()), place)
        let_a_minute_pass()
    other.post("/code/send")
    closed = enter(other, mailed_code())
    assert (closed.status_code, closed.headers["Retry-After"]) == (429, "900")
    assert "Nothing is lost" in closed.text
    assert not is_in(other)


def test_the_sixth_code_asked_for_within_a_minute_has_to_wait(other: FlaskClient) -> None:
    assert [other.post("/code/send").status_code for _ in range(6)] == [303] * 5 + [429]
    assert len(mails("code")) == 5


def test_a_link_revoked_meanwhile_makes_its_code_worthless(other: FlaskClient, customer: Customer) -> None:
    other.post("/code/send")
    code = mailed_code()
    revoke_all(customer)
    assert enter(other, code).location == "/open"
    assert other.post("/code/send").status_code == 404
    assert not is_in(other)


def test_revoking_a_link_ends_what_a_code_opened(other: FlaskClient, customer: Customer) -> None:
    other.post("/code/send")
    enter(other, mailed_code())
    revoke_all(customer)
    assert not is_in(other)


def revoke_all(customer: Customer) -> None:
    with transaction():
        for link in links.of_customer(customer.id):
            links.revoke(customer.id, link.id, by=audit.COMMAND, now=real_now())


def test_looking_sends_no_code(other: FlaskClient) -> None:
    for _ in range(20):
        other.get("/open")
        other.head("/open")
        assert other.get("/code/send").status_code == 404
    assert mails("code") == []


def test_who_has_no_address_is_told_to_ask(app: Flask, client: FlaskClient, make: Maker) -> None:
    customer = make.customer(language="en")
    token = make.link(customer, make.contact(customer, None, name="By letter"))
    client.get(f"/l/{token}")
    client.post("/open")
    other = app.test_client()
    other.get(f"/l/{token}")
    assert "ask us for help" in other.get("/open").text
    assert other.post("/code/send").status_code == 409
    assert mails("code") == []


# The strict form


def test_in_the_strict_form_every_link_asks_for_a_code_in_every_browser(
    client: FlaskClient, customer: Customer, contact: Contact, make: Maker
) -> None:
    want_codes_always()
    token = make.link(customer, contact)
    for _ in range(2):
        client.get(f"/l/{token}")
        assert "a•••@example.test" in client.get("/open").text
        assert client.post("/open").status_code == 409
        assert not is_in(client)
        client.post("/code/send")
        assert enter(client, mailed_code()).location == "/statement"
        assert is_in(client)
        client.post("/sign-out")
    [link] = links.of_customer(customer.id)
    assert link.browser_hash is not None


def test_in_the_strict_form_a_link_that_was_asked_for_works_once(
    client: FlaskClient, customer: Customer, contact: Contact
) -> None:
    want_codes_always()
    client.post("/", data={"email": contact.email})
    client.get(mailed_links()[0])
    client.post("/code/send")
    assert enter(client, mailed_code()).status_code == 303
    client.post("/sign-out")
    client.get(mailed_links()[0])
    assert client.get("/open").status_code == 404


# Nothing is given away


def test_no_code_stands_anywhere_once_its_mail_is_sent(other: FlaskClient, database_url: str) -> None:
    with capture_logs() as events:
        other.post("/code/send")
        code, held = mailed_code(), other.get_cookie("duewell_code").value
        [mail] = mails("code")
        assert code not in mail.without_secrets(mail.text) + mail.without_secrets(mail.html)
        [arrived] = send_mails()
        assert code in arrived
        assert enter(other, another(code)).status_code == 422
        assert enter(other, code).status_code == 303
    written, logged = everything_written(database_url), str(events)
    assert "sign_in_failed" in logged
    [mail] = mails("code")
    for place in (mail.text, mail.html, mail.subject, logged):
        assert not re.search(rf"\b{code}\b", place)
    for secret in (held, held.encode().hex(), code.encode().hex(), sha256(code.encode()).hexdigest()):
        assert secret not in logged + written


def test_no_page_sends_its_address_along(other: FlaskClient) -> None:
    other.post("/code/send")
    for path in ("/open", "/code", "/asked", "/"):
        assert other.get(path).headers["Referrer-Policy"] == "no-referrer"


def test_a_code_is_told_in_the_account_s_trail(other: FlaskClient, customer: Customer) -> None:
    other.post("/code/send")
    enter(other, mailed_code())
    [event, *_], _ = audit.page_of_events(customer.id, page=1, size=1)
    assert (event[0].action, event[0].facts) == ("link.opened", {"first": False, "by_code": True})
    assert audit.broken_event(customer.id) is None
