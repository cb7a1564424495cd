"""What is asked of somebody who would like to pay in instalments, and of who signs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from flask import g
from wtforms import BooleanField, Field, HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from frame.forms import AmountField, DayField, OurForm, options
from models import clock, words
from models.errors import N_
from models.money import Money
from models.plans import Idea, Way, Wish
from models.policies.plans import Frequency

ITEM, OWN = "item-", "own-"
MOST_TYPED = 520
MOST_SLID = 24  # Where no rule says how many.
FREQUENCIES: dict[Frequency, str] = {
    Frequency.WEEKLY: N_("Every week"),
    Frequency.FORTNIGHTLY: N_("Every two weeks"),
    Frequency.MONTHLY: N_("Every month"),
    Frequency.OWN: N_("On days that I choose"),
}
WAYS: dict[Way, str] = {
    Way.AUTOMATIC: N_("Automatically, by card or from my bank account"),
    Way.TRANSFER: N_("By bank transfer: I send each payment myself"),
}


def not_past(_: OurForm, field: Field) -> None:
    if field.data is not None and field.data < g.company.today(clock.now()):
        raise ValidationError(words.gettext("This day is past. Choose a day from today on."))


class PlanForm(OurForm):
    """`idea` is what its fields are made for. What was `shown` and not changed follows what suits."""

    idea: Idea

    def wish(self) -> Wish:
        """What was typed; where something is wrong with it, what was there before."""
        idea = self.idea
        first = self._money("first")
        return replace(
            idea.wish,
            items=tuple(part.item.entry_id for part in idea.parts if self._fields[f"{ITEM}{part.item.entry_id}"].data),
            first=idea.wish.first if first is None or str(first.minor) == self.shown_first.data else first.minor,
            count=self._count(),
            frequency=self._kept("frequency", Frequency) or idea.wish.frequency,
            start_on=self._day("start_on", idea),
            own_dates=self._own_dates() or idea.wish.own_dates,
            way=self._kept("way", Way) or idea.wish.way,
            monthly=money.minor if (money := self._money("monthly")) else idea.wish.monthly,
        )

    def _kept(self, name: str, kind: type[Any]) -> Any:
        field = self._fields.get(name)
        return kind(field.data) if field is not None and field.data and not field.errors else None

    def _count(self) -> int | None:
        """Number and slider are one value: the one that was moved counts, the number before the slider."""
        for name in ("count", "slide"):
            field, was = self._fields[name], str(self._fields[f"shown_{name}"].data)
            if field.data is not None and not field.errors and str(field.data) != was:
                return int(field.data)
        return self.idea.wish.count

    @property
    def slide_to(self) -> int:
        """Where the slider stands: whoever wishes for more than is offered finds it at its end."""
        least, most = self.slide_range
        return min(max(self.idea.ask.count, least), most)

    @property
    def slide_range(self) -> tuple[int, int]:
        terms = self.idea.terms
        return (terms.fewest, terms.most) if terms else (1, MOST_SLID)

    def _day(self, name: str, idea: Idea) -> date | None:
        field = self._fields[name]
        return idea.wish.start_on if field.errors or field.data in (None, idea.ask.start_on) else field.data

    def _own_dates(self) -> tuple[date, ...]:
        return tuple(sorted({field.data for field in self.own_days if field.data and not field.errors}))

    def _money(self, name: str) -> Money | None:
        field = self._fields[name]
        return None if field.errors or field.data is None else field.money(self.idea.currency)

    @property
    def own_days(self) -> list[Field]:
        return [field for name, field in self._fields.items() if name.startswith(OWN)]


def plan_form(idea: Idea) -> type[PlanForm]:
    """The form for what is tried: a tick for each item, and as many days as there are payments."""
    fields = dict(_items(idea)) | dict(_ways(idea)) | dict(_own(idea))
    fields["first"] = AmountField(N_("First payment, today"), default=idea.ask.first.amount)
    fields["count"] = IntegerField(
        N_("Number of payments"), [InputRequired(N_("Enter a number.")), NumberRange(1, MOST_TYPED)]
    )
    fields["slide"] = IntegerField(N_("Number of payments"), [Optional()])
    fields["start_on"] = DayField(N_("Next payment on"), [Optional(), not_past])
    fields["monthly"] = AmountField(N_("So much each month"))
    fields |= {f"shown_{name}": HiddenField() for name in ("first", "count", "slide")}
    fields["hardship"] = BooleanField(N_("Money is very tight at the moment"))
    fields["word"] = TextAreaField(N_("What should we know?"), [Length(max=500)])
    return type("PlanForm", (PlanForm,), {"idea": idea, **fields})


def values_of(idea: Idea) -> dict[str, Any]:
    """What the form shows before somebody types."""
    wish, ask = idea.wish, idea.ask
    ticks = {f"{ITEM}{part.item.entry_id}": part.chosen for part in idea.parts}
    return ticks | {
        "first": ask.first.amount,
        "count": ask.count,
        "frequency": wish.frequency.value,
        "start_on": ask.start_on,
        "way": wish.way.value,
        "monthly": Money(wish.monthly, idea.currency).amount if wish.monthly else None,
        **{f"{OWN}{number}": day for number, day in enumerate(idea.ask.own_dates)},
    }


def _items(idea: Idea) -> Iterator[tuple[str, Field]]:
    for part in idea.parts:
        yield f"{ITEM}{part.item.entry_id}", BooleanField(part.item.number)


def _ways(idea: Idea) -> Iterator[tuple[str, Field]]:
    offered = idea.terms.frequencies if idea.terms else set(Frequency) - {Frequency.OWN}
    rhythms = [(one.value, word) for one, word in FREQUENCIES.items() if one in offered or one == idea.wish.frequency]
    yield "frequency", RadioField(N_("How often?"), choices=options(rhythms))
    ways = [(one.value, word) for one, word in WAYS.items() if one is not Way.TRANSFER or g.company.iban]
    yield "way", RadioField(N_("How do you pay?"), choices=options(ways))


def _own(idea: Idea) -> Iterator[tuple[str, Field]]:
    for number, _ in enumerate(idea.ask.own_dates):
        yield f"{OWN}{number}", DayField(words.gettext("Payment on"), [Optional(), not_past])


class SignForm(OurForm):
    """`seen` names the text that was read."""

    typed_name = StringField(
        N_("Your full name"), [InputRequired(N_("Type your full name, as you would sign.")), Length(max=200)]
    )
    agreed = BooleanField(
        N_("I have read this and I agree"),
        [InputRequired(N_("Tick the box if you agree. Nothing is agreed before you do."))],
    )


class ChangeForm(OurForm):
    count = IntegerField(N_("Number of payments"), [Optional(), NumberRange(1, MOST_TYPED)])
    frequency = RadioField(
        N_("How often?"),
        [Optional()],
        choices=options((one.value, word) for one, word in FREQUENCIES.items() if one is not Frequency.OWN),
    )
    start_on = DayField(N_("Next payment on"), [Optional(), not_past])

    def wish(self) -> dict[str, Any]:
        """What was typed; nothing of what is wrong."""
        right = {field.name: field.data for field in self if field.data and not field.errors}
        rhythm = right.get("frequency")
        return {
            "count": right.get("count"),
            "frequency": Frequency(rhythm) if rhythm else None,
            "start_on": right.get("start_on"),
        }


class DayForm(OurForm):
    to = DayField(N_("New day"), [InputRequired(N_("Choose a day."))])
