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

from models import causes, clock, complaints, database
from models.policies.permissions import Role
from tests.backoffice.reading import error_at
from tests.complaining import Complainer, days_from
from tests.making import Maker, day_of


@pytest.fixture
def complainer(make: Maker) -> Complainer:
    return Complainer(make)


def test_page_files_and_command_say_the_same(
    app: Flask, as_role: Callable[[Role], FlaskClient], complainer: Complainer
) -> None:
    today = day_of(clock.now())
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
    assert [(row["share"], row["cumulative"]) for row in rows] == [("0.6", "0.6"), ("0.2", "0.8"), ("0.2", "1.0")]
    by_money = manager.get("/staff/complaints.csv?measure=held&by=product").text
    assert by_money.splitlines()[1].startswith("'+Glue,EUR,1,0,900.00,900.00,0.00,0.6,0.6")


def test_an_action_goes_from_an_alert_to_its_owner_and_is_watched(
    app: Flask, as_role: Callable[[Role], FlaskClient], people: dict[Role, int], complainer: Complainer
) -> None:
    today = day_of(clock.now())
    cause = complainer.cause()
    complainer.cases(days_from(today - timedelta(days=9), 5), cause, words="Two of six plates in splinters")
    complaints.review("https://pay.example.test", now=clock.now())
    finance = as_role(Role.FINANCE)
    assert "5 cases since" in finance.get("/staff/complaints/alerts").text
    assert "Two of six plates" in finance.get(f"/staff/complaints/cases?group=cause&key={cause}").text
    said = {"cause": cause, "what": "Foam", "expected": "None broken", "due_on": today, "owner": people[Role.COLLECTOR]}
    answer = finance.post("/staff/actions/new", data={**said, "due_on": today - timedelta(days=1)})
    assert error_at(answer, "due_on") == "Choose a day that has not passed."
    where = finance.post("/staff/actions/new", data=said).location
    assert "No alerts" in finance.get("/staff/complaints/alerts").text
    assert finance.post(where, data={"step": "agree"}).status_code == 422, "finance does not agree to actions"

    assert as_role(Role.MANAGER).post(where, data={"step": "agree"}).status_code == 303
    owner = as_role(Role.COLLECTOR)
    assert "Foam" in owner.get("/staff/actions").text
    assert owner.get("/staff/complaints").status_code == 403
    assert [owner.post(where, data={"step": step}).status_code for step in ("begin", "finish")] == [303, 303]
    page = owner.get(where).text
    assert "It is judged on" in page
    assert "So far: 5 cases before and 0 since." in page


def test_the_tree_is_edited_and_nothing_is_deleted(
    app: Flask, as_role: Callable[[Role], FlaskClient], people: dict[Role, int]
) -> None:
    manager = as_role(Role.MANAGER)
    facts = {"name": "Warehouse", "email": "w@company.test", "head": people[Role.CLERK]}
    assert manager.post("/staff/complaints/departments/new", data=facts).status_code == 303
    assert "is there already" in error_at(manager.post("/staff/complaints/departments/new", data=facts), "name")
    fault = {"process_name": "Packing", "name": "Not padded"}
    assert manager.post("/staff/complaints/departments/1/causes/new", data=fault).status_code == 303
    retired = manager.post("/staff/complaints/causes/1", data={**fault, "name": "Not padded enough"})
    assert retired.status_code == 303, "without the tick it is retired"
    assert causes.tree() == [(causes.department(1), [])]
    page = manager.get("/staff/complaints/causes").text
    assert "Not padded enough" in page
    assert "Retired" in page
    assert as_role(Role.FINANCE).get("/staff/complaints/causes/1").status_code == 403
