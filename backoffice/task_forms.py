"""What staff fill in about a task or a call."""

from typing import Any, ClassVar

from wtforms import RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from frame.forms import DayField, OurForm, data_options, options
from models import customers, staff, words, worklist
from models.errors import N_
from models.staff import StaffState
from models.worklist import CallOutcome

OUTCOMES = {
    CallOutcome.SPOKE: N_("We spoke"),
    CallOutcome.PROMISE: N_("They promise to pay"),
    CallOutcome.SOMETHING_WRONG: N_("They say something is wrong"),
    CallOutcome.WRONG_NUMBER: N_("Wrong number"),
    CallOutcome.NO_ANSWER: N_("Nobody answered"),
}


class FinishForm(OurForm):
    note = TextAreaField(N_("What came of it"), [Length(max=2000)])
    refusals: ClassVar = {worklist.WordMissing: "note"}


class HandForm(OurForm):
    owner = SelectField(N_("Who does it"), [Optional()], choices=[])
    refusals: ClassVar = {worklist.NobodyThere: "owner"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(one.id), one.name) for one in staff.everybody() if one.state is StaffState.ACTIVE]
        self.owner.choices = [*options([("", words.gettext("Nobody yet"))]), *data_options(people)]

    @property
    def staff_id(self) -> int | None:
        return int(self.owner.data) if self.owner.data else None


class CallForm(OurForm):
    contact = SelectField(N_("Whom you called"), [Optional()], choices=[])
    outcome = RadioField(
        N_("What came of it"),
        [InputRequired(N_("Choose what came of the call."))],
        choices=options((one.value, label) for one, label in OUTCOMES.items()),
    )
    note = TextAreaField(N_("What was said"), [Length(max=2000)])
    again_on = DayField(N_("Try again on"), [Optional()])
    refusals: ClassVar = {worklist.WordMissing: "note", worklist.DayMissing: "again_on"}

    def __init__(self, *args: Any, customer_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [one for one in customers.contacts_of(customer_id) if one.active]
        named = [(str(one.id), " · ".join(filter(None, (one.name, one.phone)))) for one in people]
        self.contact.choices = [*options([("", words.gettext("Not known"))]), *data_options(named)]

    @property
    def contact_id(self) -> int | None:
        return int(self.contact.data) if self.contact.data else None
