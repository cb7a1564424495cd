"""A run as a whole: dry, stopped in the middle, killed, and the file of what it rejected."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from models import invoices, ledger
from models.database import session
from models.imports import Summary, runs
from models.imports.rejected import harmless
from models.money import Money
from tests.conftest import NOW
from tests.making import Maker
from tests.models.imports.conftest import PROJECT, BringIn

FILES = Path(__file__).with_name("files")
HEADER = "customer,name,number,amount,currency,issued,due\n"
MANY = HEADER + "".join(f"C-{n % 50},Customer {n % 50},INV-{n},1.00,EUR,2026-09-01,2026-10-01\n" for n in range(24_000))


def count(table: str) -> int:
    return session.scalar(text(f"select count(*) from {table}")) or 0


def test_a_dry_run_counts_as_the_run_would_and_leaves_nothing(bring_in: BringIn) -> None:
    file = HEADER + "".join(f"C,N,{n % 40},{1 + (n == 77)}.00,EUR,2026-09-01,2026-10-01\n" for n in range(100))
    dry = bring_in("invoices", file, dry_run=True)
    assert (dry.new, dry.unchanged, dry.rejected, dry.run_id) == (40, 59, 1, None)
    tables = ("customers", "invoices", "entries", "import_runs", "audit_events", "accounts")
    assert {table: count(table) for table in tables} == {**dict.fromkeys(tables, 0), "customers": 1}
    real = bring_in("invoices", file)
    assert (real.new, real.unchanged, real.rejected, real.sums) == (dry.new, dry.unchanged, dry.rejected, dry.sums)


def test_a_dry_run_sees_twins_far_apart(bring_in: BringIn) -> None:
    twin = "C-1,Customer 1,INV-1,2.00,EUR,2026-09-01,2026-10-01\n"
    dry = bring_in("invoices", MANY + twin, dry_run=True)
    assert (dry.new, dry.rejected) == (24_000, 1)


def test_a_run_that_was_stopped_in_the_middle_is_completed_by_the_next(
    bring_in: BringIn, prove: Callable[[], None]
) -> None:
    class Stopped(Exception):
        pass

    def stop(file: str, rows: int, share: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        bring_in("invoices", MANY, progress=stop)
    (broken,) = runs.latest()
    assert broken.finished_at is None
    assert 0 < broken.new == count("entries") < 24_000
    booked = broken.new
    summary = bring_in("invoices", MANY)
    assert (summary.new, summary.unchanged, count("entries")) == (24_000 - booked, booked, 24_000)
    prove()


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from models import audit, database, imports
database.connect(sys.argv[1])
imports.run(imports.Kind.INVOICES, [Path(sys.argv[2])], home=Path(sys.argv[3]), by=audit.COMMAND, now=datetime.now(UTC))
"""
OTHERS = """
select count(*) from pg_stat_activity, pg_sleep(0.02)
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""


def test_a_run_that_was_killed_loses_and_doubles_nothing(
    bring_in: BringIn, database_url: str, tmp_path: Path, prove: Callable[[], None]
) -> None:
    path = tmp_path / "invoices.csv"
    path.write_text(MANY)
    command = [sys.executable, "-c", KILLED, database_url, str(path), str(tmp_path)]
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    deadline = time.monotonic() + 120
    with engine.connect() as watching:
        here = watching.scalar(text(OTHERS))
        process = subprocess.Popen(command, cwd=PROJECT)
        while not watching.scalar(text("select sum(new) from import_runs, pg_sleep(0.02)")):
            assert time.monotonic() < deadline
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        while watching.scalar(text(OTHERS)) > here:
            assert time.monotonic() < deadline
    engine.dispose()
    assert 0 < count("entries") < 24_000
    session.rollback()
    summary = bring_in("invoices", path)
    assert summary.new + summary.unchanged == 24_000
    assert (count("entries"), count("invoices"), summary.rejected) == (24_000, 24_000, 0)
    prove()


def test_two_imports_of_one_file_at_once_book_it_once(bring_in: BringIn, prove: Callable[[], None]) -> None:
    file = HEADER + "".join(f"C-{n % 9},N,{n},1.00,EUR,2026-09-01,2026-10-01\n" for n in range(3_000))
    both = together(*(partial(bring_in, "invoices", file, name=name) for name in ("one.csv", "two.csv")))
    assert sum(summary.new for summary in both) == sum(summary.unchanged for summary in both) == 3_000
    assert (count("invoices"), count("entries")) == (3_000, 3_000)
    prove()


def together(*acts: Callable[[], Summary]) -> list[Summary]:
    def act(one: Callable[[], Summary]) -> Summary:
        try:
            return one()
        finally:
            session.remove()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(act, acts))


def test_a_number_that_staff_book_at_the_same_moment_is_found_booked(
    bring_in: BringIn, engine: Engine, make: Maker, prove: Callable[[], None]
) -> None:
    customer = make.customer("Customer 1", number="C-1")
    amount = Money(100, "EUR")
    days = {"issued_on": date(2026, 9, 1), "due_on": date(2026, 10, 1)}
    invoice = invoices.add(customer, number="INV-1", amount=amount, source="staff", now=NOW, **days)
    ledger.bill(
        customer.id,
        amount,
        effective_on=invoice.issued_on,
        due_on=invoice.due_on,
        dedupe_key="invoice:INV-1",
        invoice_id=invoice.id,
        now=NOW,
    )
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(together, lambda: bring_in("invoices", HEADER + MANY.splitlines()[2] + "\n"))
        with engine.connect() as watching:
            deadline = time.monotonic() + 60
            while not watching.scalar(text("select count(*) from pg_locks, pg_sleep(0.02) where not granted")):
                assert time.monotonic() < deadline
                watching.rollback()
        session.commit()
        (summary,) = coming.result()
    assert (summary.new, summary.unchanged, count("entries")) == (0, 1, 1)
    prove()


def test_the_file_of_rejects_says_where_what_and_why_and_is_harmless(bring_in: BringIn) -> None:
    summary = bring_in("invoices", FILES / "rejects.csv")
    assert summary.rejected_file
    assert summary.rejected_file.name == "rejects.rejected.csv"
    with summary.rejected_file.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == summary.rejected
    assert rows[1] == {
        "row": "4",
        "column": "amount",
        "value": "12O.00",
        "reason": "This is not an amount: only digits and the decimal sign “.” are understood.",
        "customer": "C-1",
        "name": "Žalias Namas UAB",
        "number": "INV-3",
        "amount": "12O.00",
        "currency": "EUR",
        "issued": "2026-09-01",
        "due": "2026-10-01",
    }
    assert rows[5]["name"] == '\'=HYPERLINK("http://x.test")'
    run = runs.find(summary.run_id or 0)
    assert run
    assert run.rejected_file == str(summary.rejected_file)


def test_corrected_rejects_are_imported_as_they_are(bring_in: BringIn) -> None:
    rejected_file = bring_in("invoices", FILES / "rejects.csv").rejected_file
    assert rejected_file
    corrected = rejected_file.read_text(encoding="utf-8-sig").replace("12O.00", "120.00")
    summary = bring_in("invoices", corrected, name="rejects.rejected.csv")
    assert (summary.new, summary.rejected) == (1, 9)


def test_a_clean_run_leaves_no_file_of_rejects(bring_in: BringIn, tmp_path: Path) -> None:
    assert bring_in("invoices", HEADER).rejected_file is None
    assert not (tmp_path / "home" / "imports").exists()


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("-12.50", "-12.50"), ("+370 600", "'+370 600"), ("-x", "'-x"), ("x=", "x=")],
)
def test_cells_that_a_spreadsheet_would_run_are_quoted(cell: str, written: str) -> None:
    assert harmless(cell) == written


def test_rejects_of_several_files_lie_in_one_and_name_their_file(bring_in: BringIn, tmp_path: Path) -> None:
    bad = "C,N,1,x,EUR,2026-09-01,2026-10-01\n"
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text(HEADER + bad)
    summary = bring_in("invoices", tmp_path / "one.csv", tmp_path / "two.csv")
    assert summary.rejected_file
    with summary.rejected_file.open(encoding="utf-8-sig", newline="") as file:
        assert [row["file"] for row in csv.DictReader(file)] == ["one.csv", "two.csv"]


def test_the_page_keeps_a_thousand_rejects_and_the_file_all(bring_in: BringIn) -> None:
    summary = bring_in("invoices", HEADER + "C,N,1,x,EUR,2026-09-01,2026-10-01\n" * 1_200)
    assert summary.rejected == 1_200
    assert count("import_rejects") == runs.MOST_REJECTS_KEPT
    first = runs.rejects_of(summary.run_id or 0, limit=10)
    second = runs.rejects_of(summary.run_id or 0, after=first[-1].id, limit=10)
    assert [reject.row for reject in (*first, *second)] == list(range(2, 22))


def test_a_file_that_was_read_before_is_recognised(bring_in: BringIn) -> None:
    first, second = (bring_in("invoices", HEADER) for _ in range(2))
    assert first.run_id
    assert second.run_id
    earlier = runs.earlier_run_of(second.files[0]["sha256"], before=second.run_id)
    assert earlier
    assert earlier.id == first.run_id
    assert runs.earlier_run_of(first.files[0]["sha256"], before=first.run_id) is None
