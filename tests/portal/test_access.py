"""A contact's own ways in: every browser and link of theirs, and of nobody else, can be seen and ended."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models import audit
from models.customers import Contact, Customer
from tests.making import Maker


@pytest.fixture
def phone(app: Flask, browser: FlaskClient, customer: Customer, contact: Contact, make: Maker) -> FlaskClient:
    """A second browser of the same contact, by a link of its own; `browser` is the first."""
    phone = app.test_client()
    phone.get(f"/l/{make.link(customer, contact)}")
    phone.post("/open", headers={"User-Agent": "Mozilla/5.0 (iPhone) Safari/604"})
    return phone


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/statement").status_code == 200


def buttons(page: str, what: str) -> list[str]:
    """Where the buttons of a kind lead."""
    return re.findall(rf'action="(/access/{what}/\d+/\w+)"', page)


def test_the_page_lists_every_browser_and_link_of_mine(browser: FlaskClient, phone: FlaskClient) -> None:
    assert "/access" in browser.get("/statement").text
    page = browser.get("/access").text
    assert page.count("This browser") == 2
    assert "Safari · iPhone" in page
    assert len(buttons(page, "sessions")) == 1
    assert len(buttons(page, "links")) == 2


def test_another_browser_of_mine_can_be_signed_out(browser: FlaskClient, phone: FlaskClient) -> None:
    [end] = buttons(browser.get("/access").text, "sessions")
    assert browser.post(end).location == "/access"
    assert (is_in(browser), is_in(phone)) == (True, False)
    assert browser.post(end).status_code == 404


def test_a_link_of_mine_can_be_revoked_with_what_it_opened(browser: FlaskClient, phone: FlaskClient) -> None:
    newest, oldest = buttons(browser.get("/access").text, "links")
    browser.post(newest)
    assert (is_in(browser), is_in(phone)) == (True, False)
    assert browser.post(newest).status_code == 404
    browser.post(oldest)
    assert not is_in(browser)


def test_what_is_another_contact_s_is_not_there(
    app: Flask, browser: FlaskClient, phone: FlaskClient, customer: Customer, make: Maker
) -> None:
    """A colleague at the same customer, and somebody of another one."""
    elsewhere = make.customer()
    page = browser.get("/access").text
    mine = [*buttons(page, "sessions"), *buttons(page, "links")]
    for whose, email in ((customer, "colleague@example.test"), (elsewhere, "ap@example.test")):
        stranger = app.test_client()
        stranger.get(f"/l/{make.link(whose, make.contact(whose, email))}")
        stranger.post("/open")
        assert buttons(stranger.get("/access").text, "sessions") == []
        assert {stranger.post(address).status_code for address in mine} == {404}
    assert (is_in(browser), is_in(phone)) == (True, True)


def test_ending_is_told_in_the_account_s_trail(browser: FlaskClient, phone: FlaskClient, customer: Customer) -> None:
    page = browser.get("/access").text
    browser.post(buttons(page, "sessions")[0])
    browser.post(buttons(page, "links")[0])
    events = [event for event, _ in audit.page_of_events(customer.id, page=1, size=2)[0]]
    assert [(event.action, event.actor_kind.value) for event in events] == [
        ("link.revoked", "contact"),
        ("session.ended", "contact"),
    ]
