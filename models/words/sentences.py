"""Messages with their values written in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from models.errors import Refused
from models.money import Money
from models.words.catalogues import spoken
from models.words.dates import date, datetime
from models.words.languages import direction
from models.words.numbers import list_of, money, number

ISOLATE, END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def gettext(message: str, /, **values: object) -> str:
    return filled(spoken().gettext(message), values)


def ngettext(singular: str, plural: str, n: int, /, **values: object) -> str:
    """`n` itself is the placeholder %(num)s."""
    return filled(spoken().ngettext(singular, plural, n), {"num": n, **values})


def pgettext(context: str, message: str, /, **values: object) -> str:
    return filled(spoken().pgettext(context, message), values)


def npgettext(context: str, singular: str, plural: str, n: int, /, **values: object) -> str:
    return filled(spoken().npgettext(context, singular, plural, n), {"num": n, **values})


def days_late(days: int) -> str:
    return ngettext("%(days)s day late", "%(days)s days late", days, days=number(days))


def explain(refusal: Refused) -> str:
    """Why the business said no, in the reader's language."""
    return gettext(refusal.message_id, **refusal.values)


def filled(sentence: str, values: Mapping[str, object]) -> str:
    if not values and "%" not in sentence:
        return sentence
    return sentence % {name: written(value) for name, value in values.items()}


def written(value: object) -> str:
    """
    One value inside a sentence: money, days, moments, numbers and lists as the reader writes them.

    Text (a name, an invoice number) is kept as it is; in Persian it is isolated, so that it cannot turn
    the words around it. Whoever counts passes an int, whoever names ('invoice 2019') passes a str.
    """
    if isinstance(value, str):
        return value if hasattr(value, "__html__") or direction() == "ltr" else f"{ISOLATE}{value}{END}"
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, dt.datetime):
        return datetime(value)
    if isinstance(value, dt.date):
        return date(value)
    if isinstance(value, (int, Decimal)):
        return number(value)
    if isinstance(value, Refused):
        return explain(value)
    if isinstance(value, (list, tuple)):
        return list_of([written(item) for item in value])
    return str(value)
