"""Cases: where they stand, what was said, what was decided; to answer, to agree, to disagree, to take back."""

from collections.abc import Sequence
from datetime import date

from flask import Response as AnyResponse
from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from frame import files as give
from frame.forms import OurForm, form_page
from frame.uploads import takes_files
from models import accounts, approvals, clock, disputes, files, payments, words
from models.customers import merges
from models.disputes import CreditWish, Decision, Dispute, DisputeState
from models.errors import N_
from models.transactions import transaction
from portal import portal
from portal.choosing import payer
from portal.dispute_forms import EvidenceForm

MOST = 50
STATES: dict[DisputeState, str] = {
    DisputeState.NEW: N_("Received"),
    DisputeState.LOOKING: N_("We look at it"),
    DisputeState.WAITING_CUSTOMER: N_("We need a word from you"),
    DisputeState.WAITING_DEPARTMENT: N_("We look at it"),
    DisputeState.DECIDED: N_("Decided"),
    DisputeState.CLOSED: N_("Closed"),
    DisputeState.WITHDRAWN: N_("Taken back"),
}


class ReplyForm(EvidenceForm):
    text = TextAreaField(N_("Your message"), [InputRequired(N_("Write something first."))])


class DisagreeForm(OurForm):
    text = TextAreaField(N_("What did we get wrong?"), [InputRequired(N_("Tell us in a few words what we got wrong."))])


@portal.get("/cases")
def cases() -> str:
    who = current_user
    found = disputes.of_customers(merges.family(who.customer_id), most=MOST)
    drafts = disputes.drafts_of(who.customer_id, who.contact_id) if who.may_dispute else []
    begun = [(one, disputes.disputable(one.owner_id, one.entry_id)) for one in drafts]
    return render_template("portal/cases.html", cases=found, begun=begun, today=_today())


@portal.route("/cases/<int:dispute_id>", methods=["GET", "POST"])
@takes_files()
def case(dispute_id: int) -> Response | tuple[str, int]:
    """The case, and a word in its thread."""
    mine, form = _case(dispute_id), ReplyForm(request.form)
    form.purpose = f"case:{dispute_id}"
    if form.is_ready():
        disputing_contact()
        with form.telling_refusals(), transaction():
            _say(mine, form)
        if not form.errors:
            flash(words.gettext("Thank you. Your message is with us."), "ok")
            return redirect(url_for("portal.case", dispute_id=dispute_id), 303)
    return _case_page("portal/case.html", mine, form)


def _say(mine: Dispute, form: ReplyForm) -> None:
    message = disputes.write(mine, form.text.data, by=current_user.actor, now=clock.now())
    form.hand_in(mine.customer_id, message.source)


@portal.post("/cases/<int:dispute_id>/withdraw")
def withdraw_case(dispute_id: int) -> Response:
    mine = _case(dispute_id)
    disputing_contact()
    with transaction():
        approvals.withdraw_case(mine, by=current_user.actor, on=_today(), now=clock.now())
    flash(words.gettext("You took your case back. What is open is to be paid as before."), "ok")
    return redirect(url_for("portal.case", dispute_id=dispute_id), 303)


@portal.post("/cases/<int:dispute_id>/accept")
def accept_case(dispute_id: int) -> Response:
    mine = _case(dispute_id)
    disputing_contact()
    with transaction():
        disputes.accept(mine, by=current_user.actor, on=_today(), now=clock.now())
    flash(words.gettext("Thank you. We have noted that you agree."), "ok")
    return redirect(url_for("portal.case", dispute_id=dispute_id), 303)


@portal.route("/cases/<int:dispute_id>/disagree", methods=["GET", "POST"])
def disagree_with_case(dispute_id: int) -> Response | tuple[str, int]:
    mine, form = _case(dispute_id), DisagreeForm(request.form)
    disputing_contact()
    if request.method == "GET" or not form.validate():
        return form_page("portal/case_disagree.html", form, case=mine, can_disagree=_can_disagree(mine))
    with form.telling_refusals(), transaction():
        disputes.disagree(mine, form.text.data, by=current_user.actor, on=_today(), now=clock.now())
    if form.errors:
        return form_page("portal/case_disagree.html", form, case=mine, can_disagree=_can_disagree(mine))
    flash(words.gettext("Thank you. Somebody else looks at it now."), "ok")
    return redirect(url_for("portal.case", dispute_id=dispute_id), 303)


@portal.post("/cases/<int:dispute_id>/credit")
def choose_credit(dispute_id: int) -> Response:
    """A credit for something that was paid: refunded, or kept for later."""
    mine = _case(dispute_id)
    disputing_contact()
    wish = CreditWish.REFUND if request.form.get("wish") == CreditWish.REFUND else CreditWish.KEEP
    with transaction():
        disputes.choose_credit(mine, wish, by=current_user.actor, on=_today(), now=clock.now())
    return redirect(url_for("portal.case", dispute_id=dispute_id), 303)


@portal.get("/cases/<int:dispute_id>/answers/<int:decision_id>.pdf")
def case_letter(dispute_id: int, decision_id: int) -> AnyResponse:
    mine = _case(dispute_id)
    decision = next((one for one in _final(mine) if one.id == decision_id), None) or abort(404)
    return give.pdf(accounts.dispute_letter_pdf(mine, decision), mine.number, str(decision.id))


@portal.post("/cases/<int:dispute_id>/pay")
def pay_the_rest(dispute_id: int) -> Response:
    """What is not disputed of the item is chosen, beside what was chosen before; nothing is paid by this click."""
    mine, who = _case(dispute_id), payer()
    rest = payments.payable_item(who.customer_id, mine.entry_id, _today(), contact_id=who.contact_id)
    if rest is None or not rest.undisputed:
        return redirect(url_for("portal.case", dispute_id=dispute_id), 303)
    with transaction():
        payments.choose_also(who.customer_id, who.contact_id, rest.undisputed, mine.entry_id, now=clock.now())
    return redirect(url_for("portal.review", currency=mine.currency), 303)


def _case_page(template: str, mine: Dispute, form: OurForm) -> tuple[str, int]:
    today = _today()
    said = disputes.messages_of(mine)
    decisions = _final(mine)
    return form_page(
        template,
        form,
        case=mine,
        item=disputes.disputable(mine.customer_id, mine.entry_id),
        lines=disputes.lines_of(mine),
        sent=files.of(mine.customer_id, mine.source),
        said=[(one, files.of(mine.customer_id, one.message.source)) for one in said],
        decisions=[(one, disputes.decision_lines_of(one)) for one in decisions],
        returns=disputes.returns_of(mine),
        late=mine.is_late(today),
        about_paid=disputes.is_about_paid(mine),
        free_credit=disputes.free_credit(mine),
        rest=payments.payable_item(current_user.customer_id, mine.entry_id, today),
        can_disagree=_can_disagree(mine),
        today=today,
    )


def _final(mine: Dispute) -> Sequence[Decision]:
    return disputes.decisions_of(mine, state=disputes.DecisionState.FINAL)


def disputing_contact() -> None:
    if not current_user.may_dispute:
        abort(403)


@portal.app_template_global()
def case_word(case: Dispute) -> str:
    """Where it stands, in a word or two."""
    if case.is_late(_today()):
        return words.gettext("We are late")
    return words.gettext(STATES[case.state])


@portal.app_template_global()
def case_line(case: Dispute) -> str:
    """What the statement says of it."""
    told = {"number": case.number, "amount": case.claimed, "day": case.answer_on}
    if case.is_late(_today()):
        return words.gettext("Case %(number)s about %(amount)s: we are late, reminders stay off", **told)
    if case.is_undecided:
        return words.gettext("Case %(number)s about %(amount)s: you get our answer by %(day)s", **told)
    return words.gettext("Case %(number)s about %(amount)s: our answer is here", **told)


@portal.app_template_global()
def cases_about(customer_id: int, entry_id: int) -> Sequence[Dispute]:
    return disputes.of_item(customer_id, entry_id)


@portal.app_template_global()
def is_bill(kind: str) -> bool:
    """Whether something can be wrong with it: a refund or a chargeback is no bill."""
    return kind in disputes.BILLED


@portal.app_template_global()
def reason_word(reason: str) -> str:
    return words.gettext(disputes.REASONS[disputes.Reason(reason)])


@portal.app_template_global()
def remedy_word(remedy: str) -> str:
    return words.gettext(disputes.REMEDIES[disputes.Remedy(remedy)])


@portal.app_template_global()
def promise_of(remedy: str, day: date) -> str:
    """What we do beside a credit, and by when, as the letter says it."""
    return words.gettext(accounts.DISPUTE_PROMISES[disputes.Remedy(remedy)], day=day)


@portal.app_template_global()
def outcome_word(outcome: str) -> str:
    return words.gettext(disputes.OUTCOMES[disputes.Outcome(outcome)])


@portal.app_template_global()
def living_cases() -> Sequence[Dispute]:
    return disputes.of_customers(merges.family(current_user.customer_id), living=True, most=5)


def _can_disagree(mine: Dispute) -> bool:
    return bool(current_user.may_dispute) and disputes.can_disagree(mine, _today())


def _case(dispute_id: int) -> Dispute:
    """Of the reader's account, or of one that is read as part of it."""
    return disputes.find_for(merges.family(current_user.customer_id), dispute_id) or abort(404)


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
