"""A department's link: the one case it was asked about, without whose it is, and a box for the answer."""

from typing import ClassVar

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from frame.forms import OurForm, form_page
from models import clock, disputes
from models.disputes import LONGEST_TEXT, REASONS, CannotDispute, Dispute, Question
from models.errors import N_
from models.transactions import transaction
from portal import portal


class AnswerForm(OurForm):
    text = TextAreaField(N_("Your answer"), [InputRequired(N_("Write something first.")), Length(max=LONGEST_TEXT)])
    name = StringField(N_("Your name"), [InputRequired(N_("Enter your name.")), Length(max=80)])
    refusals: ClassVar = {CannotDispute: "text"}


@portal.route("/question/<token>", methods=["GET", "POST"])
def question(token: str) -> Response | tuple[str, int]:
    """Whoever holds the link reads the case and answers once; from then on it can only be read."""
    asked, dispute = _asked_or_404(token)
    form = AnswerForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            disputes.answer(asked, form.text.data, name=form.name.data, now=clock.now())
        if not form.errors:
            return redirect(url_for("portal.question", token=token), 303)
    return form_page(
        "portal/question.html",
        form,
        question=asked,
        dispute=dispute,
        lines=disputes.lines_of(dispute),
        reason=REASONS[dispute.reason],
    )


def _asked_or_404(token: str) -> tuple[Question, Dispute]:
    return disputes.by_token(token) or abort(404)
