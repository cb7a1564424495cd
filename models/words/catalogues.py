"""Translated messages, read once per process when somebody first speaks the language."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from models.words.languages import PSEUDO, language
from models.words.numbers import digits

TRANSLATIONS = Path(__file__).resolve().parents[2] / "translations"


class Pseudo(NullTranslations):
    """English in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)


@cache
def catalogue(language: str) -> NullTranslations:
    """The customer's side in one language; a message that it lacks reads in English."""
    if language == PSEUDO:
        return Pseudo()
    if language == "en":
        return NullTranslations()
    return _stored(TRANSLATIONS / language / "LC_MESSAGES")


def _stored(folder: Path) -> NullTranslations:
    source, compiled = folder / "portal.po", folder / "portal.mo"
    if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
        with compiled.open("rb") as file:
            return GNUTranslations(file)
    return GNUTranslations(_compiled(source))  # A clone without `make setup`, or an edit not yet compiled.


def _compiled(source: Path) -> BytesIO:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return compiled


def spoken() -> NullTranslations:
    return catalogue(language())


class _FieldMessage(str):
    """WTForms fills the placeholders by itself; the figures become the reader's digits afterwards."""

    __slots__ = ()

    def __mod__(self, values: object) -> str:
        return digits(super().__mod__(values))


# What WTForms says in English, as our catalogues of other languages say it.
PLAIN = {
    "Not a valid integer value.": "Enter a whole number.",
    "Not a valid date value.": "Enter a day that exists: year, month, day.",
    "Number must be between %(min)s and %(max)s.": "Enter a number from %(min)s to %(max)s.",
    "Field cannot be longer than %(max)d characters.": "Please use no more than %(max)d characters.",
}


class _FormTranslations:
    def gettext(self, string: str) -> str:
        said = spoken().gettext(string)
        return _FieldMessage(PLAIN.get(said, said))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        said = spoken().ngettext(singular, plural, n)
        return _FieldMessage(PLAIN.get(said, said))


_form_translations = _FormTranslations()


def form_translations() -> _FormTranslations:
    """What a form's `Meta.get_translations` returns: WTForms' own messages from our catalogue."""
    return _form_translations
