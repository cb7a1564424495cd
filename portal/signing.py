"""Reading a plan and signing it: what was read is what is agreed, by whoever shows with a code that it is them."""

from dataclasses import dataclass
from datetime import date

from flask import abort, current_app, flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from frame import files
from frame.forms import form_page
from models import accounts, agreements, clock, customers, payments, plans, words
from models.agreements import Paper, Signature
from models.customers import codes, contacts
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
def sign(plan_id: int) -> Response | tuple[str, int]:
    """A code is sent to nobody who may not sign."""
    find_plan(plan_id)
    _signer()
    return _sign_with_code(plan_id)


@fresh_code_first("portal.sign_plan")
def _sign_with_code(plan_id: int) -> Response | tuple[str, int]:
    """What was read is what is signed: where it is no longer the same, the page says so and nothing is agreed."""
    plan, form = find_plan(plan_id), SignForm(request.form)
    if plan.state is not PlanState.OFFERED or plan.signed_at:
        if plan.signed_at:
            flash(words.gettext("You have signed it already."), "info")
        return redirect(url_for("portal.plan", plan_id=plan_id), 303)
    if not form.validate():
        return _page(plan, form)
    read = [row.id for row in plans.instalments_of(plan)]
    paper = _paper(plan)
    if paper is None or request.form.get("seen") != paper.digest or not _still_right(plan):
        return _renewed(plan, form)
    try:
        with transaction():
            _sign(plan, paper, form, read)
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
    if plan.state is not PlanState.OFFERED or plan.signed_at:
        raise plans.CannotChange(plans.HAS_ENDED if plan.ended_on else plans.IN_FORCE)
    with transaction():
        plans.turn_down(plan, by=who.actor, on=_today(), now=clock.now())
    if mine:
        return redirect(url_for("portal.new_plan", currency=plan.currency), 303)
    flash(words.gettext("You declined our offer. What is open stays as it was."), "info")
    return redirect(url_for("portal.plan", plan_id=plan_id), 303)


@portal.get("/plans/<int:plan_id>/agreement.pdf")
def agreement_pdf(plan_id: int) -> Response:
    """What was signed, as it was; before, what would be."""
    plan = find_plan(plan_id)
    kept = agreements.signed(plan.customer_id, plan.source)
    paper = None if kept else _paper(plan)
    content = kept.pdf if kept else paper.pdf if paper else abort(404)
    return files.pdf(content, "plan", plan.number)


def _sign(plan: Plan, paper: Paper, form: SignForm, read: list[int]) -> None:
    """One transaction: what was read is kept as it was read, with the consent to charges, and the plan is agreed."""
    who, now, browser = current_user, clock.now(), request.user_agent.string[:400]
    ours = {"by": who.actor, "now": now}
    address = request.remote_addr or ""
    offered = agreements.offer(plan.customer_id, who.contact_id, plan.source, paper, **ours)
    signature = Signature(form.typed_name.data, form.agreed.data, address, browser, clock.real_now())
    agreements.sign(offered, signature, **ours)
    consent_id = None
    if plan.way is Way.AUTOMATIC:
        agreed = {"contact_id": who.contact_id, "text": paper.text, "language": paper.language}
        given = payments.consents.give(plan.customer_id, plan.source, ip=address, browser=browser, **agreed, **ours)
        consent_id = given.id
    builder = plan.contact_id or who.contact_id
    plans.sign(plan, consent_id=consent_id, on=_today(), read=read, **ours)
    for contact_id in {builder, who.contact_id}:
        plans.forget_draft(plan.customer_id, contact_id, plan.currency)


def _paper(plan: Plan) -> Paper | None:
    customer, contact = account_of(current_user)
    language = words.language() if words.language() in words.LANGUAGES else str(g.company.language)
    return accounts.plan_paper(plan, customer, contact, language, now=clock.now())


def _page(plan: Plan, form: SignForm, before: Figures | None = None) -> tuple[str, int]:
    _, contact = account_of(current_user)
    paper = _paper(plan)
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
        paper=paper,
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
                plan.contact_id or current_user.contact_id,
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
