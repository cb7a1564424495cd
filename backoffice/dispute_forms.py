"""What staff fill in about a case."""

from collections.abc import Sequence
from typing import Any, ClassVar

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from backoffice.files import WithFiles
from frame.forms import AmountField, DayField, OurForm, data_options, options
from models import causes, disputes, words
from models.disputes import LONGEST_TEXT, OUTCOMES, CannotDecide, CannotDispute, DisputeState, Outcome, Remedy, Verdict
from models.errors import N_
from models.money import Money

LONGEST_REASONS = 4_000
PROMISED = (Remedy.REPLACEMENT, Remedy.REPAIR, Remedy.RETURN, Remedy.EXPLANATION)
GIVEN = {
    Remedy.REPLACEMENT: N_("We send it again, or the right thing"),
    Remedy.REPAIR: N_("We repair it"),
    Remedy.RETURN: N_("We take it back"),
    Remedy.EXPLANATION: N_("We explain it"),
}


class MoveForm(OurForm):
    state = SelectField(choices=options((state.value, state.value) for state in DisputeState))


class SayForm(WithFiles):
    hint = N_("Up to 10 files of 10 MB. The customer can open them. We remove from photos where they were taken.")
    text = TextAreaField(
        N_("Write to the customer"), [InputRequired(N_("Write something first.")), Length(max=LONGEST_TEXT)]
    )
    waits = BooleanField(N_("We need their answer: the case waits for it"))
    refusals: ClassVar = {CannotDispute: "text"}


class NoteForm(WithFiles):
    hint = N_("Up to 10 files of 10 MB. The customer never sees them.")
    note = TextAreaField(N_("Note"), [InputRequired(N_("Write something first.")), Length(max=LONGEST_TEXT)])
    refusals: ClassVar = {CannotDispute: "note"}


class AskForm(OurForm):
    department = SelectField(N_("Department"), choices=[])
    text = TextAreaField(N_("Your question"), [InputRequired(N_("Write something first.")), Length(max=LONGEST_TEXT)])
    refusals: ClassVar = {CannotDispute: "department"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.department.choices = data_options((str(one.id), one.name) for one in causes.departments() if one.email)


class ReopenForm(OurForm):
    text = TextAreaField(
        N_("Why it is opened again"),
        [InputRequired(N_("Say why the case is opened again.")), Length(max=LONGEST_TEXT)],
    )
    refusals: ClassVar = {CannotDispute: "text"}


class DecideForm(OurForm):
    """
    One amount for each line of the case, named `credit-<position>`; what is left of the line stands there first, so
    that upholding it needs no typing.
    """

    outcome = RadioField(
        N_("Outcome"),
        [InputRequired(N_("Choose an outcome."))],
        choices=options((one.value, label) for one, label in OUTCOMES.items()),
    )
    remedy = SelectField(N_("Promised besides"), [Optional()], choices=[])
    remedy_on = DayField(N_("Done by"), [Optional()])
    cause = SelectField(N_("Root cause"), [Optional()], choices=[])
    other_cause = StringField(N_("None of these: what is it?"), [Length(max=200)])
    text = TextAreaField(
        N_("Reasons for the customer"),
        [InputRequired(N_("Give the customer your reasons.")), Length(max=LONGEST_REASONS)],
    )
    resume_on = DayField(N_("The rest is asked for again from"), [Optional()])
    refusals: ClassVar = {CannotDecide: "outcome"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = [(one.value, words.gettext(GIVEN[one])) for one in PROMISED]
        self.remedy.choices = options([("", words.gettext("Nothing")), *given])
        self.cause.choices = [*options([("", words.gettext("None of these"))]), *data_options(cause_names())]

    def verdict(self, credits: dict[int, Money]) -> Verdict:
        return Verdict(
            outcome=Outcome(self.outcome.data),
            text=self.text.data,
            credits={} if self.outcome.data == Outcome.REFUSED else credits,
            remedy=Remedy(self.remedy.data) if self.remedy.data else None,
            remedy_on=self.remedy_on.data,
            cause_id=int(self.cause.data) if self.cause.data else None,
            other_cause=self.other_cause.data or "",
            resume_on=self.resume_on.data,
        )


def cause_names() -> list[tuple[str, str]]:
    """The whole tree in one list, each cause with the way to it."""
    return [
        (str(cause.id), f"{department.name} › {cause.process} › {cause.name}")
        for department, below in causes.tree()
        for cause in below
    ]


def decide_form(lines: Sequence[disputes.DisputeLine], left: dict[int, Money], *args: Any, **kwargs: Any) -> DecideForm:
    """The form with a field for each line."""
    fields = {
        f"credit_{line.position}": AmountField(
            line.description or N_("The whole item"), [Optional()], default=left[line.position].amount
        )
        for line in lines
    }
    made: type[DecideForm] = type("DecideForm", (DecideForm,), fields)
    return made(*args, **kwargs)
