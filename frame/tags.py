"""Amounts, dates and states as HTML. In Python, because a page has hundreds: a macro takes five times as long."""

from datetime import date, datetime
from functools import lru_cache
from types import SimpleNamespace

from flask import Flask
from markupsafe import Markup, escape

from models import words
from models.money import Money

LONG_CODE = 24  # letters: from here on a code may be broken into lines


def install(app: Flask) -> None:
    """Templates import them from macros/tags.html; in the rows of long tables the filters save another half."""
    app.jinja_env.globals["tags"] = SimpleNamespace(
        money=money, day=day, moment=moment, code=code, name=name, status=status, days_late=days_late
    )
    app.jinja_env.filters.update(money_tag=money, day_tag=day, code_tag=code, days_late_tag=days_late)


def money(amount: Money) -> Markup:
    shown = escape(words.money(amount))
    return Markup(f'<data class="money" value="{amount.plain()} {amount.currency}"><bdi>{shown}</bdi></data>')


def day(on: date) -> Markup:
    return _day(on, words.language(), words.calendar())


@lru_cache(maxsize=4_096)
def _day(on: date, language: str, calendar: str) -> Markup:
    """The arguments are all that the words depend on."""
    return Markup(f'<time datetime="{on.isoformat()}">{escape(words.date(on))}</time>')


def moment(at: datetime) -> Markup:
    return Markup(f'<time datetime="{at.isoformat()}">{escape(words.datetime(at))}</time>')


def code(text: str) -> Markup:
    """An invoice number, a reference, an address: runs left to right whatever surrounds it."""
    long = " long" if len(text) > LONG_CODE else ""
    return Markup(f'<bdi class="code{long}" dir="ltr">{escape(text)}</bdi>')


def name(text: str) -> Markup:
    """A name as somebody wrote it: it takes its own direction and does not disturb its neighbours."""
    return Markup(f"<bdi>{escape(text)}</bdi>")


def status(word: str, tone: str = "") -> Markup:
    """:param tone: ok, warn, bad, info or nothing. The word says it, the colour only repeats it."""
    return Markup(f'<span class="tag {escape(tone)}">{escape(word)}</span>')


def days_late(days: int) -> Markup:
    return _days_late(days, words.language())


@lru_cache(maxsize=4_096)
def _days_late(days: int, language: str) -> Markup:
    """The arguments are all that the words depend on."""
    return status(words.days_late(days), "bad")
