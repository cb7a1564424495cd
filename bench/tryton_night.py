"""
Tryton's reminders, run by an environment of its own: `python tryton_night.py URL ITEMS DAY`, started by
bench.tryton. ITEMS is a file of customer, minor units and due date of each open item; the moves come by COPY, because
loading is not what is measured. Says how many seconds `generate_dunnings` took, and how many it made.
"""

import csv
import datetime
import sys
import time
from decimal import Decimal
from pathlib import Path

import psycopg
from dateutil.relativedelta import relativedelta
from proteus import Model, Wizard
from proteus import config as connections
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
from trytond.modules.company.tests.tools import create_company, get_company
from trytond.pool import Pool
from trytond.transaction import Transaction

LEVELS = (1, 7, 14, 30)  # Days late, as in our own sequence.


def main(url: str, items: str, day: str) -> None:
    with Path(items).open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    today = datetime.date.fromisoformat(day)
    name = connections.set_trytond(url).database_name
    places = prepared(today)
    with psycopg.connect(url) as connection:
        booked(connection, rows, places)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    made, seconds = dunned(name, today)
    print(f"{made} {seconds:.3f}")


def prepared(today: datetime.date) -> dict[str, int]:
    """A company with its chart of accounts, a year with one period and a procedure; their ids."""
    modules = Model.get("ir.module")
    modules.click(modules.find([("name", "=", "account_dunning")]), "activate")
    Wizard("ir.module.activate_upgrade").execute("upgrade")
    create_company(currency=_euro())
    create_chart()
    year = create_fiscalyear(today=(today - relativedelta(years=2), today))
    year.save()
    period = Model.get("account.period")(
        name="All", fiscalyear=year, start_date=year.start_date, end_date=year.end_date, type="standard"
    )
    period.save()
    procedure = Model.get("account.dunning.procedure")(name="Late")
    for place, days in enumerate(reversed(LEVELS)):  # The first level that is reached counts.
        level = procedure.levels.new()
        level.sequence, level.overdue = place, datetime.timedelta(days)
    procedure.save()
    accounts = get_accounts()
    (journal,) = Model.get("account.journal").find([("code", "=", "REV")])
    rows = {"company": get_company(), "period": period, "journal": journal, "procedure": procedure}
    return {
        name: row.id for name, row in {**rows, **{name: accounts[name] for name in ("receivable", "revenue")}}.items()
    }


def _euro() -> object:
    euro = Model.get("currency.currency")(name="Euro", symbol="€", code="EUR", rounding=Decimal("0.01"), digits=2)
    euro.save()
    return euro


def booked(connection: psycopg.Connection, rows: list[list[str]], places: dict[str, int]) -> None:
    """Parties, and a posted move of two lines for each open item."""
    cursor = connection.cursor()
    cursor.execute("select coalesce(max(id), 0) from party_party")
    first = cursor.fetchone()[0] + 1
    parties = {number: first + place for place, number in enumerate(dict.fromkeys(row[0] for row in rows))}
    cursor.execute("select coalesce(max(id), 0) from account_move")
    move = cursor.fetchone()[0]
    copy_in(
        cursor, "party_party (id, code, name, active)", [(id, str(id), number, True) for number, id in parties.items()]
    )
    copy_in(
        cursor,
        "party_party_dunning_procedure (party, dunning_procedure)",
        [(id, places["procedure"]) for id in parties.values()],
    )
    moves, lines = [], []
    for place, (number, minor, due) in enumerate(rows, start=move + 1):
        amount, nothing = Decimal(minor) / 100, Decimal(0)
        moves.append((place, str(place), places["company"], places["period"], places["journal"], due, "posted"))
        lines.append((place, places["receivable"], parties[number], amount, nothing, due, "posted"))
        lines.append((place, places["revenue"], None, nothing, amount, None, "posted"))
    copy_in(cursor, "account_move (id, number, company, period, journal, date, state)", moves)
    copy_in(cursor, "account_move_line (move, account, party, debit, credit, maturity_date, state)", lines)


def copy_in(cursor: psycopg.Cursor, table: str, rows: list[tuple]) -> None:
    with cursor.copy(f"copy {table} from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def dunned(name: str, today: datetime.date) -> tuple[int, float]:
    """Made as their wizard makes them, committed; they hold no words of a mail."""
    company = get_company().id
    with Transaction().start(
        name, connections.get_config().user, context={"company": company, "companies": [company]}
    ) as transaction:
        dunning = Pool(name).get("account.dunning")
        began = time.perf_counter()
        dunning.generate_dunnings(date=today)
        transaction.commit()
        seconds = time.perf_counter() - began
        return dunning.search([], count=True), seconds


main(*sys.argv[1:])
