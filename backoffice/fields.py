"""What the forms about money ask for in the same way."""

from decimal import Decimal

from wtforms import Field, Form, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from frame.forms import AmountField, above_zero, options
from models import words
from models.errors import N_
from models.money import EXPONENTS

LARGEST_AMOUNT = Decimal("999999999.99")


def countable(_: Form, field: Field) -> None:
    """Far above any invoice, and far below what a column of minor units holds."""
    if field.data is not None and abs(field.data) > LARGEST_AMOUNT:
        raise ValidationError(words.gettext("Enter an amount up to %(most)s.", most=LARGEST_AMOUNT))


def quantity(_: Form, field: Field) -> None:
    if field.data is not None and not (0 < field.data < 1_000_000 and _places(field.data) <= 4):
        raise ValidationError(words.gettext("Enter a quantity above zero, with at most four decimals."))


def tax_rate(_: Form, field: Field) -> None:
    if field.data is not None and not (0 <= field.data <= 100 and _places(field.data) <= 3):
        raise ValidationError(words.gettext("Enter a rate from 0 to 100."))


def amount_field() -> AmountField:
    return AmountField(N_("Amount"), validators=[InputRequired(), above_zero, countable])


def currency_field() -> SelectField:
    return SelectField(N_("Currency"), choices=options((code, code) for code in sorted(EXPONENTS)))


def reason_field() -> StringField:
    return StringField(N_("Reason"), validators=[DataRequired(), Length(max=300)])


def _places(number: Decimal) -> int:
    return max(-int(number.as_tuple().exponent), 0)
