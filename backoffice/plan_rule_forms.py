"""The table of plan rules as a form: each rule a row of questions, each button keeps what was typed."""

from decimal import Decimal
from typing import ClassVar

from wtforms import (
    BooleanField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from backoffice.fields import countable, currency_field, tax_rate
from backoffice.plan_words import APPROVERS, FREQUENCIES, KINDS, PASTS, plain_percent
from frame.forms import AmountField, OurForm, options
from models import words
from models.errors import N_, Refused
from models.money import Money
from models.plans.publishing import CommentMissing
from models.policies.plans import Approver, Frequency, Rule, Terms, Wanted


def in_currency(form: Form, field: Field) -> None:
    """As many decimals as the currency of the rule has."""
    currency = form["currency"].data
    if field.data is not None and currency:
        try:
            Money.of(field.data, currency)
        except Refused as refusal:
            raise ValidationError(words.explain(refusal)) from refusal
        if field.data < 0:
            raise ValidationError(words.gettext("Enter an amount of zero or more."))


def _amount(label: str, *, required: bool = False) -> AmountField:
    return AmountField(label, validators=[InputRequired() if required else Optional(), countable, in_currency])


def _percent(label: str) -> AmountField:
    return AmountField(label, validators=[Optional(), tax_rate])


def _whole(label: str, least: int, most: int) -> IntegerField:
    return IntegerField(label, [InputRequired(), NumberRange(least, most)])


class RuleForm(OurForm):
    id = HiddenField()
    name = StringField(N_("Name"), [DataRequired(), Length(max=80)])
    kind = SelectField(N_("For"), choices=options(KINDS.items()))
    country = StringField(
        N_("Country"),
        [Optional(), Regexp("^[A-Za-z]{2}$", message=N_("Write the two letters of the country, such as LT."))],
    )
    past = SelectField(N_("Before"), choices=options((one.value, word) for one, word in PASTS.items()))
    currency = currency_field()
    start = _amount(N_("Balance from"))
    end = _amount(N_("Balance up to"))
    first_percent = _percent(N_("First payment, percent"))
    fewest = _whole(N_("Fewest payments"), 1, 999)
    most = _whole(N_("Most payments"), 1, 999)
    most_months = _whole(N_("Months at most"), 1, 999)
    most_gap_days = _whole(N_("Days between payments"), 1, 999)
    smallest = _amount(N_("Smallest payment"), required=True)
    weekly = BooleanField(FREQUENCIES[Frequency.WEEKLY])
    fortnightly = BooleanField(FREQUENCIES[Frequency.FORTNIGHTLY])
    monthly = BooleanField(FREQUENCIES[Frequency.MONTHLY])
    own = BooleanField(FREQUENCIES[Frequency.OWN])
    working_days = BooleanField(N_("On working days only"))
    fee = _amount(N_("Fee"))
    fee_percent = _percent(N_("Fee, percent"))
    interest_percent = _percent(N_("Interest a year, percent"))
    alone_up_to = _amount(N_("Starts by itself up to"))
    alone_count = _whole(N_("and up to so many payments"), 0, 999)
    approver = SelectField(
        N_("Otherwise decided by"), choices=options((one.value, word) for one, word in APPROVERS.items())
    )
    moves = _whole(N_("Dates that may move"), 0, 99)
    grace_days = _whole(N_("Days of grace"), 0, 99)
    retries = _whole(N_("Further tries to charge"), 0, 99)
    missed_for_default = _whole(N_("Fails after so many missed"), 1, 99)

    def rule(self) -> Rule:
        currency = self.currency.data

        def money(field: AmountField) -> Money:
            return Money.of(field.data or Decimal(0), currency)

        terms = Terms(
            first_percent=self.first_percent.data or Decimal(0),
            frequencies=frozenset(one for one in Frequency if self[one.value].data),
            smallest=money(self.smallest),
            fee=money(self.fee),
            fee_percent=self.fee_percent.data or Decimal(0),
            interest_percent=self.interest_percent.data or Decimal(0),
            alone_up_to=None if self.alone_up_to.data is None else money(self.alone_up_to),
            approver=Approver(self.approver.data),
            working_days=self.working_days.data,
            **{name: self[name].data for name in WHOLE},
        )
        return Rule(
            id=int(self.id.data) if (self.id.data or "").isdecimal() else 0,
            name=self.name.data,
            kind=self.kind.data,
            country=(self.country.data or "").upper(),
            currency=currency,
            from_minor=money(self.start).minor,
            up_to_minor=None if self.end.data is None else money(self.end).minor,
            past=Wanted(self.past.data),
            terms=terms,
        )


WHOLE = (
    *("fewest", "most", "most_months", "most_gap_days", "alone_count", "moves", "grace_days", "retries"),
    "missed_for_default",
)
PERCENT = ("first_percent", "fee_percent", "interest_percent")


def typed(rule: Rule) -> dict[str, object]:
    """A rule as its row of the form shows it."""
    terms = rule.terms
    return {
        "id": str(rule.id),
        **{name: getattr(rule, name) for name in ("name", "kind", "country", "currency")},
        "past": rule.past.value,
        "start": Money(rule.from_minor, rule.currency).amount if rule.from_minor else None,
        "end": None if rule.up_to_minor is None else Money(rule.up_to_minor, rule.currency).amount,
        **{name: getattr(terms, name) for name in (*WHOLE, "working_days")},
        **{name: plain_percent(getattr(terms, name)) or None for name in PERCENT},
        **{one.value: one in terms.frequencies for one in Frequency},
        "smallest": terms.smallest.amount,
        "fee": terms.fee.amount if terms.fee else None,
        "alone_up_to": None if terms.alone_up_to is None else terms.alone_up_to.amount,
        "approver": terms.approver.value,
    }


class RulesForm(OurForm):
    do = StringField()
    reason = TextAreaField(N_("Why"), [Optional(), Length(max=500)])
    rules = FieldList(FormField(RuleForm), max_entries=40)


class DecideForm(OurForm):
    comment = TextAreaField(N_("Comment"), [Optional(), Length(max=2000)])
    decision = StringField()
    refusals: ClassVar = {CommentMissing: "comment"}
