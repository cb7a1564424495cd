"""Days and moments as the reader writes them, in the reader's calendar."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from models.words.languages import PSEUDO, Calendar, locale_of, reader
from models.words.numbers import PERSIAN_DIGITS

Form = Literal["short", "long", "full", "day", "month", "brief"]
DAYS_REMEMBERED = 16_384  # A few years of days in every language and form that pages use; some 3 MB when full.


def date(day: dt.date, form: Form = "short") -> str:
    """
    The month is a word wherever digits alone could be misread.

    short 5 Mar 2026 · long 5 March 2026 · full Thursday, 5 March 2026 · day 5 March · month March 2026 · brief Mar
    """
    spoken, calendar, _ = reader()
    return _written(day, form, spoken, calendar)


def datetime(moment: dt.datetime, timezone: str | None = None, form: Form = "short") -> str:
    """
    :param timezone: an IANA name, where it is not the one that the reader was introduced with.
    :raises ValueError: the moment has no timezone of its own.
    """
    if moment.tzinfo is None:
        raise ValueError("A moment without a timezone is no moment.")
    spoken, calendar, home = reader()
    local = moment.astimezone(ZoneInfo(timezone or home))
    day = _written(local.date(), form, spoken, calendar)
    if spoken == PSEUDO:
        return f"{day} {local:%H:%M}"
    locale = locale_of(spoken)
    time: str = locale.time_formats["short"].apply(local, locale)
    joined: str = locale.datetime_formats["medium"].replace("{1}", day).replace("{0}", time)
    return joined.translate(PERSIAN_DIGITS) if spoken == "fa" else joined


@lru_cache(maxsize=DAYS_REMEMBERED)
def _written(day: dt.date, form: Form, language: str, calendar: Calendar) -> str:
    if isinstance(day, dt.datetime):
        raise TypeError("A moment is no day: it needs a timezone first.")
    if language == PSEUDO:
        return day.isoformat()  # No letters, so that nothing readable stands outside the brackets.
    text = _jalali(day, form, language) if calendar == "jalali" else _gregorian(day, form, language)
    return text.translate(PERSIAN_DIGITS) if language == "fa" else text


def _gregorian(day: dt.date, form: Form, language: str) -> str:
    locale = locale_of(language)
    pattern = {
        "short": locale.date_formats["medium"],  # Babel's own short has a year of two digits.
        "long": locale.date_formats["long"],
        "full": locale.date_formats["full"],
        "day": locale.datetime_skeletons["MMMMd"],
        "month": locale.datetime_skeletons["yMMMM"],
        "brief": locale.datetime_skeletons["MMM"],
    }[form]
    written: str = pattern.apply(day, locale)
    return written


def _jalali(day: dt.date, form: Form, language: str) -> str:
    import jdatetime

    solar = jdatetime.date.fromgregorian(date=day)
    names = jdatetime.date.j_months_fa if language == "fa" else jdatetime.date.j_months_en
    month = names[solar.month - 1]
    if form in ("month", "brief"):
        return f"{month} {solar.year}" if form == "month" else month
    if form == "day":
        return f"{solar.day} {month}"
    written = f"{solar.day} {month} {solar.year}"
    return f"{locale_of(language).days['format']['wide'][day.weekday()]} {written}" if form == "full" else written
