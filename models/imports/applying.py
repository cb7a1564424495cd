"""An import from the first look at the files to the last row: read, check, book, count."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from models import audit, company
from models.audit import Actor
from models.company import HOLDING_ACCOUNT
from models.database import session
from models.imports import customers, invoices, mappings, payments, runs
from models.imports.checking import Checker
from models.imports.mappings import Kind, Mapping
from models.imports.outcomes import Circumstances, Outcome, Refusal
from models.imports.reading import Chunk, Table, open_table
from models.imports.rejected import RejectedFile
from models.imports.rows import Checked, Problem, Reject
from models.money import Money
from models.transactions import transaction

APPLY = {Kind.INVOICES: invoices.apply, Kind.CUSTOMERS: customers.apply, Kind.PAYMENTS: payments.apply}
ROWS_AT_ONCE = {Kind.INVOICES: 20_000, Kind.CUSTOMERS: 20_000, Kind.PAYMENTS: 5_000}
TRIES = 3
ONE_AT_A_TIME = 7_301_844_265  # The advisory lock under which imports take turns, chunk by chunk.

Progress = Callable[[str, int, float], None]
"""Called with the file's name, the rows done so far and the share of the file that is read."""


@dataclass(frozen=True, slots=True)
class Source:
    mapping: Mapping
    table: Table
    checker: Checker


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. `sums` are minor units of what is new; the four counts add up to the rows read."""

    files: tuple[dict[str, Any], ...]
    run_id: int | None = None
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    rounded: int = 0
    flagged: int = 0
    sums: Counter[str] = field(default_factory=Counter)
    rejected_file: Path | None = None

    def as_json(self) -> dict[str, Any]:
        shown = ("file", "mapping", "encoding", "delimiter", "rows")
        return {
            "files": [{name: file[name] for name in shown} for file in self.files],
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "rejected_file": str(self.rejected_file) if self.rejected_file else None,
            "rounded": self.rounded,
            "sums": self.plain_sums(),
        }

    def plain_sums(self) -> dict[str, str]:
        return {currency: Money(minor, currency).plain() for currency, minor in sorted(self.sums.items())}


@dataclass(slots=True)
class Batch:
    """Checked rows that are booked in one transaction, with the chunks they came from."""

    rows: list[tuple[object, ...]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    rounded: int = 0
    flagged: int = 0

    def add(self, chunk: Chunk, checked: Checked) -> None:
        self.chunks.append(chunk)
        self.rows += checked.rows
        self.rejects += checked.rejects
        self.rounded += checked.rounded
        self.flagged += checked.flagged

    def cells(self, row: int) -> list[str]:
        chunk = next(chunk for chunk in self.chunks if chunk.numbers and chunk.numbers[0] <= row <= chunk.numbers[-1])
        return chunk.rows[chunk.numbers.index(row)]

    def size(self) -> int:
        return sum(len(chunk.rows) + len(chunk.broken) for chunk in self.chunks)


def run(
    kind: Kind,
    paths: Sequence[Path],
    *,
    home: Path,
    by: Actor,
    now: datetime,
    mapping: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda file, rows, share: None,
) -> Summary:
    """
    Import files of one kind. Opens its own transactions, one for each 20,000 rows: a run that is stopped in the
    middle keeps what it has booked, and the next run of the same files completes it.

    :param home: the installation's folder, with `mappings/` of the company's own and `imports/` for rejected rows.
    :raises FileRefused: a file is not what it claims; nothing of any file is booked then.
    :raises MappingRefused: the mapping does not exist or cannot be followed.
    """
    sources = [_open(kind, path, mapping, home) for path in paths]
    summary, at = _begin(kind, sources, by=by, now=now, dry_run=dry_run)
    folder = home / "imports" / (str(at.run_id) if at.run_id else "dry-run")
    rejected = RejectedFile(folder, [source.table for source in sources])
    try:
        for source, seen in zip(sources, summary.files, strict=True):
            for batch in _ahead(_batches(source, kind)):
                seen["rows"] += batch.size()
                summary, rejects = _apply(kind, source, batch, summary, at)
                rejected.add(source.table, rejects)
                progress(source.table.name, seen["rows"], batch.chunks[-1].share_read)
    finally:
        rejected.close()
        if at.dry:
            session.rollback()
    summary = replace(summary, rejected_file=rejected.path)
    if not at.dry:
        _finish(summary, at)
    return summary


def _open(kind: Kind, path: Path, mapping: str | None, home: Path) -> Source:
    chosen = mappings.choose(kind, path.name, mapping, home / "mappings")
    table = open_table(path, encoding=chosen.encoding, delimiter=chosen.delimiter)
    return Source(chosen, table, Checker(chosen, table))


def _seen(source: Source) -> dict[str, Any]:
    table = source.table
    return {
        "file": table.name,
        "mapping": source.mapping.name,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "rows": 0,
        "sha256": table.sha256,
    }


def _begin(
    kind: Kind, sources: Sequence[Source], *, by: Actor, now: datetime, dry_run: bool
) -> tuple[Summary, Circumstances]:
    """The run's own record. A dry run has none: it is one transaction, taken back at its end."""
    summary = Summary(tuple(_seen(source) for source in sources))
    with transaction():
        today, closed_on = company.get().today(now), company.books_closed_on()
        if not dry_run:
            run_id = runs.begin(kind, [dict(file) for file in summary.files], by=by, now=now).id
            summary = replace(summary, run_id=run_id)
            _record("import.begun", summary, by=by, now=now)
    return summary, Circumstances(summary.run_id, by, now, today, closed_on)


def _finish(summary: Summary, at: Circumstances) -> None:
    with transaction():
        _keep(summary)
        session.get_one(runs.ImportRun, summary.run_id).finished_at = at.now
        _record("import.finished", summary, by=at.by, now=at.now)


def _batches(source: Source, kind: Kind) -> Iterator[Batch]:
    batch = Batch()
    for chunk in source.checker.chunks():
        batch.add(chunk, source.checker.check(chunk))
        if len(batch.rows) + len(batch.rejects) >= ROWS_AT_ONCE[kind]:
            yield batch
            batch = Batch()
    if batch.chunks:
        yield batch


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same, the next one being read and checked while the database works on the last."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, batches, None)
        while batch := coming.result():
            coming = reader.submit(next, batches, None)
            yield batch


def _apply(
    kind: Kind, source: Source, batch: Batch, summary: Summary, at: Circumstances
) -> tuple[Summary, list[Reject]]:
    """Book a batch and count it. Returns its rejects in the order of the file."""
    if at.dry:
        return _counted(source, batch, APPLY[kind](batch.rows, at), summary)
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction():
                session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
                session.execute(text("set local jit = off"))
                after, rejects = _counted(source, batch, APPLY[kind](batch.rows, at), summary)
                _keep(after)
                _keep_rejects(source, rejects, summary)
            return after, rejects
        except (IntegrityError, OperationalError):
            # Somebody booked the same number or took the same locks a moment ago: the next look sees it.
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def _counted(source: Source, batch: Batch, outcome: Outcome, summary: Summary) -> tuple[Summary, list[Reject]]:
    refused = [_reject(source, batch, refusal) for refusal in outcome.refusals]
    rejects = sorted([*batch.rejects, *refused], key=lambda reject: reject.row)
    after = replace(
        summary,
        new=summary.new + outcome.new,
        changed=summary.changed + outcome.changed,
        unchanged=summary.unchanged + outcome.unchanged,
        rejected=summary.rejected + len(rejects),
        rounded=summary.rounded + batch.rounded,
        flagged=summary.flagged + batch.flagged,
        sums=Counter({**summary.sums, **{c: summary.sums[c] + minor for c, minor in outcome.sums.items()}}),
    )
    return after, rejects


def _reject(source: Source, batch: Batch, refusal: Refusal) -> Reject:
    cells = batch.cells(refusal.row)
    places = source.checker.layout.places.get(refusal.field)
    column, value = (source.table.header[places[0]], cells[places[0]]) if places else (refusal.field, "")
    return Reject(refusal.row, Problem(column, value, refusal.reason, dict(refusal.values)), cells)


def _keep(summary: Summary) -> None:
    """The counts so far, in the same transaction as the rows that they count."""
    kept = session.get_one(runs.ImportRun, summary.run_id)
    kept.files = [dict(file) for file in summary.files]
    kept.new, kept.changed, kept.unchanged = summary.new, summary.changed, summary.unchanged
    kept.rejected, kept.rounded, kept.flagged = summary.rejected, summary.rounded, summary.flagged
    kept.sums = summary.plain_sums()
    kept.rejected_file = str(summary.rejected_file) if summary.rejected_file else None


def _keep_rejects(source: Source, rejects: Sequence[Reject], before: Summary) -> None:
    room = runs.MOST_REJECTS_KEPT - before.rejected
    for reject in rejects[: max(room, 0)]:
        problem = reject.problem
        session.add(
            runs.ImportReject(
                run_id=before.run_id,
                file=source.table.name,
                row=reject.row,
                column=problem.column,
                value=problem.value.replace("\0", ""),
                reason=problem.reason,
                values={name: _plain(value) for name, value in problem.values.items()},
            )
        )


def _record(action: str, summary: Summary, *, by: Actor, now: datetime) -> None:
    facts: dict[str, Any] = {"files": [{**file} for file in summary.files]}
    if action == "import.finished":
        facts |= {
            "new": summary.new,
            "changed": summary.changed,
            "unchanged": summary.unchanged,
            "rejected": summary.rejected,
            "rounded": summary.rounded,
            "flagged": summary.flagged,
            "sums": summary.plain_sums(),
        }
    audit.record(HOLDING_ACCOUNT, action, by=by, now=now, about=f"import_runs:{summary.run_id}", facts=facts)


def _plain(value: object) -> object:
    if isinstance(value, Money):
        return f"{value.plain()} {value.currency}"
    return value.isoformat() if isinstance(value, date) else value
