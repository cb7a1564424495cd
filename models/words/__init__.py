"""What people read: messages, money, dates and digits in the language of whoever reads them."""

from models.words.catalogues import form_translations
from models.words.dates import date, datetime
from models.words.languages import (
    CALENDARS,
    LANGUAGES,
    PSEUDO,
    Calendar,
    allow_pseudo,
    best,
    calendar,
    direction,
    known,
    language,
    native_name,
    speak,
    use,
)
from models.words.numbers import amount, digits, list_of, money, number, percent
from models.words.pages import teach
from models.words.sentences import days_late, explain, gettext, ngettext, npgettext, pgettext, written
from models.words.typed import AmbiguousNumber, NotANumber, as_typed, plain_number

__all__ = [
    "CALENDARS",
    "LANGUAGES",
    "PSEUDO",
    "AmbiguousNumber",
    "Calendar",
    "NotANumber",
    "allow_pseudo",
    "amount",
    "as_typed",
    "best",
    "calendar",
    "date",
    "datetime",
    "days_late",
    "digits",
    "direction",
    "explain",
    "form_translations",
    "gettext",
    "known",
    "language",
    "list_of",
    "money",
    "native_name",
    "ngettext",
    "npgettext",
    "number",
    "percent",
    "pgettext",
    "plain_number",
    "speak",
    "teach",
    "use",
    "written",
]
