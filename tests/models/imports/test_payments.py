"""Payment files: money finds its invoice, else its customer, else waits without a name."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text, update

from models import customers, holds, invoices, ledger, plans
from models.audit import Actor, ActorKind
from models.company import HOLDING_ACCOUNT, Company
from models.customers import Customer
from models.database import session
from models.holds import HoldKind
from models.imports import rejects_of
from models.ledger import Entry
from models.money import Money
from models.plans import Proposal, Way
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.imports.conftest import BringIn

HEADER = "id,customer,payer,amount,currency,received,reference,text\n"


def line(
    amount: str, reference: str = "", *, number: str = "", customer: str = "", currency: str = "EUR", note: str = ""
) -> str:
    return f"{number},{customer},Payer UAB,{amount},{currency},2026-11-01,{reference},{note}\n"


def left(entry: Entry) -> int:
    session.expire_all()
    return ledger.entry_of(entry.customer_id, entry.id).left.minor


def receipts(customer_id: int) -> list[tuple[int, int]]:
    """Amount and what is unapplied of each."""
    query = select(Entry).where(Entry.customer_id == customer_id, Entry.kind == "receipt").order_by(Entry.id)
    return [(entry.amount_minor, entry.left.minor) for entry in session.scalars(query)]


def test_money_finds_its_invoice_by_number_in_any_column(
    bring_in: BringIn, make: Maker, prove: Callable[[], None]
) -> None:
    customer = make.customer()
    older, named, worded = (make.invoice(customer, 10000, number=f"INV-{n}") for n in (1, 2, 3))
    in_words = line("100.00", note="for inv-3; thank you")
    summary = bring_in("payments", HEADER + line("60.00", "inv-2") + in_words + line("5.00", "INV-2"))
    assert (summary.new, summary.rejected, summary.as_json()["sums"]) == (3, 0, {"EUR": "165.00"})
    assert [left(debit) for debit in (older, named, worded)] == [10000, 3500, 0]
    prove()


def test_money_finds_its_invoice_by_the_structured_reference_as_it_is_printed(bring_in: BringIn, make: Maker) -> None:
    first, second = (make.invoice(make.customer(), 10000, number=f"INV-{n}") for n in (1, 2))
    reference = invoices.rf_reference(invoices.registered("INV-2").id)  # type: ignore[union-attr]
    printed = " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
    broken = reference[:-1] + str((int(reference[-1]) + 1) % 10)
    bring_in("payments", HEADER + line("40.00", printed) + line("7.00", broken))
    assert (left(first), left(second)) == (10000, 6000)
    assert receipts(HOLDING_ACCOUNT) == [(700, 700)]


def test_without_an_invoice_the_oldest_due_of_the_customer_is_paid(
    bring_in: BringIn, make: Maker, prove: Callable[[], None]
) -> None:
    customer = make.customer(number="C-1")
    newer = make.invoice(customer, 10000, due_on=TODAY)
    older = make.invoice(customer, 10000, due_on=TODAY - timedelta(days=20))
    dollars = make.invoice(customer, 10000, currency="USD")
    bring_in("payments", HEADER + line("130.00", customer=" c-1 ") + line("90.00", customer="C-1"))
    assert [left(debit) for debit in (older, newer, dollars)] == [0, 0, 10000]
    assert receipts(customer.id) == [(13000, 0), (9000, 2000)]
    prove()


def test_what_is_held_is_left_out_unless_the_payer_names_it(bring_in: BringIn, make: Maker) -> None:
    customer = make.customer(number="C-1")
    older = make.invoice(customer, 10000, number="INV-1", due_on=TODAY - timedelta(days=20))
    newer = make.invoice(customer, 10000, number="INV-2", due_on=TODAY)
    with transaction():
        holds.add(
            customer.id, HoldKind.IN_FLIGHT, source="attempts:1", currency="EUR", on=TODAY, now=NOW, entry_id=older.id
        )
    bring_in("payments", HEADER + line("30.00", customer="C-1"))
    assert (left(older), left(newer)) == (10000, 7000)
    bring_in("payments", HEADER + line("40.00", "INV-1"))
    assert left(older) == 6000


def test_money_of_nobody_known_waits_without_a_name(bring_in: BringIn, prove: Callable[[], None]) -> None:
    bring_in("payments", HEADER + line("10.00", "hello") + line("20.00", "hi", customer="4711"))
    assert receipts(HOLDING_ACCOUNT) == [(1000, 1000), (2000, 2000)]
    kept = session.scalars(select(Entry.reference).order_by(Entry.id)).all()
    assert kept == ["hello", "hi 4711"]  # The unknown number is not lost.
    prove()


def test_invoices_of_two_customers_decide_nothing(bring_in: BringIn, make: Maker) -> None:
    first, second = (make.invoice(make.customer(number=f"C-{n}"), 10000, number=f"INV-{n}") for n in (1, 2))
    bring_in("payments", HEADER + line("50.00", "INV-1 INV-2") + line("50.00", "INV-1 INV-2", customer="C-2"))
    assert (left(first), left(second)) == (10000, 5000)
    assert receipts(HOLDING_ACCOUNT) == [(5000, 5000)]


def test_the_invoice_decides_before_the_customer(bring_in: BringIn, make: Maker) -> None:
    debit = make.invoice(make.customer(number="C-1"), 10000, number="INV-1")
    make.invoice(make.customer(number="C-2"), 10000, number="INV-2")
    bring_in("payments", HEADER + line("50.00", "INV-1", customer="C-2"))
    assert left(debit) == 5000


def test_several_invoices_are_paid_in_the_order_the_payer_names_them(bring_in: BringIn, make: Maker) -> None:
    customer = make.customer()
    debits = [make.invoice(customer, 10000, number=f"INV-{n}") for n in (1, 2, 3)]
    bring_in("payments", HEADER + line("150.00", note="INV-3 and INV-1"))
    assert [left(debit) for debit in debits] == [5000, 10000, 0]


def test_the_same_payments_twice_are_booked_once_whoever_they_belong_to(bring_in: BringIn, make: Maker) -> None:
    file = HEADER + line("10.00", "INV-1") + line("10.00", "INV-1") + line("10.00", number="TX-9")
    first = bring_in("payments", file)
    debit = make.invoice(make.customer(), 10000, number="INV-1")  # Now the invoice is known as well.
    again = bring_in("payments", file)
    assert ((first.new, first.unchanged), (again.new, again.unchanged)) == ((3, 0), (0, 3))
    assert left(debit) == 10000
    assert len(receipts(HOLDING_ACCOUNT)) == 3


def test_a_known_payment_with_another_amount_is_rejected_with_both(bring_in: BringIn) -> None:
    bring_in("payments", HEADER + line("10.00", number="TX-9"))
    summary = bring_in("payments", HEADER + line("12.00", number="TX-9"))
    ((column, reason),) = [(one.column, one.reason % one.values) for one in rejects_of(summary.run_id or 0)]
    assert column == "amount"
    assert "booked with 10.00 EUR, the file says 12.00 EUR" in reason


def test_bad_payments_are_rejected(bring_in: BringIn) -> None:
    with transaction():
        session.execute(update(Company).values(books_closed_on=date(2026, 11, 1)))
    summary = bring_in("payments", HEADER + line("-10.00") + line("0.00") + line("1,5") + line("10.00"))
    assert (summary.new, summary.rejected) == (0, 4)
    assert [one.column for one in rejects_of(summary.run_id or 0)] == ["amount", "amount", "", "received"]


def test_a_dry_run_books_no_payment(bring_in: BringIn, make: Maker) -> None:
    make.customer(number="C-1")
    summary = bring_in("payments", HEADER + line("10.00", customer="C-1"), dry_run=True)
    assert (summary.new, summary.run_id) == (1, None)
    assert session.scalar(text("select count(*) from entries")) == 0
    assert customers.by_number("C-1")


def test_money_finds_its_account_by_the_structured_reference_of_the_statement(
    bring_in: BringIn, make: Maker, prove: Callable[[], None]
) -> None:
    customer = make.customer(number="C-1")
    newer = make.invoice(customer, 10000, due_on=TODAY)
    older = make.invoice(customer, 10000, due_on=TODAY - timedelta(days=20))
    reference = invoices.account_reference(customer.id)
    printed = " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
    nobody_s = invoices.account_reference(987_654)
    broken = f"RF{(int(reference[2:4]) + 1) % 98:02}{reference[4:]}"
    bring_in("payments", HEADER + line("120.00", printed) + line("7.00", nobody_s) + line("8.00", broken))
    assert [left(debit) for debit in (older, newer)] == [0, 8000]
    assert receipts(HOLDING_ACCOUNT) == [(700, 700), (800, 800)]
    prove()


def test_the_reference_of_an_account_is_no_invoice_s_and_the_other_way_round(make: Maker) -> None:
    customer = make.customer()
    make.invoice(customer, number="INV-1")
    of_invoice, of_account = invoices.reference_of(customer.id, 1), invoices.account_reference(customer.id)
    assert invoices.by_rf_reference(of_invoice) is not None
    assert (invoices.by_rf_reference(of_account), invoices.customer_of_reference(of_invoice)) == (None, None)
    assert invoices.customer_of_reference(f" {of_account[:4]} {of_account[4:].lower()}") == customer.id


@pytest.fixture
def planned(make: Maker) -> tuple[Customer, dict[str, Entry]]:
    """60.00 of `plan` is paid by transfer in three payments of 20.00, the first today; `older` and `later` are not."""
    customer = make.customer("Žalias Namas UAB", number="C-9")
    contact, made = make.contact(customer), {}
    for name, minor, days in (("older", 1_000, 40), ("plan", 6_000, 30), ("later", 1_500, -30)):
        made[name] = make.invoice(customer, minor, number=name, due_on=TODAY - timedelta(days=days))
    days = [TODAY, TODAY + timedelta(days=30), TODAY + timedelta(days=60)]
    lines = [(day, Money(2_000, "EUR")) for day in days]
    proposal = Proposal(shares={made["plan"].id: made["plan"].left}, lines=lines, fee=Money(0, "EUR"), way=Way.TRANSFER)
    at = {"by": Actor(ActorKind.CONTACT, contact.id), "on": TODAY, "now": NOW}
    with transaction():
        plan = plans.keep_draft(customer.id, contact.id, "EUR", {}, on=TODAY, now=NOW)
        plans.offer(plan, proposal, until=TODAY, **at)
        plans.sign(plan, consent_id=None, **at)
    return customer, made


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("20.00", "")], {"older": 1_000, "plan": 4_000, "later": 1_500}),
        ([("25.00", "")], {"older": 500, "plan": 4_000, "later": 1_500}),
        ([("20.00", ""), ("20.00", "")], {"older": 1_000, "plan": 2_000, "later": 1_500}),
        ([("20.00", ""), ("15.00", "")], {"older": 0, "plan": 4_000, "later": 1_000}),
        ([("20.00", ""), ("30.00", "")], {"older": 0, "plan": 3_500, "later": 0}),
        ([("10.00", "older")], {"older": 0, "plan": 6_000, "later": 1_500}),
        ([("15.00", "older")], {"older": 0, "plan": 6_000, "later": 1_500}),
    ],
    ids=[
        "what is due first",
        "then the oldest",
        "exactly the next",
        "no other early money",
        "before it lies unused",
        "what is named",
        "never the plan unasked",
    ],
)
def test_money_that_names_an_account_keeps_its_plan_by_transfer(
    bring_in: BringIn,
    planned: tuple[Customer, dict[str, Entry]],
    rows: list[tuple[str, str]],
    expected: dict[str, int],
    prove: Callable[[], None],
) -> None:
    customer, made = planned
    lines = "".join(
        line(amount, named, number=str(place), customer=customer.number) for place, (amount, named) in enumerate(rows)
    )
    bring_in("payments", HEADER + lines.replace("2026-11-01", TODAY.isoformat()))
    assert {name: left(entry) for name, entry in made.items()} == expected
    plans.settle(now=NOW)
    prove()
