"""Files with lines: which rows are one invoice, what is booked of them, and what a second look may change."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from models import audit, customers, disputes, invoices
from models.complaints import Asked, By, Measure, Scope
from models.complaints.billed import LinesBilled
from models.database import session
from models.disputes import Reason, Remedy
from models.imports.checking import Checker
from models.imports.mappings import Kind, choose
from models.imports.reading import open_table
from models.imports.rows import InvoiceRow
from models.ledger import Entry
from models.money import Money
from models.reports import complaints as report
from models.transactions import transaction
from tests.conftest import NOW
from tests.making import Maker
from tests.models.imports.conftest import BringIn
from tests.models.imports.test_invoices import actions, everything, id_of, reasons

HEADER = "customer,name,number,amount,currency,issued,due,line,description,product,supplier,site,quantity,tax_rate\n"


def row(
    number: str, amount: str, *line: str, customer: str = "C-1", currency: str = "EUR", issued: str = "2026-09-01"
) -> str:
    cells = [customer, "Žalias Namas UAB", number, amount, currency, issued, "2026-10-01", *line]
    return ",".join([*cells, *[""] * (14 - len(cells))]) + "\n"


CHAIRS = row("INV-1", "121.00", "1", "Oak chair", "CHAIR", "Medis AB", "Kaunas", "2", "21")
TABLE = row("INV-1", "60.50", "2", "", "TABLE", "Stalai UAB", "", "", "21")
FREE = row("INV-1", "0.00", "3", "Delivery")
FILE = HEADER + CHAIRS + TABLE + FREE + row("INV-2", "30.00", "", "", "", "Medis AB") + row("INV-3", "5.00")


def counts(summary: object) -> tuple[int, ...]:
    return tuple(getattr(summary, name) for name in ("new", "changed", "unchanged", "rejected"))


def lines() -> list[tuple[object, ...]]:
    found = session.execute(
        text(
            "select i.number, l.position, l.description, l.product, l.supplier, l.site, l.quantity, l.net_minor,"
            " l.tax_rate, l.tax_minor from invoice_lines l join invoices i on i.customer_id = l.customer_id"
            " and i.id = l.invoice_id order by 1, 2"
        )
    )
    return [tuple(line) for line in found]


def test_rows_of_one_number_are_the_lines_of_one_invoice_and_the_same_file_twice_changes_nothing(
    bring_in: BringIn, prove: Callable[[], None]
) -> None:
    tried = bring_in("invoices", FILE, dry_run=True)
    first = bring_in("invoices", FILE)
    assert counts(tried) == counts(first) == (5, 0, 0, 0)  # Rows, so that they add up to the file's.
    assert first.as_json()["sums"] == {"EUR": "216.50"}
    amounts = session.execute(text("select number, amount_minor from invoices order by 1")).all()
    assert amounts == [("INV-1", 18150), ("INV-2", 3000), ("INV-3", 500)]
    assert lines() == [
        ("INV-1", 1, "Oak chair", "CHAIR", "Medis AB", "Kaunas", Decimal(2), 10000, Decimal(21), 2100),
        ("INV-1", 2, "TABLE", "TABLE", "Stalai UAB", "", Decimal(1), 5000, Decimal(21), 1050),
        ("INV-1", 3, "Delivery", "", "", "", Decimal(1), 0, Decimal(0), 0),
        ("INV-2", 1, "", "", "Medis AB", "", Decimal(1), 3000, Decimal(0), 0),
    ]
    before = [*everything(), lines()]
    assert counts(bring_in("invoices", FILE)) == (0, 0, 5, 0)
    assert [*everything(), lines()] == before
    prove()


def test_what_was_booked_without_lines_gets_them_later_and_their_words_may_change(
    bring_in: BringIn, prove: Callable[[], None]
) -> None:
    whole = "customer,number,amount,currency,issued,due\nC-1,INV-1,181.50,EUR,2026-09-01,2026-10-01\n"
    bring_in("invoices", whole)
    assert counts(bring_in("invoices", FILE)) == (2, 3, 0, 0)
    assert [line[0] for line in lines()] == ["INV-1"] * 3 + ["INV-2"]
    other = HEADER + CHAIRS.replace("Kaunas", "Vilnius") + TABLE.replace("Stalai UAB", "") + FREE
    assert counts(bring_in("invoices", other)) == (0, 3, 0, 0)
    assert [line[4:6] for line in lines()[:2]] == [("Medis AB", "Vilnius"), ("Stalai UAB", "")]
    assert counts(bring_in("invoices", other)) == (0, 0, 3, 0)
    assert actions(id_of("C-1")) == ["customer.changed", "invoice.changed", "invoice.changed"]
    assert counts(bring_in("invoices", whole)) == (0, 0, 1, 0)
    prove()


def test_lines_that_are_booked_keep_their_amounts(bring_in: BringIn) -> None:
    bring_in("invoices", FILE)
    before = [*everything(), lines()]
    other = HEADER + CHAIRS.replace("121.00", "120.00") + TABLE.replace("60.50", "61.50") + FREE
    summary = bring_in("invoices", other)
    assert counts(summary) == (0, 0, 0, 3)
    assert {reason for *_, reason in reasons(summary.run_id)} == {
        "Invoice INV-1 is booked with other lines than the file says, or a case is about it: its lines stay."
    }
    assert [*everything(), lines()] == before


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([CHAIRS, TABLE.replace("60.50", "6O.50")], "This is not an amount"),
        ([CHAIRS, TABLE.replace("2026-10-01", "2026-10-02")], "do not agree: here stands “2026-10-02”"),
        ([CHAIRS, TABLE.replace("C-1", "C-2")], "do not agree: here stands “C-2”"),
        ([CHAIRS, CHAIRS], "are the same line"),
        ([CHAIRS, TABLE.replace(",2,", ",1,")], "are the same line"),
        ([CHAIRS, row("INV-2", "1.00", "", "Nails"), TABLE], "do not stand together"),
        ([CHAIRS, TABLE, TABLE.replace("INV-1", "").replace(",2,", ",3,")], "has no number that can be read"),
        ([CHAIRS, TABLE, 'C-1,"Ž\n'], "has no number that can be read"),
        ([CHAIRS, TABLE.replace(",21\n", ",210\n")], "A tax rate is a number from 0 to 100."),
        ([CHAIRS, row("INV-1", "-121.00", "2", "Given back")], "The amount is zero"),
    ],
)
def test_an_invoice_is_booked_whole_or_not_at_all(bring_in: BringIn, rows: list[str], said: str) -> None:
    summary = bring_in("invoices", HEADER + "".join(rows))
    assert invoices.registered("INV-1") is None
    told = reasons(summary.run_id)
    assert said in " ".join(reason for *_, reason in told)
    assert summary.new + summary.rejected == len(rows)


def test_a_repeated_number_without_words_for_lines_is_what_it_was(bring_in: BringIn) -> None:
    twice = HEADER + row("INV-1", "100.00") * 2 + row("INV-1", "120.00")
    assert counts(bring_in("invoices", twice)) == (1, 0, 1, 1)
    assert lines() == []


words = st.sampled_from(["", "Oak chair", "Table, round", "Ąžuolas"])
some_lines = st.lists(st.tuples(st.integers(-500, 50_000).filter(bool), words, words, words), min_size=1, max_size=5)


@given(bills=st.lists(some_lines, min_size=1, max_size=8), size=st.integers(1, 7))
def test_no_cut_of_a_file_changes_an_invoice_and_every_cent_is_on_a_line(
    tmp_path_factory: pytest.TempPathFactory, bills: list[list[tuple[int, str, str, str]]], size: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.csv"
    rows = [
        (f"INV-{number}", minor, (str(place + 1), *(f'"{word}"' for word in told)))
        for number, bill in enumerate(bills)
        for place, (minor, *told) in enumerate(bill)
    ]
    text = HEADER + "".join(row(number, f"{minor / 100:.2f}", *told) for number, minor, told in rows)
    path.write_text(text, encoding="utf-8")
    checker = Checker(choose(Kind.INVOICES, path.name, None, Path("nowhere")), open_table(path))
    assert checker.grouping
    checked = [checker.check(chunk) for chunk in checker.grouping.whole(checker.table.chunks(size))]
    found = [InvoiceRow._make(one) for chunk in checked for one in chunk.rows]
    refused = sum(len(chunk.rejects) for chunk in checked)
    wanted = {number: sum(one[1] for one in group) for number, group in groupby(rows, key=lambda one: one[0])}
    assert {one.number: one.amount_minor for one in found} == {n: minor for n, minor in wanted.items() if minor}
    assert sum(max(len(one.lines), 1) for one in found) + refused == len(rows)
    assert all(sum(line.net_minor + line.tax_minor for line in one.lines) == one.amount_minor for one in found)


def test_complaints_are_counted_by_the_supplier_that_an_import_named(bring_in: BringIn, make: Maker) -> None:
    bring_in("invoices", FILE)
    customer = customers.by_number("C-1")
    assert customer
    contact, today = make.contact(customer), NOW.date()
    for number, position in (("INV-1", 0), ("INV-1", 1), ("INV-2", 0)):
        invoice = invoices.of_customer(customer.id, number)
        assert invoice
        entry_id = session.scalars(select(Entry.id).where(Entry.invoice_id == invoice.id)).one()
        line = invoices.lines_of(invoice)[position]
        with transaction():
            disputes.open_case(
                customer,
                contact,
                entry_id,
                {line.id: line.net + line.tax},
                reason=Reason.DAMAGED,
                wanted=Remedy.CREDIT,
                text="Two legs are broken",
                by=audit.COMMAND,
                on=today,
                now=NOW,
            )
    _, table = report.by_group(Asked(today, today), By.SUPPLIER, Measure.CASES, "EUR")
    assert [(row[0], row[2], row[4]) for row in table.rows] == [
        *(("Medis AB", 2, Money(15100, "EUR")), ("Stalai UAB", 1, Money(6050, "EUR"))),
    ]
    billed = LinesBilled(date(2026, 9, 1), date(2026, 9, 1), Scope(supplier="Medis AB"))
    assert billed.between(date(2026, 9, 1), date(2026, 9, 1)) == 2
    again = bring_in("invoices", FILE)  # What somebody complains about is left alone.
    assert counts(again) == (0, 0, 5, 0)


def test_a_case_about_an_invoice_without_lines_keeps_it_without(bring_in: BringIn, make: Maker) -> None:
    bring_in("invoices", "customer,number,amount,currency,issued,due\nC-1,INV-2,30.00,EUR,2026-09-01,2026-10-01\n")
    customer = customers.by_number("C-1")
    assert customer
    entry_id = session.scalars(select(Entry.id)).one()
    about = {"reason": Reason.DAMAGED, "wanted": Remedy.CREDIT, "text": "", "by": audit.COMMAND}
    with transaction():
        disputes.open_case(
            customer, make.contact(customer), entry_id, {None: Money(3000, "EUR")}, **about, on=NOW.date(), now=NOW
        )
    assert counts(bring_in("invoices", HEADER + row("INV-2", "30.00", "", "Nails"))) == (0, 0, 0, 1)
    assert lines() == []
