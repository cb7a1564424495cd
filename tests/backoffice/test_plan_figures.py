"""What finance sees of plans is what one finds who counts them one by one; page, command and files say the same."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from models import database
from models.plans.figures import figures
from models.policies.permissions import Role
from tests.backoffice.reading import shown
from tests.conftest import TODAY
from tests.making import Maker
from tests.models.plans import counting
from tests.models.plans.town import Town

FIGURES = "/staff/instalment-plans/figures"
TABLES = ("standing", "kept", "expected", "requests", "versions", "plans")


def test_the_figures_are_those_of_who_counts_one_by_one(desk: FlaskClient, make: Maker) -> None:
    town = Town(make, 7)
    town.grow(50)
    town.grow(2, "USD")
    for currency in ("EUR", "USD", "GBP"):
        for on in (TODAY, TODAY - timedelta(days=30), TODAY + timedelta(days=10)):
            counting.assert_counted(figures(currency, on))
    found = figures("EUR", TODAY)
    assert [one for one in (*found.health.groups, *found.health.risks) if not one.plans] == [], "the town tells little"
    assert [row for row in found.kept if not row.plans.sample] == [], "the town tells little"


def test_page_command_and_files_say_the_same(app: Flask, desk: FlaskClient, make: Maker) -> None:
    town = Town(make, 3)
    town.grow(9)
    town.grow(2, "USD")
    town.ask(TODAY - timedelta(days=9), TODAY - timedelta(days=8))
    town.ask(TODAY, TODAY)
    for hours in (3, 24, 70):
        asked_on = TODAY - timedelta(days=30)
        town.ask(asked_on, asked_on + timedelta(days=1), answered_after=hours, offered=hours == 24)
    page = desk.get(FIGURES)
    files = {name: desk.get(f"{FIGURES}/{name}.csv").text.replace("\r\n", "\n") for name in TABLES}
    sheets = {name: book(desk.get(f"{FIGURES}/{name}.xlsx").data)[0] for name in TABLES}
    dollars = desk.get(f"{FIGURES}/kept.csv?currency=USD").text.replace("\r\n", "\n")
    whole = book(desk.get(f"{FIGURES}/plan-figures.xlsx").data)
    strange = ("nothing.csv", "plan-figures.csv", "kept.pdf")
    assert {desk.get(f"{FIGURES}/{name}").status_code for name in strange} == {404}
    listed = shown(desk.get("/staff/instalment-plans/standing?standing=at_risk"))
    doors = database.session.get_bind()
    database.session.remove()
    doors.dispose()

    def printed(*more: str) -> str:
        return app.test_cli_runner().invoke(args=["report", "plans", "--as-of", str(TODAY), *more]).stdout

    told = json.loads(printed("--format", "json"))["tables"]
    told |= {"plans": json.loads(printed("--table", "plans", "--format", "json"))["rows"]}
    assert {name: printed("--table", name, "--format", "csv") for name in TABLES} == files
    assert printed("--table", "kept", "--format", "csv", "--currency", "USD") == dollars != files["kept"]
    assert whole == [sheets[name] for name in TABLES[:-1]]
    for name in TABLES:
        rows = list(csv.DictReader(io.StringIO(files[name].lstrip("\ufeff"))))
        assert [["" if cell is None else str(cell) for cell in row.values()] for row in told[name]] == [
            [cell.removeprefix("'") for cell in row.values()] for row in rows
        ], name
        assert [[plain(cell) for cell in row] for row in sheets[name]] == [
            [plain(cell) for cell in row.values()] for row in rows
        ], name
    assert_on_page(page.text, told)
    [asked] = told["requests"]
    assert (asked["waiting"], asked["promised_today"], asked["promise_missed"], asked["hardship"]) == (2, 1, 1, 2)
    assert (asked["answers_90_days"], asked["median_hours"], asked["answered_late"]) == (3, 24, 1)
    assert all(row["plan"] in listed for row in told["plans"] if row["standing"] == "at_risk")


def test_where_there_is_nothing_the_page_says_so(desk: FlaskClient, as_role: Callable[[Role], FlaskClient]) -> None:
    page = shown(desk.get(FIGURES))
    assert "No rate so far: only 0 payments have fallen due." in page
    assert "Left to pay €0.00 0 plans" in page
    assert "None was answered." in page
    assert "in USD" in shown(desk.get(f"{FIGURES}?currency=USD"))
    assert "No plans here" in shown(desk.get("/staff/instalment-plans/standing"))
    assert desk.get("/staff/instalment-plans/standing?page=2").status_code == 404
    collector = as_role(Role.COLLECTOR)
    assert collector.get(FIGURES).status_code == 403
    assert ">Figures<" not in collector.get("/staff/instalment-plans/standing").text


def book(content: bytes) -> list[list[list[object]]]:
    """The rows of each sheet, without its columns' names."""
    read = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [read.get_sheet_by_index(place).to_python()[1:] for place in range(len(read.sheet_names))]


def plain(cell: object) -> object:
    """A number is one however it is written."""
    return float(str(cell)) if re.fullmatch(r"-?[\d.]+", str(cell)) else str(cell)


def assert_on_page(page: str, told: dict[str, list[dict[str, str]]]) -> None:
    """Each amount and count of the files stands on the page, in the files' order."""
    money = [
        found[1]
        for found in re.finditer(r'class="num figure" data-l="(?:Left|As agreed)"><data[^>]*value="(.*?) EUR"', page)
    ]
    groups = [row["left"] for row in told["standing"] if row["standing"] != "all" and (not row["risk"] or row["plans"])]
    order = [*groups[:3], told["standing"][-1]["left"], *groups[3:]]
    assert money == [*order, *(row["agreed"] for row in told["expected"])]
    for label, name in (
        ("Charged automatically", "automatic"),
        ("By bank transfer", "transfer"),
        ("At the rate so far", "at_kept_rate"),
    ):
        amounts = re.findall(rf'data-l="{label}">(?:<data[^>]*value="(.*?) EUR"|<span class="absent")', page)
        assert amounts == [row[name] or "" for row in told["expected"]], label
    kept = re.findall(r'data-l="Kept, of those that ended">(?:(\d+) of (\d+)|<span)', page)
    assert kept == [(str(row["kept"]), str(row["ended"])) if row["ended"] else ("", "") for row in told["kept"]]
    began = re.findall(r'data-l="Began">(\d+)<small><data[^>]*value="(.*?) EUR"', page)
    assert began == [(str(row["started"]), row["amount"]) for row in told["versions"]]
