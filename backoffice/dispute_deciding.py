"""The answer to a case on one screen: outcome, credit for each line, what else is promised, cause, reasons, letter."""

from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.dispute_forms import DecideForm, decide_form
from backoffice.disputes import address_of, dispute_or_404, page_of, today_here
from frame import files
from models import accounts, approvals, clock, disputes
from models.approvals import CaseDecision, Done
from models.disputes import Dispute, Verdict, limits
from models.dunning.answers import Approved, answers_for
from models.policies.permissions import Permission
from models.transactions import transaction
from models.words import gettext


@backoffice.route("/disputes/<int:customer_id>/<int:dispute_id>/decide", methods=["GET", "POST"])
@requires(Permission.DECIDE_DISPUTES)
def decide_dispute(customer_id: int, dispute_id: int) -> Response | tuple[str, int]:
    found = dispute_or_404(customer_id, dispute_id)
    form = decide_form(
        disputes.lines_of(found),
        disputes.left_by_line(found),
        request.form,
        data={"resume_on": limits().resume_on(today_here())},
    )
    do, page = request.form.get("do", ""), page_of(found)
    offered = answers_for(found, page["customer"], page["contact"], page["card"].invoice_number)
    if do.startswith("use-"):
        form.text.data = "\n\n".join(filter(None, (form.text.data, _chosen(offered, do))))
    elif request.method == "POST" and form.validate():
        if do == "look":
            if verdict := _verdict(found, form):
                return _preview(found, verdict)
        elif _decided(found, form):
            return redirect(address_of(found), 303)
    html = render_template(
        "backoffice/dispute_decide.html",
        form=form,
        left=disputes.left_by_line(found),
        limit=approvals.limit_of(approvals.Kind.CASE),
        offered=offered,
        **page,
    )
    return html, 422 if form.errors else 200


def _chosen(offered: Sequence[Approved], do: str) -> str:
    """The approved answer whose button was pressed; it is put below what was written, and nothing is decided yet."""
    return next((one.text for one in offered if do == f"use-{one.template_id}"), "")


def _decided(found: Dispute, form: DecideForm) -> bool:
    """Carried out, or left to a second person; False where the form tells why not."""
    verdict, today, now = _verdict(found, form), today_here(), clock.now()
    if verdict is None:
        return False
    with form.telling_refusals(), transaction():
        decision = disputes.propose(found, verdict, by=current_user, on=today, now=now)
        asked = CaseDecision(
            customer_id=found.customer_id,
            decision_id=decision.id,
            amount=decision.credited,
            reason=found.number,
            effective_on=today,
        )
        outcome = approvals.submit(asked, by=current_user, now=now)
    if form.errors:
        return False
    if isinstance(outcome, Done):
        flash(gettext("The case is decided. The customer gets the answer by mail."), "ok")
    else:
        flash(gettext("A second person is asked. The customer hears nothing until then."), "info")
    return True


@backoffice.get("/disputes/<int:customer_id>/<int:dispute_id>/answers/<int:decision_id>.pdf")
@requires(Permission.READ_ACCOUNTS)
def dispute_letter(customer_id: int, dispute_id: int, decision_id: int) -> Response:
    found = dispute_or_404(customer_id, dispute_id)
    decision = disputes.find_decision(customer_id, decision_id)
    if decision is None or decision.dispute_id != found.id:
        abort(404)
    return files.pdf(accounts.dispute_letter_pdf(found, decision), found.number, str(decision.id))


def _preview(found: Dispute, verdict: Verdict) -> Response:
    """Looked at beside the form, and not kept."""
    letter = accounts.dispute_letter_preview(found, verdict, on=today_here(), now=clock.now())
    return Response(letter, mimetype="application/pdf")


def _verdict(found: Dispute, form: DecideForm) -> Verdict | None:
    """What was filled in; what is no amount is told beside its line."""
    typed = {line.position: form[f"credit_{line.position}"] for line in disputes.lines_of(found)}
    amounts = {position: field.money(found.currency) for position, field in typed.items() if field.data}
    if form.errors:
        return None
    return form.verdict({position: amount for position, amount in amounts.items() if amount})
