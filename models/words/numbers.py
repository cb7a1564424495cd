"""Numbers, money, percentages and lists as the reader writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import NamedTuple

from models.money import Money, exponent
from models.words.languages import PSEUDO, language, locale_of

MINUS = "\N{MINUS SIGN}"
NBSP = "\N{NO-BREAK SPACE}"
LEFT_TO_RIGHT_MARK = "\N{LEFT-TO-RIGHT MARK}"
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
ARABIC_LETTER = re.compile("[\u0600-\u06ff]")


class Frame(NamedTuple):
    """What stands around the digits of an amount in one currency."""

    plain: str
    negative: str
    positive: str
    suffix: str


@cache
def _table(language: str) -> dict[int, int]:
    """What turns 1,234.5 into the language's own signs."""
    if language == "fa":  # Babel knows these signs, but prints Persian with Latin ones.
        return str.maketrans("0123456789,.", "۰۱۲۳۴۵۶۷۸۹٬٫")
    symbols = locale_of(language).number_symbols["latn"]
    return str.maketrans(",.", symbols["group"] + symbols["decimal"])


@cache
def _frame(language: str, currency: str) -> Frame:
    from babel.numbers import get_currency_symbol

    locale = locale_of(language)
    symbol = get_currency_symbol(currency, locale.language)  # '$', where British English has 'US$'.
    if ARABIC_LETTER.search(symbol):
        return _right_to_left_frame(symbol)
    before, after = re.split(r"[#0,.]+", locale.currency_formats["standard"].pattern)
    before, after = before.replace("¤", symbol), after.replace("¤", symbol)
    if before[-1:].isalpha():  # 'KWD 1,284.500': Babel leaves out the space that CLDR puts after letters.
        before += NBSP
    # A sign before the left-to-right mark would jump to the other end of the amount in Persian text.
    mark = LEFT_TO_RIGHT_MARK if before.startswith(LEFT_TO_RIGHT_MARK) else ""
    rest = before.removeprefix(mark)
    return Frame(before, f"{mark}{MINUS}{rest}", f"{mark}+{rest}", after)


def _right_to_left_frame(symbol: str) -> Frame:
    """The number first, the word to its left: ۱٬۲۸۴ ریال, whatever surrounds it."""
    whole, digits_only, end = "\N{RIGHT-TO-LEFT ISOLATE}", "\N{LEFT-TO-RIGHT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
    start = whole + digits_only
    return Frame(start, start + MINUS, f"{start}+", f"{end}{NBSP}{symbol}{end}")


def money(money: Money, sign: bool = False) -> str:
    """With its currency: €1,284.50, −1 284,50 €. `sign` writes the plus of a positive amount too."""
    spoken = language()
    frame = _frame(spoken, money.currency)
    if money.minor < 0:
        return frame.negative + _figures(money, spoken) + frame.suffix
    if sign and money.minor > 0:
        return frame.positive + _figures(money, spoken) + frame.suffix
    return frame.plain + _figures(money, spoken) + frame.suffix


def amount(money: Money) -> str:
    """Without its currency, for a column whose head names it."""
    spoken = language()
    return _minus(spoken, money.minor < 0) + _figures(money, spoken)


def _figures(money: Money, language: str) -> str:
    places = exponent(money.currency)
    if not places:
        return f"{abs(money.minor):,}".translate(_table(language))
    whole, fraction = divmod(abs(money.minor), 10**places)
    text = f"{whole:,}.{fraction:0{places}d}"
    return text if language == "en" else text.translate(_table(language))


def _minus(language: str, negative: bool) -> str:
    if not negative:
        return ""
    return LEFT_TO_RIGHT_MARK + MINUS if language == "fa" else MINUS


def number(value: int | Decimal) -> str:
    """With as many decimals as the value has."""
    spoken = language()
    text = f"{abs(value):,f}" if isinstance(value, Decimal) else f"{abs(value):,}"
    return _minus(spoken, value < 0) + text.translate(_table(spoken))


def percent(share: Decimal | int, places: int = 0) -> str:
    """:param share: 1 is all of it."""
    spoken = language()
    rounded = (Decimal(share) * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return number(rounded) + _percent_sign(spoken)


@cache
def _percent_sign(language: str) -> str:
    if language == "fa":
        return "٪"
    pattern: str = locale_of(language).percent_formats[None].pattern
    return pattern.replace("#,##0", "")


def digits(text: str) -> str:
    """Latin digits become the reader's: dates, phone numbers and counts read in Persian as Persian."""
    return text.translate(PERSIAN_DIGITS) if language() == "fa" else text


def list_of(items: Sequence[str]) -> str:
    """'A, B and C'."""
    from babel.lists import format_list

    spoken = language()
    if spoken == PSEUDO:
        return ", ".join(items)  # An 'and' of Babel's would stand outside the brackets.
    return format_list(items, locale=locale_of(spoken))
