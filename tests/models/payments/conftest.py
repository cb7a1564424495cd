from collections.abc import Iterator
from pathlib import Path

import pytest

import standin
from models.customers import Contact, Customer
from models.ledger import Entry
from tests.conftest import NOW
from tests.making import Maker
from tests.models.payments.shop import Shop


@pytest.fixture
def shop(make: Maker, tmp_path: Path) -> Iterator[Shop]:
    with standin.running(tmp_path / "standin") as till:
        yield Shop(till, NOW)


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer()


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    return make.contact(customer)


@pytest.fixture
def invoice(make: Maker, customer: Customer) -> Entry:
    """120.00 EUR."""
    return make.invoice(customer, 12_000)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stripe's library waits half a second and more between two tries."""
    monkeypatch.setattr("stripe._http_client.HTTPClient.INITIAL_DELAY", 0.001)
    monkeypatch.setattr("stripe._http_client.HTTPClient.MAX_DELAY", 0.002)
