"""A file of invoices into the books, against PostgreSQL's own `\\copy` of the same file."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench import causes
from bench.databases import Databases
from bench.figures import Figure, best
from bench.sizes import Size
from models import database, imports
from models.audit import COMMAND
from models.imports import Kind
from models.transactions import release

# The same columns under the keys and indexes that a list of open items needs.
PLAIN_TABLE = """
create table plain_invoices (
    customer text not null, name text not null, number text primary key, amount numeric not null,
    currency text not null, issued date not null, due date not null, reference text not null, settled numeric,
    settled_on date
);
create index on plain_invoices (customer, due);
"""
IMPORTED = "imported"


def measured(databases: Databases, file: Path, size: Size) -> Figure:
    """Leaves the last import in the database IMPORTED."""
    copied, imported = [], []
    for _ in range(size.imports):
        copied.append(_copy(databases, file))
        imported.append(_import(databases, file, size))
    ours, limit = size.invoices / best(imported), size.invoices / best(copied)
    return Figure(
        what="Import with validation, customers, ledger and audit",
        against="psql `\\copy` of the same file into one table with a key and an index",
        ratio=ours / limit,
        gate=0.2,
        stretch=0.3,
        less_is_better=False,
        ours=f"{ours:,.0f} rows/s",
        limit=f"{limit:,.0f} rows/s",
        cause=causes.IMPORT,
    )


def _copy(databases: Databases, file: Path) -> float:
    databases.make("copied")
    databases.psql("copied", PLAIN_TABLE)
    return _seconds(lambda: databases.psql("copied", f"\\copy plain_invoices from '{file}' csv header"))


def _import(databases: Databases, file: Path, size: Size) -> float:
    """:raises RuntimeError: not every row was booked."""
    engine = database.connect(databases.make(IMPORTED))
    try:
        began = time.perf_counter()
        summary = imports.run(Kind.INVOICES, [file], home=databases.home, by=COMMAND, now=datetime.now(UTC))
        seconds = time.perf_counter() - began
    finally:
        release()
        engine.dispose()
    if summary.new != size.invoices:
        raise RuntimeError(f"{summary.new} of {size.invoices} rows were booked; see {summary.rejected_file}")
    return seconds


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
