"""Which column of a file is what: mappings are TOML files, shipped here or kept in $DUEWELL_HOME/mappings."""

import tomllib
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from models.errors import N_, Refused
from models.imports.dates import DateReader
from models.imports.reading import FileRefused
from models.money import EXPONENTS

SHIPPED = Path(__file__).with_name("mappings")


class Kind(StrEnum):
    CUSTOMERS = "customers"
    INVOICES = "invoices"
    PAYMENTS = "payments"


LINE_FIELDS = ("line", "description", "product", "supplier", "site", "quantity", "tax_rate")
FIELDS = {
    Kind.CUSTOMERS: (
        *("customer", "name", "email", "contact", "phone", "language", "country", "timezone"),
        *("address", "tax_number", "terms", "kind"),
    ),
    Kind.INVOICES: (
        *("amount", "number", "customer", "name", "currency", "issued", "due", "terms", "reference"),
        *("settled", "settled_on", "email", "contact", "language", "country", "kind"),
        *LINE_FIELDS,
    ),
    Kind.PAYMENTS: ("amount", "currency", "received", "customer", "payer", "reference", "number"),
}
REQUIRED = {
    Kind.CUSTOMERS: ("customer", "name"),
    Kind.INVOICES: ("amount", "number", "customer", "currency", "issued", "due"),
    Kind.PAYMENTS: ("amount", "currency", "received"),
}
SECTIONS = {"kind", "files", "optional", "columns", "fixed", "derived", "keys", "dates", "numbers", "text"}
DATE_FIELDS = frozenset({"issued", "due", "settled_on", "received"})
MISSING = {
    "amount": N_("%(file)s has no column with an amount (looked for: %(columns)s)."),
    "number": N_("%(file)s has no column with an invoice number (looked for: %(columns)s)."),
    "customer": N_("%(file)s has no column with a customer number (looked for: %(columns)s)."),
    "name": N_("%(file)s has no column with a name (looked for: %(columns)s)."),
    "currency": N_("%(file)s has no column with a currency (looked for: %(columns)s)."),
    "issued": N_("%(file)s has no column with the day of issue (looked for: %(columns)s)."),
    "due": N_("%(file)s has no column with the due date (looked for: %(columns)s)."),
    "received": N_("%(file)s has no column with the day the money came (looked for: %(columns)s)."),
}


class MappingRefused(Refused):
    """A mapping that cannot be followed: said before any file is read."""


@dataclass(frozen=True, slots=True)
class KeyForm:
    """How the spellings of a key become one: always stripped and in capitals; `pad` fills digits with leading zeros."""

    pad: int = 0


@dataclass(frozen=True, slots=True)
class DayFrom:
    """A date reckoned from another one: `days` later, a number or the name of a column that has it."""

    field: str
    days: int | str = 0


@dataclass(frozen=True, slots=True)
class RowHash:
    """A number for rows without one: prefix and the first hex digits of the row's SHA-256, cells joined by commas."""

    prefix: str
    digits: int


@dataclass(frozen=True, slots=True)
class Mapping:
    name: str
    kind: Kind
    files: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    optional: frozenset[str] = frozenset()
    fixed: dict[str, str] = field(default_factory=dict)
    derived: dict[str, DayFrom | RowHash] = field(default_factory=dict)
    keys: dict[str, KeyForm] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ("YYYY-MM-DD",)
    decimal: str = "."
    thousands: str = ""
    encoding: str | None = None
    delimiter: str | None = None

    def places(self, header: Sequence[str], file: str) -> dict[str, tuple[int, ...]]:
        """
        Where in a row each field stands, in the order in which the columns are tried.

        :raises FileRefused: a column that the mapping needs is missing or there twice.
        """
        at = _positions(header)
        found: dict[str, tuple[int, ...]] = {}
        for name in FIELDS[self.kind]:
            if name in self.fixed or (name in self.derived and name not in self.columns):
                continue
            columns = self.columns.get(name, ())
            known = [column for column in columns if _plain(column) in at]
            if not known and (name in REQUIRED[self.kind] or (columns and name not in self.optional)):
                raise _missing(file, name, columns)
            twice = next((column for column in known if len(at[_plain(column)]) > 1), None)
            if twice:
                raise FileRefused(N_("%(file)s has two columns named %(column)s."), file=file, column=twice)
            if known:
                found[name] = tuple(at[_plain(column)][0] for column in known)
        return found

    def place(self, header: Sequence[str], column: str, file: str) -> int:
        """:raises FileRefused: there is no such column."""
        at = _positions(header).get(_plain(column))
        if at is None:
            raise _missing(file, "", (column,))
        return at[0]


def choose(kind: Kind, file: str, name: str | None, own: Path) -> Mapping:
    """
    The mapping of that name; else the first one whose pattern fits the file's name, a company's own before
    those that come with Duewell; else the plain one of its kind.

    :raises MappingRefused: there is none of that name, or it reads something else.
    """
    if name is not None:
        return _named(kind, name, own)
    for mapping in _all(own):
        if mapping.kind == kind and any(fnmatch(file.lower(), pattern.lower()) for pattern in mapping.files):
            return mapping
    return _named(kind, f"duewell_{kind}", own)


def load(path: Path) -> Mapping:
    """:raises MappingRefused: the file is not a mapping."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingRefused(
            N_("The mapping %(mapping)s cannot be read: %(reason)s"), mapping=path.stem, reason=str(error)
        ) from error
    try:
        mapping = _mapping(path.stem, told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MappingRefused(
            N_("The mapping %(mapping)s says something that is not understood: %(reason)s"),
            mapping=path.stem,
            reason=str(error),
        ) from error
    DateReader(mapping.date_formats)
    return mapping


def _named(kind: Kind, name: str, own: Path) -> Mapping:
    path = next((found for found in _files(own) if found.stem == name), None)
    if path is None:
        raise MappingRefused(
            N_("There is no mapping %(mapping)s. There are: %(known)s."),
            mapping=name,
            known=", ".join(sorted({found.stem for found in _files(own)})),
        )
    mapping = load(path)
    if mapping.kind != kind:
        raise MappingRefused(
            N_("The mapping %(mapping)s reads %(its)s, not %(wanted)s."),
            mapping=name,
            its=mapping.kind.value,
            wanted=kind.value,
        )
    return mapping


def _all(own: Path) -> Iterable[Mapping]:
    return (load(path) for path in _files(own))


def _files(own: Path) -> list[Path]:
    return [*sorted(own.glob("*.toml")), *sorted(SHIPPED.glob("*.toml"))]


def _mapping(name: str, told: Table[str, Any]) -> Mapping:
    kind = Kind(told["kind"])
    unknown = set(told) - SECTIONS
    fields = {*told.get("columns", {}), *told.get("fixed", {}), *told.get("derived", {}), *told.get("optional", ())}
    unknown |= fields - set(FIELDS[kind])
    if unknown:
        raise ValueError(", ".join(sorted(unknown)))
    numbers, text = told.get("numbers", {}), told.get("text", {})
    mapping = Mapping(
        name=name,
        kind=kind,
        files=tuple(told.get("files", ())),
        columns={
            key: (told_as,) if isinstance(told_as, str) else tuple(told_as)
            for key, told_as in told.get("columns", {}).items()
        },
        optional=frozenset(told.get("optional", ())),
        fixed={key: str(value) for key, value in told.get("fixed", {}).items()},
        derived={key: _derived(value) for key, value in told.get("derived", {}).items()},
        keys={key: KeyForm(**value) for key, value in told.get("keys", {}).items()},
        date_formats=tuple(told.get("dates", {}).get("formats", ("YYYY-MM-DD",))),
        decimal=numbers.get("decimal", "."),
        thousands=numbers.get("thousands", ""),
        encoding=text.get("encoding"),
        delimiter=text.get("delimiter"),
    )
    _check(mapping)
    return mapping


def _derived(told: Table[str, Any]) -> DayFrom | RowHash:
    if "row_hash" in told:
        return RowHash(prefix=str(told.get("prefix", "")), digits=int(told["row_hash"]))
    return DayFrom(field=str(told["from"]), days=told.get("days", 0))


def _check(mapping: Mapping) -> None:
    for name, rule in mapping.derived.items():
        if not _sound(name, rule, mapping):
            raise ValueError(f"derived.{name}")
    if mapping.decimal not in (".", ",") or mapping.thousands not in ("", ".", ",", " ", "'", "’"):
        raise ValueError("numbers")
    if mapping.decimal == mapping.thousands:
        raise ValueError("numbers: one sign for two things")
    currency = mapping.fixed.get("currency")
    if currency is not None and currency not in EXPONENTS:
        raise ValueError(f"fixed.currency: {currency}")
    for name in REQUIRED[mapping.kind]:
        if name not in mapping.columns and name not in mapping.fixed and name not in mapping.derived:
            raise ValueError(f"columns: {name}")


def _sound(name: str, rule: DayFrom | RowHash, mapping: Mapping) -> bool:
    if isinstance(rule, RowHash):
        return name == "number"
    return name in DATE_FIELDS and rule.field in mapping.columns


def _positions(header: Sequence[str]) -> dict[str, list[int]]:
    at: dict[str, list[int]] = {}
    for place, column in enumerate(header):
        at.setdefault(_plain(column), []).append(place)
    return at


def _plain(column: str) -> str:
    return " ".join(column.replace("\ufeff", "").casefold().split())


def _missing(file: str, name: str, columns: Sequence[str]) -> FileRefused:
    message = MISSING.get(name, N_("%(file)s has no column named %(columns)s."))
    return FileRefused(message, file=file, columns=", ".join(columns))
