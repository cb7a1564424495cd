"""Reading a plan and signing it: what was read is what is agreed, by whoever shows with a code that it is them."""

from dataclasses import dataclass
from datetime import date

from flask import abort, current_app, flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from frame.forms import form_page
from models import clock, customers, payments, plans, words
from models.customers import codes, contacts
from models.errors import N_
from models.money import Money
from models.plans import CannotPlan, Plan, PlanState, Way, Wish
from models.transactions import transaction
from portal import portal
from portal.choosing import payer
from portal.confirming import fresh_code_first
from portal.plan_forms import SignForm
from portal.plan_paying import to_stripe
from portal.plans import find_plan
from portal.principal import account_of

AGREED = N_(
    "I agree that %(company)s takes the payments of the plan %(number)s on their days from the card or bank account"
    " that I give, until all of it is paid or I take this back."
)


@dataclass(frozen=True)
class Figures:
    """What a plan comes to: to be held against what it came to before."""

    lines: tuple[tuple[date, Money], ...]
    fee: Money
    balance: Money

    @classmethod
    def of(cls, plan: Plan) -> "Figures":
        rows = plans.instalments_of(plan)
        return cls(tuple((row.due_on, row.amount) for row in rows), plan.fee, plan.balance)

    @property
    def seen(self) -> str:
        return ",".join(f"{day}:{amount.minor}" for day, amount in self.lines) + f";{self.fee.minor}"


@portal.get("/plans/<int:plan_id>/sign")
def sign_plan(plan_id: int) -> Response | tuple[str, int]:
    plan = find_plan(plan_id)
    payer()
    if plan.state is not PlanState.OFFERED or plan.signed_at:
        return redirect(url_for("portal.plan", plan_id=plan_id), 303)
    if _is_stale(plan):
        flash(words.gettext("The days of your plan have moved on. Please look at it again."), "info")
        return redirect(url_for("portal.new_plan", currency=plan.currency), 303)
    return _page(plan, SignForm())


@portal.post("/plans/<int:plan_id>/sign")
@fresh_code_first("portal.sign_plan")
def sign(plan_id: int) -> Response | tuple[str, int]:
    """What was read is what is signed: where it is no longer the same, the page says so and nothing is agreed."""
    plan, form = find_plan(plan_id), SignForm(request.form)
    _signer()
    if plan.state is not PlanState.OFFERED or plan.signed_at:
        return redirect(url_for("portal.plan", plan_id=plan_id), 303)
    if not form.validate():
        return _page(plan, form)
    before = Figures.of(plan)
    if request.form.get("seen") != before.seen or not _still_right(plan):
        return _renewed(plan, form)
    try:
        with transaction():
            _sign(plan, form)
    except plans.ChangedMeanwhile:
        return _renewed(find_plan(plan_id), form)
    except CannotPlan as refusal:
        form.blame(None, words.explain(refusal))
        return _page(find_plan(plan_id), form)[0], 409
    if plan.way is Way.AUTOMATIC:
        return to_stripe(plan)
    flash(words.gettext("Your plan has begun. While you keep to it, you get no reminders about what is in it."), "ok")
    return redirect(url_for("portal.plan", plan_id=plan_id), 303)


@portal.post("/plans/<int:plan_id>/decline")
def decline_plan(plan_id: int) -> Response:
    """Not like this: what was typed stays in the builder."""
    plan, who = find_plan(plan_id), payer()
    mine = plan.staff_id is None
    with transaction():
        plans.cancel(plan, reason=plans.DECLINED, by=who.actor, on=_today(), now=clock.now())
    if mine:
        return redirect(url_for("portal.new_plan", currency=plan.currency), 303)
    flash(words.gettext("You declined our offer. What is open stays as it was."), "info")
    return redirect(url_for("portal.plan", plan_id=plan_id), 303)


def consent_text(plan: Plan) -> str:
    return words.gettext(AGREED, company=g.company.name, number=plan.number)


def give_consent(plan: Plan) -> int:
    """Kept word for word, with from where it was given."""
    consent = payments.consents.give(
        plan.customer_id,
        plan.source,
        contact_id=current_user.contact_id,
        text=consent_text(plan),
        language=words.language(),
        ip=request.remote_addr or "",
        browser=request.user_agent.string[:400],
        by=current_user.actor,
        now=clock.now(),
    )
    return consent.id


def _sign(plan: Plan, form: SignForm) -> None:
    who, now = current_user, clock.now()
    consent_id = give_consent(plan) if plan.way is Way.AUTOMATIC else None
    plans.sign(plan, consent_id=consent_id, by=who.actor, on=_today(), now=now)
    plans.forget_draft(plan.customer_id, who.contact_id, plan.currency)


def _page(plan: Plan, form: SignForm, before: Figures | None = None) -> tuple[str, int]:
    _, contact = account_of(current_user)
    return form_page(
        "portal/plan_sign.html",
        form,
        plan=plan,
        lines=plans.instalments_of(plan),
        items=plans.shown_items(plan),
        figures=Figures.of(plan),
        before=before,
        own_money=Money(sum(plan.ask.get("credits", {}).values()), plan.currency),
        mine=plan.staff_id is None,
        may_sign=contacts.may_manage(contact),
        confirmed=not codes.fresh_code_needed(current_user.session_id, now=clock.real_now()),
        consent=consent_text(plan) if plan.way is Way.AUTOMATIC else "",
        today=_today(),
    )


def _renewed(plan: Plan, form: SignForm) -> Response | tuple[str, int]:
    """The figures of now, with those before: nothing is signed. What staff offered, staff offer anew."""
    before = Figures.of(plan)
    if plan.staff_id is None:
        idea = _idea(plan)
        if not idea.starts_alone:
            flash(words.gettext("Something changed since you looked. Nothing is agreed."), "warn")
            return redirect(url_for("portal.new_plan", currency=plan.currency), 303)
        with transaction():
            plans.propose(
                plan.customer_id,
                current_user.contact_id,
                idea.proposal(),
                by=current_user.actor,
                on=_today(),
                now=clock.now(),
            )
    form.agreed.data = False
    return _page(find_plan(plan.id), form, before)[0], 409


def _still_right(plan: Plan) -> bool:
    """A customer's own plan is reckoned again: another day or other money makes it another plan."""
    if plan.staff_id is not None:
        return True
    idea = _idea(plan)
    if not idea.starts_alone:
        return False
    fresh = idea.proposal()
    return Figures(tuple(fresh.lines), fresh.fee, fresh.balance) == Figures.of(plan)


def _is_stale(plan: Plan) -> bool:
    return plan.staff_id is None and plan.offered_until is not None and plan.offered_until < _today()


def _idea(plan: Plan) -> plans.Idea:
    customer = customers.find(plan.customer_id) or abort(404)
    payments.give_up_open(
        plan.customer_id, current_user.contact_id, gateway=current_app.extensions["stripe"], now=clock.now
    )
    return plans.think(customer, plan.currency, Wish.of(plan.ask), on=_today())


def _signer() -> None:
    payer()
    _, contact = account_of(current_user)
    if not contacts.may_manage(contact):
        abort(403)


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
