"""A department's link: the one case it was asked about and its evidence, without whose it is; a box for the answer."""

from typing import ClassVar

from flask import Response as AnyResponse
from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response
from wtforms import MultipleFileField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from frame.files import given_out
from frame.forms import form_page
from frame.uploads import WithFiles, takes_files
from models import clock, disputes
from models.disputes import LONGEST_TEXT, REASONS, CannotDispute, Dispute, Question
from models.errors import N_
from models.transactions import transaction
from portal import portal


class AnswerForm(WithFiles):
    hint = N_(
        "Photos of how it left, or the packing list, for example: up to 10 files of 10 MB. The customer does not see"
        " them."
    )
    files = MultipleFileField(N_("Photos and papers"))
    text = TextAreaField(N_("Your answer"), [InputRequired(N_("Write something first.")), Length(max=LONGEST_TEXT)])
    name = StringField(N_("Your name"), [InputRequired(N_("Enter your name.")), Length(max=80)])
    refusals: ClassVar = {CannotDispute: "text"}


def _is_a_link() -> bool:
    return disputes.by_token((request.view_args or {})["token"]) is not None


@portal.route("/question/<token>", methods=["GET", "POST"])
@takes_files(_is_a_link)
def question(token: str) -> Response | tuple[str, int]:
    """Whoever holds the link reads the case and answers once; from then on it can only be read."""
    asked, dispute = _asked_or_404(token)
    form = AnswerForm(request.form)
    form.tray, form.by = disputes.answers_tray(asked), asked.link
    # What was answered before takes no more files, and says so.
    ready = form.is_ready() if asked.answered_at is None else request.method == "POST" and form.validate()
    if ready:
        with form.telling_refusals(), transaction():
            note = disputes.answer(asked, form.text.data, name=form.name.data, now=clock.now())
            form.hand_in(asked.customer_id, note.source)
        if not form.errors:
            return redirect(url_for("portal.question", token=token), 303)
    return form_page(
        "portal/question.html",
        form,
        question=asked,
        dispute=dispute,
        lines=disputes.lines_of(dispute),
        reason=REASONS[dispute.reason],
        evidence=disputes.evidence_of(dispute),
        added=disputes.added_to_answer(asked),
        token=token,
    )


@portal.get("/question/<token>/files/<int:file_id>")
def question_file(token: str, file_id: int) -> AnyResponse:
    shown = disputes.shown_by_link(*_asked_or_404(token))
    found = next((one for one in shown if one.id == file_id), None) or abort(404)
    return given_out(found.content, found.kind.mime, found.name)


def _asked_or_404(token: str) -> tuple[Question, Dispute]:
    return disputes.by_token(token) or abort(404)
