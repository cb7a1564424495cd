"""What staff do about a case in words: write to the customer, note, ask a department, open it again."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.dispute_forms import AskForm, NoteForm, ReopenForm, SayForm
from backoffice.disputes import address_of, dispute_or_404, note_form, page_of, say_form, today_here
from backoffice.files import WithFiles
from frame.forms import OurForm
from frame.settings import settings
from frame.uploads import takes_files
from models import causes, clock, disputes
from models.disputes import Dispute
from models.errors import N_
from models.policies.permissions import Permission
from models.transactions import transaction
from models.words import gettext

ASKED, SAID, NOTED, REOPENED = N_("Asked."), N_("Sent."), N_("Noted."), N_("The case is looked at again.")


@backoffice.route("/disputes/<int:customer_id>/<int:dispute_id>/write", methods=["GET", "POST"])
@takes_files()
@requires(Permission.WORK_DISPUTES)
def say_in_dispute(customer_id: int, dispute_id: int) -> Response | tuple[str, int]:
    found = dispute_or_404(customer_id, dispute_id)
    form = say_form(found)
    return _done(found, form, lambda: _say(found, form), gettext("Write to the customer"), SAID)


@backoffice.route("/disputes/<int:customer_id>/<int:dispute_id>/note", methods=["GET", "POST"])
@takes_files()
@requires(Permission.WORK_DISPUTES)
def note_in_dispute(customer_id: int, dispute_id: int) -> Response | tuple[str, int]:
    found = dispute_or_404(customer_id, dispute_id)
    form = note_form(found)
    return _done(found, form, lambda: _note(found, form), gettext("Note for staff"), NOTED)


@backoffice.route("/disputes/<int:customer_id>/<int:dispute_id>/ask", methods=["GET", "POST"])
@requires(Permission.WORK_DISPUTES)
def ask_department(customer_id: int, dispute_id: int) -> Response | tuple[str, int]:
    found, form = dispute_or_404(customer_id, dispute_id), AskForm(request.form)
    if request.method == "GET":
        form.department.data = str(disputes.department_by_rule(found) or "")
    return _done(found, form, lambda: _ask(found, form), gettext("Ask a department"), ASKED)


@backoffice.route("/disputes/<int:customer_id>/<int:dispute_id>/reopen", methods=["GET", "POST"])
@requires(Permission.DECIDE_DISPUTES)
def reopen_dispute(customer_id: int, dispute_id: int) -> Response | tuple[str, int]:
    found, form = dispute_or_404(customer_id, dispute_id), ReopenForm(request.form)
    return _done(found, form, lambda: _reopen(found, form), gettext("Open the case again"), REOPENED)


def _done(
    found: Dispute, form: OurForm, act: Callable[[], object], title: str, said: str
) -> Response | tuple[str, int]:
    """The one form of a page, and back to the case once it is done."""
    ready = form.is_ready() if isinstance(form, WithFiles) else request.method == "POST" and form.validate()
    if ready:
        with form.telling_refusals(), transaction():
            act()
        if not form.errors:
            flash(gettext(said), "ok")
            return redirect(address_of(found), 303)
    page = render_template("backoffice/dispute_act.html", form=form, title=title, **page_of(found))
    return page, 422 if form.errors else 200


def _say(found: Dispute, form: SayForm) -> None:
    told = {"by": current_user.actor, "now": clock.now()}
    if form.waits.data:
        message = disputes.ask_customer(found, form.text.data, on=today_here(), **told)
    else:
        message = disputes.write(found, form.text.data, **told)
    form.hand_in(found.customer_id, message.source)


def _note(found: Dispute, form: NoteForm) -> None:
    by = current_user
    written = disputes.note(found, form.note.data, author=by.name, by=by.actor, now=clock.now())
    form.hand_in(found.customer_id, written.source)


def _ask(found: Dispute, form: AskForm) -> None:
    department = causes.department(int(form.department.data))
    if department is not None:
        disputes.ask_by_mail(
            found,
            department,
            form.text.data,
            address=question_address,
            by=current_user.actor,
            on=today_here(),
            now=clock.now(),
        )


def _reopen(found: Dispute, form: ReopenForm) -> None:
    disputes.reopen(found, form.text.data, by=current_user.actor, on=today_here(), now=clock.now())


def question_address(token: str) -> str:
    return settings().url + url_for("portal.question", token=token, _external=False)
