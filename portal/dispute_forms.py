"""What is asked of somebody for whom something is wrong: one form for each question."""

from typing import Any

from flask import request
from wtforms import Field, MultipleFileField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from frame.forms import AmountField, OurForm, options
from models import disputes, words
from models.disputes import LONGEST_TEXT, Disputable, DisputableLine
from models.errors import N_
from models.money import Money
from portal.files import WithFiles

LONGEST_KEPT = 20_000  # Of what was typed: more than anybody types.
ALREADY_PAID, NOT_OURS = "already_paid", "not_ours"
ELSEWHERE: dict[str, str] = {
    ALREADY_PAID: N_("I have paid it already"),
    NOT_OURS: N_("This bill is not for us"),
}
RIGHT, ALL, PART = "right", "all", "part"
HOWS: dict[str, str] = {
    RIGHT: N_("This line is right"),
    ALL: N_("All of it is wrong"),
    PART: N_("Only a part of it is wrong"),
}


class Question(OurForm):
    """`item` is what it is about. What was typed is kept before anything is said about it."""

    item: Disputable

    @classmethod
    def about(cls, item: Disputable) -> "type[Question]":
        return type(cls.__name__, (cls,), {"item": item, **cls.fields_for(item)})

    @classmethod
    def fields_for(cls, _: Disputable) -> dict[str, Field]:
        return {}

    @property
    def typed(self) -> dict[str, str]:
        return {name: request.form[name][:LONGEST_KEPT] for name in self._fields if name in request.form}


class ReasonForm(Question):
    reason = RadioField(
        N_("What is wrong?"),
        [InputRequired(N_("Choose what fits best."))],
        choices=options([*disputes.REASONS.items(), *ELSEWHERE.items()]),
    )
    unlike = StringField()  # The reason that was suggested to whoever says that it is another.


class LinesForm(Question):
    """For each line whether it is right, and where it is in part, how much of it."""

    @classmethod
    def fields_for(cls, item: Disputable) -> dict[str, Field]:
        """Where there is one line only, it is the one that is wrong."""
        fields: dict[str, Field] = {}
        alone = len(item.lines) == 1
        for line in (line for line in item.lines if line.left):
            fields[how_of(line)] = RadioField(
                N_("How much of it is wrong?"),
                [InputRequired(N_("Choose what fits best."))] if alone else [],
                choices=options((how, word) for how, word in HOWS.items() if not (alone and how == RIGHT)),
                default=None if alone else RIGHT,
            )
            fields[share_of(line)] = AmountField(N_("So much is right"))
        return fields

    def wrong(self) -> dict[int | None, Money]:
        """By the line's id; together no more than the item has left."""
        found: dict[int | None, Money] = {}
        free = self.item.left
        for line in self.item.lines:
            if share := min(self._wrong_of(line), free):
                found[line.line_id] = share
                free -= share
        return found

    def validate(self, extra_validators: Any = None) -> bool:
        for line in self.item.lines:
            if line.left and self._fields[how_of(line)].data != PART:
                self._fields[share_of(line)].process(None)  # It stands beside another answer, and does not count.
        super().validate(extra_validators)
        if not self.wrong() and not self.errors:
            self.blame(None, words.gettext("Say how much is wrong: choose at least one line."))
        return not self.errors

    def _wrong_of(self, line: DisputableLine) -> Money:
        nothing = Money(0, line.left.currency)
        how = self._fields[how_of(line)].data if line.left else RIGHT
        if how != PART:
            return line.left if how == ALL else nothing
        field = self._fields[share_of(line)]
        if field.data is None and not field.errors:
            field.errors = [words.gettext("Enter an amount.")]
        right = None if field.errors else field.money(line.left.currency)
        if right is not None and not 0 < right.minor < line.left.minor:
            field.errors = [words.gettext("Enter an amount below %(most)s, or choose another answer.", most=line.left)]
        return nothing if right is None or field.errors else line.left - right


class StoryForm(Question):
    longest = LONGEST_TEXT
    story = TextAreaField(N_("What happened?"), [InputRequired(N_("Tell us in a few words what happened."))])

    def validate_story(self, field: Field) -> None:
        """Not by an attribute of the field: a browser would cut off what is pasted."""
        if len(written(field.data)) > self.longest:
            most = words.number(self.longest)
            raise ValidationError(words.gettext("Please tell it in no more than %(most)s characters.", most=most))


class WishForm(Question):
    wish = RadioField(
        N_("What would put it right?"),
        [InputRequired(N_("Choose what fits best."))],
        choices=options(disputes.REMEDIES.items()),
    )


class EvidenceForm(WithFiles):
    files = MultipleFileField(N_("Photos and papers"))
    hint = N_(
        "Photos of what came, the delivery note or your order, for example: up to 10 files of 10 MB. We remove from"
        " photos where they were taken."
    )


def written(text: str) -> str:
    """Browsers send two characters for the end of a line."""
    return text.replace("\r\n", "\n").strip()


def how_of(line: DisputableLine) -> str:
    return f"how-{line.line_id or 0}"


def share_of(line: DisputableLine) -> str:
    return f"right-{line.line_id or 0}"
