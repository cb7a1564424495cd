"""Dates as a mapping spells them: 'YYYY-MM-DD', 'M/D/YYYY', 'DD-MMM-YY', 'DD.MM.YYYY hh:mm' — exactly so."""

import re
from collections.abc import Sequence
from datetime import date

from models.errors import N_, Refused

EARLIEST, LATEST = date(1970, 1, 1), date(2100, 12, 31)
CENTURY_TURNS = 70  # Two digits below it are 20xx.
MONTHS = dict(jan=1, feb=2, mar=3, apr=4, may=5, jun=6, jul=7, aug=8, sep=9, oct=10, nov=11, dec=12)
PARTS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "YY": r"(?P<short>[0-9]{2})",
    "MMM": r"(?P<name>[A-Za-z]{3})",
    "MM": r"(?P<month>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{2})",
    "D": r"(?P<day>[0-9]{1,2})",
    "hh": "[0-9]{2}",
    "mm": "[0-9]{2}",
    "ss": "[0-9]{2}",
}
WORD = re.compile("YYYY|YY|MMM|MM|M|DD|D|hh|mm|ss")


class DateFormatRefused(Refused):
    pass


class DateReader:
    """Reads each spelling once; a file has far fewer dates than rows."""

    MOST_KEPT = 50_000

    def __init__(self, formats: Sequence[str]) -> None:
        """:raises DateFormatRefused: a format without day, month or year, or two that read one text differently."""
        self._patterns = [_pattern(format_) for format_ in formats]
        self._known: dict[str, date | None] = {}
        _refuse_ambiguous(formats, self._patterns)

    def __call__(self, cells: Sequence[str]) -> list[date | None]:
        """None where a cell is not a date in any of the formats."""
        known = self._known
        for cell in set(cells).difference(known):
            if len(known) >= self.MOST_KEPT:
                known.clear()
                return [self._read(cell) for cell in cells]
            known[cell] = self._read(cell)
        return [known[cell] for cell in cells]

    def _read(self, cell: str) -> date | None:
        cell = cell.strip()
        for pattern in self._patterns:
            if found := pattern.fullmatch(cell):
                return _date(found)
        return None


def _pattern(format_: str) -> re.Pattern[str]:
    expression, at = "", 0
    for word in WORD.finditer(format_):
        expression += re.escape(format_[at : word.start()]) + PARTS[word.group()]
        at = word.end()
    expression += re.escape(format_[at:])
    try:
        pattern = re.compile(expression)
    except re.error as error:
        raise DateFormatRefused(N_("The date format %(format)s names a part twice."), format=format_) from error
    parts = set(pattern.groupindex)
    if not (parts & {"year", "short"} and parts & {"month", "name"} and "day" in parts):
        raise DateFormatRefused(
            N_("The date format %(format)s must say day, month and year, as in YYYY-MM-DD."), format=format_
        )
    return pattern


def _date(found: re.Match[str]) -> date | None:
    parts = found.groupdict()
    if "year" in parts:
        year = int(parts["year"])
    else:
        short = int(parts["short"])
        year = short + (2000 if short < CENTURY_TURNS else 1900)
    month = int(parts["month"]) if "month" in parts else MONTHS.get(parts["name"].lower(), 0)
    try:
        return date(year, month, int(parts["day"]))
    except ValueError:
        return None


def _refuse_ambiguous(formats: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> None:
    probe = {"YYYY": "2003", "YY": "03", "MMM": "May", "MM": "05", "M": "5", "DD": "04", "D": "4"}
    for format_ in formats:
        written = WORD.sub(lambda word: probe.get(word.group(), "00"), format_)
        read = {_date(found) for pattern in patterns if (found := pattern.fullmatch(written))}
        if len(read) > 1:
            raise DateFormatRefused(
                N_("The date formats %(formats)s read %(example)s as different days: keep one of them."),
                formats=", ".join(formats),
                example=written,
            )


def in_range(day: date) -> bool:
    return EARLIEST <= day <= LATEST
