"""Opens what people export from elsewhere: CSV in any common spelling, and XLSX."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from models.errors import N_, Refused
from models.imports import encodings

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

CHUNK_ROWS = 2_000  # Small enough to stay in the processor's cache while it is checked, twice as fast as 20,000.
LARGEST_CSV = 4 << 30
LARGEST_XLSX = 512 << 20  # Unpacked: a workbook is read into memory whole.
DELIMITERS = ",;\t|"
LONGEST_RECORD = 100  # Lines; a quotation mark that stays open for longer is a slip, not an address.
TEXT_ENDINGS = frozenset({".csv", ".txt", ".tsv", ".tab"})
MAGIC = (
    (b"PK\x03\x04", N_("%(file)s claims to be a text file, but it is an Excel workbook or another ZIP archive.")),
    (b"%PDF", N_("%(file)s claims to be a text file, but it is a PDF.")),
    (b"\xd0\xcf\x11\xe0", N_("%(file)s claims to be a text file, but it is an old Office document (.xls, .doc).")),
    (b"\x1f\x8b", N_("%(file)s claims to be a text file, but it is a compressed archive.")),
    (b"7z\xbc\xaf", N_("%(file)s claims to be a text file, but it is a compressed archive.")),
    (b"Rar!", N_("%(file)s claims to be a text file, but it is a compressed archive.")),
    (b"\x89PNG", N_("%(file)s claims to be a text file, but it is a picture.")),
    (b"\xff\xd8\xff", N_("%(file)s claims to be a text file, but it is a picture.")),
    (b"GIF8", N_("%(file)s claims to be a text file, but it is a picture.")),
    (b"{\\rtf", N_("%(file)s claims to be a plain text file, but it is a word processor's document.")),
    (b"<", N_("%(file)s claims to be a table, but it is a web page or XML.")),
)


class FileRefused(Refused):
    """The file as a whole cannot be read as what it claims to be."""


class Chunk(NamedTuple):
    rows: list[list[str]]
    numbers: Sequence[int]  # Of each row, as a spreadsheet would count them: the header is row 1.
    broken: list[tuple[int, str]]  # Lines whose quotation marks do not pair: row number and text.
    share_read: float


@dataclass(frozen=True, slots=True)
class Table:
    """A file that has been looked at and can be read from its first row as often as needed."""

    path: Path
    name: str
    encoding: str
    delimiter: str | None
    header: tuple[str, ...]
    header_row: int
    sha256: str
    typed: bool = False  # Dates arrive as ISO text whatever the sheet shows.

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        return _sheet_chunks(self, size) if self.typed else _text_chunks(self, size)


def open_table(path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> Table:
    """
    Look at the whole file once. A mapping may fix the encoding and the delimiter.

    :raises FileRefused: it is not what its name claims, or has nothing to read.
    """
    name = path.name
    if not path.is_file():
        raise FileRefused(N_("There is no file %(file)s."), file=name)
    with path.open("rb") as file:
        head = file.read(64)
    if not head.strip():
        raise FileRefused(N_("%(file)s is empty."), file=name)
    ending = path.suffix.lower()
    if ending == ".xlsx":
        return _open_sheet(path, head)
    if ending not in TEXT_ENDINGS:
        raise FileRefused(N_("%(file)s is neither CSV nor XLSX, the two kinds of file that can be read."), file=name)
    for magic, message in MAGIC:
        if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(magic):
            raise FileRefused(message, file=name)
    return _open_text(path, encoding, delimiter)


# -- text ------------------------------------------------------------------------------------------


def _open_text(path: Path, encoding: str | None, delimiter: str | None) -> Table:
    if path.stat().st_size > LARGEST_CSV:
        raise FileRefused(N_("%(file)s is larger than 4 GB: split it."), file=path.name)
    encoding = encoding or encodings.detect(path)
    if encoding is None:
        raise FileRefused(
            N_("%(file)s mixes UTF-8 with another encoding, so its names cannot be trusted: export it again."),
            file=path.name,
        )
    digest = _digest(path, text=not encoding.startswith("utf-16"))
    with path.open(encoding=encoding, newline="") as file:
        sample = _sample(file, path.name)
    separator = delimiter or _delimiter(sample)
    header_row, header = _header(sample, separator)
    if not header:
        raise FileRefused(N_("%(file)s has no header: its first row must name the columns."), file=path.name)
    return Table(path, path.name, encoding, separator, header, header_row, digest)


def _digest(path: Path, *, text: bool) -> str:
    """:raises FileRefused: a zero byte, which no text has outside UTF-16."""
    digest = hashlib.sha256()
    for block in encodings.blocks(path):
        if text and b"\0" in block:
            raise FileRefused(N_("%(file)s claims to be a text file, but holds binary data."), file=path.name)
        digest.update(block)
    return digest.hexdigest()


def _sample(file: io.TextIOWrapper, name: str) -> list[str]:
    try:
        return list(islice(file, 40))
    except UnicodeError as error:
        raise FileRefused(
            N_("%(file)s cannot be read in the encoding %(encoding)s."), file=name, encoding=file.encoding
        ) from error


def _delimiter(sample: list[str]) -> str:
    """The sign that cuts the most rows into as many cells as the header has."""
    return sample[0][4] if _names_delimiter(sample) else max(DELIMITERS, key=lambda sign: _evenness(sample, sign))


def _names_delimiter(sample: list[str]) -> bool:
    """Excel's own first line: 'sep=;'."""
    return sample[0].lower().startswith("sep=") and len(sample[0].strip()) == 5


def _evenness(sample: list[str], delimiter: str) -> tuple[int, int]:
    widths = [len(record) for record in csv.reader(sample, delimiter=delimiter) if record]
    width = widths[0] if widths else 0
    return (widths.count(width) if width > 1 else 0, width)


def _header(sample: list[str], delimiter: str) -> tuple[int, tuple[str, ...]]:
    before = 1 if _names_delimiter(sample) else 0
    for row, record in enumerate(csv.reader(sample[before:], delimiter=delimiter), start=before + 1):
        if any(cell.strip() for cell in record):
            return row, tuple(cell.strip() for cell in record)
    return 0, ()


def _text_chunks(table: Table, size: int) -> Iterator[Chunk]:
    whole = table.path.stat().st_size or 1
    with table.path.open("rb") as raw:
        lines = io.TextIOWrapper(raw, encoding=table.encoding, errors="replace", newline="")
        row = 1
        while kept := list(islice(lines, size)):
            rows, broken = _records(kept, lines, table.delimiter or ",")
            numbers: Sequence[int] = range(row, row + len(rows))
            row += len(rows)
            yield _data_rows(table, rows, numbers, broken, raw.tell() / whole)


def _records(kept: list[str], more: Iterator[str], delimiter: str) -> tuple[list[list[str]], dict[int, str]]:
    """All records that begin in the lines kept; a line that cannot be parsed stands as an empty record."""
    try:
        rows = list(csv.reader(kept, delimiter=delimiter, strict=True))
        if len(rows) == len(kept):
            return rows, {}
    except csv.Error:
        pass
    return _records_over_lines(kept, more, delimiter)


def _records_over_lines(kept: list[str], more: Iterator[str], delimiter: str) -> tuple[list[list[str]], dict[int, str]]:
    """The careful way: line breaks inside quotation marks, and marks that never close."""
    rows: list[list[str]] = []
    broken: dict[int, str] = {}
    start = 0
    while start < len(kept):
        record, length = _one_record(kept, start, more, delimiter)
        if record is None:
            broken[len(rows)] = kept[start].rstrip("\r\n")
        rows.append(record or [])
        start += length
    return rows, broken


def _one_record(kept: list[str], start: int, more: Iterator[str], delimiter: str) -> tuple[list[str] | None, int]:
    marks = 0
    for length in range(1, LONGEST_RECORD + 1):
        if start + length > len(kept):
            line = next(more, None)
            if line is None:
                break
            kept.append(line)
        marks += kept[start + length - 1].count('"')
        if length > 1 and marks % 2:
            continue  # A quotation mark is still open; parsing would only say so more slowly.
        try:
            return next(csv.reader(kept[start : start + length], delimiter=delimiter, strict=True)), length
        except csv.Error as error:
            if "end of data" not in str(error):
                break
    return None, 1


def _data_rows(
    table: Table, rows: list[list[str]], numbers: Sequence[int], broken: dict[int, str], share: float
) -> Chunk:
    """Without the header and without rows in which nothing stands."""
    lost = [(numbers[at], text) for at, text in broken.items()]
    if numbers and numbers[0] <= table.header_row:
        skip = table.header_row - numbers[0] + 1
        rows, numbers = rows[skip:], numbers[skip:]
    if not all(map(any, rows)):
        kept = [at for at, row in enumerate(rows) if any(row)]
        rows, numbers = [rows[at] for at in kept], [numbers[at] for at in kept]
    return Chunk(rows, numbers, lost, share)


# -- spreadsheets ----------------------------------------------------------------------------------


def _open_sheet(path: Path, head: bytes) -> Table:
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(N_("%(file)s is locked with a password or saved in the old .xls way."), file=path.name)
    if not head.startswith(b"PK\x03\x04"):
        raise FileRefused(N_("%(file)s claims to be an Excel workbook, but it is none."), file=path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as error:
        raise FileRefused(N_("%(file)s is damaged: it cannot be unpacked."), file=path.name) from error
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise FileRefused(N_("%(file)s claims to be an Excel workbook, but it is none."), file=path.name)
    if sum(part.file_size for part in parts) > LARGEST_XLSX:
        raise FileRefused(N_("%(file)s is too large for a workbook: save it as CSV."), file=path.name)
    for row, cells in enumerate(_sheet_rows(_sheet(path)), start=1):
        if any(cells):
            header = tuple(cell.strip() for cell in cells)
            return Table(path, path.name, "xlsx", None, header, row, _digest(path, text=False), typed=True)
    raise FileRefused(N_("%(file)s is empty."), file=path.name)


def _sheet(path: Path) -> "CalamineSheet":
    """
    The first sheet that people can see.

    :raises FileRefused: the workbook cannot be read.
    """
    from python_calamine import CalamineError, SheetTypeEnum, SheetVisibleEnum, load_workbook

    try:
        workbook = load_workbook(path)
        names = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        if names:
            return workbook.get_sheet_by_name(names[0])
    except CalamineError as error:
        raise FileRefused(N_("%(file)s is damaged: its sheets cannot be read."), file=path.name) from error
    raise FileRefused(N_("%(file)s has no sheet to read."), file=path.name)


def _sheet_rows(sheet: "CalamineSheet") -> Iterator[list[str]]:
    for cells in sheet.iter_rows():
        yield [cell if type(cell) is str else _as_text(cell) for cell in cells]


def _as_text(cell: object) -> str:
    """Numbers without a float's tail of '.0', dates as ISO."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def _sheet_chunks(table: Table, size: int) -> Iterator[Chunk]:
    sheet = _sheet(table.path)
    rows = _sheet_rows(sheet)
    done = 0
    while taken := list(islice(rows, size)):
        numbers = range(done + 1, done + len(taken) + 1)
        done += len(taken)
        yield _data_rows(table, taken, numbers, {}, done / max(sheet.total_height, done))
