"""What is held, when, and how much of it is payable."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from models import holds
from models.customers import Customer
from models.holds import HoldKind
from models.ledger import Entry
from models.money import Money
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer()


def hold(entry: Entry, minor: int, source: str = "attempts:1", until_on: date | None = None) -> None:
    facts = {"currency": entry.currency, "entry_id": entry.id, "amount": Money(minor, entry.currency)}
    with transaction():
        holds.add(entry.customer_id, HoldKind.IN_FLIGHT, source=source, on=TODAY, now=NOW, until_on=until_on, **facts)


def test_two_payments_on_their_way_hold_both_amounts(customer: Customer, make: Maker) -> None:
    invoice, other = make.invoice(customer, 10_000), make.invoice(customer, 10_000)
    hold(invoice, 4_000)
    hold(invoice, 5_000, source="attempts:2")
    hold(other, 100)
    assert holds.in_flight(customer.id, TODAY) == {invoice.id: 9_000, other.id: 100}
    assert holds.total_in_flight(holds.living([customer.id], TODAY), "EUR") == Money(9_100, "EUR")


def test_a_hold_counts_from_its_day_until_the_day_before_its_last(customer: Customer, make: Maker) -> None:
    hold(make.invoice(customer), 4_000, until_on=TODAY + timedelta(days=2))
    counts = [bool(holds.living([customer.id], TODAY + timedelta(days=days))) for days in (-1, 0, 1, 2)]
    assert counts == [False, True, True, False]


def test_an_ended_source_holds_nothing_and_others_still_do(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer)
    hold(invoice, 4_000)
    hold(invoice, 5_000, source="attempts:2")
    with transaction():
        holds.end(customer.id, "attempts:1", on=TODAY, now=NOW)
    assert holds.in_flight(customer.id, TODAY) == {invoice.id: 5_000}


def test_holds_of_one_customer_are_not_another_customers(customer: Customer, make: Maker) -> None:
    hold(make.invoice(customer), 4_000)
    other = make.customer()
    with transaction():
        holds.end(other.id, "attempts:1", on=TODAY, now=NOW)
    assert holds.living([other.id], TODAY) == []
    assert len(holds.living([customer.id, other.id], TODAY)) == 1


def test_a_hold_takes_no_more_than_is_open(customer: Customer, make: Maker) -> None:
    hold(make.invoice(customer, 10_000), 4_000)
    (held,) = holds.living([customer.id], TODAY)
    taken = [held.takes(Money(minor, "EUR")).minor for minor in (10_000, 4_000, 3_999, 0)]
    assert taken == [4_000, 4_000, 3_999, 0]


def test_one_source_holds_an_item_once(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer)
    hold(invoice, 4_000)
    with pytest.raises(IntegrityError):
        hold(invoice, 4_000)


def test_a_hold_is_added_and_ended_never_edited(engine: Engine, customer: Customer, make: Maker) -> None:
    hold(make.invoice(customer), 4_000)
    end = "update holds set ended_at = now(), ended_on = '2026-11-22'"
    edits = ("update holds set amount_minor = 1", "update holds set until_on = '2027-01-01'", "delete from holds")
    for statement in (*edits, "truncate holds", f"{end}, source = 'x'"):
        with pytest.raises(DBAPIError, match="never"), engine.begin() as connection:
            connection.execute(text(statement))
    with engine.begin() as connection:
        connection.execute(text(end))
    with pytest.raises(DBAPIError, match="never"), engine.begin() as connection:
        connection.execute(text("update holds set ended_at = null"))
