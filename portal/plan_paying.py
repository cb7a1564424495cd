"""Money for a plan by Stripe's page: its first payment with the card to be kept, one early, all of it, another card."""

from datetime import date
from uuid import UUID

from flask import abort, current_app, flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from models import clock, payments, plans, words
from models.money import Money
from models.payments import Attempt, Purpose
from models.plans import Instalment, InstalmentState, Plan, PlanState
from models.transactions import transaction
from portal import portal
from portal.choosing import payer
from portal.plans import consent_words, find_plan

PAID_IN = (PlanState.ACTIVE, PlanState.DEFAULTED)


@portal.post("/plans/<int:plan_id>/card")
def plan_card(plan_id: int) -> Response:
    """The step that is missing after the signature, or another card for what is to come."""
    payer()
    plan = find_plan(plan_id)
    if not _takes_a_card(plan):
        raise plans.CannotChange(plans.HAS_ENDED)
    if payments.consents.living(plan.customer_id, plan.source) is None:
        with transaction():
            _agree(plan)
    return to_stripe(plan)


@portal.post("/plans/<int:plan_id>/instalments/<int:instalment_id>/pay")
def pay_instalment(plan_id: int, instalment_id: int) -> Response:
    payer()
    plan = find_plan(plan_id)
    row = plans.find_instalment(plan.customer_id, instalment_id)
    if row is None or row.plan_id != plan.id:
        abort(404)
    if not row.is_living or row.state is InstalmentState.CHARGING or plan.state not in PAID_IN:
        raise plans.CannotChange(plans.NOTHING_TO_PAY)
    return _pay(plan, row.left, row)


@portal.post("/plans/<int:plan_id>/rest")
def pay_rest(plan_id: int) -> Response:
    """All that is left of it, at once; of a plan that was not kept what was missed, where only that is wished for."""
    payer()
    plan = find_plan(plan_id)
    missed = request.form.get("only") == "missed"
    left = plans.late(plan, plans.instalments_of(plan)) if missed else plans.not_on_its_way(plan)
    if not left or plan.state not in PAID_IN:
        raise plans.CannotChange(plans.NOTHING_TO_PAY)
    return _pay(plan, left, None)


@portal.get("/plans/<int:plan_id>/paid/<uuid:attempt_id>")
def plan_paid(plan_id: int, attempt_id: UUID) -> Response:
    """Coming back from Stripe is a reason to ask Stripe, and to look what came of it for the plan."""
    plan = find_plan(plan_id)
    attempt = payments.find_for(plan.customer_id, attempt_id) or abort(404)
    if not attempt.is_final:
        payments.sync_calmly(plan.customer_id, attempt_id, gateway=current_app.extensions["stripe"], now=clock.now)
    with transaction():
        plans.review(plan.customer_id, now=clock.now())
    _say(payments.find_for(plan.customer_id, attempt_id) or abort(404))
    return redirect(url_for("portal.plan", plan_id=plan_id), 303)


def to_stripe(plan: Plan) -> Response:
    """Where something is due today it is paid there and the card kept; else the card is given without a payment."""
    gateway, who = current_app.extensions["stripe"], current_user
    first = _due_today(plan)
    payments.introduce(plan.customer_id, gateway=gateway, now=clock.now)
    payments.give_up_open(plan.customer_id, who.contact_id, gateway=gateway, now=clock.now)
    if first is not None:
        return _pay(plan, first.left, first, saves=True)
    with transaction():
        attempt = payments.request_setup(
            plan.customer_id,
            plan.currency,
            by=who.actor,
            now=clock.now(),
            success_url=_back(plan),
            cancel_url=url_for("portal.plan", plan_id=plan.id, _external=True),
            language=words.language(),
            about=plan.source,
        )
        key = (attempt.customer_id, attempt.id)
    return redirect(payments.submit(*key, gateway=gateway, now=clock.now), 303)


def _agree(plan: Plan) -> None:
    """The button said what is agreed to: kept word for word, with from where it was given."""
    payments.consents.give(
        plan.customer_id,
        plan.source,
        contact_id=current_user.contact_id,
        text=consent_words(plan),
        language=words.language(),
        ip=request.remote_addr or "",
        browser=request.user_agent.string[:400],
        by=current_user.actor,
        now=clock.now(),
    )


def _pay(plan: Plan, amount: Money, row: Instalment | None, *, saves: bool = False) -> Response:
    gateway, who = current_app.extensions["stripe"], current_user
    instalment_id = row.id if row else None
    payments.give_up_open(plan.customer_id, who.contact_id, gateway=gateway, now=clock.now)
    with transaction():
        today = _today()
        lines = plans.lines_to_pay(plan, amount, today)
        if not lines:
            raise plans.CannotChange(plans.NOTHING_TO_PAY)
        attempt = payments.request(
            plan.customer_id,
            lines,
            by=who.actor,
            on=today,
            now=clock.now(),
            success_url=_back(plan),
            cancel_url=url_for("portal.plan", plan_id=plan.id, _external=True),
            language=words.language(),
            description=words.gettext("Instalment plan %(number)s", number=plan.number),
            names=None,
            purpose=Purpose(about=plan.source, instalment_id=instalment_id, saves=saves),
        )
        key = (attempt.customer_id, attempt.id)
    return redirect(payments.submit(*key, gateway=gateway, now=clock.now), 303)


def _say(attempt: Attempt) -> None:
    """In the plan's own page, above it."""
    state = attempt.state.value
    if state == "succeeded" and not attempt.amount:
        flash(words.gettext("Your card or bank account is kept for this plan."), "ok")
    elif state == "succeeded":
        flash(words.gettext("We have received %(amount)s.", amount=attempt.amount), "ok")
    elif state == "processing":
        said = words.gettext(
            "We have your instruction for %(amount)s. You need do nothing. Your bank may take a few days.",
            amount=attempt.amount,
        )
        flash(said, "info")
    elif state in ("failed", "canceled", "expired"):
        flash(words.gettext("Nothing was taken. You can try again or choose another way to pay."), "warn")
    else:
        flash(words.gettext("We have no answer from your bank yet. This page will show it in a few minutes."), "info")


def _takes_a_card(plan: Plan) -> bool:
    return plan.state is PlanState.ACTIVE or (plan.state is PlanState.OFFERED and plan.signed_at is not None)


def _due_today(plan: Plan) -> Instalment | None:
    """Of a plan that was signed and has not begun: the payment of its first day, while it is that day."""
    rows = plans.instalments_of(plan)
    first = rows[0] if rows else None
    due = plan.began_on is None and first is not None and first.due_on <= _today()
    return first if due else None


def _back(plan: Plan) -> str:
    address = url_for("portal.plan_paid", plan_id=plan.id, attempt_id=UUID(int=0), _external=True)
    return address.replace(str(UUID(int=0)), "{attempt}")


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
