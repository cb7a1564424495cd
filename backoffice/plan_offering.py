"""An instalment plan worked out by staff: on the telephone, or in answer to a request; looked at, then sent."""

from datetime import date

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.customers import customer_or_404, usual_currency
from backoffice.instalments import address_of, plan_or_404
from backoffice.plan_offer_forms import DeclineForm, OfferForm, offer_form, payments_of, signers, values_of
from frame.forms import form_page, one_form_key
from models import accounts, approvals, clock, plans
from models.approvals import Done, PlanOffer
from models.customers import Customer
from models.errors import N_
from models.plans import CannotPlan, Idea, Plan, PlanState, Wish
from models.policies.permissions import Permission
from models.policies.plans import Approver
from models.transactions import transaction
from models.words import gettext

LOOK_FIRST = N_("Look at the payments below, then send it.")
NOT_APPROVED = N_("Counsel has not approved the words of this agreement yet, so nobody could sign it.")
ANSWERED = N_("This has been answered meanwhile, or the customer has taken it back.")
NOBODY = N_("Nobody here can sign: add a contact with a mail address first.")


@backoffice.route("/customers/<int:customer_id>/plans/new", methods=["GET", "POST"])
@requires(Permission.OFFER_PLAN)
def propose_plan(customer_id: int) -> Response | tuple[str, int]:
    """For somebody who called."""
    customer = customer_or_404(customer_id)
    currency = request.args.get("currency") or usual_currency(customer)
    return _work_out(customer, currency, Wish(), None)


@backoffice.route("/instalment-plans/<int:customer_id>/<int:plan_id>/offer", methods=["GET", "POST"])
@requires(Permission.OFFER_PLAN)
def answer_plan(customer_id: int, plan_id: int) -> Response | tuple[str, int]:
    """As they asked, or with other figures; what is offered and not signed can be offered anew."""
    found = plan_or_404(customer_id, plan_id)
    if not plans.can_be_answered(found):
        raise CannotPlan(ANSWERED)
    return _work_out(customer_or_404(customer_id), found.currency, plans.asked_wish(found), found)


@backoffice.route("/instalment-plans/<int:customer_id>/<int:plan_id>/decline", methods=["GET", "POST"])
@requires(Permission.OFFER_PLAN)
def decline_plan_request(customer_id: int, plan_id: int) -> Response | tuple[str, int]:
    found, form = plan_or_404(customer_id, plan_id), DeclineForm(request.form)
    if found.state is not PlanState.REQUESTED:
        raise CannotPlan(ANSWERED)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            reason, today = form.reason.data, _today()
            plans.decline_request(found, reason=reason, by=current_user.actor, on=today, now=clock.now())
        if not form.errors:
            flash(gettext("Declined. The customer gets your words by mail."), "ok")
            return redirect(address_of(found), 303)
    return form_page("backoffice/plan_decline.html", form, plan=found, customer=customer_or_404(customer_id))


@backoffice.post("/customers/<int:customer_id>/plans/asked/<int:approval_id>/withdraw")
@requires(Permission.OFFER_PLAN)
def withdraw_plan(customer_id: int, approval_id: int) -> Response:
    """What one has asked a second person about a plan."""
    asked = approvals.of_customer(customer_id, approval_id)
    if asked is None or asked.kind is not approvals.Kind.PLAN:
        abort(404)
    with transaction():
        approvals.withdraw(asked, by=current_user, now=clock.now())
    flash(gettext("Withdrawn."), "ok")
    return redirect(url_for("backoffice.account_plans", customer_id=customer_id), 303)


def _work_out(customer: Customer, currency: str, wish: Wish, asked: Plan | None) -> Response | tuple[str, int]:
    """Look at it as often as one likes; it is sent by a button of its own, as it was looked at."""
    before = plans.think(customer, currency, wish, on=_today())
    made = offer_form(before, None if asked else customer.id, transfers=bool(g.company.iban))
    if request.method == "GET":
        form = made(data={**values_of(before), "key": one_form_key()})
        return _page(form, before, customer, asked)
    form = made(request.form)
    form.validate()
    idea = plans.think(customer, currency, form.wish(), on=_today())
    do = form["do"].data
    if do == "nearest" and idea.nearest is not None:
        idea = plans.think(customer, currency, idea.wish.like(idea.nearest), on=_today())
        kept = {name: form[name].data for name in ("contact", "reason", "key") if name in form}
        return _page(made(data={**values_of(idea), **kept}), idea, customer, asked)
    if do == "send" and not form.errors:
        sent = _send(form, idea, customer, asked)
        if sent is not None:
            return sent
    return _page(form, idea, customer, asked)


def _send(form: OfferForm, idea: Idea, customer: Customer, asked: Plan | None) -> Response | None:
    """Put before the customer, or before a second person; None where the form tells why not."""
    contact_id = _who_signs(form, asked)
    refusal = _why_not(form, idea, contact_id)
    if refusal is not None:
        form.blame(*refusal)
        return None
    plan_id = asked.id if asked else None
    reason = form["reason"].data or (_rule_words(idea) if idea.starts_alone else "")
    told = {"reason": reason, "by": current_user.staff_id, "key": form["key"].data}
    with form.telling_refusals(), transaction():
        offer = PlanOffer.of(idea, customer.id, contact_id, plan_id, **told)
        outcome = approvals.submit(offer, by=current_user, now=clock.now())
    if form.errors:
        return None
    if isinstance(outcome, Done):
        flash(gettext("Offered. The customer gets a mail with the way to read and sign it."), "ok")
    else:
        flash(gettext("A second person is asked. The customer hears nothing until then."), "info")
    here = address_of(asked) if asked else url_for("backoffice.account_plans", customer_id=customer.id)
    return redirect(here, 303)


def _why_not(form: OfferForm, idea: Idea, contact_id: int) -> tuple[str | None, str] | None:
    if idea.schedule is None:
        return None, gettext("No payments come of it like this.")
    if not contact_id:
        return "contact", gettext(NOBODY)
    if not accounts.can_be_signed(idea.wish.way):
        return "way", gettext(NOT_APPROVED)
    if form["seen"].data != payments_of(idea):
        return None, gettext(LOOK_FIRST)
    return None


def _who_signs(form: OfferForm, asked: Plan | None) -> int:
    return (asked.contact_id or 0) if asked else int(form["contact"].data or 0)


def _rule_words(idea: Idea) -> str:
    """What says why, where nobody has to."""
    rule = idea.ruled.rule
    return gettext("Rule %(rule)s of version %(number)s", rule=rule.name if rule else "", number=idea.ruled.number)


def _page(form: OfferForm, idea: Idea, customer: Customer, asked: Plan | None) -> tuple[str, int]:
    form["seen"].data = payments_of(idea)
    approver = idea.terms.approver if idea.terms else Approver.FINANCE
    decides = idea.terms is not None and not idea.reasons and current_user.may(approvals.OF_PLANS[approver])
    html = render_template(
        "backoffice/plan_offer.html",
        form=form,
        idea=idea,
        customer=customer,
        plan=asked,
        asked_for=plans.instalments_of(asked) if asked else [],
        alone=idea.starts_alone or decides,
        signers=signers(customer.id),
        currencies=accounts.currencies_of(customer.id, _today()) if asked is None else [],
    )
    return html, 422 if form.errors else 200


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
