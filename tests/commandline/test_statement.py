"""`flask statement`: the statement of any day for programs, spreadsheets and people."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from pypdf import PdfReader

from models import ledger
from models.money import Money
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

DAY = timedelta(days=1)


Statement = Callable[..., tuple[int, bytes]]


@pytest.fixture
def statement(app: Flask, flask: Callable[..., Result]) -> Statement:
    def run(*words: str) -> tuple[int, bytes]:
        result = flask(app, "statement", *words)
        return result.exit_code, result.stdout_bytes

    return run


def told(answer: tuple[int, bytes]) -> Any:
    code, out = answer
    assert code == 0
    return json.loads(out)


def test_one_currency_is_one_object_that_adds_up(statement: Statement, make: Maker) -> None:
    customer = make.customer(number="ab-7")
    invoice = make.invoice(customer, 128_450, number="INV-1", issued_on=TODAY - 20 * DAY, due_on=TODAY)
    receipt = make.receipt(customer, 50_000, on=TODAY - 5 * DAY)
    with transaction():
        fresh = [ledger.entry_of(customer.id, one.id) for one in (receipt, invoice)]
        ledger.allocate(*fresh, Money(30_000, "EUR"), now=NOW)
    assert told(statement("AB-7", "--as-of", TODAY.isoformat())) == {
        "customer": "AB-7",
        "as_of": "2026-11-22",
        "currency": "EUR",
        "rows": [
            {"number": "INV-1", "kind": "invoice", "effective_on": "2026-11-02", "due_on": "2026-11-22",
             "amount": "1284.50", "open": "984.50"},
            {"number": "", "kind": "receipt", "effective_on": "2026-11-17", "due_on": None,
             "amount": "-500.00", "open": "-200.00"},
        ],
        "total": "784.50",
    }  # fmt: skip
    assert told(statement("ab-7", "--as-of", (TODAY - 6 * DAY).isoformat()))["total"] == "1284.50"


def test_several_currencies_are_a_list_each_with_its_decimals(statement: Statement, make: Maker) -> None:
    customer = make.customer(number="7")
    for currency, minor in (("JPY", 5_000), ("KWD", 12_345)):
        make.invoice(customer, minor, currency=currency)
    shown = told(statement("7", "--as-of", TODAY.isoformat()))
    assert [(one["currency"], one["total"]) for one in shown] == [("JPY", "5000"), ("KWD", "12.345")]


def test_who_owes_nothing_gets_an_empty_statement_in_the_company_s_currency(statement: Statement, make: Maker) -> None:
    make.customer(number="7")
    shown = told(statement("7", "--as-of", TODAY.isoformat()))
    assert (shown["currency"], shown["rows"], shown["total"]) == ("EUR", [], "0.00")


def test_the_file_and_the_paper_say_the_same(statement: Statement, make: Maker) -> None:
    customer = make.customer("Žalias Namas", number="7", language="lt")
    make.invoice(customer, 128_450, number="INV-1")
    _, file = statement("7", "--as-of", TODAY.isoformat(), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert [(row["number"], Decimal(row["open"]), row["currency"]) for row in rows] == [
        *(("INV-1", Decimal("1284.50"), "EUR"),),
    ]
    _, paper = statement("7", "--as-of", TODAY.isoformat(), "--format", "pdf")
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages).split())
    assert "INV-1" in text
    assert "1 284,50" in text.replace("\u00a0", " ")  # In the customer's own language.


def test_nobody_s_statement_and_no_day_are_refused(statement: Statement, make: Maker) -> None:
    make.customer(number="7")
    assert statement("nobody") == (1, b"")
    assert statement("7", "--as-of", "yesterday")[0] == 2
    assert statement("7", "--format", "docx")[0] == 2
