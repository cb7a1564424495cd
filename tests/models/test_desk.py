"""What staff enter by hand: each thing once, on a day that can be, to the cent, and told in the trail."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import Engine
from sqlalchemy.exc import NoResultFound

from models import audit, company, desk, holds, invoices, ledger
from models.audit import Actor, ActorKind
from models.company import HOLDING_ACCOUNT
from models.customers import Customer
from models.database import session
from models.desk import DeskRefused, Line, Method
from models.holds import HoldKind
from models.invoices import DuplicateInvoice
from models.ledger import AllocationRefused, BooksClosed, Entry, EntryRefused
from models.money import Money
from models.reports.verify import verify
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

STAFF = Actor(ActorKind.STAFF, 3, "Eglė")
DAY = timedelta(days=1)


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer(terms="14")


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


def enter(
    customer_id: int,
    minor: int = 10_000,
    *,
    key: str = "k",
    on: date = TODAY,
    shares: Sequence[tuple[int, Money]] = (),
    oldest_first: bool = False,
    currency: str = "EUR",
) -> Entry:
    with transaction():
        return desk.enter_receipt(
            customer_id,
            Money(minor, currency),
            method=Method.TRANSFER,
            paid_on=on,
            reference="RF 7",
            payer="Ona",
            key=key,
            by=STAFF,
            now=NOW,
            shares=shares,
            oldest_first=oldest_first,
        )


def write(
    customer: Customer, *lines: Line, number: str = "H-1", currency: str = "EUR", **days: date
) -> invoices.Invoice:
    days = {"issued_on": TODAY, "due_on": TODAY + 14 * DAY} | days
    with transaction():
        return desk.write_invoice(
            customer, number=number, currency=currency, lines=lines, reference="PO 1", by=STAFF, now=NOW, **days
        )


def line(price: str, quantity: str = "1", tax: str = "21") -> Line:
    return Line("Lamp", Decimal(quantity), Decimal(price), Decimal(tax))


def left(entry: Entry) -> int:
    return ledger.entry_of(entry.customer_id, entry.id).left.minor


def trail(customer_id: int) -> list[str]:
    return [event.action for event, _ in audit.page_of_events(customer_id, page=1, size=50)[0]]


def owed(customer_id: int, on: date = TODAY) -> int:
    return sum(balance.owed.minor for balance in ledger.balances([customer_id], on))


# Invoices


def test_an_invoice_is_its_lines_with_tax_and_stands_in_the_books(customer: Customer) -> None:
    invoice = write(customer, line("19.99", "3"), line("0.335", "1", "0"))
    [entry] = ledger.entries_of_invoice(customer.id, invoice.id)
    assert (invoice.amount, invoice.terms, invoice.source) == (euro(5_997 + 1_259 + 34), "14", "staff")
    assert (entry.amount, entry.effective_on, entry.due_on) == (invoice.amount, TODAY, TODAY + 14 * DAY)
    assert [(one.net, one.tax) for one in invoices.lines_of(invoice)] == [
        (euro(5_997), euro(1_259)),
        (euro(34), euro(0)),
    ]
    assert trail(customer.id)[0] == "invoice.written"


@pytest.mark.parametrize(
    ("currency", "price", "tax", "minor"), [("JPY", "1250.4", "10", 1_375), ("KWD", "1.2345", "5", 1_297)]
)
def test_an_invoice_has_its_currency_s_decimals(
    customer: Customer, currency: str, price: str, tax: str, minor: int
) -> None:
    assert write(customer, line(price, tax=tax), currency=currency).amount == Money(minor, currency)


lines_of_any_kind = some.lists(
    some.builds(
        Line,
        description=some.just("x"),
        quantity=some.decimals("0.001", "1000", places=3),
        price=some.decimals("-1000", "1000", places=4),
        tax_rate=some.sampled_from([Decimal(0), Decimal("5.5"), Decimal(21)]),
    ),
    max_size=6,
)


@given(lines=lines_of_any_kind, currency=some.sampled_from(["EUR", "JPY", "KWD"]))
def test_a_document_is_the_sum_of_what_its_lines_show(lines: list[Line], currency: str) -> None:
    shown = desk.document_lines(lines, currency)
    assert sum(one.net_minor + one.tax_minor for one in shown) == desk.sum_of(lines, currency).minor


def test_what_is_no_invoice_is_refused_aloud(customer: Customer, make: Maker) -> None:
    for lines in ((), (line("0"),), (line("-5"),), (line("5"), line("-5"))):
        with pytest.raises(DeskRefused, match="credit note"):
            write(customer, *lines)
    with pytest.raises(DeskRefused, match="due before"):
        write(customer, line("5"), due_on=TODAY - DAY)
    write(customer, line("5"), number="a-1")
    for whose in (customer, make.customer()):
        with pytest.raises(DuplicateInvoice):
            write(whose, line("5"), number=" A-1")
    assert owed(customer.id) == 605


# Receipts


def test_the_same_form_sent_twice_enters_once(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, 10_000)
    first = enter(customer.id, 10_000, oldest_first=True)
    assert enter(customer.id, 10_000, oldest_first=True).id == first.id
    assert (left(invoice), left(first), trail(customer.id).count("receipt.entered")) == (0, 0, 1)
    with pytest.raises(EntryRefused):
        enter(customer.id, 10_001)
    assert enter(customer.id, 10_000, key="another").id != first.id


def test_money_goes_where_the_payer_said(customer: Customer, make: Maker) -> None:
    one, two, three = (make.invoice(customer, 5_000) for _ in range(3))
    receipt = enter(customer.id, 12_000, shares=[(three.id, euro(5_000)), (one.id, euro(5_000)), (two.id, euro(1_500))])
    assert [left(entry) for entry in (one, two, three, receipt)] == [0, 3_500, 0, 500]
    assert verify(now=NOW).broken == []


def test_money_without_a_word_goes_to_the_oldest_due_and_not_to_what_is_held(customer: Customer, make: Maker) -> None:
    late = make.invoice(customer, 5_000, due_on=TODAY - 10 * DAY)
    latest = make.invoice(customer, 5_000, due_on=TODAY - 40 * DAY)
    with transaction():
        for kind, minor in ((HoldKind.IN_FLIGHT, 1_000), (HoldKind.DISPUTE, 500)):
            holds.add(
                *(customer.id, kind),
                **{"source": f"{kind}s:1", "currency": "EUR", "on": TODAY, "now": NOW},
                **{"entry_id": latest.id, "amount": euro(minor)},
            )
    receipt = enter(customer.id, 9_000, oldest_first=True)
    assert [left(entry) for entry in (latest, late, receipt)] == [1_500, 0, 500]


def test_a_share_that_is_too_much_enters_nothing_at_all(customer: Customer, make: Maker) -> None:
    one, two, foreign = make.invoice(customer, 5_000), make.invoice(customer, 9_000), make.invoice(make.customer())
    for shares in ([(one.id, euro(5_001))], [(one.id, euro(5_000)), (two.id, euro(6_000))]):
        with pytest.raises(AllocationRefused):
            enter(customer.id, 10_000, shares=shares)
    with pytest.raises(NoResultFound):
        enter(customer.id, 10_000, shares=[(foreign.id, euro(1))])
    assert (owed(customer.id), left(one), trail(customer.id)) == (14_000, 5_000, ["customer.added"])


def test_money_cannot_have_come_tomorrow_or_in_closed_books(customer: Customer) -> None:
    with pytest.raises(DeskRefused):
        enter(customer.id, on=TODAY + DAY)
    with transaction():
        desk.close_books(TODAY - 5 * DAY, by=STAFF, now=NOW)
    with pytest.raises(BooksClosed):
        enter(customer.id, on=TODAY - 5 * DAY)
    assert enter(customer.id, on=TODAY - 4 * DAY).effective_on == TODAY - 4 * DAY


def test_what_was_allocated_by_mistake_is_taken_back_and_told(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, 5_000)
    receipt = enter(customer.id, 5_000, shares=[(invoice.id, euro(5_000))], on=TODAY - 9 * DAY)
    [used] = ledger.allocations_of(customer.id, receipt.id)
    allocation = ledger.allocation_of(customer.id, used.allocation_id)
    with transaction():
        desk.take_back(allocation, reason="Meant for another invoice", by=STAFF, now=NOW)
    assert (left(invoice), left(receipt), trail(customer.id)[0]) == (5_000, 5_000, "allocation.taken_back")
    assert audit.page_of_events(customer.id, page=1, size=1)[0][0][1].body == {"reason": "Meant for another invoice"}
    with pytest.raises(AllocationRefused), transaction():
        desk.take_back(allocation, reason="again", by=STAFF, now=NOW)
    with transaction():
        desk.allocate(session.merge(receipt), [(invoice.id, euro(4_000))], by=STAFF, now=NOW)
    assert (left(invoice), left(receipt), trail(customer.id)[0]) == (1_000, 1_000, "allocation.made")
    assert [owed(customer.id, TODAY - days * DAY) for days in (10, 9, 0)] == [5_000, 0, 0]


# Money without a name


def move(receipt: Entry, to: Customer, minor: int) -> Entry:
    with transaction():
        mine = ledger.entry_of(receipt.customer_id, receipt.id)
        return desk.move_receipt(mine, to, euro(minor), reason="Named on the phone", by=STAFF, now=NOW)


def test_money_without_a_name_moves_to_whose_it_is_and_no_cent_is_made(customer: Customer) -> None:
    nameless = enter(HOLDING_ACCOUNT, 10_000, on=TODAY - 3 * DAY)
    moved = move(nameless, customer, 6_000)
    assert (moved.customer_id, moved.amount, moved.effective_on) == (customer.id, euro(6_000), TODAY - 3 * DAY)
    assert (moved.reference, moved.payer) == ("RF 7", "Ona")
    assert (left(nameless), left(moved)) == (4_000, 6_000)
    for days in (4, 3, 0):
        day = TODAY - days * DAY
        assert owed(HOLDING_ACCOUNT, day) + owed(customer.id, day) == (0 if days == 4 else -10_000)
    assert (trail(HOLDING_ACCOUNT)[0], trail(customer.id)[0]) == ("receipt.moved", "receipt.moved")
    move(nameless, customer, 4_000)
    assert (left(nameless), owed(customer.id), owed(HOLDING_ACCOUNT)) == (0, -10_000, 0)
    assert verify(now=NOW).broken == []


def test_a_receipt_moves_no_more_than_it_has_and_never_to_itself(customer: Customer, make: Maker) -> None:
    receipt, other = enter(customer.id, 10_000), make.customer()
    with pytest.raises(AllocationRefused):
        move(receipt, other, 10_001)
    with pytest.raises(DeskRefused, match="this account already"):
        move(receipt, customer, 100)
    with pytest.raises(EntryRefused):
        move(receipt, other, 0)
    with transaction():
        invoice = make.invoice(customer, 9_000)
        desk.allocate(ledger.entry_of(customer.id, receipt.id), [(invoice.id, euro(9_000))], by=STAFF, now=NOW)
    with pytest.raises(AllocationRefused):
        move(receipt, other, 1_001)
    assert move(receipt, other, 1_000).amount == euro(1_000)


def test_what_is_no_receipt_is_not_moved(customer: Customer, make: Maker) -> None:
    with transaction():
        note = ledger.credit(customer.id, euro(500), effective_on=TODAY, dedupe_key="cn", reason="", now=NOW)
    for entry in (note, make.invoice(customer)):
        with pytest.raises(DeskRefused, match="Only a receipt"):
            move(entry, make.customer(), 100)


def test_money_of_closed_books_moves_today(customer: Customer) -> None:
    nameless = enter(HOLDING_ACCOUNT, 10_000, on=TODAY - 9 * DAY)
    with transaction():
        desk.close_books(TODAY - 5 * DAY, by=STAFF, now=NOW)
    assert move(nameless, customer, 10_000).effective_on == TODAY
    assert [owed(HOLDING_ACCOUNT, TODAY - days * DAY) for days in (9, 5, 0)] == [-10_000, -10_000, 0]


# The company's own facts


def test_the_day_of_the_bank_never_goes_back_or_beyond_today(engine: Engine) -> None:
    def record(day: date) -> None:
        with transaction():
            desk.record_bank_day(day, by=STAFF, now=NOW)

    record(TODAY - 3 * DAY)
    record(TODAY - 3 * DAY)
    record(TODAY)
    for day in (TODAY - DAY, TODAY + DAY):
        with pytest.raises(DeskRefused):
            record(day)
    assert company.get().bank_money_until == TODAY
    assert trail(HOLDING_ACCOUNT)[0] == "bank_day.recorded"


def test_books_once_closed_stay_closed(customer: Customer, make: Maker) -> None:
    def close(day: date) -> None:
        with transaction():
            desk.close_books(day, by=STAFF, now=NOW)

    with pytest.raises(DeskRefused):
        close(TODAY)
    close(TODAY - 30 * DAY)
    with pytest.raises(DeskRefused):
        close(TODAY - 31 * DAY)
    close(TODAY - DAY)
    assert company.get().books_closed_on == TODAY - DAY
    with pytest.raises(BooksClosed):
        write(customer, line("5"), issued_on=TODAY - DAY, due_on=TODAY)
    assert invoices.registered("H-1") is None
    assert write(customer, line("5")).issued_on == TODAY


def test_today_is_the_company_s_day_not_greenwich_s(customer: Customer) -> None:
    """At 22:30 UTC it is tomorrow in Vilnius."""
    evening = NOW.replace(hour=22, minute=30)
    with transaction():
        company.locked().timezone = "Europe/Vilnius"
    with transaction():
        desk.record_bank_day(TODAY + DAY, by=STAFF, now=evening)
    with transaction():
        company.locked().timezone = "America/New_York"
    with pytest.raises(DeskRefused), transaction():
        desk.record_bank_day(TODAY + DAY, by=STAFF, now=evening)
