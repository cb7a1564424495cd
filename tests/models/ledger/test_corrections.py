"""Money that leaves again, and what was given up: each the opposite of an entry, never a change of one."""

from datetime import date

import pytest

from models import ledger
from models.customers import Customer
from models.database import session
from models.ledger import Allocation, AllocationRefused, Entry
from models.money import Money
from models.reports.verify import verify
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

FACTS = {"reason": "asked", "now": NOW}


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer()


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


def allocate(credit: Entry, debit: Entry, minor: int) -> Allocation:
    with transaction():
        return ledger.allocate(credit, debit, euro(minor), now=NOW)


def refund(receipt: Entry, minor: int, key: str = "re_1") -> Entry:
    with transaction():
        return ledger.refund(receipt, euro(minor), effective_on=TODAY, dedupe_key=key, **FACTS)


def charge_back(receipt: Entry, minor: int, key: str = "dp_1", on: date = TODAY) -> Entry:
    with transaction():
        return ledger.charge_back(receipt, euro(minor), on=on, dedupe_key=key, **FACTS)


def write_off(debit: Entry, minor: int, key: str = "wo_1") -> Allocation:
    with transaction():
        entry = ledger.write_off(debit, euro(minor), effective_on=TODAY, dedupe_key=key, **FACTS)
    (used,) = ledger.allocations_of(debit.customer_id, entry.id)
    return session.get_one(Allocation, (debit.customer_id, used.allocation_id))


def left(*entries: Entry) -> tuple[int, ...]:
    session.expire_all()
    return tuple(entry.left.minor for entry in entries)


def owed(customer: Customer) -> int:
    assert verify(customer.id, now=NOW).broken == []
    return sum(balance.owed.minor for balance in ledger.balances([customer.id], TODAY))


# Refunds


def test_a_refund_uses_what_is_unapplied(customer: Customer, make: Maker) -> None:
    receipt = make.receipt(customer, 10_000)
    debit = refund(receipt, 4_000)
    assert (debit.kind, *left(receipt, debit), owed(customer)) == ("refund", 6_000, 0, -6_000)


def test_only_what_is_unapplied_is_refunded(customer: Customer, make: Maker) -> None:
    receipt = make.receipt(customer, 10_000)
    allocate(receipt, make.invoice(customer, 9_000), 9_000)
    with pytest.raises(AllocationRefused, match=r"10\.00 EUR"):
        refund(receipt, 1_001)


def test_a_refund_told_again_after_all_is_refunded_changes_nothing(customer: Customer, make: Maker) -> None:
    receipt = make.receipt(customer, 10_000)
    assert refund(receipt, 10_000).id == refund(receipt, 10_000).id
    assert left(receipt) == (0,)


def test_what_was_given_up_is_not_refunded(customer: Customer, make: Maker) -> None:
    written_off = write_off(make.invoice(customer, 500), 500)
    with pytest.raises(AllocationRefused):
        refund(ledger.entry_of(customer.id, written_off.credit_id), 1)


# Chargebacks


def test_a_chargeback_reopens_the_invoice_with_its_old_due_date(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, 12_000, due_on=date(2026, 10, 1))
    receipt = make.receipt(customer, 12_000, on=date(2026, 10, 5))
    allocate(receipt, invoice, 12_000)
    debit = charge_back(receipt, 12_000, on=date(2026, 11, 5))
    assert left(invoice, receipt, debit) == (12_000, 0, 0)
    (item,) = ledger.items_as_of([customer.id], TODAY)
    assert (item.entry_id, item.due_on) == (invoice.id, date(2026, 10, 1))
    assert ledger.items_as_of([customer.id], date(2026, 11, 4)) == []


def test_a_part_charged_back_reopens_that_part_of_the_newest_payment(customer: Customer, make: Maker) -> None:
    first, second = make.invoice(customer, 6_000), make.invoice(customer, 6_000)
    receipt = make.receipt(customer, 13_000)
    allocate(receipt, first, 6_000)
    allocate(receipt, second, 6_000)
    charge_back(receipt, 5_000)
    assert (*left(first, second, receipt), owed(customer)) == (0, 4_000, 0, 4_000)


def test_a_second_chargeback_reopens_invoices_and_not_the_first_one(customer: Customer, make: Maker) -> None:
    invoice, receipt = make.invoice(customer, 10_000), make.receipt(customer, 10_000)
    allocate(receipt, invoice, 10_000)
    first, second = charge_back(receipt, 3_000), charge_back(receipt, 7_000, key="dp_2")
    assert left(invoice, first, second) == (10_000, 0, 0)


def test_a_refund_made_before_is_asked_back_only_where_the_money_left_twice(customer: Customer, make: Maker) -> None:
    invoice, receipt = make.invoice(customer, 6_000), make.receipt(customer, 10_000)
    allocate(receipt, invoice, 6_000)
    given_back = refund(receipt, 4_000)
    charge_back(receipt, 6_000)
    assert left(invoice, given_back) == (6_000, 0)
    charge_back(receipt, 4_000, key="dp_2")
    assert (*left(invoice, given_back), owed(customer)) == (6_000, 4_000, 10_000)


def test_never_more_is_charged_back_than_was_received(customer: Customer, make: Maker) -> None:
    receipt = make.receipt(customer, 10_000)
    charge_back(receipt, 6_000)
    with pytest.raises(AllocationRefused, match=r"40\.00 EUR"):
        charge_back(receipt, 4_001, key="dp_2")


def test_a_chargeback_told_again_changes_nothing(customer: Customer, make: Maker) -> None:
    receipt = make.receipt(customer, 10_000)
    assert charge_back(receipt, 10_000).id == charge_back(receipt, 10_000).id


def test_a_credit_note_is_not_charged_back(customer: Customer) -> None:
    with transaction():
        note = ledger.credit(customer.id, euro(500), effective_on=TODAY, dedupe_key="cn", **FACTS)
    with pytest.raises(AllocationRefused):
        charge_back(note, 500)


def test_what_is_won_back_is_a_new_receipt(customer: Customer, make: Maker) -> None:
    receipt = make.receipt(customer, 10_000)
    debit = charge_back(receipt, 10_000)
    with transaction():
        won = ledger.win_back(debit, on=TODAY, dedupe_key="dp_1:won", now=NOW)
    assert (won.kind, *left(won, receipt, debit)) == ("receipt", 10_000, 0, 0)


def test_only_a_chargeback_is_won_back(customer: Customer, make: Maker) -> None:
    with pytest.raises(AllocationRefused), transaction():
        ledger.win_back(make.invoice(customer), on=TODAY, dedupe_key="x", now=NOW)


# Write-offs


def test_what_is_given_up_is_no_longer_owed(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, 12_000)
    write_off(invoice, 2_000)
    assert (*left(invoice), owed(customer)) == (10_000, 10_000)


def test_no_more_is_given_up_than_is_open(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, 12_000)
    with pytest.raises(AllocationRefused):
        write_off(invoice, 12_001)
    assert owed(customer) == 12_000


def test_a_write_off_told_again_changes_nothing(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, 12_000)
    assert write_off(invoice, 12_000).id == write_off(invoice, 12_000).id


def test_a_write_off_taken_back_is_owed_again_and_is_nobodys_money(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, 12_000)
    written_off = write_off(invoice, 12_000)
    with transaction():
        ledger.reverse(written_off, on=TODAY, now=NOW)
    assert (*left(invoice), owed(customer)) == (12_000, 12_000)
    assert ledger.unapplied_credits([customer.id], TODAY) == []


def test_a_write_off_that_was_taken_back_stays_so(customer: Customer, make: Maker) -> None:
    written_off = write_off(make.invoice(customer, 500), 500)
    with transaction():
        ledger.reverse(written_off, on=TODAY, now=NOW)
    again = ledger.allocations_of(customer.id, written_off.credit_id)[-1]
    with pytest.raises(AllocationRefused), transaction():
        ledger.reverse(session.get_one(Allocation, (customer.id, again.allocation_id)), on=TODAY, now=NOW)


def test_money_for_what_was_given_up_takes_its_place(customer: Customer, make: Maker) -> None:
    """120.00 given up, 50.00 paid after all: 70.00 stay given up, nothing is owed, and nothing is left over."""
    invoice = make.invoice(customer, 12_000)
    written_off = write_off(invoice, 12_000)
    receipt = make.receipt(customer, 5_000)
    with transaction():
        ledger.recover(receipt, written_off, euro(5_000), on=TODAY, now=NOW)
    assert (*left(invoice, receipt), owed(customer)) == (0, 0, 0)
    assert ledger.items_as_of([customer.id], TODAY) == []
    paid = [
        (part.credit.kind, part.amount)
        for part in ledger.allocations_of(customer.id, invoice.id)
        if not part.taken_back_on
    ]
    assert paid == [("write_off", euro(7_000)), ("receipt", euro(5_000))]


@pytest.mark.parametrize("minor", [0, 12_001])
def test_no_more_is_recovered_than_was_given_up(customer: Customer, make: Maker, minor: int) -> None:
    written_off = write_off(make.invoice(customer, 12_000), 12_000)
    with pytest.raises(AllocationRefused), transaction():
        ledger.recover(make.receipt(customer, 50_000), written_off, euro(minor), on=TODAY, now=NOW)


def test_a_recovery_without_enough_money_leaves_all_as_it_was(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, 12_000)
    written_off = write_off(invoice, 12_000)
    receipt = make.receipt(customer, 100)
    with pytest.raises(AllocationRefused), transaction():
        ledger.recover(receipt, written_off, euro(101), on=TODAY, now=NOW)
    assert (*left(invoice, receipt), owed(customer)) == (0, 100, -100)
