"""Instalment plans: what waits for an answer, all of them, one of them with all that is known."""

from datetime import date

from flask import abort, g, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.customers import PAGE, customer_or_404, frame_of
from backoffice.instalment_words import part_word
from frame import files
from frame.forms import page_asked
from models import accounts, agreements, approvals, audit, autopay, clock, customers, payments, plans
from models.approvals import Kind
from models.customers import merges
from models.errors import N_
from models.money import Money
from models.plans import LIVING, Plan, PlanState, PlanVersion, policies
from models.policies.permissions import Permission

SHOWN: dict[str, tuple[str, tuple[PlanState, ...]]] = {
    "offered": (N_("Waiting for a signature"), (PlanState.OFFERED,)),
    "active": (N_("In force"), (PlanState.ACTIVE,)),
    "failed": (N_("Failed"), (PlanState.DEFAULTED,)),
    "ended": (N_("Over"), (PlanState.COMPLETED, PlanState.CANCELLED)),
}


@backoffice.get("/instalment-plans")
@requires(Permission.OFFER_PLAN)
def plan_requests() -> str:
    """What waits for an answer; in other tabs the plans themselves."""
    shown, page = request.args.get("show", ""), page_asked()
    if shown and shown not in SHOWN:
        abort(404)
    found = plans.in_states(*SHOWN[shown][1], most=PAGE + 1, skip=(page - 1) * PAGE) if shown else plans.requested()
    if not found and page > 1:
        abort(404)
    return render_template(
        "backoffice/plan_requests.html",
        found=[(one.plan, one.customer) for one in (found[:PAGE] if shown else found)],
        asked=[] if shown else approvals.shown([one for one in approvals.waiting() if one.kind is Kind.PLAN]),
        shown=shown,
        tabs=SHOWN,
        page_no=page,
        more=bool(shown) and len(found) > PAGE,
        today=_today(),
    )


@backoffice.get("/customers/<int:customer_id>/plans")
@requires(Permission.READ_ACCOUNTS)
def account_plans(customer_id: int) -> str:
    customer = customer_or_404(customer_id)
    members = merges.family(customer.id)
    return render_template(
        "backoffice/account_plans.html",
        found=plans.of_customers(members),
        asked=approvals.shown(approvals.of_plans(members)),
        kept=accounts.kept_methods(members),
        switched_on=autopay.of_customers(members),
        coming=autopay.coming(members),
        today=_today(),
        **frame_of(customer, "plans"),
    )


@backoffice.get("/instalment-plans/<int:customer_id>/<int:plan_id>")
@requires(Permission.READ_ACCOUNTS)
def plan_page(customer_id: int, plan_id: int) -> str:
    return render_template("backoffice/plan.html", **page_of(plan_or_404(customer_id, plan_id)))


@backoffice.get("/instalment-plans/<int:customer_id>/<int:plan_id>/agreement.pdf")
@requires(Permission.READ_ACCOUNTS)
def plan_agreement(customer_id: int, plan_id: int) -> Response:
    """The bytes that were signed; before, those that were offered."""
    found = plan_or_404(customer_id, plan_id)
    kept = agreements.signed(customer_id, found.source) or agreements.offered(customer_id, found.source)
    return files.pdf(kept.pdf, "plan", found.number) if kept else abort(404)


def plan_or_404(customer_id: int, plan_id: int) -> Plan:
    found = plans.find([customer_id], plan_id)
    return found if found and found.state is not PlanState.DRAFT else abort(404)


def address_of(plan: Plan) -> str:
    return url_for("backoffice.plan_page", customer_id=plan.customer_id, plan_id=plan.id)


def page_of(found: Plan) -> dict[str, object]:
    """What the page of a plan shows, and every page of a form about it."""
    rows = plans.instalments_of(found)
    policy = policies.at_version(found.policy_id) if found.policy_id else None
    method = payments.methods.find(found.customer_id, found.method_id) if found.method_id else None
    asked = approvals.of_plans([found.customer_id])
    return {
        "plan": found,
        "customer": customers.find(found.customer_id) or abort(404),
        "contact": customers.contact_of(found.customer_id, found.contact_id or 0),
        "rows": rows,
        "living": [row for row in rows if row.state in LIVING],
        "items": plans.shown_items(found),
        "versions": [(version, _lines(found, version)) for version in plans.versions_of(found)],
        "policy": policy,
        "rule": next((rule for rule in policy.rules if rule.id == found.rule), None) if policy else None,
        "signed": agreements.signed(found.customer_id, found.source),
        "offered": agreements.offered(found.customer_id, found.source),
        "consents": [one for one in payments.consents.of_customer(found.customer_id) if one.about == found.source],
        "method": method,
        "tried": payments.about(found.customer_id, found.source, [row.id for row in rows]),
        "asked": approvals.shown([one for one in asked if one.payload["plan_id"] == found.id]),
        "resting": found.state is PlanState.ACTIVE and plans.rests(found, _today()),
        "events": audit.events_about(found.customer_id, found.source),
        "movable": [row.id for row in rows if plans.can_move_beyond(found, row)],
        "left": plans.not_on_its_way(found, rows),
        "today": _today(),
    }


def _lines(plan: Plan, version: PlanVersion) -> list[tuple[int, date, Money, str]]:
    """As a version keeps them, for whoever reads it."""
    return [
        (number, date.fromisoformat(day), plan.money(minor), part_word(state))
        for number, day, minor, state in version.lines
    ]


@backoffice.app_template_global()
def plan_of_hold(source: str) -> int | None:
    """The number of the plan that a hold belongs to, for its address."""
    noun, _, number = source.partition(":")
    return int(number) if noun == "plans" else None


@backoffice.app_template_global()
def agreement_of(customer_id: int, source: str) -> agreements.Agreement | None:
    return agreements.signed(customer_id, source) or agreements.offered(customer_id, source)


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
