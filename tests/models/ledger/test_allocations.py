"""How a credit is used for a debit: of the same customer and currency, never beyond either, and when it counts."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from models import ledger
from models.company import Company
from models.customers import Customer
from models.database import session
from models.ledger import Allocation, AllocationRefused, BooksClosed, Entry, EntryKind
from models.money import Money
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer()


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


def allocate(credit: Entry, debit: Entry, amount: Money) -> Allocation:
    with transaction():
        return ledger.allocate(credit, debit, amount, now=NOW)


def reverse(allocation: Allocation, on: date = TODAY) -> Allocation:
    with transaction():
        return ledger.reverse(allocation, on=on, now=NOW)


def test_an_allocation_takes_from_both(customer: Customer, make: Maker) -> None:
    invoice, receipt = make.invoice(customer, 12_000), make.receipt(customer, 10_000)
    allocate(receipt, invoice, euro(7_000))
    assert (receipt.left, invoice.left) == (euro(3_000), euro(5_000))


def test_nobody_uses_more_than_is_unapplied(customer: Customer, make: Maker) -> None:
    invoice, receipt = make.invoice(customer, 12_000), make.receipt(customer, 10_000)
    with pytest.raises(AllocationRefused, match=r"100\.00 EUR of this credit"):
        allocate(receipt, invoice, euro(10_001))


@pytest.mark.parametrize("minor", [0, -5])
def test_nothing_and_less_than_nothing_are_not_used(customer: Customer, make: Maker, minor: int) -> None:
    with pytest.raises(AllocationRefused, match="above zero"):
        allocate(make.receipt(customer, 10_000), make.invoice(customer), euro(minor))


def test_nobody_pays_more_than_is_open(customer: Customer, make: Maker) -> None:
    invoice, receipt = make.invoice(customer, 500), make.receipt(customer, 10_000)
    with pytest.raises(AllocationRefused, match=r"5\.00 EUR of this item is open"):
        allocate(receipt, invoice, euro(501))


def test_money_of_one_customer_never_pays_for_another(customer: Customer, make: Maker) -> None:
    with pytest.raises(AllocationRefused):
        allocate(make.receipt(customer, 500), make.invoice(make.customer()), euro(500))


def test_yen_never_pay_for_euros(customer: Customer, make: Maker) -> None:
    with pytest.raises(AllocationRefused):
        allocate(make.receipt(customer, 500, currency="JPY"), make.invoice(customer), euro(500))


def test_a_debit_pays_for_nothing(customer: Customer, make: Maker) -> None:
    with pytest.raises(AllocationRefused):
        allocate(make.invoice(customer), make.invoice(customer), euro(500))


def test_an_allocation_counts_from_the_later_of_its_two_days(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, issued_on=date(2026, 9, 1))
    assert allocate(make.receipt(customer, 500, on=date(2026, 10, 5)), invoice, euro(500)).effective_on == date(
        2026, 10, 5
    )
    early = make.receipt(customer, 500, on=date(2026, 8, 1))
    assert allocate(early, invoice, euro(500)).effective_on == date(2026, 9, 1)


def test_money_taken_back_is_used_from_that_day_on_not_before(customer: Customer, make: Maker) -> None:
    """Otherwise the receipt would have been used twice in the days between."""
    first, second = make.invoice(customer, 10_000), make.invoice(customer, 10_000)
    receipt = make.receipt(customer, 10_000, on=date(2026, 10, 1))
    reverse(allocate(receipt, first, euro(10_000)), on=date(2026, 10, 20))
    assert allocate(receipt, second, euro(10_000)).effective_on == date(2026, 10, 20)
    lefts = {item.entry_id: item.left.minor for item in ledger.items_as_of([customer.id], date(2026, 10, 10))}
    assert lefts == {second.id: 10_000}


def test_an_allocation_that_waited_is_not_known_before_what_it_builds_on(customer: Customer, make: Maker) -> None:
    """A request may take its time before another, wait for the lock behind it, and then use what the other freed."""
    first, second = make.invoice(customer, 10_000), make.invoice(customer, 10_000)
    receipt = make.receipt(customer, 10_000)
    allocation = allocate(receipt, first, euro(10_000))
    with transaction():
        ledger.reverse(allocation, on=TODAY, now=NOW + timedelta(seconds=2))
        ledger.allocate(receipt, second, euro(10_000), now=NOW + timedelta(seconds=1))
    for seconds in range(4):
        known_at = NOW + timedelta(seconds=seconds)
        (balance,) = ledger.balances([customer.id], TODAY, known_at=known_at)
        assert (balance.open, balance.unapplied.minor >= 0) == (euro(10_000 + balance.unapplied.minor), True)
        assert balance.owed == euro(10_000)


def test_nothing_counts_from_a_day_in_closed_books(customer: Customer, make: Maker) -> None:
    invoice, receipt = make.invoice(customer), make.receipt(customer, 500, on=date(2026, 10, 5))
    earlier = allocate(receipt, invoice, euro(100))
    with transaction():
        session.execute(update(Company).values(books_closed_on=date(2026, 10, 31)))
    before = ledger.items_as_of([customer.id], date(2026, 10, 31))
    assert allocate(receipt, invoice, euro(400)).effective_on == date(2026, 11, 1)
    with pytest.raises(BooksClosed):
        reverse(earlier, on=date(2026, 10, 31))
    assert ledger.items_as_of([customer.id], date(2026, 10, 31)) == before


def test_what_is_taken_back_is_open_and_unapplied_again(customer: Customer, make: Maker) -> None:
    invoice, receipt = make.invoice(customer, 12_000), make.receipt(customer, 10_000)
    reversal = reverse(allocate(receipt, invoice, euro(7_000)))
    assert (reversal.amount, reversal.effective_on) == (euro(7_000), TODAY)
    session.expire_all()
    assert (receipt.left, invoice.left) == (euro(10_000), euro(12_000))


def test_a_reversal_never_counts_before_its_allocation(customer: Customer, make: Maker) -> None:
    allocation = allocate(make.receipt(customer, 500), make.invoice(customer), euro(500))
    assert reverse(allocation, on=date(2026, 1, 1)).effective_on == allocation.effective_on


def test_nothing_is_taken_back_twice_nor_a_reversal_reversed(customer: Customer, make: Maker) -> None:
    allocation = allocate(make.receipt(customer, 500), make.invoice(customer), euro(500))
    reversal = reverse(allocation)
    for row in (allocation, reversal):
        with pytest.raises(AllocationRefused):
            reverse(row)


def test_where_each_cent_went_is_told_with_what_was_taken_back(customer: Customer, make: Maker) -> None:
    invoice, receipt = make.invoice(customer, 12_000), make.receipt(customer, 10_000)
    reverse(allocate(receipt, invoice, euro(7_000)))
    allocate(receipt, invoice, euro(4_000))
    used = ledger.allocations_of(customer.id, receipt.id)
    assert [(part.amount, part.debit.id, part.taken_back_on) for part in used] == [
        (euro(7_000), invoice.id, TODAY),
        (euro(4_000), invoice.id, None),
    ]
    assert [part.allocation_id for part in ledger.allocations_of(customer.id, invoice.id)] == [
        part.allocation_id for part in used
    ]


# Money without instructions


def charge(invoice: Entry, kind: EntryKind, minor: int) -> Entry:
    with transaction():
        return ledger.bill(
            invoice.customer_id,
            euro(minor),
            kind=kind,
            effective_on=TODAY,
            due_on=TODAY,
            invoice_id=invoice.invoice_id,
            dedupe_key=f"{kind} of {invoice.id}",
            now=NOW,
        )


def shares(receipt: Entry, **facts: object) -> list[tuple[int, int]]:
    with transaction():
        allocations = ledger.allocate_oldest_first(receipt, now=NOW, **facts)
    return [(allocation.debit_id, allocation.amount_minor) for allocation in allocations]


def test_money_without_instructions_pays_the_oldest_due_first(customer: Customer, make: Maker) -> None:
    late = make.invoice(customer, 300, due_on=date(2026, 9, 1))
    later = make.invoice(customer, 300, due_on=date(2026, 8, 1))
    assert shares(make.receipt(customer, 500)) == [(later.id, 300), (late.id, 200)]


def test_of_two_items_due_on_one_day_the_older_is_paid_first(customer: Customer, make: Maker) -> None:
    with transaction():
        plain = ledger.bill(customer.id, euro(300), effective_on=TODAY, due_on=TODAY, dedupe_key="a", now=NOW)
    document = make.invoice(customer, 300, due_on=TODAY)
    with transaction():
        last = ledger.bill(customer.id, euro(300), effective_on=TODAY, due_on=TODAY, dedupe_key="b", now=NOW)
    assert shares(make.receipt(customer, 900)) == [(plain.id, 300), (document.id, 300), (last.id, 300)]


def test_inside_an_item_costs_come_before_interest_and_interest_before_principal(
    customer: Customer, make: Maker
) -> None:
    older = make.invoice(customer, 1_000, due_on=date(2026, 8, 1))
    newer = make.invoice(customer, 1_000, due_on=date(2026, 9, 1))
    interest, fee = charge(older, EntryKind.INTEREST, 30), charge(older, EntryKind.FEE, 40)
    assert shares(make.receipt(customer, 1_500)) == [
        (fee.id, 40),
        (interest.id, 30),
        (older.id, 1_000),
        (newer.id, 430),
    ]


def test_money_without_instructions_skips_what_is_held(customer: Customer, make: Maker) -> None:
    disputed = make.invoice(customer, 1_000, due_on=date(2026, 8, 1))
    other = make.invoice(customer, 1_000, due_on=date(2026, 9, 1))
    held = {disputed.id: 900}
    assert shares(make.receipt(customer, 1_500), held=held) == [(disputed.id, 100), (other.id, 1_000)]


def test_more_held_than_open_takes_nothing_from_others(customer: Customer, make: Maker) -> None:
    disputed, other = make.invoice(customer, 1_000), make.invoice(customer, 1_000)
    assert shares(make.receipt(customer, 1_500), held={disputed.id: 5_000}) == [(other.id, 1_000)]


def test_what_the_payer_chose_is_paid_alone(customer: Customer, make: Maker) -> None:
    make.invoice(customer, 1_000, due_on=date(2026, 8, 1))
    chosen = make.invoice(customer, 1_000, due_on=date(2026, 9, 1))
    receipt = make.receipt(customer, 1_500)
    assert shares(receipt, only=[chosen.id]) == [(chosen.id, 1_000)]
    session.expire_all()
    assert receipt.left == euro(500)
