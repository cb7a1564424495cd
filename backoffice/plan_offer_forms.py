"""What staff fill in about instalment plans."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from wtforms import BooleanField, Field, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from backoffice.fields import countable, reason_field
from backoffice.instalment_words import WAYS
from backoffice.plan_words import FREQUENCIES
from frame.forms import AmountField, DayField, OurForm, data_options, options
from models import customers
from models.approvals import ReasonMissing
from models.customers import Contact
from models.errors import N_
from models.plans import CannotChange, Idea, Way, Wish
from models.policies.plans import Frequency

ITEM = "item-"
MOST_TYPED = 520
LONGEST = 500


class OfferForm(OurForm):
    """`idea` is what its fields are made for. `seen` names the payments that were looked at."""

    idea: ClassVar[Idea]
    refusals: ClassVar = {ReasonMissing: "reason"}

    def wish(self) -> Wish:
        """What was typed; where something is wrong with it, what was there before."""
        wish, typed = self.idea.wish, {field.name: field.data for field in self if not field.errors}
        first = self["first"].money(self.idea.currency) if typed.get("first") is not None else None
        return replace(
            wish,
            items=tuple(part.item.entry_id for part in self.idea.parts if self[f"{ITEM}{part.item.entry_id}"].data),
            first=first.minor if first is not None else wish.first,
            count=typed.get("count") or wish.count,
            frequency=Frequency(typed["frequency"]) if typed.get("frequency") else wish.frequency,
            start_on=typed.get("start_on") or wish.start_on,
            way=Way(typed["way"]) if typed.get("way") else wish.way,
        )


def offer_form(idea: Idea, customer_id: int | None, *, transfers: bool) -> type[OfferForm]:
    """With a tick for each item; with the contacts of a customer, unless it is known who signs."""
    fields = dict(_items(idea)) | dict(_who(customer_id))
    own = idea.wish.frequency is Frequency.OWN
    rhythms = options((one.value, word) for one, word in FREQUENCIES.items() if own or one is not Frequency.OWN)
    ways = [(way.value, word) for way, word in WAYS.items() if way is Way.AUTOMATIC or transfers]
    fields["first"] = AmountField(N_("First payment, today"), validators=[Optional(), countable])
    fields["count"] = IntegerField(N_("Number of payments"), [Optional(), NumberRange(1, MOST_TYPED)])
    fields["frequency"] = SelectField(N_("How often"), choices=rhythms)
    fields["start_on"] = DayField(N_("Next payment on"), [Optional()])
    fields["way"] = RadioField(N_("How it is paid"), choices=options(ways))
    fields["reason"] = TextAreaField(N_("Why"), [Optional(), Length(max=LONGEST)])
    fields["seen"], fields["key"], fields["do"] = HiddenField(), HiddenField(), StringField()
    return type("OfferForm", (OfferForm,), {"idea": idea, **fields})


def values_of(idea: Idea) -> dict[str, Any]:
    """What the form shows of what was worked out so far."""
    ask = idea.ask
    return {f"{ITEM}{part.item.entry_id}": part.chosen for part in idea.parts} | {
        "first": ask.first.amount,
        "count": ask.payments,
        "frequency": idea.wish.frequency.value,
        "start_on": ask.start_on,
        "way": idea.wish.way.value,
    }


def payments_of(idea: Idea) -> str:
    """Names exactly these days and amounts, for these items."""
    if idea.schedule is None:
        return ""
    lines = ",".join(f"{line.due_on}:{line.amount.minor}" for line in idea.schedule.lines)
    return f"{idea.wish.way}/{','.join(str(part.item.entry_id) for part in idea.parts if part.share)}/{lines}"


def signers(customer_id: int) -> list[Contact]:
    """Whom an offer can be mailed to."""
    return [one for one in customers.contacts_of(customer_id) if one.active and one.email]


def _items(idea: Idea) -> Iterator[tuple[str, Field]]:
    for part in idea.parts:
        yield f"{ITEM}{part.item.entry_id}", BooleanField(part.item.number)


def _who(customer_id: int | None) -> Iterator[tuple[str, Field]]:
    if customer_id is not None:
        named = [(str(one.id), " · ".join(filter(None, (one.name, one.email)))) for one in signers(customer_id)]
        yield "contact", SelectField(N_("Who signs"), choices=data_options(named))


class DeclineForm(OurForm):
    reason = TextAreaField(N_("Why"), [DataRequired(N_("Say why. The customer reads it.")), Length(max=LONGEST)])


class MoveForm(OurForm):
    to = DayField(N_("New day"), [InputRequired(N_("Choose a day."))])
    reason = reason_field()
    refusals: ClassVar = {CannotChange: "to"}


class RescheduleForm(OurForm):
    count = IntegerField(N_("Number of payments"), [Optional(), NumberRange(1, MOST_TYPED)])
    frequency = SelectField(
        N_("How often"),
        choices=options((one.value, word) for one, word in FREQUENCIES.items() if one is not Frequency.OWN),
    )
    start_on = DayField(N_("Next payment on"), [Optional()])
    reason = StringField(N_("Reason"), [Optional(), Length(max=300)])
    seen = HiddenField()
    do = StringField()

    def wish(self) -> dict[str, Any]:
        right = {field.name: field.data for field in self if field.data and not field.errors}
        rhythm = right.get("frequency")
        return {
            "count": right.get("count"),
            "frequency": Frequency(rhythm) if rhythm else None,
            "start_on": right.get("start_on"),
        }
