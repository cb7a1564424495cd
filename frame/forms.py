"""The base of every form: our translations, amounts and dates as people type them, nothing typed is lost."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from flask import abort, render_template, request
from wtforms import DateField, Field, Form, PasswordField, SelectChoice, SelectField, StringField
from wtforms.fields.core import UnboundField
from wtforms.meta import DefaultMeta
from wtforms.validators import ValidationError

from models import words
from models.errors import Refused
from models.money import Money

LARGEST_ID = 2**63 - 1  # What a column of ids holds.
LAST_PAGE = 1_000_000  # Beyond it the database could not count the rows to skip.


class OurForm(Form):
    """
    Labels and choices are written with `N_` and translated here, for whoever the form is made for. Text loses its
    outer spaces, so that a name of spaces is no name. `refusals` says which field a refusal is about.
    """

    refusals: ClassVar[Mapping[type[Refused], str]] = {}

    class Meta(DefaultMeta):
        def get_translations(self, form: Form) -> object:
            return words.form_translations()

        def wrap_formdata(self, form: Form, formdata: Any) -> Any:
            """A page that is only looked at brings an empty form: then what the view gives is shown."""
            return super().wrap_formdata(form, formdata) if formdata else None

        def bind_field(self, form: Form, unbound_field: UnboundField, options: dict[str, Any]) -> Field:
            kind = unbound_field.field_class
            if issubclass(kind, StringField) and not issubclass(kind, (AmountField, PasswordField)):
                options = {**options, "filters": [*unbound_field.kwargs.get("filters", ()), stripped]}
            return super().bind_field(form, unbound_field, options)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.label.text = words.gettext(field.label.text)
            if isinstance(field, SelectField) and field.choices:
                field.choices = [SelectChoice(option.value, words.gettext(option.label)) for option in field.choices]

    def validate(self, extra_validators: Any = None) -> bool:
        """WTForms translates its own messages; those that a validator was given are translated here."""
        valid = super().validate(extra_validators)
        for field in self:
            given = {getattr(validator, "message", None) for validator in field.validators} - {None}
            if given:
                field.errors = [words.gettext(error) if error in given else error for error in field.errors]
            if any(error in field.errors for error in field.process_errors):
                field.errors = list(field.process_errors)  # What could not be read is wrong in one way only.
        return valid

    @contextmanager
    def telling_refusals(self, *but: type[Refused]) -> Iterator[None]:
        """What the business refuses inside is said beside the field it is about, or above the form; not `but` these."""
        try:
            yield
        except but:
            raise
        except Refused as refusal:
            names = (name for kind, name in self.refusals.items() if isinstance(refusal, kind))
            self.blame(next(names, None), words.explain(refusal))

    def blame(self, name: str | None, error: str) -> None:
        """Say what is wrong with a field, or with all of it; the page answers 422 and keeps what was typed."""
        if name in self._fields:
            self._fields[name].errors = [*self._fields[name].errors, error]
        else:
            self.form_errors = [*self.form_errors, error]


def form_page(template: str, form: Form, /, **values: Any) -> tuple[str, int]:
    """The page of a form: 422 once something in it is wrong."""
    return render_template(template, form=form, **values), 422 if form.errors else 200


def stripped(text: str | None) -> str:
    return (text or "").strip()


def options(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    """What a SelectField or RadioField offers: value and label, in order."""
    return [SelectChoice(value, label) for value, label in pairs]


def data_options(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    """As `options`, of labels that are names and numbers: an option can hold no element that says so."""
    return [SelectChoice(value, label, {"data-raw": ""}) for value, label in pairs]


class AmountField(StringField):
    """An amount typed in any of the languages; `data` is a Decimal, and what was typed stays on the page."""

    typed: str | None = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return  # The form is shown for the first time: what it was given stays.
        self.typed, self.data = str(valuelist[0]), None
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
        return "" if self.data is None else words.as_typed(self.data)


class DayField(DateField):
    """A business date: nobody means the year 202."""

    def pre_validate(self, form: Form) -> None:
        if self.data is not None and not 1970 <= self.data.year < 2200:
            raise ValidationError(self.gettext("Not a valid date value."))


def above_zero(_: Form, field: Field) -> None:
    if field.data is not None and field.data <= 0:
        raise ValidationError(words.gettext("Enter an amount above zero."))


def up_to(most: Money) -> Callable[[Form, Field], None]:
    def check(_: Form, field: Field) -> None:
        if field.data is not None and field.data > most.amount:
            raise ValidationError(words.gettext("Enter an amount up to %(most)s.", most=most))

    return check


def mail_address(_: Form, field: Field) -> None:
    """An address as mail servers take it. Nobody is asked whether it exists, and test domains are fine."""
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(field.data or "", check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValidationError(words.gettext("Enter an e-mail address, such as name@example.com.")) from error


def day(value: str | None) -> date | None:
    """A date from an address (`?as_of=2026-01-31`), or None where there is none or it is no date."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None


def page_asked() -> int:
    """The number in `?page=`, 1 where there is none. What could be no page is not found."""
    page = request.values.get("page", 1, type=int)
    return page if 1 <= page <= LAST_PAGE else abort(404)


def row_id(text: str) -> int:
    """An id from an address. :raises ValueError: no row has it."""
    number = int(text)
    if not 0 <= number <= LARGEST_ID:
        raise ValueError(text)
    return number


def one_form_key() -> str:
    """A key of one page view: the same form sent twice carries it twice, and does its work once."""
    return secrets.token_hex(8)
