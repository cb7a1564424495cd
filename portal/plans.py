"""Instalment plans as their customer lives with them: what is paid, what comes next, what can be changed."""

from flask import abort, g, render_template
from flask_login import current_user

from models import clock, plans
from models.customers import merges
from models.plans import Plan
from portal import portal


@portal.get("/plans/<int:plan_id>")
def plan(plan_id: int) -> str:
    mine = find_plan(plan_id)
    return render_template("portal/plan.html", plan=mine, today=g.company.today(clock.now()))


@portal.get("/plans/<int:plan_id>/sign")
def sign_plan(plan_id: int) -> str:
    return plan(plan_id)


def find_plan(plan_id: int) -> Plan:
    """Of the reader's account, or of one that is read as part of it."""
    found = plans.find(merges.family(current_user.customer_id), plan_id)
    return found if found and found.state is not plans.PlanState.DRAFT else abort(404)
