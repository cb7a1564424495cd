"""One chunk of a file as columns: each reader returns a value for every row and notes the first problem of a row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from models.errors import N_
from models.imports.amounts import AmountReader
from models.imports.dates import DateReader, in_range
from models.imports.mappings import DayFrom, KeyForm, Mapping, RowHash
from models.imports.reading import Chunk, Table
from models.imports.rows import Problem
from models.money import EXPONENTS

LONGEST_KEY, LONGEST_TEXT = 100, 2_000
COMPANY_NUMBER = "-"  # Of the company's own account, the holding account: no file may name it.

RAGGED = N_("The row has %(found)s cells, the header has %(expected)s.")
NO_NUMBER = N_("The number is missing.")
BAD_KEY = N_("This cannot be a number: it is too long or holds signs that cannot be printed.")
BAD_TEXT = N_("The text is too long or was damaged when the file was written.")
BAD_AMOUNT = N_("This is not an amount: only digits and the decimal sign “%(decimal)s” are understood.")
NO_CURRENCY = N_("The currency is missing.")
BAD_CURRENCY = N_("This is not a currency we work with.")
NO_DATE = N_("The date is missing.")
BAD_DATE = N_("This is not a date written as %(formats)s.")
FAR_DATE = N_("The date lies before 1970 or after 2100.")
BAD_DAYS = N_("This is not a whole number of days.")
BAD_NUMBER = N_("This is not a number: only digits and the decimal sign “%(decimal)s” are understood.")


@dataclass(frozen=True, slots=True)
class Layout:
    """What is known of a file before its rows: where each field stands, and how dates are written."""

    mapping: Mapping
    header: tuple[str, ...]
    places: dict[str, tuple[int, ...]]
    days_at: dict[str, int]
    formats: tuple[str, ...]
    read_dates: DateReader

    @classmethod
    def of(cls, mapping: Mapping, table: Table) -> Layout:
        """:raises FileRefused: the file lacks a column that the mapping needs."""
        days_at = {
            field: mapping.place(table.header, rule.days, table.name)
            for field, rule in mapping.derived.items()
            if isinstance(rule, DayFrom) and isinstance(rule.days, str)
        }
        formats = (*mapping.date_formats, "YYYY-MM-DD") if table.typed else mapping.date_formats
        formats = tuple(dict.fromkeys(formats))
        places = mapping.places(table.header, table.name)
        return cls(mapping, table.header, places, days_at, formats, DateReader(formats))


class Columns:
    """A chunk turned by a quarter. `problems` holds the first problem of each row, by its place in the chunk."""

    def __init__(self, layout: Layout, chunk: Chunk) -> None:
        self.layout, self.mapping = layout, layout.mapping
        self.numbers, self.size = chunk.numbers, len(chunk.rows)
        self.problems: dict[int, Problem] = {}
        self.followers: set[int] = set()  # Rows that go with another one: further lines of its invoice.
        width = len(layout.header)
        rows = chunk.rows
        if set(map(len, rows)) - {width}:
            rows = [row if len(row) == width else self._ragged(at, row, width) for at, row in enumerate(rows)]
        self.rows = rows
        self.columns: list[tuple[str, ...]] = list(zip(*rows, strict=True)) or [()] * width

    def _ragged(self, at: int, row: list[str], width: int) -> list[str]:
        self.problems[at] = Problem("", "", RAGGED, {"found": len(row), "expected": width})
        return [""] * width

    def note(self, at: int, field: str, value: str, reason: str, **values: object) -> None:
        places = self.layout.places.get(field)
        column = self.layout.header[places[0]] if places else field
        self.problems.setdefault(at, Problem(column, value[:LONGEST_TEXT], reason, values))

    def note_all(
        self, field: str, cells: Sequence[str], bad: Callable[[str], bool], reason: str, **values: object
    ) -> None:
        """Note every row whose cell is bad; each spelling is looked at once."""
        wrong = {cell for cell in set(cells) if bad(cell)}
        if wrong:
            for at, cell in enumerate(cells):
                if cell in wrong:
                    self.note(at, field, cell, reason, **values)

    def given(self, field: str) -> bool:
        """Whether the file itself says anything about it."""
        return field in self.layout.places

    def raw(self, field: str) -> list[str]:
        """The cells of a field, stripped: the first of its columns that is not empty, else the fixed value."""
        places = self.layout.places.get(field)
        if not places:
            return [self.mapping.fixed.get(field, "")] * self.size
        cells = list(map(str.strip, self.columns[places[0]]))
        for place in places[1:]:
            cells = [cell or other.strip() for cell, other in zip(cells, self.columns[place], strict=True)]
        return cells

    def every(self, field: str) -> list[tuple[str, ...]]:
        """Of each row the text of all columns of a field."""
        texts = []
        for place in self.layout.places.get(field, ()):
            cells = [" ".join(cell.split()) for cell in self.columns[place]]
            self.note_all(field, cells, _damaged, BAD_TEXT)
            texts.append(cells)
        return list(zip(*texts, strict=True)) if texts else [()] * self.size

    def text(self, field: str) -> list[str]:
        """Words with single spaces between them."""
        cells = self.raw(field)
        if self.given(field):
            together = "\n".join(cells)
            if together.count("\n") >= self.size or "  " in together or "\t" in together or "\r" in together:
                cells = [" ".join(cell.split()) for cell in cells]
            if "\ufffd" in together or "\0" in together or max(map(len, cells), default=0) > LONGEST_TEXT:
                self.note_all(field, cells, _damaged, BAD_TEXT)
        return cells

    def key(self, field: str, *, required: bool = True) -> tuple[list[str], list[str]]:
        """The normal form and the spelling in the file."""
        written = self.raw(field)
        rule = self.mapping.derived.get(field)
        if isinstance(rule, RowHash):
            written = [cell or row_hash(row, rule) for cell, row in zip(written, self.rows, strict=True)]
        form = self.mapping.keys.get(field, KeyForm())
        normal = [normal_key(cell, form) for cell in written] if form.pad else list(map(str.upper, written))
        if required and ("" in normal or COMPANY_NUMBER in normal):
            self.note_all(field, normal, lambda cell: cell in ("", COMPANY_NUMBER), NO_NUMBER)
        together = "".join(normal)
        if not together.isprintable() or "\ufffd" in together or max(map(len, normal), default=0) > LONGEST_KEY:
            self.note_all(field, normal, _no_key, BAD_KEY)
        return normal, written

    def currencies(self) -> Sequence[str]:
        cells = list(map(str.upper, self.raw("currency")))
        self.note_all("currency", cells, lambda cell: not cell, NO_CURRENCY)
        self.note_all("currency", cells, lambda cell: cell not in EXPONENTS, BAD_CURRENCY)
        return cells

    def amounts(self, field: str, currencies: Sequence[str]) -> tuple[list[int | None], list[int]]:
        """Minor units, None for an empty cell; and the rows that changed by rounding."""
        cells = self.raw(field)
        if len(set(currencies)) <= 1:
            minors, rounded = self._reader(currencies[0] if currencies else "").column(cells)
        else:
            readers = {currency: self._reader(currency) for currency in set(currencies)}
            pairs = [readers[currency](cell) for cell, currency in zip(cells, currencies, strict=True)]
            minors, rounded = [minor for minor, _ in pairs], [at for at, pair in enumerate(pairs) if pair[1]]
        if None in minors:
            for at, (minor, cell) in enumerate(zip(minors, cells, strict=True)):
                if minor is None and cell:
                    self.note(at, field, cell, BAD_AMOUNT, decimal=self.mapping.decimal)
        return minors, rounded

    def numbers_of(self, field: str, places: int) -> list[Decimal | None]:
        """Numbers that are no money, rounded to so many decimals; None for an empty cell."""
        cells, mapping = self.raw(field), self.mapping
        reader = AmountReader(decimal=mapping.decimal, thousands=mapping.thousands, exponent=places)
        whole, _ = reader.column(cells)
        for at, (number, cell) in enumerate(zip(whole, cells, strict=True)):
            if number is None and cell:
                self.note(at, field, cell, BAD_NUMBER, decimal=mapping.decimal)
        return [None if number is None else Decimal(number).scaleb(-places) for number in whole]

    def _reader(self, currency: str) -> AmountReader:
        return AmountReader(
            decimal=self.mapping.decimal, thousands=self.mapping.thousands, exponent=EXPONENTS.get(currency, 2)
        )

    def dates(self, field: str, *, required: bool) -> list[date | None]:
        rule = self.mapping.derived.get(field)
        if field in self.layout.places or not isinstance(rule, DayFrom):
            cells = self.raw(field)
            days = self.layout.read_dates(cells)
            if None in days:
                self._note_dates(field, cells, days, required)
        else:
            days = self._derived(field, rule)
        far = {day for day in set(days) if day is not None and not in_range(day)}
        if far:
            for at, day in enumerate(days):
                if day in far:
                    self.note(at, field, str(day), FAR_DATE)
        return days

    def _note_dates(self, field: str, cells: Sequence[str], days: Sequence[date | None], required: bool) -> None:
        for at, (cell, day) in enumerate(zip(cells, days, strict=True)):
            if day is None and cell:
                self.note(at, field, cell, BAD_DATE, formats=", ".join(self.layout.formats))
            elif day is None and required:
                self.note(at, field, cell, NO_DATE)

    def _derived(self, field: str, rule: DayFrom) -> list[date | None]:
        base = self.layout.read_dates(self.raw(rule.field))
        if isinstance(rule.days, int):
            later = timedelta(days=rule.days)
            return [day and day + later for day in base]
        cells = [cell.strip() for cell in self.columns[self.layout.days_at[field]]]
        steps = {cell: _days(cell) for cell in set(cells)}
        for at, cell in enumerate(cells):
            if cell and steps[cell] is None:
                self.note(at, field, cell, BAD_DAYS)
        return [_later(day, steps[cell]) for day, cell in zip(base, cells, strict=True)]


def row_hash(row: Iterable[str], rule: RowHash) -> str:
    return rule.prefix + hashlib.sha256(",".join(row).encode()).hexdigest()[: rule.digits]


def normal_key(written: str, form: KeyForm) -> str:
    """The form in which a key is compared."""
    if form.pad and written.isdigit():
        return written.zfill(form.pad)
    return written.upper()


def _no_key(cell: str) -> bool:
    return len(cell) > LONGEST_KEY or not cell.isprintable() or "\ufffd" in cell


def _damaged(cell: str) -> bool:
    return len(cell) > LONGEST_TEXT or "\ufffd" in cell or "\0" in cell


def _days(cell: str) -> int | None:
    whole, _, fraction = cell.partition(".")
    try:
        return int(whole) if not fraction.strip("0") and len(whole) < 7 else None
    except ValueError:
        return None


def _later(day: date | None, days: int | None) -> date | None:
    try:
        return None if day is None or days is None else day + timedelta(days=days)
    except OverflowError:
        return date.max
