"""What staff fill in about what stops reminders."""

from collections.abc import Sequence
from typing import Any, ClassVar

from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from backoffice.fields import amount_field, reason_field
from frame.forms import DayField, OurForm, data_options
from models import words
from models.errors import N_
from models.holds import HoldKind
from models.money import Money
from models.pauses import OF_ITEMS, PauseDay
from models.payments import PayableItem
from models.promises import CannotPromise

MOST_ITEMS = 200
WITH_A_DAY = (HoldKind.PAUSE, HoldKind.HARDSHIP)


def item_choices(items: Sequence[PayableItem], otherwise: str) -> list[SelectChoice]:
    named = ((str(item.entry_id), f"{item.number or item.entry_id} · {words.money(item.open)}") for item in items)
    return [SelectChoice("", otherwise), *data_options(list(named)[:MOST_ITEMS])]


class PauseForm(OurForm):
    """Fields that a kind has no use for are taken out."""

    item = SelectField(N_("What rests"), [Optional()], choices=[])
    until_on = DayField(N_("Reminders may go again on"), [Optional()])
    crisis = BooleanField(N_("For the treatment of a mental health crisis"))
    representative = TextAreaField(N_("Who acts for them, and the address"), [Length(max=500)])
    reason = StringField(N_("Why"), [InputRequired(N_("Write down why.")), Length(max=300)])
    refusals: ClassVar = {PauseDay: "until_on"}

    def __init__(self, *args: Any, kind: HoldKind, items: Sequence[PayableItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item.choices = item_choices(items, words.gettext("The whole account"))
        kept = {
            "item": kind in OF_ITEMS,
            "until_on": kind in WITH_A_DAY,
            "crisis": kind is HoldKind.BREATHING_SPACE,
            "representative": kind is HoldKind.LEGAL_REPRESENTATIVE,
        }
        for name in (name for name, keep in kept.items() if not keep):
            del self[name]

    def facts(self) -> dict[str, Any]:
        """As `pauses.place` takes them."""
        told = {**self.data}
        item = told.pop("item", "")
        return {**told, "entry_id": int(item) if item else None}


class EndForm(OurForm):
    reason = reason_field()


class TreatmentForm(OurForm):
    treated_until = DayField(N_("Last day of the treatment"), [InputRequired(N_("Choose a day."))])
    refusals: ClassVar = {PauseDay: "treated_until"}


class PromiseForm(OurForm):
    amount = amount_field()
    pay_on = DayField(N_("They will pay on"), [InputRequired(N_("Choose a day."))])
    item = SelectField(N_("What they will pay"), [Optional()], choices=[])
    refusals: ClassVar = {CannotPromise: "pay_on"}

    def __init__(self, *args: Any, currency: str, items: Sequence[PayableItem], due_minor: int, **kwargs: Any) -> None:
        super().__init__(*args, data={"amount": Money(due_minor, currency).amount}, **kwargs)
        self.item.choices = item_choices(items, words.gettext("The oldest first"))

    @property
    def item_id(self) -> int | None:
        return int(self.item.data) if self.item.data else None
