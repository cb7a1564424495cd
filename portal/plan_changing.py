"""The rest of a plan, slower or faster: looked at as often as one likes, then agreed by one button."""

from datetime import date

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from models import clock, plans, words
from models.plans import CannotChange, Plan, PlanState, Redone
from models.transactions import transaction
from portal import portal
from portal.choosing import payer
from portal.plan_forms import ChangeForm
from portal.plans import find_plan


@portal.get("/plans/<int:plan_id>/change")
def change_plan(plan_id: int) -> str:
    payer()
    plan = find_plan(plan_id)
    redone, form = _looked_at(plan, request.args)
    return _page(plan, form, redone)


@portal.post("/plans/<int:plan_id>/change")
def agree_to_change(plan_id: int) -> Response | tuple[str, int]:
    """What was seen is what is agreed: where it is no longer the same, or not allowed, it is shown anew."""
    who, plan = payer(), find_plan(plan_id)
    if plan.state is not PlanState.ACTIVE:
        raise CannotChange(plans.HAS_ENDED)
    redone, form = _looked_at(plan, request.form)
    if form.errors:
        return _page(plan, form, redone), 422
    if not redone.allowed or request.form.get("seen") != redone.seen:
        said = words.gettext("Something changed since you looked. Nothing is agreed.")
        return _page(plan, form, redone, said), 409
    with transaction():
        plans.redo(plan, redone, by=who.actor, on=_today(), now=clock.now())
    flash(words.gettext("The payments of your plan are changed."), "ok")
    return redirect(url_for("portal.plan", plan_id=plan_id), 303)


def _looked_at(plan: Plan, typed: MultiDict[str, str]) -> tuple[Redone, ChangeForm]:
    """What stands in the address or on the page; at first the plan as it is."""
    as_it_is = plans.rethink(plan, count=None, frequency=None, start_on=None, on=_today())
    form = ChangeForm(typed, data=_values(as_it_is))
    if not typed:
        return as_it_is, form
    form.validate()
    return plans.rethink(plan, **form.wish(), on=_today()), form


def _values(redone: Redone) -> dict[str, object]:
    ask = redone.ask
    return {"count": ask.count, "frequency": ask.frequency.value, "start_on": ask.start_on}


def _page(plan: Plan, form: ChangeForm, redone: Redone, refusal: str = "") -> str:
    nearest = redone.nearest
    way = {} if nearest is None else {"count": nearest.payments, "frequency": nearest.frequency.value}
    return render_template(
        "portal/plan_change.html",
        plan=plan,
        form=form,
        redone=redone,
        refusal=refusal,
        nearest=way | {"start_on": nearest.start_on.isoformat()} if nearest else None,
        today=_today(),
    )


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
