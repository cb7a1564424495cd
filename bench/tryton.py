"""The same open items through Tryton's own reminders, in a throwaway environment: beside ours, for orientation."""

import csv
import os
import subprocess
import sys
import venv
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from bench import causes, owing
from bench.databases import Databases
from bench.figures import Figure
from runtime.settings import PROJECT

SERIES = "8.2"
PACKAGES = ("trytond", "trytond_account_dunning", "proteus")
THEIRS = "tryton"
# The first that come: a hundred or two each second are looked at, and as many each second however many there are.
MOST = 20_000
ITEMS = """
select customer_id, open_minor, due_on from entries
where open_minor > 0 and due_on < :day and customer_id > 0 order by customer_id, id limit :most
"""


class NotToBeHad(Exception):
    pass


def measured(databases: Databases, ours: float, later: datetime) -> Figure | None:
    """
    :param ours: items per second that our run looked at, with words and outbox.
    """
    try:
        python = _environment(databases.home / "tryton")
        made, seconds = _night(databases, python, later)
    except NotToBeHad as reason:
        print(f"Tryton is left out: {reason}", file=sys.stderr, flush=True)
        return None
    return Figure(
        what="Reminders: open items looked at, ours with words and outbox",
        against=f"Tryton {SERIES} account_dunning, without words, {made:,} of the same items",
        ratio=ours * seconds / made,
        gate=50.0,
        stretch=None,
        less_is_better=False,
        ours=f"{ours:,.0f} items/s",
        limit=f"{made / seconds:,.0f} items/s",
        cause=causes.TRYTON,
    )


def _environment(folder: Path) -> Path:
    """Made for this once and gone with the bench; Duewell itself never needs it."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    wanted = [f"{name}=={SERIES}.*" for name in PACKAGES]
    _done([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "psycopg[binary,pool]", *wanted])
    return python


def _night(databases: Databases, python: Path, later: datetime) -> tuple[int, float]:
    """How many reminders it made, and in how many seconds."""
    home = databases.home
    databases.sql("postgres", f"drop database if exists {THEIRS} with (force)")
    databases.sql("postgres", f"create database {THEIRS} template template0")
    socket = make_url(databases.url(THEIRS)).query["host"]
    (home / "trytond.conf").write_text(f"[database]\nuri = postgresql://duewell@/?host={socket}\n")
    (home / "password").write_text("throwaway-password")
    more = {"TRYTOND_CONFIG": str(home / "trytond.conf"), "TRYTONPASSFILE": str(home / "password")}
    admin = python.with_name("trytond-admin")
    _done([admin, "-c", home / "trytond.conf", "-d", THEIRS, "--all", "--email", "a@b.test"], more)
    items = _items(databases, home / "items.csv", later)
    url = f"postgresql://duewell@/{THEIRS}?host={socket}"
    said = _done([python, PROJECT / "bench" / "tryton_night.py", url, items, later.date()], more)
    made, seconds = said.split()[-2:]
    return int(made), float(seconds)


def _items(databases: Databases, file: Path, later: datetime) -> Path:
    engine = create_engine(databases.url(owing.OWING))
    with engine.connect() as connection, file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(connection.execute(text(ITEMS), {"day": later.date(), "most": MOST}).all())
    engine.dispose()
    return file


def _done(command: list[object], more: dict[str, str] | None = None) -> str:
    """:raises NotToBeHad: it ended with an error."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env={**os.environ, **(more or {})})
    if done.returncode:
        raise NotToBeHad((done.stderr or done.stdout).strip().splitlines()[-1])
    return done.stdout
