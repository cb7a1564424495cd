"""Amounts as people write them, into minor units: exact, half-up, nothing guessed."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from models.money import LARGEST_MINOR, SIX_PLACES

MOST_DIGITS = 24  # No amount of money has more, and Decimal must not be made to work for what is none.
NARROW_SPACES = str.maketrans(dict.fromkeys("\xa0\u202f\u2009", " "))


class AmountReader:
    """Reads a cell into minor units. Signs may lead, trail as SAP writes them, or be brackets as accountants do."""

    def __init__(self, *, decimal: str, thousands: str, exponent: int) -> None:
        self._decimal, self._thousands, self._exponent = decimal, thousands, exponent
        self._one_minor = Decimal(1).scaleb(-exponent)
        plain = r"[0-9]{1,15}" + (rf"{re.escape(decimal)}[0-9]{{{exponent}}}" if exponent else "")
        self._all_plain = re.compile(rf"(?:{plain}\n)*")

    def column(self, cells: Sequence[str]) -> tuple[list[int | None], list[int]]:
        """
        Minor units, None where a cell is not an amount, and the places of those that rounding changed.

        Most files have exactly the currency's decimals in every row: one look at all of them is enough.
        """
        together = "\n".join(cells) + "\n"
        if self._all_plain.fullmatch(together):
            return list(map(int, together.replace(self._decimal, "").split())), []
        read = [self(cell) for cell in cells]
        return [minor for minor, _ in read], [at for at, (_, changed) in enumerate(read) if changed]

    def __call__(self, cell: str) -> tuple[int | None, bool]:
        plain = _plain(cell, self._decimal, self._thousands)
        if plain is None:
            return None, False
        exact = Decimal(plain)
        rounded = exact.quantize(SIX_PLACES, ROUND_HALF_UP).quantize(self._one_minor, ROUND_HALF_UP)
        minor = int(rounded.scaleb(self._exponent))
        return (None, False) if abs(minor) > LARGEST_MINOR else (minor, rounded != exact)


def _plain(cell: str, decimal: str, thousands: str) -> str | None:
    """The amount as Python writes it; None where it is not one."""
    sign = ""
    if cell.startswith("(") and cell.endswith(")"):
        sign, cell = "-", cell[1:-1]
    elif cell.endswith("-"):
        sign, cell = "-", cell[:-1]
    elif cell[:1] in ("-", "+", "\u2212"):
        sign, cell = ("" if cell[0] == "+" else "-"), cell[1:]
    whole, _, fraction = cell.strip().partition(decimal)
    if thousands:
        whole = _without_thousands(whole, thousands)
    digits = whole + fraction
    if not digits.isdigit() or not digits.isascii() or len(digits) > MOST_DIGITS:
        return None
    return f"{sign}{whole or '0'}.{fraction or '0'}"


def _without_thousands(whole: str, thousands: str) -> str:
    """'1,234,567' without its commas; '1,23' stays as it is, and so will be refused."""
    if thousands == " ":
        whole = whole.translate(NARROW_SPACES)
    first, *groups = whole.split(thousands)
    if groups and 1 <= len(first) <= 3 and all(len(group) == 3 for group in groups):
        return first + "".join(groups)
    return whole
