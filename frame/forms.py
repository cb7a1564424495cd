"""The base of every form: our translations, amounts and dates as people type them, nothing typed is lost."""

import secrets
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from flask import abort, request
from wtforms import DateField, Field, Form, SelectChoice, SelectField, StringField
from wtforms.validators import ValidationError

from models import words
from models.errors import Refused
from models.money import Money

LAST_PAGE = 1_000_000  # Beyond it the database could not count the rows to skip.


class OurForm(Form):
    """Labels and choices are written with `N_` and translated here, for whoever the form is made for."""

    class Meta:
        def get_translations(self, form: Form) -> object:
            return words.form_translations()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.label.text = words.gettext(field.label.text)
            if isinstance(field, SelectField) and field.choices:
                field.choices = [SelectChoice(option.value, words.gettext(option.label)) for option in field.choices]


def options(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    """What a SelectField or RadioField offers: value and label, in order."""
    return [SelectChoice(value, label) for value, label in pairs]


class AmountField(StringField):
    """An amount typed in any of the languages; `data` is a Decimal, and what was typed stays on the page."""

    typed: str | None = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return  # The form is shown for the first time: what it was given stays.
        self.typed = str(valuelist[0])
        self.data = None
        if self.typed.strip():
            try:
                self.data = words.plain_number(self.typed)
            except Refused as refusal:
                raise ValueError(words.explain(refusal)) from refusal

    def money(self, currency: str) -> Money | None:
        """What was typed, in a currency; None with the reason beside the field where it cannot be."""
        try:
            return Money.of(Decimal(self.data), currency)
        except Refused as refusal:
            self.errors = [*self.errors, words.explain(refusal)]
            return None

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else f"{self.data:f}"


class DayField(DateField):
    """A date; `max`/`min` are attributes of the input as well."""


def above_zero(_: Form, field: Field) -> None:
    if field.data is not None and field.data <= 0:
        raise ValidationError(words.gettext("Enter an amount above zero."))


def mail_address(_: Form, field: Field) -> None:
    """An address as mail servers take it. Nobody is asked whether it exists, and test domains are fine."""
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(field.data or "", check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValidationError(words.gettext("Enter an e-mail address, such as name@example.com.")) from error


def page_asked() -> int:
    """The number in `?page=`, 1 where there is none. What could be no page is not found."""
    page = request.args.get("page", 1, type=int)
    return page if 1 <= page <= LAST_PAGE else abort(404)


def day(value: str | None) -> date | None:
    """A date from an address (`?as_of=2026-01-31`), or None where there is none or it is no date."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None


def one_form_key() -> str:
    """A key of one page view: the same form sent twice carries it twice, and does its work once."""
    return secrets.token_hex(8)
