"""What staff fill in about a customer."""

from typing import Any, ClassVar

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, Regexp

from frame.forms import OurForm, options
from models import words
from models.customers import CustomerKind, DuplicateNumber
from models.errors import N_

KINDS = [
    (CustomerKind.BUSINESS.value, N_("Business")),
    (CustomerKind.CONSUMER.value, N_("Consumer")),
    (CustomerKind.UNKNOWN.value, N_("Not known")),
]


def languages() -> list[SelectChoice]:
    return [
        SelectChoice("", words.gettext("The company's language")),
        *(SelectChoice(code, words.native_name(code), {"lang": code}) for code in words.LANGUAGES),
    ]


class CustomerForm(OurForm):
    number = StringField(N_("Customer number"), validators=[DataRequired(), Length(max=60)])
    name = StringField(N_("Name"), validators=[DataRequired(), Length(max=200)])
    kind = SelectField(N_("Kind"), choices=options(KINDS))
    country = StringField(
        N_("Country"),
        validators=[
            Optional(),
            Regexp("^[A-Za-z]{2}$", message=N_("Write the two letters of the country, such as LT.")),
        ],
    )
    language = SelectField(N_("Language"), choices=[])
    address = TextAreaField(N_("Address"), validators=[Length(max=500)])
    tax_number = StringField(N_("Tax number"), validators=[Length(max=60)])
    terms = StringField(N_("Payment terms"), validators=[Length(max=60)])
    refusals: ClassVar = {DuplicateNumber: "number"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = languages()

    def facts(self) -> dict[str, object]:
        """The fields as `customers.add` and `customers.change` take them."""
        return {**self.data, "country": self.country.data.upper(), "kind": CustomerKind(self.kind.data)}


class NoteForm(OurForm):
    text = TextAreaField(N_("Note"), validators=[DataRequired(), Length(max=5000)])
