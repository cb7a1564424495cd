"""What staff do with a plan in force: another day, other payments, no more charges, its end; each with a reason."""

from datetime import date

from flask import abort, flash, g, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.instalments import address_of, page_of, plan_or_404
from backoffice.plan_offer_forms import DeclineForm, MoveForm, RescheduleForm
from frame.forms import form_page
from models import clock, plans
from models.errors import N_
from models.plans import CannotChange, Plan, PlanState, Redone, Way
from models.policies.permissions import Permission
from models.transactions import transaction
from models.words import gettext

ENDABLE = (PlanState.OFFERED, PlanState.ACTIVE, PlanState.DEFAULTED)
BEYOND = N_(
    "This is beyond what the rules offer: somebody who may approve plans, and did not offer this one, has to do it."
)
NOT_CHARGED = N_("Nothing is charged for this plan already, or the company has no account to send money to.")
NOTHING_MISSING = N_("Nothing is missing: there is nothing to sign, and no card is charged.")
NO_REASON = N_("Say why. Whoever looks at this later will ask.")


@backoffice.route(
    "/instalment-plans/<int:customer_id>/<int:plan_id>/instalments/<int:instalment_id>/move", methods=["GET", "POST"]
)
@requires(Permission.OFFER_PLAN)
def move_instalment_for(customer_id: int, plan_id: int, instalment_id: int) -> Response | tuple[str, int]:
    """Also where the customer has no move left, and where it was missed."""
    found, form = plan_or_404(customer_id, plan_id), MoveForm(request.form)
    row = plans.find_instalment(customer_id, instalment_id)
    if row is None or row.plan_id != found.id:
        abort(404)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            told = {"reason": form.reason.data, "by": current_user.actor}
            plans.move_beyond(found, row.id, form.to.data, **told, on=_today(), now=clock.now())
        if not form.errors:
            return _said(found, gettext("The payment is moved to %(day)s.", day=form.to.data))
    last = plans.last_day_to_move_to(found, row, _today())
    may = plans.can_move_beyond(found, row)
    return form_page("backoffice/plan_move.html", form, row=row, before=last, may_move=may, **page_of(found))


@backoffice.route("/instalment-plans/<int:customer_id>/<int:plan_id>/reschedule", methods=["GET", "POST"])
@requires(Permission.OFFER_PLAN)
def reschedule_plan(customer_id: int, plan_id: int) -> Response | tuple[str, int]:
    """The rest in other payments: looked at as often as one likes, then agreed with the customer and done."""
    found, form = plan_or_404(customer_id, plan_id), RescheduleForm(request.form)
    if found.state is not PlanState.ACTIVE:
        raise CannotChange(plans.HAS_ENDED)
    if request.method == "POST":
        form.validate()
    redone = plans.rethink(found, **form.wish(), on=_today(), staff=True)
    if form.do.data == "send" and not form.errors and _rescheduled(found, form, redone):
        return _said(found, gettext("The payments are changed."))
    if request.method == "GET":
        ask = redone.ask
        values = {"count": ask.payments, "frequency": ask.frequency.value, "start_on": ask.start_on}
        form = RescheduleForm(data=values)
    form.seen.data = redone.seen
    told = {"redone": redone, "beyond": BEYOND, "may_go_beyond": _may_go_beyond(found)}
    return form_page("backoffice/plan_reschedule.html", form, **told, **page_of(found))


def _may_go_beyond(found: Plan) -> bool:
    """Nobody approves their own."""
    return current_user.may(Permission.APPROVE_PLAN) and found.staff_id != current_user.staff_id


def _rescheduled(found: Plan, form: RescheduleForm, redone: Redone) -> bool:
    if not form.reason.data:
        form.blame("reason", gettext(NO_REASON))
    elif redone.schedule is None or form.seen.data != redone.seen:
        form.blame(None, gettext("Look at the payments below, then send it."))
    elif not redone.allowed and not _may_go_beyond(found):
        form.blame(None, gettext(BEYOND))
    else:
        with form.telling_refusals(), transaction():
            told = {"reason": form.reason.data, "by": current_user.actor}
            plans.redo(found, redone, **told, on=_today(), now=clock.now())
    return not form.errors


@backoffice.route("/instalment-plans/<int:customer_id>/<int:plan_id>/end", methods=["GET", "POST"])
@requires(Permission.OFFER_PLAN)
def end_plan_for(customer_id: int, plan_id: int) -> Response | tuple[str, int]:
    """What follows is said before it is done."""
    found, form = plan_or_404(customer_id, plan_id), DeclineForm(request.form)
    if found.state not in ENDABLE:
        raise CannotChange(plans.HAS_ENDED)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            plans.end(found, reason=form.reason.data, by=current_user.actor, on=_today(), now=clock.now())
        if not form.errors:
            return _said(found, gettext("The plan has ended. The customer gets your words by mail."))
    return form_page("backoffice/plan_end.html", form, **page_of(found))


@backoffice.post("/instalment-plans/<int:customer_id>/<int:plan_id>/by-transfer")
@requires(Permission.OFFER_PLAN)
def plan_by_transfer(customer_id: int, plan_id: int) -> Response:
    found = plan_or_404(customer_id, plan_id)
    if not g.company.iban or not found.is_automatic:
        raise CannotChange(NOT_CHARGED)
    with transaction():
        plans.pay_by_transfer(found, by=current_user.actor, now=clock.now())
    return _said(found, gettext("Nothing is charged any more: each payment is sent by the customer."))


@backoffice.post("/instalment-plans/<int:customer_id>/<int:plan_id>/link")
@requires(Permission.OFFER_PLAN)
def send_plan_link(customer_id: int, plan_id: int) -> Response:
    """Once more the way to sign it, or to give a card."""
    found = plan_or_404(customer_id, plan_id)
    step = link_step(found)
    if not step:
        raise CannotChange(NOTHING_MISSING)
    with transaction():
        plans.tell(found, step, now=clock.now())
    return _said(found, gettext("Sent."))


@backoffice.app_template_global()
def link_step(plan: Plan) -> str:
    """Which mail leads the customer to what is missing: 'offered' to the signature, 'card' to a card; '' to nothing."""
    if plan.state is PlanState.OFFERED and plan.signed_at is None:
        return "offered"
    waits = plan.state in (PlanState.OFFERED, PlanState.ACTIVE) and plan.way is Way.AUTOMATIC
    return "card" if waits else ""


def _said(plan: Plan, text: str) -> Response:
    flash(text, "ok")
    return redirect(address_of(plan), 303)


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
