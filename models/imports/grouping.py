"""Rows that are lines of one invoice: which belong together, and what each says of its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from models.errors import N_
from models.imports.columns import Columns, Layout
from models.imports.mappings import LINE_FIELDS
from models.imports.reading import Chunk, Table
from models.imports.rows import LineRow
from models.money import LARGEST_MINOR

TWIN_REFUSED = N_("Another row of the file has this number and was refused: correct that one first.")
SCATTERED = N_("The lines of invoice %(number)s do not stand together: sort the file by invoice number.")
DISAGREE = N_("The lines of invoice %(number)s do not agree: here stands “%(said)s”, in its first row “%(first)s”.")
SAME_LINE = N_(
    "Two rows of invoice %(number)s are the same line."
    " If both were billed, a column with the line's number must tell them apart."
)
NUMBERLESS = N_(
    "A row beside it has no number that can be read and may be a line of invoice %(number)s: correct that one first."
)
TOO_MUCH = N_("The lines of this invoice add up to more than can be booked.")
BAD_RATE = N_("A tax rate is a number from 0 to 100.")
QUANTITY_PLACES, RATE_PLACES = 4, 3

Group = Sequence[int]
"""The places in a chunk of the rows of one invoice."""


class Grouping:
    """
    Of a file with columns for lines. Rows that follow one another with one number are the lines of one invoice, where
    any of them says something of a line. The whole file is looked at once, so that no invoice is booked in part.
    """

    def __init__(self, layout: Layout, table: Table) -> None:
        self._layout = layout
        times: Counter[str] = Counter()
        lined: set[str] = set()
        before, self._several = "", False
        for chunk in table.chunks():
            columns = Columns(layout, chunk)
            for number, says in zip(columns.key("number")[0], _says(columns), strict=True):
                if not number:
                    continue
                if number == before:
                    self._several = True
                else:
                    times[number] += 1
                before = number
                if says:
                    lined.add(number)
        self._scattered = {number for number in lined if times[number] > 1}

    @staticmethod
    def is_told_by(layout: Layout) -> bool:
        """Whether the file, or its mapping, says anything of lines."""
        return any(field in layout.places or field in layout.mapping.fixed for field in LINE_FIELDS)

    def whole(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """The same rows, cut only between two invoices; a row without a number stays with what it stands beside."""
        carried: Chunk | None = None
        for chunk in chunks:
            joined = _together(carried, chunk)
            done, carried = _parts(joined, _clean_cut(joined, Columns(self._layout, joined).key("number")[0]))
            if done.rows:
                yield done
        if carried is not None:
            yield carried

    def groups(self, columns: Columns, numbers: Sequence[str]) -> Sequence[Group]:
        """The invoices with lines of a chunk, in order. Further rows of each go with its first one."""
        runs: list[list[int]] = []
        before = ""
        for at, number in enumerate(numbers):
            if number and number == before:
                runs[-1].append(at)
            elif number:
                runs.append([at])
            before = number or before
        says = _says(columns)
        groups = [run for run in runs if numbers[run[0]] in self._scattered or any(says[at] for at in run)]
        columns.followers.update(at for group in groups for at in group[1:])
        return groups

    def judge(
        self,
        columns: Columns,
        groups: Sequence[Group],
        numbers: Sequence[str],
        told: Mapping[str, Sequence[object]],
        broken: Sequence[int],
    ) -> None:
        """Note what keeps an invoice out; a line that is refused takes the whole invoice along."""
        numberless = {columns.numbers[at] for at, number in enumerate(numbers) if not number} | set(broken)
        for group in groups:
            first, number = group[0], numbers[group[0]]
            if number in self._scattered:
                columns.note(first, "number", number, SCATTERED, number=number)
            beside = range(columns.numbers[first] - 1, columns.numbers[group[-1]] + 2)
            if self._several and not numberless.isdisjoint(beside):
                columns.note(first, "number", number, NUMBERLESS, number=number)
            _agree(columns, group, number, told)
            _differ(columns, group, number)
            if any(at in columns.problems for at in group):
                for at in group:
                    columns.note(at, "number", number, TWIN_REFUSED)


def totals(columns: Columns, groups: Iterable[Group], minors: list[int | None]) -> list[int | None]:
    """The amount of each row's invoice; None where the row's own cannot be read."""
    if not groups:
        return minors
    found = list(minors)
    for group in groups:
        amount = sum(minors[at] or 0 for at in group)
        if abs(amount) > LARGEST_MINOR:
            columns.note(group[0], "amount", str(amount), TOO_MUCH)
        for at in group:
            found[at] = None if minors[at] is None else amount
    return found


def read_lines(columns: Columns, groups: Sequence[Group], minors: Sequence[int | None]) -> list[tuple[LineRow, ...]]:
    """Of each row that is an invoice's first: all its lines. An amount holds its tax."""
    found: list[tuple[LineRow, ...]] = [()] * columns.size
    if not groups:
        return found
    descriptions, products = columns.text("description"), columns.text("product")
    suppliers, sites = columns.text("supplier"), columns.text("site")
    quantities = columns.numbers_of("quantity", QUANTITY_PLACES)
    rates = columns.numbers_of("tax_rate", RATE_PLACES)
    for at, rate in enumerate(rates):
        if rate is not None and not 0 <= rate <= 100:
            columns.note(at, "tax_rate", str(rate), BAD_RATE)
    for group in groups:
        lines = []
        for at in group:
            net, tax = _split(minors[at] or 0, rates[at])
            words = (descriptions[at] or products[at], products[at], suppliers[at], sites[at])
            lines.append(LineRow(columns.numbers[at], *words, quantities[at], net, rates[at], tax))
        found[group[0]] = tuple(lines)
    return found


def _split(minor: int, rate: Decimal | None) -> tuple[int, int]:
    """Net and tax of an amount, the net rounded half-up."""
    net = int((minor * 100 / (100 + rate)).quantize(Decimal(1), ROUND_HALF_UP)) if rate else minor
    return net, minor - net


def _agree(columns: Columns, group: Group, number: str, told: Mapping[str, Sequence[object]]) -> None:
    """What is said of the invoice as a whole is said alike in each of its rows."""
    for field, values in told.items():
        if any(values[at] != values[group[0]] for at in group):
            cells = [cell or str(value or "") for cell, value in zip(columns.raw(field), values, strict=True)]
            for at in group:
                if values[at] != values[group[0]]:
                    said = {"said": cells[at], "first": cells[group[0]]}
                    columns.note(at, field, cells[at], DISAGREE, number=number, **said)


def _differ(columns: Columns, group: Group, number: str) -> None:
    """A row that stands twice may be two lines or a slip of the export: nobody is billed twice by a guess."""
    seen: set[tuple[str, ...]] = set()
    places = columns.layout.places.get("line", ())
    for at in group:
        row = tuple(columns.rows[at])
        line = tuple(row[place].strip() for place in places)
        line = line if any(line) else row
        if line in seen:
            columns.note(at, "line", "", SAME_LINE, number=number)
        seen.add(line)


def _says(columns: Columns) -> list[bool]:
    """Of each row whether anything stands in a column for lines."""
    cells = [
        columns.raw(field) for field in LINE_FIELDS if field in columns.layout.places or field in columns.mapping.fixed
    ]
    return [any(row) for row in zip(*cells, strict=True)]


def _clean_cut(chunk: Chunk, numbers: Sequence[str]) -> int:
    """Where the last invoice begins that has nothing unreadable beside it; 0 where there is no such place."""
    broken = {row for row, _ in chunk.broken}
    for at in range(len(numbers) - 1, 0, -1):
        apart = numbers[at] and numbers[at - 1] and numbers[at] != numbers[at - 1]
        if apart and broken.isdisjoint(range(chunk.numbers[at - 1] + 1, chunk.numbers[at])):
            return at
    return 0


def _together(carried: Chunk | None, chunk: Chunk) -> Chunk:
    if carried is None:
        return chunk
    numbers = [*carried.numbers, *chunk.numbers]
    return Chunk([*carried.rows, *chunk.rows], numbers, [*carried.broken, *chunk.broken], chunk.share_read)


def _parts(chunk: Chunk, cut: int) -> tuple[Chunk, Chunk]:
    first = chunk.numbers[cut] if cut else 0
    before, after = [one for one in chunk.broken if one[0] < first], [one for one in chunk.broken if one[0] >= first]
    return (
        Chunk(chunk.rows[:cut], chunk.numbers[:cut], before, chunk.share_read),
        Chunk(chunk.rows[cut:], chunk.numbers[cut:], after, chunk.share_read),
    )
