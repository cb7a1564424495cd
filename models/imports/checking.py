"""Rows of a file into rows that can be booked or rejects with a reason: a chunk at a time, column by column."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from models.errors import N_
from models.imports.columns import LONGEST_KEY, LONGEST_TEXT, Columns, Layout, normal_key
from models.imports.grouping import Grouping, read_lines, totals
from models.imports.mappings import KeyForm, Kind, Mapping
from models.imports.reading import Chunk, Table
from models.imports.rows import Checked, Problem, Reject
from models.words import LANGUAGES

CUSTOMER_KINDS = frozenset({"", "business", "consumer", "unknown"})

OPEN_QUOTE = N_("A quotation mark is opened here and never closed.")
NO_NAME = N_("The name is missing.")
NO_AMOUNT = N_("The amount is missing.")
ZERO_AMOUNT = N_("The amount is zero: there is nothing to book.")
NEGATIVE_PAYMENT = N_("Money that came in is above zero; what went back is entered as a refund.")
SETTLED_WHEN = N_("An amount was settled, but the day is missing.")
SETTLED_BELOW_ZERO = N_("The settled amount is below zero.")
SETTLED_CREDIT = N_("A credit that is settled does not say which invoice it was used for: enter it by hand.")
BAD_EMAIL = N_("This is not an e-mail address.")
BAD_LANGUAGE = N_("This is not a language we write in: %(known)s.")
BAD_COUNTRY = N_("This is not a country's code of two letters.")
BAD_KIND = N_("A customer is business, consumer or unknown.")


class Checker:
    """Checks the chunks of one file. Remembers which payments it has met, for equal ones are told apart by place."""

    def __init__(self, mapping: Mapping, table: Table) -> None:
        """:raises FileRefused: the file lacks a column that the mapping needs."""
        self.layout, self.table = Layout.of(mapping, table), table
        self.grouping = Grouping(self.layout, table) if Grouping.is_told_by(self.layout) else None
        self.met: Counter[str] = Counter()

    def chunks(self) -> Iterator[Chunk]:
        """The file, cut where no invoice is cut."""
        chunks = self.table.chunks()
        return self.grouping.whole(chunks) if self.grouping else chunks

    def check(self, chunk: Chunk) -> Checked:
        columns = Columns(self.layout, chunk)
        rounded: list[int] = []
        flagged: list[int] = []
        kind = self.layout.mapping.kind
        if kind == Kind.INVOICES:
            rows, rounded, flagged = _invoices(columns, self.grouping, [row for row, _ in chunk.broken])
        elif kind == Kind.PAYMENTS:
            rows, rounded = _payments(columns, self.met)
        else:
            rows = _customers(columns)
        bad = columns.problems
        rejects = [Reject(chunk.numbers[at], problem, chunk.rows[at]) for at, problem in bad.items()]
        rejects += [Reject(row, Problem("", line[:LONGEST_TEXT], OPEN_QUOTE, {}), []) for row, line in chunk.broken]
        left_out = bad.keys() | columns.followers
        return Checked(
            [row for at, row in enumerate(rows) if at not in left_out] if left_out else rows,
            rejects,
            sum(at not in bad for at in rounded),
            sum(at not in bad for at in flagged),
        )


def _invoices(
    columns: Columns, grouping: Grouping | None, broken: list[int]
) -> tuple[list[tuple[object, ...]], list[int], list[int]]:
    currencies = columns.currencies()
    minors, rounded = columns.amounts("amount", currencies)
    numbers, numbers_written = columns.key("number")
    groups = grouping.groups(columns, numbers) if grouping else []
    lines = read_lines(columns, groups, minors)
    minors = totals(columns, groups, minors)
    _note_empty_amounts(columns, minors)
    customers, customers_written = columns.key("customer")
    issued = columns.dates("issued", required=True)
    due = columns.dates("due", required=True)
    settled, settled_on = _settled(columns, minors, currencies)
    rows = list(zip(
        columns.numbers, numbers, numbers_written, customers, customers_written, columns.text("name"),
        minors, currencies, issued, due, columns.text("terms"), columns.text("reference"), settled, settled_on,
        *_person(columns), lines,
        strict=True,
    ))  # fmt: skip
    if grouping:
        told = {"customer": customers, "currency": currencies, "issued": issued, "due": due, "settled_on": settled_on}
        grouping.judge(columns, groups, numbers, {**told, "settled": settled}, broken)
    flagged = [at for at, (day, last) in enumerate(zip(issued, due, strict=True)) if day and last and last < day]
    return rows, rounded, flagged


def _note_empty_amounts(columns: Columns, minors: Sequence[int | None]) -> None:
    if None not in minors and 0 not in minors:
        return
    for at, (minor, cell) in enumerate(zip(minors, columns.raw("amount"), strict=True)):
        if not minor:
            columns.note(at, "amount", cell, NO_AMOUNT if minor is None else ZERO_AMOUNT)


def _settled(
    columns: Columns, minors: Sequence[int | None], currencies: Sequence[str]
) -> tuple[list[int | None], list[date | None]]:
    """What came in for each invoice and when; the whole amount where the file gives only the day."""
    if not (columns.given("settled_on") or "settled_on" in columns.layout.mapping.derived):
        return [None] * columns.size, [None] * columns.size
    days = columns.dates("settled_on", required=False)
    told: list[int | None] = [None] * columns.size
    if columns.given("settled"):
        told, _ = columns.amounts("settled", currencies)
    settled = [
        minor if amount is None and day else amount for amount, day, minor in zip(told, days, minors, strict=True)
    ]
    for at, (amount, day) in enumerate(zip(settled, days, strict=True)):
        if amount:
            if (minors[at] or 0) < 0:
                columns.note(at, "settled_on", str(day or ""), SETTLED_CREDIT)
            elif amount < 0:
                columns.note(at, "settled", "", SETTLED_BELOW_ZERO)
            elif day is None:
                columns.note(at, "settled_on", "", SETTLED_WHEN)
    settled = [amount or None for amount in settled]
    return settled, [day if amount else None for amount, day in zip(settled, days, strict=True)]


def _person(columns: Columns) -> tuple[Sequence[str], ...]:
    """E-mail, contact, language, country, kind."""
    emails = list(map(str.lower, columns.raw("email")))
    columns.note_all("email", emails, lambda cell: bool(cell) and not _like_email(cell), BAD_EMAIL)
    languages = list(map(str.lower, columns.raw("language")))
    known = ", ".join(LANGUAGES)
    columns.note_all("language", languages, lambda cell: cell not in ("", *LANGUAGES), BAD_LANGUAGE, known=known)
    countries = list(map(str.upper, columns.raw("country")))
    columns.note_all("country", countries, lambda cell: bool(cell) and not _like_country(cell), BAD_COUNTRY)
    kinds = list(map(str.lower, columns.raw("kind")))
    columns.note_all("kind", kinds, lambda cell: cell not in CUSTOMER_KINDS, BAD_KIND)
    return emails, columns.text("contact"), languages, countries, kinds


def _customers(columns: Columns) -> list[tuple[object, ...]]:
    numbers, written = columns.key("customer")
    names = columns.text("name")
    columns.note_all("name", names, lambda cell: not cell, NO_NAME)
    emails, contacts, languages, countries, kinds = _person(columns)
    rows = zip(
        columns.numbers, numbers, written, names, emails, contacts, columns.text("phone"), languages, countries,
        columns.text("timezone"), columns.text("address"), columns.text("tax_number"), columns.text("terms"), kinds,
        strict=True,
    )  # fmt: skip
    return list(rows)


def _payments(columns: Columns, met: Counter[str]) -> tuple[list[tuple[object, ...]], list[int]]:
    currencies = columns.currencies()
    minors, rounded = columns.amounts("amount", currencies)
    _note_empty_amounts(columns, minors)
    cells = columns.raw("amount")
    for at, minor in enumerate(minors):
        if minor is not None and minor < 0:
            columns.note(at, "amount", cells[at], NEGATIVE_PAYMENT)
    numbers, _ = columns.key("number", required=False)
    customers, _ = columns.key("customer", required=False)
    payers, received = columns.text("payer"), columns.dates("received", required=True)
    form = columns.layout.mapping.keys.get("reference", KeyForm())
    rows: list[tuple[object, ...]] = []
    for at, texts in enumerate(columns.every("reference")):
        reference = " ".join(text for text in texts if text)
        content = (customers[at], payers[at], minors[at], currencies[at], received[at], reference)
        key = "" if at in columns.problems else _payment_key(numbers[at], content, met)
        rows.append((columns.numbers[at], key, customers[at], payers[at], *content[2:], *_candidates(texts, form)))
    return rows, rounded


def _payment_key(number: str, content: tuple[object, ...], met: Counter[str]) -> str:
    """
    The payment's own number, else a hash of its content with its place among equals of the file: two equal
    payments on one day are two, and the same file twice is still one.
    """
    if number:
        return f"number:{number}"
    content_hash = hashlib.sha256("\x1f".join(map(str, content)).encode()).hexdigest()[:32]
    met[content_hash] += 1
    return f"content:{content_hash}:{met[content_hash]}"


def _candidates(texts: Iterable[str], form: KeyForm) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Cells whole, also without the spaces that RF references are printed with; and their words."""
    cells: dict[str, None] = {}
    words: dict[str, None] = {}
    for text in texts:
        cells |= dict.fromkeys(normal_key(cell, form) for cell in (text, text.replace(" ", "")))
        words |= dict.fromkeys(normal_key(word, form) for word in text.replace(",", " ").replace(";", " ").split())
    return (
        tuple(cell for cell in cells if 0 < len(cell) <= LONGEST_KEY),
        tuple(word for word in words if len(word) <= LONGEST_KEY),
    )


def _like_email(cell: str) -> bool:
    name, at, domain = cell.rpartition("@")
    return bool(at and name) and "." in domain and len(cell) <= 254 and cell.isprintable() and " " not in cell


def _like_country(cell: str) -> bool:
    return len(cell) == 2 and cell.isascii() and cell.isalpha()
