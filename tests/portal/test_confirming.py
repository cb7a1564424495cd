"""Before what outlives a session, whoever is signed in types a fresh code; and only then."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from models import audit
from models.customers import Contact, Customer, calendars
from models.database import session
from models.transactions import transaction
from tests.making import Maker
from tests.portal.mailbox import another, mailed_code, mails


def make_calendar(browser: FlaskClient) -> TestResponse:
    return browser.post("/calendar")


def enter(browser: FlaskClient, code: str, back: str = "/calendar") -> TestResponse:
    return browser.post(f"/confirm/code?next={back}", data={"code": code})


def is_made(contact: Contact) -> bool:
    session.rollback()
    return calendars.living_of(contact.customer_id, contact.id) is not None


def test_an_address_of_a_calendar_is_made_after_a_code_and_for_ten_minutes(
    browser: FlaskClient, customer: Customer, contact: Contact
) -> None:
    asked = make_calendar(browser)
    assert (asked.status_code, asked.location) == (303, "/confirm?next=/calendar")
    assert "a•••@example.test" in browser.get(asked.location).text
    assert (mails("code"), is_made(contact)) == ([], False)
    sent = browser.post("/confirm/send?next=/calendar")
    assert sent.location == "/confirm/code?next=/calendar"
    assert "confirm that it is you" in mails("code")[0].text
    assert enter(browser, another(mailed_code())).status_code == 422
    with transaction():
        session.execute(text("update codes set expires_at = expires_at - interval '10 minutes'"))
    late = enter(browser, mailed_code())
    assert "This code no longer works. Ask for a new one." in browser.get(late.location).text
    browser.post("/confirm/send?next=/calendar")
    assert enter(browser, mailed_code()).location == "/calendar"
    assert "it is you" in browser.get("/calendar").text
    assert (make_calendar(browser).status_code, is_made(contact)) == (200, True)
    assert "session.confirmed" in [event.action for event, _ in audit.page_of_events(customer.id, page=1, size=9)[0]]
    with transaction():
        session.execute(text("update sessions set code_at = code_at - interval '10 minutes'"))
    assert make_calendar(browser).status_code == 303


def test_who_came_in_by_a_code_is_not_asked_again(
    app: Flask, browser: FlaskClient, make: Maker, customer: Customer, contact: Contact
) -> None:
    token = make.link(customer, contact)
    browser.get(f"/l/{token}")
    browser.post("/open")
    other = app.test_client()
    other.get(f"/l/{token}")
    other.post("/code/send")
    other.post("/code", data={"code": mailed_code()})
    assert make_calendar(other).status_code == 200
    assert make_calendar(browser).status_code == 303  # In this browser nobody typed one.


def test_a_code_for_one_browser_confirms_no_other_and_opens_no_link(
    app: Flask, browser: FlaskClient, make: Maker, customer: Customer, contact: Contact
) -> None:
    token = make.link(customer, contact)
    phone = app.test_client()
    phone.get(f"/l/{token}")
    phone.post("/open")
    browser.post("/confirm/send")
    phone.set_cookie("duewell_code", browser.get_cookie("duewell_code").value)
    assert enter(phone, mailed_code()).location == "/confirm?next=/calendar"
    stranger = app.test_client()
    stranger.get(f"/l/{token}")
    stranger.set_cookie("duewell_code", browser.get_cookie("duewell_code").value)
    assert stranger.post("/code", data={"code": mailed_code()}).location == "/open"
    assert stranger.get("/statement").status_code == 303
    assert make_calendar(phone).status_code == 303


@pytest.mark.parametrize(
    "back", ["//evil.test", "/\\evil.test", "javascript:alert(1)", "https://evil.test/", "/staff/", "/nowhere", "/l/x"]
)
def test_nobody_is_led_out_of_the_door(browser: FlaskClient, back: str) -> None:
    sent = browser.post("/confirm/send", query_string={"next": back})
    assert sent.location == "/confirm/code?next=/statement"
    assert (
        browser.post("/confirm/code", query_string={"next": back}, data={"code": mailed_code()}).location
        == "/statement"
    )
