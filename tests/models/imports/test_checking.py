"""Cells into values: amounts, dates, keys; and what is no value, with its reason."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.imports.amounts import AmountReader
from models.imports.checking import Checker
from models.imports.dates import DateFormatRefused, DateReader
from models.imports.mappings import Kind, Mapping, choose
from models.imports.reading import open_table
from models.imports.rows import Checked, InvoiceRow, PaymentRow

COLUMNS = {name: (name,) for name in ("customer", "name", "number", "amount", "currency", "issued", "due")}


def checked(folder: Path, text: str, kind: Kind = Kind.INVOICES, **rules: object) -> Checked:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    mapping = Mapping(**{"name": "test", "kind": kind, "files": (), "columns": COLUMNS, **rules})  # type: ignore[arg-type]
    table = open_table(path)
    (chunk,) = table.chunks()
    return Checker(mapping, table).check(chunk)


def invoice(folder: Path, amount: str = "1.00", issued: str = "2026-09-01", **rules: object) -> Checked:
    text = f"customer|name|number|amount|currency|issued|due\nC|N|1|{amount}|EUR|{issued}|2026-10-01\n"
    return checked(folder, text, **rules)


@pytest.mark.parametrize(
    ("cell", "exponent", "minor", "changed"),
    [
        ("1234.56", 2, 123456, False),
        ("1234.5", 2, 123450, False),
        ("1234", 2, 123400, False),
        (".5", 2, 50, False),
        ("2309.7899999999995", 2, 230979, True),
        ("17828.068999999996", 2, 1782807, True),
        ("0.005", 2, 1, True),
        ("0.004", 2, 0, True),
        ("0.0049999", 2, 1, True),  # Six places first: 0.005000.
        ("-0.005", 2, -1, True),
        ("100.5", 0, 101, True),
        ("100.0005", 3, 100001, True),
        ("12.50-", 2, -1250, False),
        ("(12.50)", 2, -1250, False),
        ("−12.50", 2, -1250, False),
        ("+12.50", 2, 1250, False),
    ],
)
def test_amounts_are_rounded_half_up_to_six_places_and_then_to_the_currency(
    cell: str, exponent: int, minor: int, changed: bool
) -> None:
    reader = AmountReader(decimal=".", thousands="", exponent=exponent)
    assert reader(cell) == (minor, changed)
    assert reader.column([cell]) == ([minor], [0] if changed else [])


@pytest.mark.parametrize(
    "cell", ["", "12O.00", "1e5", "NaN", "Infinity", "1,5", "1.2.3", "--5", "EUR 5", "½", "٣", "1_000", "9" * 30]
)
def test_what_is_no_amount_is_not_guessed(cell: str) -> None:
    assert AmountReader(decimal=".", thousands="", exponent=2)(cell) == (None, False)


def test_thousands_are_groups_of_three_or_nothing() -> None:
    continental = AmountReader(decimal=",", thousands=".", exponent=2)
    assert continental("1.234.567,89") == (123456789, False)
    assert continental("1.23") == (None, False)
    assert continental("1234,5") == (123450, False)
    spaced = AmountReader(decimal=",", thousands=" ", exponent=2)
    assert spaced("1 234 567,89") == spaced("1\xa0234\u202f567,89") == (123456789, False)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=20))
def test_a_whole_column_reads_as_its_cells_do(minors: list[int]) -> None:
    cells = [f"{minor // 100}.{minor % 100:02d}" for minor in minors]
    reader = AmountReader(decimal=".", thousands="", exponent=2)
    assert reader.column(cells) == (minors, [])
    assert [reader(cell)[0] for cell in cells] == minors


@pytest.mark.parametrize(
    ("form", "cell", "day"),
    [
        ("YYYY-MM-DD", "2026-02-28", date(2026, 2, 28)),
        ("YYYY-MM-DD", "2026-02-30", None),
        ("YYYY-MM-DD", "2026-2-8", None),
        ("M/D/YYYY", "1/2/2013", date(2013, 1, 2)),
        ("M/D/YYYY", "13/1/2013", None),
        ("DD-MM-YYYY", "23-04-2020", date(2020, 4, 23)),
        ("DD-MMM-YY", "26-Apr-11", date(2011, 4, 26)),
        ("DD-MMM-YY", "26-Apr-70", date(1970, 4, 26)),
        ("DD-MMM-YY", "26-Foo-11", None),
        ("DD.MM.YYYY hh:mm", "05.09.2011 20:55", date(2011, 9, 5)),
        ("DD.MM.YYYY", "05.09.2011 20:55", None),
    ],
)
def test_dates_are_read_exactly_as_the_mapping_spells_them(form: str, cell: str, day: date | None) -> None:
    assert DateReader([form])([cell, cell]) == [day, day]


def test_two_formats_that_read_one_text_as_two_days_are_refused() -> None:
    with pytest.raises(DateFormatRefused, match="different days"):
        DateReader(["DD/MM/YYYY", "MM/DD/YYYY"])
    DateReader(["YYYY-MM-DD", "DD-MM-YYYY"])


def test_a_date_format_without_a_year_is_refused() -> None:
    with pytest.raises(DateFormatRefused):
        DateReader(["DD.MM"])


@pytest.mark.parametrize("day", ["1969-12-31", "2101-01-01", "9999-12-31"])
def test_dates_that_cannot_be_meant_are_rejected(day: str, tmp_path: Path) -> None:
    (reject,) = invoice(tmp_path, issued=day).rejects
    assert (reject.row, reject.problem.column, reject.problem.value) == (2, "issued", day)


def test_a_due_date_before_the_day_of_issue_is_accepted_and_flagged(tmp_path: Path) -> None:
    found = invoice(tmp_path, issued="2026-10-02")
    assert (len(found.rows), found.flagged) == (1, 1)


def test_every_reject_names_row_column_value_and_reason(tmp_path: Path) -> None:
    text = (
        "customer;name;number;amount;currency;issued;due\n"
        "C;N;1;1.00;EUR;2026-09-01;2026-10-01\n"
        "C;N;2;x;EUR;2026-09-01;2026-10-01\n"
        "C;N;3;1.00;XXX;2026-09-01;2026-10-01\n"
        "C;N;;1.00;EUR;2026-09-01;2026-10-01\n"
        "C;N;5;1.00;EUR;1 May;2026-10-01\n"
        "-;N;6;1.00;EUR;2026-09-01;2026-10-01\n"
        "C;N;7;1.00;EUR;2026-09-01\n"
        "C;N;8;;EUR;2026-09-01;\n"
    )
    found = checked(tmp_path, text)
    assert [row[1] for row in found.rows] == ["1"]
    told = [(reject.row, reject.problem.column, reject.problem.value) for reject in found.rejects]
    assert sorted(told) == [
        (3, "amount", "x"),
        (4, "currency", "XXX"),
        (5, "number", ""),
        (6, "issued", "1 May"),
        (7, "customer", "-"),
        (8, "", ""),
        (9, "amount", ""),
    ]
    assert all(reject.problem.reason % reject.problem.values for reject in found.rejects)


def test_keys_are_padded_and_the_spelling_of_the_file_is_kept(tmp_path: Path) -> None:
    mapping = choose(Kind.INVOICES, "sap_open_items.csv", None, tmp_path)
    path = tmp_path / "sap_open_items.csv"
    path.write_text(
        "cust_number,name_customer,doc_id,converted_usd,posting_date,due_in_date,cust_payment_terms\n"
        " 200769623 ,WAL-MAR  us,1930817482,1.00,2020-04-23,26-04-2020,NAM2\ncc4711,x,1,2.00,2020-04-23,2020-04-26,\n"
    )
    table = open_table(path)
    (chunk,) = table.chunks()
    first, second = (InvoiceRow._make(row) for row in Checker(mapping, table).check(chunk).rows)  # type: ignore[arg-type]
    assert (first.customer, first.customer_as_written, first.name) == ("0200769623", "200769623", "WAL-MAR us")
    assert (second.customer, second.customer_as_written, second.number) == ("CC4711", "cc4711", "0000000001")
    assert (first.due_on, first.currency, first.country) == (date(2020, 4, 26), "USD", "US")


def test_text_that_was_damaged_on_its_way_is_rejected(tmp_path: Path) -> None:
    text = "customer|name|number|amount|currency|issued|due\nC|\ufffdalias|1|1.00|EUR|2026-09-01|2026-10-01\n"
    (reject,) = checked(tmp_path, text).rejects
    assert reject.problem.column == "name"


def test_a_settled_credit_a_settled_nothing_and_a_settlement_without_a_day(tmp_path: Path) -> None:
    columns = {**COLUMNS, "settled": ("settled",), "settled_on": ("settled_on",)}
    text = (
        "customer|name|number|amount|currency|issued|due|settled|settled_on\n"
        "C|N|1|-5.00|EUR|2026-09-01|2026-10-01|5.00|2026-09-05\n"
        "C|N|2|5.00|EUR|2026-09-01|2026-10-01|0.00|2026-09-05\n"
        "C|N|3|5.00|EUR|2026-09-01|2026-10-01|5.00|\n"
        "C|N|4|-5.00|EUR|2026-09-01|2026-10-01||\n"
    )
    found = checked(tmp_path, text, columns=columns)
    good = [InvoiceRow._make(row) for row in found.rows]  # type: ignore[arg-type]
    assert [(row.number, row.amount_minor, row.settled_minor, row.settled_on) for row in good] == [
        ("2", 500, None, None),
        ("4", -500, None, None),
    ]
    assert sorted(reject.row for reject in found.rejects) == [2, 4]


def test_two_equal_payments_are_two_and_have_the_same_names_the_next_time(tmp_path: Path) -> None:
    columns = {name: (name,) for name in ("payer", "amount", "currency", "received", "reference")}
    text = "payer|amount|currency|received|reference\n" + "P|5.00|EUR|2026-09-01|RF18 5390 0754 7034\n" * 2
    runs = [checked(tmp_path, text, Kind.PAYMENTS, columns=columns) for _ in range(2)]
    first, second = ([PaymentRow._make(row) for row in run.rows] for run in runs)  # type: ignore[arg-type]
    assert len({row.key for row in first}) == 2
    assert first == second
    assert first[0].cells == ("RF18 5390 0754 7034", "RF18539007547034")
