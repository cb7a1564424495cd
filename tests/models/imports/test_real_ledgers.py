"""The real ledgers, with the figures that are known of them. Skipped aloud where their folder is absent."""

import csv
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import text

from models import customers
from models.database import session
from models.imports import FileRefused, Kind
from models.imports.checking import Checker
from models.imports.mappings import choose
from models.imports.reading import open_table
from models.imports.rows import InvoiceRow
from tests.models.imports.conftest import BringIn


class Read:
    """A real file, read and checked without a database."""

    def __init__(self, path: Path) -> None:
        mapping = choose(Kind.INVOICES, path.name, None, path.parent / "nowhere")
        table = open_table(path)
        checker = Checker(mapping, table)
        checked = [checker.check(chunk) for chunk in table.chunks()]
        self.spelling = (mapping.name, table.encoding, table.delimiter)
        self.rows = [InvoiceRow._make(row) for one in checked for row in one.rows]  # type: ignore[arg-type]
        self.rejects = [reject for one in checked for reject in one.rejects]
        self.rounded = sum(one.rounded for one in checked)
        self.flagged = sum(one.flagged for one in checked)
        self.total = sum(row.amount_minor for row in self.rows)


@pytest.mark.parametrize(
    ("file", "mapping", "rows", "total", "rounded", "flagged"),
    [
        ("ibm_late_payments", "ibm_late_payments", 1442, 87_027_36, 0, 0),
        ("ibm_late_payments_with_blanks", "ibm_late_payments", 1509, 91_494_19, 0, 0),
        ("sap_open_items", "sap_open_items", 5688, 168_462_310_25, 243, 24),
        ("sap_open_items_reexported", "sap_open_items", 5688, 168_462_310_25, 218, 24),
        ("vendor_bills_2011_2017", "vendor_bills_2011_2017", 5402, 16_002_656_96, 0, 0),
        ("sap_closed_items", "sap_closed_items", 24097, 707_593_111_44, 0, 0),
    ],
)
def test_every_row_of_a_real_file_is_understood(
    file: str, mapping: str, rows: int, total: int, rounded: int, flagged: int, ledgers: Path
) -> None:
    read = Read(ledgers / f"{file}.csv")
    assert read.spelling == (mapping, "utf-8", ",")
    assert (len(read.rows), read.rejects) == (rows, [])
    assert (read.total, read.rounded, read.flagged) == (total, rounded, flagged)


def test_customer_numbers_with_and_without_leading_zeros_are_one(ledgers: Path) -> None:
    rows = Read(ledgers / "sap_open_items.csv").rows
    assert (len({row.customer for row in rows}), len({row.customer_as_written for row in rows})) == (329, 405)
    again = Read(ledgers / "sap_open_items_reexported.csv").rows
    assert {row.customer for row in again} == {row.customer for row in rows}


def test_a_bill_without_a_number_gets_one_from_its_row(ledgers: Path) -> None:
    rows = Read(ledgers / "vendor_bills_2011_2017.csv").rows
    assert rows[0].number_as_written == "VB-2a96f1c79a"
    assert len({row.number for row in rows}) == 5402


def test_published_predictions_are_no_ledger(bring_in: BringIn, ledgers: Path) -> None:
    with pytest.raises(FileRefused) as refusal:
        bring_in("invoices", ledgers / "sap_published_predictions.csv")
    assert str(refusal.value).startswith("sap_published_predictions.csv has no column with an amount")


def figures(summary: object) -> tuple[int, ...]:
    return tuple(getattr(summary, name) for name in ("new", "changed", "unchanged", "rejected"))


def test_ibm_late_payments_and_then_their_blank_ridden_copy(
    bring_in: BringIn, ledgers: Path, prove: Callable[[], None]
) -> None:
    first = bring_in("invoices", ledgers / "ibm_late_payments.csv")
    assert (figures(first), first.as_json()["sums"]) == ((1442, 0, 0, 0), {"USD": "87027.36"})
    assert open_items() == []
    second = bring_in("invoices", ledgers / "ibm_late_payments_with_blanks.csv")
    assert figures(second) == (67, 0, 1442, 0)
    assert session.scalar(text("select count(*) from entries where kind = 'receipt'")) == 1509
    prove()


def test_sap_open_items_and_then_their_copies(
    bring_in: BringIn, ledgers: Path, tmp_path: Path, prove: Callable[[], None]
) -> None:
    first = bring_in("invoices", ledgers / "sap_open_items.csv")
    assert (figures(first), first.as_json()["sums"]) == ((5688, 0, 0, 0), {"USD": "168462310.25"})
    assert (first.rounded, first.flagged) == (243, 24)
    assert open_items() == [("USD", 5688, 168_462_310_25)]
    counted = session.execute(
        text(
            "select (select count(*) from customers where id > 0), count(*) filter (where due_before_issue),"
            " count(distinct terms) from invoices"
        )
    ).one()
    assert counted == (329, 24, 31)
    second = bring_in("invoices", ledgers / "sap_open_items_reexported.csv")
    assert figures(second) == (0, 0, 5688, 0)
    third = bring_in("invoices", as_workbook(ledgers / "sap_open_items.csv", tmp_path / "sap_open_items.xlsx"))
    assert figures(third) == (0, 0, 5688, 0)
    walmar = customers.by_number("0200769623")
    assert walmar
    assert walmar.name == "WAL-MAR us"
    assert len(customers.also_known_as(walmar.id)) == 10
    items = text("select count(*) from entries where customer_id = :id and open_minor > 0")
    assert session.scalar(items, {"id": walmar.id}) == 2602
    prove()


def test_vendor_bills_settled_in_part(bring_in: BringIn, ledgers: Path, prove: Callable[[], None]) -> None:
    first = bring_in("invoices", ledgers / "vendor_bills_2011_2017.csv")
    assert (figures(first), first.as_json()["sums"]) == ((5402, 0, 0, 0), {"EUR": "16002656.96"})
    assert open_items() == [("EUR", 377, 426_590_19)]
    assert figures(bring_in("invoices", ledgers / "vendor_bills_2011_2017.csv")) == (0, 0, 5402, 0)
    prove()


def test_sap_closed_items(bring_in: BringIn, ledgers: Path, prove: Callable[[], None]) -> None:
    first = bring_in("invoices", ledgers / "sap_closed_items.csv")
    # 83 of the 24,097 rows repeat the invoice number, customer, amount and dates of a row before them.
    assert figures(first) == (24_014, 0, 83, 0)
    assert open_items() == []
    prove()


def as_workbook(source: Path, target: Path) -> Path:
    """As a spreadsheet keeps it: numbers as numbers, days as days."""
    book = xlsxwriter.Workbook(target, {"strings_to_numbers": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    with source.open(newline="") as file:
        for row, cells in enumerate(csv.reader(file)):
            for column, cell in enumerate(cells):
                if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
                    sheet.write_datetime(row, column, datetime.fromisoformat(cell))
                else:
                    sheet.write(row, column, cell)
    book.close()
    return target


def open_items() -> list[tuple[str, int, int]]:
    query = "select currency, count(*), sum(open_minor)::bigint from entries where open_minor > 0 group by currency"
    return [(currency, items, minor) for currency, items, minor in session.execute(text(query))]
