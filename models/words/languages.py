"""Which language and calendar the reader of this request, mail or letter has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from babel import Locale

Calendar = Literal["gregorian", "jalali"]
CALENDARS: tuple[Calendar, ...] = get_args(Calendar)

LANGUAGES = {
    "en": "English",
    "lt": "Lietuvių",
    "el": "Ελληνικά",
    "pl": "Polski",
    "cs": "Čeština",
    "fa": "فارسی",
}
PSEUDO = "xx"  # Right to left, every message in brackets: shows what was never marked and what breaks when mirrored.
RIGHT_TO_LEFT = {"fa", PSEUDO}
SPOKEN_AS = {"prs": "fa"}  # Dari is written Persian.


class Reader(NamedTuple):
    language: str
    calendar: Calendar
    timezone: str


NOBODY_YET = Reader("en", "gregorian", "UTC")
_reader: ContextVar[Reader] = ContextVar("reader", default=NOBODY_YET)
_pseudo_allowed = False


def allow_pseudo() -> None:
    """Let this process speak the pseudo-language; `create_app` calls it outside production only."""
    global _pseudo_allowed
    _pseudo_allowed = True


def known(language: str) -> bool:
    return language in LANGUAGES or (language == PSEUDO and _pseudo_allowed)


def use(language: str, calendar: Calendar | None = None, timezone: str | None = None) -> None:
    """
    Speak this from here on: for a request, which sets it anew at its start.

    :param timezone: the IANA name of the place whose clock the reader looks at.
    :raises ValueError: the language or the calendar is none of ours.
    """
    _reader.set(_reader_of(language, calendar, timezone or NOBODY_YET.timezone))


@contextmanager
def speak(language: str, calendar: Calendar | None = None, timezone: str | None = None) -> Iterator[None]:
    """
    Speak this inside the block: for a mail or a letter, whose reader is somebody else. The clock stays, unless named.

    :raises ValueError: the language or the calendar is none of ours.
    """
    token = _reader.set(_reader_of(language, calendar, timezone or _reader.get().timezone))
    try:
        yield
    finally:
        _reader.reset(token)


def _reader_of(language: str, calendar: Calendar | None, timezone: str) -> Reader:
    if not known(language):
        raise ValueError(f"{language!r} is none of our languages")
    if calendar is not None and calendar not in CALENDARS:
        raise ValueError(f"{calendar!r} is none of our calendars")
    return Reader(language, calendar or "gregorian", timezone)


def reader() -> Reader:
    return _reader.get()


def language() -> str:
    return _reader.get().language


def calendar() -> Calendar:
    return _reader.get().calendar


def direction(language: str | None = None) -> Literal["ltr", "rtl"]:
    """The value of the `dir` attribute; of the current language when none is named."""
    return "rtl" if (language or _reader.get().language) in RIGHT_TO_LEFT else "ltr"


def native_name(language: str) -> str:
    return LANGUAGES.get(language, language)


def best(accept_language: str | None, default: str) -> str:
    """The first language of ours that a browser's `Accept-Language` asks for."""
    wishes = []
    for place, wish in enumerate((accept_language or "").split(",")):
        tag, _, quality = wish.partition(";q=")
        primary = tag.strip().lower().replace("_", "-").partition("-")[0]
        try:
            wishes.append((-float(quality or 1), place, SPOKEN_AS.get(primary, primary)))
        except ValueError:
            continue
    return next((code for weight, _, code in sorted(wishes) if weight < 0 and known(code)), default)


@cache
def locale_of(language: str) -> Locale:
    """How Babel writes a language; the pseudo-language writes as English does."""
    from babel import Locale

    # Plain English in Babel is American: Mar 5, 2026. Most of our readers of English are not.
    return Locale.parse("en_GB" if language in ("en", PSEUDO) else language)
