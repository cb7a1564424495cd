"""A customer with a kept card who lets us charge new invoices up to 200.00, with seven days of notice."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from models import autopay, company
from models.autopay import Agreed, Autopay, Terms
from models.customers import Contact, Customer
from models.ledger import Entry
from models.transactions import transaction
from tests.making import Maker
from tests.models.payments.conftest import quick as quick
from tests.models.payments.conftest import shop as shop
from tests.models.payments.shop import Shop, by
from tests.models.plans.owing import eur

READ = Agreed("We may take new invoices from Visa 4242.", "en", "192.0.2.1", "Firefox")
TurnOn = Callable[..., Autopay]
Bill = Callable[..., Entry]


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer(language="en")


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    return make.contact(customer)


def today(shop: Shop) -> date:
    return company.get().today(shop.moment)


@pytest.fixture
def turn_on(shop: Shop, contact: Contact) -> TurnOn:
    def on(card: str = "4242424242424242", limit: int = 20_000, days: int = 7) -> Autopay:
        method = shop.keep(contact, card)
        terms = Terms(method.id, eur(limit), days)
        with transaction():
            return autopay.turn_on(
                contact.customer_id, contact.id, terms, READ, by=by(contact), on=today(shop), now=shop.moment
            )

    return on


@pytest.fixture
def bill(shop: Shop, make: Maker, customer: Customer) -> Bill:
    """An invoice of today, due in so many days."""

    def billed(minor: int = 10_000, due_in: int = 14) -> Entry:
        make.now = shop.moment
        return make.invoice(customer, minor, issued_on=today(shop), due_on=today(shop) + timedelta(days=due_in))

    return billed


def live(shop: Shop, days: int = 0) -> int:
    """So many days later, what the clockwork does: returns how many invoices were charged."""
    shop.pass_time(days=days)
    autopay.settle(now=shop.moment)
    autopay.announce(today(shop), now=shop.moment)
    charged = autopay.charge(today(shop), gateway=shop.gateway, now=shop.now)
    autopay.settle(now=shop.moment)
    return charged
