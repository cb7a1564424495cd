"""What is added to the ledger, once, never into closed books, and never changed."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from models import ledger
from models.company import Company
from models.customers import Account, Customer
from models.database import session
from models.ledger import Entry, EntryKind, EntryRefused
from models.money import Money
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer()


def receive(customer: Customer, amount: Money, *, key: str = "transfer 1", on: date = TODAY) -> Entry:
    with transaction():
        return ledger.receive(customer.id, amount, effective_on=on, dedupe_key=key, now=NOW)


def close_books(until: date) -> None:
    with transaction():
        session.execute(update(Company).values(books_closed_on=until))


def test_a_bill_is_open_and_money_in_is_unapplied(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, 12_000)
    receipt = receive(customer, Money(5_000, "EUR"))
    assert (invoice.left, receipt.left) == (Money(12_000, "EUR"), Money(5_000, "EUR"))
    (balance,) = ledger.balances([customer.id], TODAY)
    assert balance.owed == Money(7_000, "EUR")


@pytest.mark.parametrize(("currency", "written"), [("EUR", "123.45"), ("JPY", "12345"), ("KWD", "12.345")])
def test_money_of_two_none_and_three_decimals_is_kept_in_its_minor_units(
    customer: Customer, make: Maker, currency: str, written: str
) -> None:
    invoice = make.invoice(customer, 12_345, currency=currency)
    assert invoice.amount.plain() == written
    assert ledger.balances([customer.id], TODAY)[0].owed.plain() == written


def test_the_same_cause_told_twice_enters_once(customer: Customer) -> None:
    first = receive(customer, Money(5_000, "EUR"))
    again = receive(customer, Money(5_000, "EUR"), on=TODAY - timedelta(days=9))
    assert again.id == first.id
    assert session.get_one(Account, (customer.id, "EUR")).entries == 1


@pytest.mark.parametrize("other", [Money(5_001, "EUR"), Money(5_000, "USD")])
def test_other_money_under_a_known_cause_is_refused_aloud(customer: Customer, other: Money) -> None:
    receive(customer, Money(5_000, "EUR"))
    with pytest.raises(EntryRefused, match=r"before with 50\.00 EUR"):
        receive(customer, other)


def test_a_known_cause_is_no_other_kind_of_entry(customer: Customer) -> None:
    receive(customer, Money(5_000, "EUR"), key="x")
    with pytest.raises(EntryRefused), transaction():
        ledger.credit(customer.id, Money(5_000, "EUR"), effective_on=TODAY, dedupe_key="x", reason="", now=NOW)


def test_two_customers_may_have_causes_of_one_name(customer: Customer, make: Maker) -> None:
    assert receive(customer, Money(1, "EUR")).id != receive(make.customer(), Money(1, "EUR")).id


@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_and_less_than_nothing_are_refused(customer: Customer, minor: int) -> None:
    with pytest.raises(EntryRefused):
        receive(customer, Money(minor, "EUR"))


def test_a_debit_is_not_received_and_a_credit_is_not_billed(customer: Customer) -> None:
    facts = {"effective_on": TODAY, "dedupe_key": "x", "now": NOW}
    with pytest.raises(ValueError, match="no money in"):
        ledger.receive(customer.id, Money(1, "EUR"), kind=EntryKind.INVOICE, **facts)
    with pytest.raises(ValueError, match="no debit"):
        ledger.bill(customer.id, Money(1, "EUR"), kind=EntryKind.RECEIPT, due_on=TODAY, **facts)


def test_entries_of_an_account_are_numbered_without_a_gap(customer: Customer, make: Maker) -> None:
    make.invoice(customer)
    make.invoice(customer, currency="JPY")
    with pytest.raises(EntryRefused):
        receive(customer, Money(0, "EUR"))
    receive(customer, Money(1, "EUR"))
    rows = session.execute(text("select currency, seq from entries order by id")).all()
    assert [tuple(row) for row in rows] == [("EUR", 1), ("JPY", 1), ("EUR", 2)]


def test_nothing_is_entered_into_closed_books(customer: Customer) -> None:
    close_books(date(2026, 10, 31))
    with pytest.raises(ledger.BooksClosed):
        receive(customer, Money(1, "EUR"), on=date(2026, 10, 31))
    assert receive(customer, Money(1, "EUR"), on=date(2026, 11, 1)).effective_on == date(2026, 11, 1)


def test_what_is_in_closed_books_already_may_be_told_again(customer: Customer) -> None:
    first = receive(customer, Money(1, "EUR"), on=date(2026, 10, 1))
    close_books(date(2026, 10, 31))
    assert receive(customer, Money(1, "EUR"), on=date(2026, 10, 1)).id == first.id


@pytest.mark.parametrize(
    "statement",
    [
        "update entries set amount_minor = amount_minor + 1",
        "update entries set effective_on = effective_on + 1",
        "update entries set fingerprint = 0",
        "update entries set open_minor = open_minor + 1, reason = 'x' where side = 1",
        "update entries set open_minor = amount_minor + 1 where side = 1",
        "update entries set unapplied_minor = -1 where side = -1",
        "delete from entries",
        "truncate entries cascade",
        "update allocations set amount_minor = 1",
        "delete from allocations",
        "truncate allocations",
    ],
)
def test_the_database_itself_refuses_to_change_or_delete(
    engine: Engine, customer: Customer, make: Maker, statement: str
) -> None:
    invoice, receipt = make.invoice(customer), make.receipt(customer, 500)
    with transaction():
        ledger.allocate(receipt, invoice, Money(500, "EUR"), now=NOW)
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("stranger", ["another customer's", "another currency", "two debits"])
def test_the_keys_of_the_database_refuse_what_does_not_belong_together(
    engine: Engine, customer: Customer, make: Maker, stranger: str
) -> None:
    receipt = make.receipt(customer, 500)
    debit = {
        "another customer's": lambda: make.invoice(make.customer()),
        "another currency": lambda: make.invoice(customer, currency="JPY"),
        "two debits": lambda: make.invoice(customer),
    }[stranger]()
    credit = make.invoice(customer) if stranger == "two debits" else receipt
    row = f"({customer.id}, {credit.id}, {debit.id}, 'EUR', 1, '2026-11-22', now())"
    columns = "(customer_id, credit_id, debit_id, currency, amount_minor, effective_on, recorded_at)"
    with pytest.raises(IntegrityError, match="fk_allocations"), engine.begin() as connection:
        connection.execute(text(f"insert into allocations {columns} values {row}"))
