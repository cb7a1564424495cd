"""A customer who came in by a link, and a stand-in for Stripe that answers."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from flask.testing import FlaskClient

import standin
from models import clock
from models.customers import Contact, Customer
from models.database import session
from runtime.settings import Settings
from tests.conftest import NOW
from tests.making import Maker

SECRET = "whsec_tests"


@pytest.fixture
def till(tmp_path: Path) -> Iterator[standin.Running]:
    with standin.running(tmp_path / "till", api_key="sk_test_duewell", webhook_secrets=(SECRET,)) as till:
        till.control(clock_offset_seconds=round((NOW - clock.real_now()).total_seconds()))
        yield till


@pytest.fixture
def settings(settings: Settings, till: standin.Running) -> Settings:
    """As everywhere, but that somebody answers at Stripe's address."""
    return dataclasses.replace(settings, stripe_api_base=till.url)


Row = TypeVar("Row")


def apart(row: Row) -> Row:
    """A row as it was made, whatever the session of the views does with its own."""
    session.expunge(row)
    return row


@pytest.fixture
def customer(make: Maker) -> Customer:
    return apart(make.customer(language="en"))


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    return make.contact(customer)


@pytest.fixture
def come_in(client: FlaskClient, make: Maker) -> Callable[[Customer, Contact], FlaskClient]:
    """Open a new link of a contact in the test's one browser."""

    def come_in(customer: Customer, contact: Contact) -> FlaskClient:
        client.get(f"/l/{make.link(customer, contact)}")
        assert client.post("/open").status_code == 303
        return client

    return come_in


@pytest.fixture
def browser(come_in: Callable[[Customer, Contact], FlaskClient], customer: Customer, contact: Contact) -> FlaskClient:
    return come_in(customer, contact)
