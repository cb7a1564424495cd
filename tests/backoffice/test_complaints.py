"""Managers see what complaints come from; page, files and command say the same."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from models import clock, database
from models.policies.permissions import Role
from tests.complaining import Complainer, days_from
from tests.making import Maker


@pytest.fixture
def complainer(make: Maker) -> Complainer:
    return Complainer(make)


def test_page_files_and_command_say_the_same(
    app: Flask, as_role: Callable[[Role], FlaskClient], complainer: Complainer
) -> None:
    today = clock.now().date()
    padding, price = complainer.cause(), complainer.cause("Old list", "Offers", "=Sales")
    complainer.cases(days_from(today - timedelta(days=20), 3), padding, held=20_000, credited=5_000)
    complainer.case(today - timedelta(days=9), price, lines=[{"product": "+Glue", "net_minor": 90_000}])
    complainer.case(today - timedelta(days=2), held=1_000, currency="USD", words="Still waiting")
    complainer.case(today - timedelta(days=120), padding)
    manager = as_role(Role.MANAGER)

    page = manager.get("/staff/complaints").text
    sheet = manager.get("/staff/complaints.csv").text
    book = CalamineWorkbook.from_filelike(io.BytesIO(manager.get("/staff/complaints.xlsx").data))
    doors = database.session.get_bind()
    database.session.remove()
    doors.dispose()
    printed = app.test_cli_runner().invoke(args=["report", "complaints", "--format", "json"])

    rows = list(csv.DictReader(io.StringIO(sheet.lstrip("\ufeff"))))
    assert [(row["group"], row["currency"], row["cases"], row["held"], row["credited"]) for row in rows] == [
        ("Warehouse › Packing › Not padded", "EUR", "3", "600.00", "150.00"),
        ("'=Sales › Offers › Old list", "EUR", "1", "900.00", "0.00"),
        ("Not known yet", "USD", "1", "10.00", "0.00"),
    ]
    told = json.loads(printed.stdout)["rows"]
    assert [[str(cell) for cell in row.values()] for row in told] == [
        [cell.removeprefix("'") for cell in row.values()] for row in rows
    ]
    in_book = book.get_sheet_by_index(0).to_python()[1:]
    assert [row[0] for row in in_book] == [row["group"] for row in rows]
    assert [row[2:7] for row in in_book] == [[float(cell) for cell in list(row.values())[2:7]] for row in rows]
    on_page = re.findall(r'class="num figure" data-l="Cases">(\d+)<', page)
    assert on_page[:4] == ["3", "1", "1", "5"], "each group, and all of them"
    assert {row["share"] for row in rows} == {"0.6", "0.2"}
