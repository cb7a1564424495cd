"""Trying an instalment plan: every change is kept, and answered with the schedule that comes of it."""

from typing import Any

from flask import current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from frame.forms import form_page
from models import clock, payments, plans, words
from models.customers import contacts
from models.dunning import advice
from models.errors import N_
from models.plans import Idea, PlanState, Wish
from models.transactions import transaction
from portal import portal
from portal.choosing import currencies, currency_asked, payer
from portal.plan_forms import PlanForm, plan_form, values_of
from portal.principal import account_of

NOTHING_SO_SMALL = N_("No plan that we offer comes to so little each month. Ask us: a person will look for a way.")


@portal.get("/plans/new")
def new_plan() -> tuple[str, int]:
    idea = _idea(_asked_of_item() or _kept())
    return _page(idea, plan_form(idea)(data=values_of(idea)))


@portal.post("/plans/new")
def try_plan() -> Response | tuple[str, int]:
    """Every button and every change keeps what stands on the page."""
    before = _idea(_asked_of_item() or _kept())
    form = plan_form(before)(request.form, data=values_of(before))
    form.validate()
    wish, then = form.wish(), request.form.get("then", "")
    idea = _idea(_stepped(wish, form, then))
    _keep(idea.wish)
    if "HX-Request" in request.headers:
        return _page(idea, _typed(idea))
    if form.errors:
        return _page(idea, form)
    if then == "check" and idea.starts_alone:
        return _to_sign(idea)
    if then == "ask" and idea.schedule is not None:
        return _to_person(idea, form)
    return redirect(url_for("portal.new_plan", currency=currency_asked()) + "#schedule", 303)


def _stepped(wish: Wish, form: PlanForm, then: str) -> Wish:
    """The plan that was offered instead of what was typed, where its button was pressed."""
    if then == "nearest":
        nearest = _idea(wish).nearest
        return wish.like(nearest) if nearest else wish
    if then == "budget" and not form.errors:
        monthly = form.monthly.money(currency_asked()) if form.monthly.data else None
        found = plans.affordable(_idea(wish), monthly) if monthly else None
        if found is None:
            said = words.gettext("Enter an amount.") if monthly is None else words.gettext(NOTHING_SO_SMALL)
            form.blame("monthly", said)
        return wish.like(found) if found else wish
    return wish


def _to_sign(idea: Idea) -> Response:
    """Their own open payment pages are closed first: what those hold could be in no plan."""
    who, now = payer(), clock.now()
    payments.give_up_open(who.customer_id, who.contact_id, gateway=current_app.extensions["stripe"], now=clock.now)
    with transaction():
        plan = plans.propose(who.customer_id, who.contact_id, idea.proposal(), by=who.actor, on=idea.today, now=now)
        plan_id = plan.id
    return redirect(url_for("portal.sign_plan", plan_id=plan_id), 303)


def _to_person(idea: Idea, form: PlanForm) -> Response:
    who = payer()
    with transaction():
        plan = plans.ask_for(
            who.customer_id,
            who.contact_id,
            idea.proposal(),
            answer_on=idea.answer_on,
            hardship=form.hardship.data,
            word=form.word.data,
            by=who.actor,
            on=idea.today,
            now=clock.now(),
        )
        plan_id = plan.id
    return redirect(url_for("portal.plan", plan_id=plan_id), 303)


def _page(idea: Idea, form: PlanForm) -> tuple[str, int]:
    customer, contact = account_of(payer())
    living = [one for one in plans.of_customers([customer.id]) if one.currency == idea.currency]
    return form_page(
        "portal/plan_new.html",
        form,
        idea=idea,
        live="HX-Request" in request.headers,
        currency=idea.currency,
        currencies=currencies(),
        may_sign=contacts.may_manage(contact),
        unready=[one for one in living if one.state is PlanState.OFFERED and one.signed_at],
        waiting=plans.waiting(customer.id, contact.id, idea.currency),
        advice=advice.place(customer.kind, customer.country or g.company.country),
    )


def _typed(idea: Idea) -> PlanForm:
    """While somebody types: their words stay, and what is wrong is said beside them."""
    form = plan_form(idea)(request.form, data=values_of(idea))
    form.validate()
    return form


def _idea(wish: Wish) -> Idea:
    customer, _ = account_of(payer())
    return plans.think(customer, currency_asked(), wish, on=g.company.today(clock.now()))


def _kept() -> Wish:
    who = payer()
    return plans.kept(who.customer_id, who.contact_id, currency_asked()) or Wish()


def _keep(wish: Wish) -> None:
    who, now = payer(), clock.now()
    with transaction():
        plans.keep(who.customer_id, who.contact_id, currency_asked(), wish, on=g.company.today(now), now=now)


def _asked_of_item() -> Wish | None:
    """From the page of one item: a plan for that one."""
    entry_id: Any = request.args.get("item", type=int)
    return Wish(items=(entry_id,)) if entry_id else None
