"""'Something is wrong': one question on each page, every answer kept at once, and a case at the end."""

from datetime import date
from typing import Any

from flask import abort, current_app, flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from frame.forms import OurForm, form_page
from frame.uploads import takes_files
from models import accounts, clock, customers, disputes, payments, words
from models.disputes import Disputable, Dispute, Reason, Remedy
from models.money import total
from models.policies.suggesting import Suggestion, suggest
from models.transactions import transaction
from portal import portal
from portal.dispute_forms import (
    ALREADY_PAID,
    NOT_OURS,
    EvidenceForm,
    LinesForm,
    Question,
    ReasonForm,
    StoryForm,
    WishForm,
    how_of,
    share_of,
    written,
)
from portal.principal import account_of

PAGES = {
    "reason": "portal/dispute_reason.html",
    "lines": "portal/dispute_lines.html",
    "story": "portal/dispute_story.html",
    "evidence": "portal/dispute_evidence.html",
    "wish": "portal/dispute_wish.html",
    "check": "portal/dispute_check.html",
}
STEPS = tuple(PAGES)
QUESTIONS: dict[str, type[Question]] = {
    "reason": ReasonForm,
    "lines": LinesForm,
    "story": StoryForm,
    "wish": WishForm,
}


@portal.route("/invoices/<int:entry_id>/wrong/<step>", methods=["GET", "POST"])
def dispute(entry_id: int, step: str) -> Response | tuple[str, int]:
    """What is answered is kept before anything is said about it; while somebody types, scripts send it as well."""
    question, item = QUESTIONS.get(step) or abort(404), _item(entry_id)
    if not item.left:
        flash(words.gettext("All of it is in a case already."), "info")
        return redirect(url_for("portal.cases"), 303)
    if request.method == "GET":
        return _page(step, question.about(item)(_answers(entry_id)), item)
    form = question.about(item)(request.form)
    with transaction():
        _keep(item, form.typed)
    if "HX-Request" in request.headers:
        return Response(status=204)
    if not form.validate():
        return _page(step, form, item)
    return _after(step, item, form.data.get("reason", ""))


@portal.route("/invoices/<int:entry_id>/wrong/evidence", methods=["GET", "POST"])
@takes_files()
def dispute_evidence(entry_id: int) -> Response | tuple[str, int]:
    """Files live as long as the answers that they lie beside."""
    item, form = _item(entry_id), _evidence(entry_id)
    if request.method == "POST":
        with transaction():
            _keep(item, {})
    form.take()
    form.blame_files()
    if not form.is_sent or form.errors:
        return _page("evidence", form, item)
    if not form.kept and "none" not in request.form:
        form.blame("files", words.gettext("Choose a file first, or say that you have none."))
        return _page("evidence", form, item)
    return _after("evidence", item)


@portal.route("/invoices/<int:entry_id>/wrong/check", methods=["GET", "POST"])
def check_dispute(entry_id: int) -> Response | tuple[str, int]:
    """All answers once more; whoever comes here too early is led to the first question without an answer."""
    item, told = _item(entry_id), _answers(entry_id)
    if request.method == "POST" and not told:
        return _opened(None, item)
    asked = {step: question.about(item)(told) for step, question in QUESTIONS.items()}
    missing = next((step for step, form in asked.items() if not form.validate() or _leads_elsewhere(form)), None)
    if missing:
        return redirect(url_for("portal.dispute", entry_id=entry_id, step=missing), 303)
    form = OurForm(request.form)
    if request.method == "POST":
        with form.telling_refusals(), transaction():
            case = _open(item, asked)
        if not form.errors:
            return _opened(case, item)
    lines: LinesForm = asked["lines"]
    wrong = [(item.line(line_id), share) for line_id, share in lines.wrong().items()]
    held = total((share for _, share in wrong), item.left.currency)
    evidence = _evidence(entry_id)
    evidence.look()
    told = {"asked": asked, "wrong": wrong, "held": held, "evidence": evidence, "suggestion": _suggestion(asked)}
    return _page("check", form, item, **told)


def _suggestion(asked: dict[str, Any]) -> Suggestion | None:
    """For somebody who chose 'something else': what their words speak for, until they say that it is not that."""
    if asked["reason"].reason.data != Reason.OTHER:
        return None
    found = suggest(asked["story"].story.data, words.language())
    return found if found and found.reason != asked["reason"].unlike.data else None


def _open(item: Disputable, asked: dict[str, Any]) -> Dispute | None:
    """None where it was sent before: a second click makes no second case."""
    who, now = current_user, clock.now()
    if not disputes.take_draft(who.customer_id, who.contact_id, item.entry_id):
        return None
    owner, contact = customers.find(item.customer_id) or abort(404), account_of(who)[1]
    case = disputes.open_case(
        owner,
        contact,
        item.entry_id,
        asked["lines"].wrong(),
        reason=Reason(asked["reason"].reason.data),
        wanted=Remedy(asked["wish"].wish.data),
        text=written(asked["story"].story.data),
        by=who.actor,
        on=_today(),
        now=now,
    )
    _evidence(item.entry_id).hand_in(item.customer_id, case.source)
    return case


def _opened(case: Dispute | None, item: Disputable) -> Response:
    """What Stripe's page still asks for too much is closed now, while no transaction is open."""
    if case is None:
        flash(words.gettext("You have sent it already. Here are your cases."), "info")
        return redirect(url_for("portal.cases"), 303)
    address = url_for("portal.case", dispute_id=case.id)
    gateway = current_app.extensions["stripe"]
    payments.give_up_disputed(item.customer_id, item.entry_id, on=_today(), gateway=gateway, now=clock.now)
    return redirect(address, 303)


def _page(step: str, form: OurForm, item: Disputable, **values: Any) -> tuple[str, int]:
    told = {"item": item, "step": step, "steps": STEPS, "how_of": how_of, "share_of": share_of}
    told["kept_days"] = disputes.DRAFTS_LIVE.days
    return form_page(PAGES[step], form, **told, **values)


def _after(step: str, item: Disputable, reason: str = "") -> Response:
    if reason == ALREADY_PAID:
        return redirect(url_for("portal.already_paid", currency=item.left.currency, item=item.entry_id), 303)
    if reason == NOT_OURS:
        return redirect(url_for("portal.not_mine"), 303)
    following = "check" if "change" in request.args else STEPS[STEPS.index(step) + 1]
    return redirect(step_address(item.entry_id, following), 303)


@portal.app_template_global()
def step_address(entry_id: int, step: str, **values: str) -> str:
    apart = {"evidence": "portal.dispute_evidence", "check": "portal.check_dispute"}
    named = {} if step in apart else {"step": step}
    return url_for(apart.get(step, "portal.dispute"), entry_id=entry_id, **named, **values)


def _leads_elsewhere(form: OurForm) -> bool:
    return form.data.get("reason") in (ALREADY_PAID, NOT_OURS)


def _item(entry_id: int) -> Disputable:
    """Of the reader's account, or of one that is read as part of it."""
    if not current_user.may_dispute:
        abort(403)
    found = accounts.debit_document(current_user.customer_id, entry_id, _today()) or abort(404)
    return disputes.disputable(found.customer_id, entry_id) or abort(404)


def _answers(entry_id: int) -> MultiDict[str, str]:
    draft = disputes.draft_of(current_user.customer_id, current_user.contact_id, entry_id)
    return MultiDict(draft.answers if draft else {})


def _keep(item: Disputable, typed: dict[str, str]) -> None:
    who = current_user
    disputes.keep_answers(
        who.customer_id, who.contact_id, item.entry_id, typed, owner_id=item.customer_id, now=clock.now()
    )


def _evidence(entry_id: int) -> EvidenceForm:
    form = EvidenceForm(request.form)
    form.purpose = disputes.tray_of(current_user.customer_id, current_user.contact_id, entry_id).purpose
    return form


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
