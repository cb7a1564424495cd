"""Invoices to come are announced, charged once on their day, and never against what was agreed."""

import pytest

from models.customers import Customer
from tests.models.autopay.conftest import Bill, TurnOn, live
from tests.models.payments.shop import Shop

pytestmark = pytest.mark.usefixtures("quick")


def charges(shop: Shop) -> list[int]:
    """Minor units that Stripe's own books say were taken, oldest first."""
    return [one["amount"] for one in reversed(shop.there("charge")) if one["paid"]]


def said(shop: Shop, customer: Customer) -> list[str]:
    return [mail.subject for mail in reversed(shop.mails(customer)) if mail.kind == "autopay"]


def test_a_new_invoice_is_announced_a_week_before_and_charged_once_on_its_due_day(
    shop: Shop, customer: Customer, turn_on: TurnOn, bill: Bill
) -> None:
    old = bill()
    turn_on()
    new = bill(due_in=14)
    assert live(shop, days=6) == 0
    assert len(said(shop, customer)) == 1, "nobody is told of it yet"
    assert live(shop, days=1) == 0
    assert live(shop, days=6) == 0
    assert shop.broken() == []
    assert live(shop, days=1) == 1
    assert live(shop) == 0
    assert live(shop, days=3) == 0
    assert charges(shop) == [10_000]
    assert (shop.open_minor(old), shop.open_minor(new)) == (10_000, 0)
    assert len(said(shop, customer)) == 2
    assert shop.broken() == []
