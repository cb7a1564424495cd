"""Sequences of reminders: what waits for somebody, who gets which one, and their steps as a table to be edited."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import FieldList, FormField, HiddenField, IntegerField, SelectChoice, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp

from backoffice import backoffice, requires
from backoffice.fields import countable
from backoffice.reminder_words import PURPOSES, SEGMENTS, SIGNERS
from backoffice.templates import SENT, ReviewForm, flashing_reasons
from frame.forms import AmountField, OurForm, form_page, options
from models import clock, words
from models.customers import CustomerKind
from models.dunning import review, sequences, templates
from models.dunning.reviewed import ReviewState
from models.dunning.sequences import DunningSequence, SegmentTaken, SequenceVersion
from models.errors import N_
from models.money import Money
from models.policies.permissions import Permission
from models.policies.sequences import Channel, Counted, Purpose, Signer, Step, Tone
from models.transactions import transaction

DONE = {
    "approve": N_("Approved. Somebody who did not write it can publish it now."),
    "send_back": N_("Sent back. Whoever wrote it sees your comment."),
    "publish": N_("Published. The next run follows it."),
}
WITH_INVOICE = -365  # Step zero goes as soon as there is an invoice, however far off its due date.
DECISIONS = (Purpose.STOP_SERVICE, Purpose.HAND_OVER)  # Tasks without a script.
WHEN = (
    ("before", N_("days before it is due")),
    ("after", N_("days after it was due")),
    ("previous", N_("days after the step before")),
    ("at_once", N_("as soon as it is written")),
)


class SequenceForm(OurForm):
    name = StringField(N_("Name"), [DataRequired(), Length(max=80)])
    kind = SelectField(N_("For"), choices=[])
    country = StringField(
        N_("Country"),
        [Optional(), Regexp("^[A-Za-z]{2}$", message=N_("Write the two letters of the country, such as LT."))],
    )
    refusals: ClassVar = {SegmentTaken: "name"}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        kinds = [("", N_("All customers")), *((kind.value, word) for kind, word in SEGMENTS.items())]
        self.kind.choices = [SelectChoice(value, words.gettext(word)) for value, word in kinds]


class StepForm(OurForm):
    id = HiddenField()
    what = SelectField(N_("What"), choices=[])
    days = IntegerField(N_("Days"), [InputRequired(), NumberRange(0, 400)])
    when = SelectField(N_("When"), choices=options(WHEN))
    signer = SelectField(N_("In whose name"), choices=options((one.value, word) for one, word in SIGNERS.items()))
    smallest = AmountField(N_("Only from this amount on"), validators=[Optional(), countable])
    pay_by_days = IntegerField(N_("Days to pay in"), [Optional(), NumberRange(1, 90)])
    most_times = IntegerField(N_("How often at most"), [InputRequired(), NumberRange(1, 20)])
    repeat_days = IntegerField(N_("Every how many days"), [Optional(), NumberRange(0, 90)])

    def step(self, known: dict[str, tuple[Channel, Purpose, Tone, int | None]]) -> Step:
        channel, purpose, tone, template_id = known[self.what.data]
        days = -self.days.data if self.when.data == "before" else self.days.data
        smallest = Money.rounded(self.smallest.data or Decimal(0), g.company.currency)
        return Step(
            id=int(self.id.data) if (self.id.data or "").isdecimal() else 0,
            position=0,
            days=WITH_INVOICE if self.when.data == "at_once" else days,
            counted=Counted.FROM_PREVIOUS if self.when.data == "previous" else Counted.FROM_DUE,
            channel=channel,
            purpose=purpose,
            template_id=template_id,
            tone=tone,
            signer=Signer(self.signer.data),
            smallest_minor=smallest.minor,
            most_times=self.most_times.data,
            repeat_days=self.repeat_days.data or 0,
            pay_by_days=self.pay_by_days.data,
        )


class StepsForm(OurForm):
    do = StringField()
    steps = FieldList(FormField(StepForm), max_entries=60)

    def offer(self, choices: list[SelectChoice]) -> None:
        for row in self.steps:
            row.form.what.choices = choices


@backoffice.get("/reminders")
@requires(Permission.READ_WORDS)
def reminders() -> str:
    live = templates.live()
    return render_template(
        "backoffice/reminders.html",
        waiting_words=[(templates.find(one.template_id), one) for one in review.waiting_words()],
        waiting_sequences=review.waiting_sequences(),
        sequences=[(one, sequences.versions(one.id)) for one in sequences.every()],
        templates=templates.every(),
        newest=templates.newest_versions(),
        live=live,
        may_write=current_user.may(Permission.WRITE_WORDS),
        may_decide=review.may_decide,
        may_publish=review.may_publish,
    )


@backoffice.route("/reminders/sequences/new", methods=["GET", "POST"])
@requires(Permission.WRITE_WORDS)
def new_sequence() -> Response | tuple[str, int]:
    form = SequenceForm(request.form)
    if request.method == "POST" and form.validate():
        kind = CustomerKind(form.kind.data) if form.kind.data else None
        with form.telling_refusals(), transaction():
            country = (form.country.data or "").upper()
            made = sequences.add(form.name.data, kind, country, by=current_user, now=clock.now())
        if not form.errors:
            return redirect(_address(made), 303)
    return form_page("backoffice/sequence_new.html", form)


@backoffice.get("/reminders/sequences/<int:sequence_id>")
@requires(Permission.READ_WORDS)
def sequence(sequence_id: int) -> Response:
    """The version that somebody would open."""
    return redirect(_address(sequences.versions(_sequence_or_404(sequence_id).id)[0]), 303)


@backoffice.post("/reminders/sequences/<int:sequence_id>/draft")
@requires(Permission.WRITE_WORDS)
def draft_sequence(sequence_id: int) -> Response:
    with transaction():
        made = sequences.draft(_sequence_or_404(sequence_id), by=current_user, now=clock.now())
    return redirect(_address(made), 303)


@backoffice.get("/reminders/sequences/<int:sequence_id>/<int:number>")
@requires(Permission.READ_WORDS)
def sequence_version(sequence_id: int, number: int) -> tuple[str, int]:
    return _version_page(_version_or_404(sequence_id, number), ReviewForm())


@backoffice.post("/reminders/sequences/<int:sequence_id>/<int:number>/send")
@requires(Permission.WRITE_WORDS)
def send_sequence(sequence_id: int, number: int) -> Response:
    version = _version_or_404(sequence_id, number)
    with flashing_reasons(SENT), transaction():
        review.send(version, by=current_user, now=clock.now())
    return redirect(_address(version), 303)


@backoffice.route("/reminders/sequences/<int:sequence_id>/<int:number>/review", methods=["GET", "POST"])
@requires(Permission.APPROVE_WORDS)
def review_sequence(sequence_id: int, number: int) -> Response | tuple[str, int]:
    return _decided(_version_or_404(sequence_id, number), {"approve": review.approve})


@backoffice.route("/reminders/sequences/<int:sequence_id>/<int:number>/publish", methods=["GET", "POST"])
@requires(Permission.PUBLISH_SEQUENCE)
def publish_sequence(sequence_id: int, number: int) -> Response | tuple[str, int]:
    return _decided(_version_or_404(sequence_id, number), {"publish": review.publish})


@backoffice.route("/reminders/sequences/<int:sequence_id>/<int:number>/steps", methods=["GET", "POST"])
@requires(Permission.WRITE_WORDS)
def sequence_steps(sequence_id: int, number: int) -> Response | tuple[str, int]:
    """The table of steps; each button keeps what was typed."""
    version = _version_or_404(sequence_id, number)
    steps = sequences.at_version(version.id).steps
    form = StepsForm(request.form, data={"steps": [_typed(step) for step in steps]})
    known = _known()
    form.offer(_choices(known))
    if request.method == "POST" and form.validate():
        steps, place = _edited([row.form.step(known) for row in form.steps], form.do.data or "", known)
        with form.telling_refusals(), transaction():
            sequences.write(version, steps, by=current_user, now=clock.now())
        if not form.errors:
            flash(words.gettext("Saved."), "ok")
            return redirect(_after(version, place), 303)
    return form_page(
        "backoffice/sequence_steps.html",
        form,
        sequence=_sequence_or_404(sequence_id),
        version=version,
        currency=g.company.currency,
    )


def _decided(version: SequenceVersion, yes: dict[str, Callable[..., None]]) -> Response | tuple[str, int]:
    """Yes, or back to whoever wrote it with a comment."""
    form = ReviewForm(request.form)
    if request.method == "POST" and form.validate():
        decision = form.decision.data or ""
        with form.telling_refusals(), transaction():
            if decision == "send_back":
                review.send_back(version, by=current_user, now=clock.now(), comment=form.comment.data or "")
            else:
                (yes.get(decision) or abort(400))(version, by=current_user, now=clock.now())
        if not form.errors:
            flash(words.gettext(DONE[decision]), "ok")
            return redirect(_address(version), 303)
    return _version_page(version, form)


def _version_page(version: SequenceVersion, form: ReviewForm) -> tuple[str, int]:
    live = sequences.live_version(version.sequence_id)
    compared = live if live is not None and live.number < version.number else None
    value = sequences.at_version(version.id)
    before = {step.id: step for step in sequences.at_version(compared.id).steps} if compared else None
    undecided = version.state not in (ReviewState.PUBLISHED, ReviewState.RETIRED)
    return form_page(
        "backoffice/sequence.html",
        form,
        sequence=_sequence_or_404(version.sequence_id),
        version=version,
        versions=sequences.versions(version.sequence_id),
        steps=[(step, _change(step, before)) for step in value.steps],
        gone=[step for step in (before or {}).values() if step.id not in {one.id for one in value.steps}],
        compared=compared,
        names={one.id: one.name for one in templates.every()},
        smallest=lambda step: Money(step.smallest_minor, g.company.currency),
        why_not=review.why_not(value, templates.live(), g.company) if undecided else [],
        may_decide=review.may_decide(version, current_user),
        may_publish=review.may_publish(version, current_user),
        may_write=current_user.may(Permission.WRITE_WORDS),
        may_look_ahead=undecided and current_user.may(Permission.READ_ACCOUNTS),
        may_send_back=version.state == ReviewState.APPROVED and current_user.may(Permission.PUBLISH_SEQUENCE),
    )


def _change(step: Step, before: dict[int, Step] | None) -> str:
    """What became of a step since the version in use: new, changed, or nothing."""
    if before is None:
        return ""
    if step.id not in before:
        return "new"
    return "" if replace(step, position=before[step.id].position) == before[step.id] else "changed"


def _known() -> dict[str, tuple[Channel, Purpose, Tone, int | None]]:
    """What a step can be, by the value of its choice: words of a template, or a decision."""
    found = {
        str(one.id): (one.channel, one.purpose, one.tone, one.id)
        for one in templates.every()
        if one.purpose not in (Purpose.STATEMENT, Purpose.OBJECTION, Purpose.AGREEMENT)
    }
    decisions = {purpose.value: (Channel.TASK, purpose, Tone.FORMAL, None) for purpose in DECISIONS}
    return {**found, **decisions}


def _choices(known: dict[str, tuple[Channel, Purpose, Tone, int | None]]) -> list[SelectChoice]:
    names = {str(one.id): one.name for one in templates.every()}
    named = [SelectChoice(value, names[value], {"data-raw": "true"}) for value in known if value in names]
    return [*named, *(SelectChoice(one.value, words.gettext(PURPOSES[one])) for one in DECISIONS)]


def _typed(step: Step) -> dict[str, object]:
    """A step as its row of the form shows it."""
    previous, at_once = step.counted == Counted.FROM_PREVIOUS, step.purpose == Purpose.INVOICE
    when = "at_once" if at_once else "previous" if previous else "before" if step.days < 0 else "after"
    return {
        "id": str(step.id),
        "what": str(step.template_id or step.purpose.value),
        "days": 0 if at_once else abs(step.days),
        "when": when,
        "signer": step.signer.value,
        "smallest": Money(step.smallest_minor, g.company.currency).amount if step.smallest_minor else None,
        "pay_by_days": step.pay_by_days,
        "most_times": step.most_times,
        "repeat_days": step.repeat_days or None,
    }


def _edited(
    steps: list[Step], do: str, known: dict[str, tuple[Channel, Purpose, Tone, int | None]]
) -> tuple[list[Step], int | None]:
    """What a button does to the steps, and which row to show afterwards."""
    what, _, number = do.partition("-")
    place = int(number) if number.isdecimal() else -1
    if what == "add":
        return [*steps, _one_more(steps, known)], len(steps)
    if not 0 <= place < len(steps):
        return steps, None
    if what == "remove":
        return steps[:place] + steps[place + 1 :], None
    other = place - 1 if what == "up" else place + 1
    if what in ("up", "down") and 0 <= other < len(steps):
        steps[place], steps[other] = steps[other], steps[place]
        return steps, other
    return steps, None


def _one_more(steps: list[Step], known: dict[str, tuple[Channel, Purpose, Tone, int | None]]) -> Step:
    """A new step: a week after the one before it, with its words."""
    if steps:
        return replace(steps[-1], id=0, days=7, counted=Counted.FROM_PREVIOUS)
    channel, purpose, tone, template_id = next(iter(known.values()))
    return Step(0, 0, 7, Counted.FROM_DUE, channel, purpose, template_id, tone, Signer.COMPANY)


def _after(version: SequenceVersion, place: int | None) -> str:
    address = url_for("backoffice.sequence_steps", sequence_id=version.sequence_id, number=version.number)
    if (request.form.get("do") or "save") == "save":
        return _address(version)
    return address if place is None else f"{address}#step-{place + 1}"


def _sequence_or_404(sequence_id: int) -> DunningSequence:
    return sequences.find(sequence_id) or abort(404)


def _version_or_404(sequence_id: int, number: int) -> SequenceVersion:
    return sequences.version(sequence_id, number) or abort(404)


def _address(version: SequenceVersion) -> str:
    return url_for("backoffice.sequence_version", sequence_id=version.sequence_id, number=version.number)
