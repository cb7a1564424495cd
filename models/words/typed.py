"""Numbers as people type them: in any of the six languages, with any of their signs."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from models.errors import N_, Refused
from models.words.languages import language, locale_of

LONGEST = 40
MINUSES = "-\N{MINUS SIGN}\N{EN DASH}"
SPACES = {"٬": " ", "'": " ", "’": " "}  # Signs that separate thousands wherever they are used.
PARTS = re.compile(r"(-?)([0-9 .,٫]*[0-9])")
WHOLE = re.compile(r"[0-9]*|[0-9]{1,3}([ .,])[0-9]{3}(?:\1[0-9]{3})*")


class NotANumber(Refused, ValueError):
    pass


class AmbiguousNumber(Refused, ValueError):
    pass


def plain_number(text: str) -> Decimal:
    """
    '1.234,50', '1,234.50', '1 234,50', '1'234.50', '۱٬۲۳۴٫۵۰' and '€ 1,234.50' are all 1234.50.

    :raises NotANumber: letters, nothing at all, digits grouped by other than three.
    :raises AmbiguousNumber: '1.234' where the reader's language uses the point for neither thousands nor decimals.
    """
    match = PARTS.fullmatch(_simplified(text))
    if match is None or len(text) > LONGEST:
        raise _not_a_number()
    sign, figures = match.groups()
    whole, _, fraction = figures.rpartition(mark) if (mark := _decimal_mark(figures)) else (figures, "", "")
    if not WHOLE.fullmatch(whole) or not (fraction.isdigit() or not mark):
        raise _not_a_number()
    return Decimal(sign + re.sub(r"[^0-9]", "", whole) + (f".{fraction}" if mark else ""))


def as_typed(value: Decimal) -> str:
    """An amount for a field that is filled in already: `plain_number` gives it back in the same language."""
    return f"{value:f}".replace(".", locale_of(language()).number_symbols["latn"]["decimal"])


def _simplified(text: str) -> str:
    """Latin digits, '-', ' ' for whatever separates thousands; other signs stay and are refused later."""
    signs = []
    for sign in text[:LONGEST]:
        kind = unicodedata.category(sign)
        if kind == "Nd":
            signs.append(str(unicodedata.decimal(sign)))
        elif kind == "Zs":
            signs.append(" ")
        elif sign in MINUSES:
            signs.append("-")
        elif kind not in ("Cf", "Sc"):  # Direction marks come along when an amount is copied, currency signs too.
            signs.append(SPACES.get(sign, sign))
    return re.sub(r"^- +", "-", "".join(signs).strip().removeprefix("+").lstrip())


def _decimal_mark(figures: str) -> str:
    """Which sign stands before the decimals: '' where there are none."""
    used = [mark for mark in "٫,." if mark in figures]
    if not used:
        return ""
    if "٫" in used:
        return "٫"
    if len(used) == 2:
        return max(used, key=figures.rindex)
    mark = used[0]
    if figures.count(mark) > 1:
        return ""
    whole, _, fraction = figures.partition(mark)
    if len(fraction) != 3 or not 1 <= len(whole) <= 3 or whole.startswith("0"):
        return mark  # '1234,5' and '0.125' cannot be thousands.
    return _mark_by_language(whole, mark, fraction)


def _mark_by_language(whole: str, mark: str, fraction: str) -> str:
    """'1,234' is a thousand and more in English, little more than one in Polish."""
    symbols = locale_of(language()).number_symbols["latn"]
    if mark == symbols["decimal"]:
        return mark
    if mark == symbols["group"]:
        return ""
    raise AmbiguousNumber(
        N_("This can be read in two ways. Write %(thousands)s or %(decimals)s."),
        thousands=Decimal(whole + fraction),
        decimals=Decimal(f"{whole}.{fraction}"),
    )


def _not_a_number() -> NotANumber:
    return NotANumber(N_("Enter a number, such as %(example)s."), example=Decimal("1234.50"))
