"""The words of reminders: written in versions and languages, looked at as they would arrive, approved by counsel."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from backoffice import backoffice, requires
from backoffice.agreement_preview import agreement_page, agreement_pdf
from backoffice.reminder_words import CHANNELS, PURPOSES, TONES
from frame import files
from frame.forms import OurForm, form_page, options
from models import accounts, clock, customers, words
from models.accounts import Transfer
from models.disputes import REASONS
from models.dunning import cases, reading, review, templates, texts
from models.dunning.placeholders import LONGEST_BUTTON, LONGEST_SUBJECT, MEANINGS, Text, allowed
from models.dunning.review import NotReady
from models.dunning.reviewed import CommentMissing, ReviewState
from models.dunning.templates import NameTaken, Template, TemplateVersion, WordsWrong
from models.errors import N_
from models.policies.permissions import Permission
from models.policies.sequences import Channel, Purpose, Tone
from models.transactions import transaction

SENT = N_("Sent to review. Nothing in it changes until counsel has decided.")
DONE = {
    "approve": N_("Approved. These words are in use from now on."),
    "send_back": N_("Sent back. Whoever wrote it sees your comment."),
    "retire": N_("Retired. These words are sent no more."),
}


class TemplateForm(OurForm):
    name = StringField(N_("Name"), [DataRequired(), Length(max=80)])
    channel = SelectField(N_("How it goes out"), choices=options((one.value, word) for one, word in CHANNELS.items()))
    purpose = SelectField(N_("What for"), choices=options((one.value, word) for one, word in PURPOSES.items()))
    tone = SelectField(N_("Tone"), choices=options((one.value, word) for one, word in TONES.items()))
    about = SelectField(
        N_("Of an answer to a case: what is wrong"),
        choices=options([("", N_("Anything")), *((one.value, word) for one, word in REASONS.items())]),
    )
    refusals: ClassVar = {NameTaken: "name"}


class TextForm(OurForm):
    subject = StringField(N_("Subject"), [Length(max=LONGEST_SUBJECT * 2)])
    body = TextAreaField(N_("Message"))
    button = StringField(N_("Button"), [Length(max=LONGEST_BUTTON * 2)])

    @property
    def text(self) -> Text:
        body = (self.body.data or "").replace("\r\n", "\n")
        return Text(self.subject.data or "", body, self.button.data or "")


class ReviewForm(OurForm):
    comment = TextAreaField(N_("Comment"), [Optional(), Length(max=2000)])
    decision = StringField()
    refusals: ClassVar = {CommentMissing: "comment"}


@backoffice.route("/reminders/templates/new", methods=["GET", "POST"])
@requires(Permission.WRITE_WORDS)
def new_template() -> Response | tuple[str, int]:
    form = TemplateForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            made = templates.add(
                form.name.data,
                Channel(form.channel.data),
                Purpose(form.purpose.data),
                Tone(form.tone.data),
                about=form.about.data if form.purpose.data == Purpose.OBJECTION else "",
                by=current_user,
                now=clock.now(),
            )
        if not form.errors:
            return redirect(_address(made), 303)
    return form_page("backoffice/template_new.html", form)


@backoffice.get("/reminders/templates/<int:template_id>")
@requires(Permission.READ_WORDS)
def template(template_id: int) -> Response:
    """The version that somebody would open."""
    known = templates.versions(_template_or_404(template_id).id)
    return redirect(_address(known[0]), 303)


@backoffice.post("/reminders/templates/<int:template_id>/draft")
@requires(Permission.WRITE_WORDS)
def draft_template(template_id: int) -> Response:
    with transaction():
        made = templates.draft(_template_or_404(template_id), by=current_user, now=clock.now())
    return redirect(_address(made), 303)


@backoffice.get("/reminders/templates/<int:template_id>/<int:number>")
@requires(Permission.READ_WORDS)
def template_version(template_id: int, number: int) -> tuple[str, int]:
    return _version_page(_version_or_404(template_id, number), ReviewForm())


@backoffice.post("/reminders/templates/<int:template_id>/<int:number>/send")
@requires(Permission.WRITE_WORDS)
def send_template(template_id: int, number: int) -> Response:
    version = _version_or_404(template_id, number)
    with flashing_reasons(SENT), transaction():
        review.send(version, by=current_user, now=clock.now())
    return redirect(_address(version), 303)


@backoffice.route("/reminders/templates/<int:template_id>/<int:number>/review", methods=["GET", "POST"])
@requires(Permission.APPROVE_WORDS)
def review_template(template_id: int, number: int) -> Response | tuple[str, int]:
    version, form = _version_or_404(template_id, number), ReviewForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            _decide(form, version)
        if not form.errors:
            flash(words.gettext(DONE[form.decision.data]), "ok")
            return redirect(_address(version), 303)
    return _version_page(version, form)


@backoffice.route("/reminders/templates/<int:template_id>/<int:number>/<language>", methods=["GET", "POST"])
@requires(Permission.WRITE_WORDS)
def template_text(template_id: int, number: int, language: str) -> Response | tuple[str, int]:
    version = _version_or_404(template_id, number)
    if language not in words.LANGUAGES:
        abort(404)
    form = TextForm(request.form, obj=templates.wording(version).texts.get(language, Text("", "", "")))
    if request.method == "POST" and form.validate():
        _save(version, language, form)
        if not form.errors:
            flash(words.gettext("Saved."), "ok")
            return redirect(_address(version, language=language), 303)
    known = templates.find(template_id)
    names = [(name, words.gettext(MEANINGS[name])) for name in allowed(known.channel, known.purpose)]
    return form_page(
        "backoffice/template_text.html",
        form,
        template=known,
        version=version,
        language=language,
        text_direction=words.direction(language),
        names=names,
    )


@backoffice.get("/reminders/templates/<int:template_id>/<int:number>/preview")
@requires(Permission.READ_WORDS)
def template_preview(template_id: int, number: int) -> str:
    version, known = _version_or_404(template_id, number), _template_or_404(template_id)
    if known.purpose == Purpose.AGREEMENT:
        return agreement_page(known, version)
    case = _case(version)
    return render_template(
        "backoffice/template_preview.html",
        case=case,
        text_direction=words.direction(case.language),
        all_languages=[(one, words.native_name(one)) for one in templates.wording(case.version).texts],
        may_read_accounts=current_user.may(Permission.READ_ACCOUNTS),
        composed=texts.compose(case.text, case.values),
        length=reading.length(texts.compose(case.text, case.values).said),
    )


@backoffice.get("/reminders/templates/<int:template_id>/<int:number>/preview.pdf")
@requires(Permission.READ_WORDS)
def template_preview_pdf(template_id: int, number: int) -> Response:
    version, known, company = _version_or_404(template_id, number), _template_or_404(template_id), g.company
    if known.purpose == Purpose.AGREEMENT:
        return agreement_pdf(known, version)
    case = _case(version)
    how = None
    if company.iban and case.facts.totals:
        how = Transfer(company.account_holder or company.name, company.iban, company.bic, case.facts.reference,
                       case.facts.totals[0])  # fmt: skip
    paper = accounts.reminder_pdf(
        templates.wording(case.version),
        case.facts,
        company,
        address=company.address,
        language=case.language,
        how=how,
        link=_sample_link(),
        now=clock.now(),
    )
    return files.pdf(paper, "preview", case.template.key, case.language)


@contextmanager
def flashing_reasons(done: str) -> Iterator[None]:
    """Say that it is done; or what is missing, each in a sentence."""
    try:
        yield
        flash(words.gettext(done), "ok")
    except NotReady as refusal:
        for reason in refusal.reasons:
            flash(words.explain(reason), "warn")


@dataclass(frozen=True)
class Case:
    """A text put together as somebody would get it. `unknown`: the customer who was asked for has nothing open."""

    template: Template
    version: TemplateVersion
    language: str
    name: str
    typed: str
    unknown: bool
    text: Text
    facts: texts.Facts
    values: texts.Values


def _case(version: TemplateVersion) -> Case:
    known, said = templates.find(version.template_id), templates.wording(version)
    if known is None or not said.texts:
        abort(404)
    language, text = said.text(request.args.get("language", ""), g.company.language)
    name, typed = request.args.get("case", "ordinary"), request.args.get("customer", "").strip()[:60]
    today = g.company.today(clock.now())
    real = _real_case(typed, known.purpose) if typed else None
    invented = cases.longest if name == "longest" else cases.ordinary
    facts = real or invented(language, today, known.purpose)
    whole = known.channel != Channel.EMAIL or known.purpose == Purpose.INVOICE
    values = texts.written(
        facts, g.company, language, whole_numbers=whole, link=_sample_link(), unsubscribe=_sample_link()
    )
    return Case(known, version, language, name, typed, bool(typed) and real is None, text, facts, values)


def _real_case(typed: str, purpose: Purpose) -> texts.Facts | None:
    """Counsel reads words and no accounts."""
    customer = customers.by_number(typed) if current_user.may(Permission.READ_ACCOUNTS) else None
    return cases.of_customer(customer, g.company.today(clock.now()), purpose) if customer else None


def _sample_link() -> str:
    """A preview opens no account."""
    return url_for("portal.home", _external=True)


def _decide(form: ReviewForm, version: TemplateVersion) -> None:
    now, comment = clock.now(), form.comment.data or ""
    if form.decision.data == "approve":
        review.approve(version, by=current_user, now=now, comment=comment)
    elif form.decision.data == "send_back":
        review.send_back(version, by=current_user, now=now, comment=comment)
    elif form.decision.data == "retire":
        review.retire(version, by=current_user, now=now, comment=comment)
    else:
        abort(400)


def _save(version: TemplateVersion, language: str, form: TextForm) -> None:
    try:
        with transaction():
            templates.write(version, language, form.text, by=current_user, now=clock.now())
    except WordsWrong as refusal:
        for problem in refusal.problems:
            form.blame(problem.field, words.explain(problem))


def _version_page(version: TemplateVersion, form: ReviewForm) -> tuple[str, int]:
    said = templates.wording(version)
    language = request.args.get("language", "")
    if language not in words.LANGUAGES:
        language = next(iter(said.texts), g.company.language)
    before = templates.live_version(version.template_id)
    compared = before if before is not None and before.number < version.number else None
    old = templates.wording(compared).texts.get(language) if compared else None
    new = said.texts.get(language)
    return form_page(
        "backoffice/template.html",
        form,
        template=templates.find(version.template_id),
        version=version,
        versions=templates.versions(version.template_id),
        language=language,
        text_direction=words.direction(language),
        texts=said.texts,
        text_here=new,
        all_languages=list(words.LANGUAGES.items()),
        compared=compared,
        differences=_differences(old, new),
        changed=_changed(templates.wording(compared).texts, said.texts) if compared else [],
        remarks=reading.remarks(new, said.purpose) if new else [],
        length=reading.length(f"{new.subject}\n{new.body}") if new else None,
        missing=[words.native_name(one) for one in templates.missing_languages(said.texts)],
        may_decide=review.may_decide(version, current_user),
        may_write=current_user.may(Permission.WRITE_WORDS),
        may_retire=version.state == ReviewState.APPROVED and current_user.may(Permission.APPROVE_WORDS),
    )


def _changed(old: Mapping[str, Text], new: Mapping[str, Text]) -> list[str]:
    """The languages whose words are not as those in use."""
    return [words.native_name(language) for language in words.LANGUAGES if old.get(language) != new.get(language)]


def _differences(old: Text | None, new: Text | None) -> list[tuple[str, list[reading.Piece], list[reading.Piece]]]:
    """Part by part: its name, what it was, what it is."""
    if old is None or new is None:
        return []
    parts = ((N_("Subject"), "subject"), (N_("Message"), "body"), (N_("Button"), "button"))
    return [
        (words.gettext(label), *reading.differences(getattr(old, part), getattr(new, part)))
        for label, part in parts
        if getattr(old, part) or getattr(new, part)
    ]


def _template_or_404(template_id: int) -> Template:
    return templates.find(template_id) or abort(404)


def _version_or_404(template_id: int, number: int) -> TemplateVersion:
    return templates.version(template_id, number) or abort(404)


def _address(version: TemplateVersion, **more: str) -> str:
    return url_for("backoffice.template_version", template_id=version.template_id, number=version.number, **more)
