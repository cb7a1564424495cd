"""The file of rows that were not booked: where, what and why, beside the row as it was."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from models.imports.reading import Table
from models.imports.rows import Reject
from models.words import gettext

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


class RejectedFile:
    """Written from the first reject on, so that a clean run leaves none. Correct the rows in it and import it again."""

    def __init__(self, folder: Path, tables: Sequence[Table]) -> None:
        self._folder, self._tables = folder, tables
        self._columns = list(dict.fromkeys(column for table in tables for column in table.header))
        self._file: TextIO | None = None
        self.path: Path | None = None

    def add(self, table: Table, rejects: Iterable[Reject]) -> None:
        for reject in rejects:
            told = [str(reject.row), reject.problem.column, reject.problem.value, reason(reject)]
            if len(self._tables) > 1:
                told.insert(0, table.name)
            cells = dict(zip(table.header, reject.cells, strict=False))
            self._writer(table).writerow(map(harmless, [*told, *(cells.get(name, "") for name in self._columns)]))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _writer(self, table: Table) -> Any:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self.path = self._folder / f"{table.path.stem}.rejected.csv"
            # With the mark that makes spreadsheets read UTF-8.
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            self._delimiter = table.delimiter or ","
            told = ["row", "column", "value", "reason"]
            if len(self._tables) > 1:
                told.insert(0, "file")
            csv.writer(self._file, delimiter=self._delimiter).writerow(map(harmless, [*told, *self._columns]))
        return csv.writer(self._file, delimiter=self._delimiter)


def reason(reject: Reject) -> str:
    """In the reader's language."""
    return gettext(reject.problem.reason, **reject.problem.values)


def harmless(cell: str) -> str:
    """A spreadsheet runs what begins like a formula; an amount with its sign is none."""
    if cell.startswith(DANGEROUS) and not cell[1:].replace(".", "").replace(",", "").isdigit():
        return "'" + cell
    return cell
