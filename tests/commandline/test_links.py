"""`flask link`: prints the address alone; adds the contact when new."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from models import audit, customers
from models.customers import Customer, links
from models.database import session
from models.transactions import transaction
from tests.conftest import NOW
from tests.making import Maker

Link = Callable[..., tuple[int, str, str]]


@pytest.fixture
def link(app: Flask, flask: Callable[..., Result]) -> Link:
    def run(*words: str) -> tuple[int, str, str]:
        result = flask(app, "link", *words)
        return result.exit_code, result.stdout, result.stderr

    return run


def emails(customer: Customer) -> list[str | None]:
    session.rollback()
    return [contact.email for contact in customers.contacts_of(customer.id)]


def test_the_address_is_printed_alone_and_opens_the_account(app: Flask, link: Link, make: Maker) -> None:
    customer = make.customer("Costco", number="0200769623")
    make.invoice(customer, 12_345)
    code, out, _ = link("0200769623", "--contact", "AP@Example.test")
    assert (code, out.count("\n"), out.startswith("http://localhost/l/")) == (0, 1, True)
    browser = app.test_client()
    browser.get(out.strip().removeprefix("http://localhost"))
    assert browser.post("/open").status_code == 303
    assert "€123.45" in browser.get("/statement").text


def test_a_new_contact_is_added_once_and_told_in_the_trail(link: Link, make: Maker) -> None:
    customer = make.customer(number="7")
    first, second = (link(" 7 ", "--contact", "ap@example.test")[1] for _ in range(2))
    assert (first != second, emails(customer), len(links.of_customer(customer.id))) == (True, ["ap@example.test"], 2)
    events = [event.action for event, _ in audit.page_of_events(customer.id, page=1, size=9)[0]]
    assert events == ["link.made", "link.made", "contact.added", "customer.added"]


def test_without_a_contact_named_it_is_the_first_one_s_link(link: Link, make: Maker) -> None:
    customer = make.customer(number="7")
    contact = make.contact(customer)
    assert link("7")[0] == 0
    assert [made.contact_id for made in links.of_customer(customer.id)] == [contact.id]
    assert emails(customer) == ["ap@example.test"]


def test_a_customer_without_anybody_gets_a_link_for_a_letter(link: Link, make: Maker) -> None:
    customer = make.customer(number="7")
    assert link("7")[0] == 0
    assert emails(customer) == [None]


def test_who_is_no_customer_gets_none(link: Link) -> None:
    for number in ("nobody", "-"):  # '-' is the company's own account.
        code, out, said = link(number)
        assert (code, out, f"There is no customer {number}." in said) == (1, "", True)


def test_what_is_no_address_is_wrong_use_and_adds_nobody(link: Link, make: Maker) -> None:
    customer = make.customer(number="7")
    assert link("7", "--contact", "not an address")[0] == 2
    assert link()[0] == 2
    assert emails(customer) == []


def test_who_was_switched_off_gets_no_link(link: Link, make: Maker) -> None:
    customer = make.customer(number="7")
    contact = make.contact(customer)
    with transaction():
        mine = customers.contact_of(customer.id, contact.id)
        customers.change_contact(mine, active=False, by=audit.COMMAND, now=NOW)
    assert link("7", "--contact", "ap@example.test")[:2] == (1, "")
    session.rollback()
    assert links.of_customer(customer.id) == []


def test_a_link_for_a_letter_needs_no_contact_and_makes_at_most_one(link: Link, app: Flask, make: Maker) -> None:
    customer = make.customer(number="7")
    make.invoice(customer, 12_345)
    addresses = [link("7", "--paper")[1] for _ in range(2)]
    assert emails(customer) == [None]
    assert [made.paper for made in links.of_customer(customer.id)] == [True, True]
    browser = app.test_client()
    browser.get(addresses[0].strip().removeprefix("http://localhost"))
    assert "€123.45" in browser.get("/open").text
    assert browser.post("/open").status_code == 409
