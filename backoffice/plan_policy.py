"""What may be offered as a plan: its versions, its rules as a table to be edited, tried on a quarter, published."""

from dataclasses import replace
from datetime import date

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.plan_rule_forms import DecideForm, RulesForm, typed
from backoffice.plan_words import differences
from frame.forms import form_page
from models import clock, words
from models.errors import N_
from models.plans import policies, publishing, trying
from models.plans.policies import PlanPolicy, PolicyState
from models.plans.publishing import NotReady
from models.policies.permissions import Permission
from models.policies.plans import Rule
from models.policies.plans.charges import laws_read
from models.policies.plans.checking import is_changed, notes, problems
from models.transactions import transaction

SENT = N_("Sent. Somebody who wrote none of it can publish it now.")
DONE = {
    "publish": N_("Published. From now on this is what is offered; plans that were signed keep their own version."),
    "decline": N_("Declined. Whoever wrote it sees your comment."),
}


@backoffice.get("/plans/policy")
@requires(Permission.OFFER_PLAN)
def plan_policy() -> str:
    live = policies.live_version()
    return render_template(
        "backoffice/plan_policy.html",
        live=live,
        policy=policies.value(live),
        versions=policies.versions(),
        worked_on=policies.worked_on(),
        may_decide=publishing.may_decide,
        notes=list(notes(policies.value(live).rules, g.company.currency, laws_read(_today()))),
        laws=laws_read(_today()),
    )


@backoffice.post("/plans/policy/draft")
@requires(Permission.PLAN_POLICY)
def draft_plan_policy() -> Response:
    with transaction():
        made = publishing.draft(by=current_user, now=clock.now())
    return redirect(_address(made), 303)


@backoffice.get("/plans/policy/<int:number>")
@requires(Permission.OFFER_PLAN)
def plan_policy_version(number: int) -> tuple[str, int]:
    return _page(_version_or_404(number), DecideForm())


@backoffice.route("/plans/policy/<int:number>/rules", methods=["GET", "POST"])
@requires(Permission.PLAN_POLICY)
def plan_policy_rules(number: int) -> Response | tuple[str, int]:
    """The table of rules; each button keeps what was typed."""
    version = _version_or_404(number)
    kept = policies.value(version).rules
    form = RulesForm(request.form, data={"reason": version.reason, "rules": [typed(rule) for rule in kept]})
    if request.method == "POST" and form.validate():
        rules, place = _edited([row.form.rule() for row in form.rules], form.do.data or "")
        with form.telling_refusals(), transaction():
            publishing.write(version, rules, by=current_user, now=clock.now(), reason=form.reason.data or "")
        if not form.errors:
            flash(words.gettext("Saved."), "ok")
            return redirect(_after(version, place), 303)
    return form_page("backoffice/plan_policy_rules.html", form, version=version, why_not=problems(kept))


@backoffice.post("/plans/policy/<int:number>/send")
@requires(Permission.PLAN_POLICY)
def send_plan_policy(number: int) -> Response:
    version = _version_or_404(number)
    try:
        with transaction():
            publishing.send(version, by=current_user, now=clock.now())
        flash(words.gettext(SENT), "ok")
    except NotReady as refusal:
        for reason in refusal.reasons:
            flash(words.explain(reason), "warn")
    return redirect(_address(version), 303)


@backoffice.route("/plans/policy/<int:number>/decide", methods=["GET", "POST"])
@requires(Permission.PLAN_POLICY)
def decide_plan_policy(number: int) -> Response | tuple[str, int]:
    """By somebody who wrote none of it: in force, or back with a comment."""
    version, form = _version_or_404(number), DecideForm(request.form)
    if request.method == "POST" and form.validate():
        decide = {"publish": publishing.publish, "decline": publishing.decline}.get(form.decision.data) or abort(400)
        with form.telling_refusals(), transaction():
            decide(version, by=current_user, now=clock.now(), comment=form.comment.data or "")
        if not form.errors:
            flash(words.gettext(DONE[form.decision.data]), "ok")
            return redirect(_address(version), 303)
    return _page(version, form)


@backoffice.get("/plans/policy/<int:number>/try")
@requires(Permission.PLAN_POLICY)
def try_plan_policy(number: int) -> str:
    version, live = _version_or_404(number), policies.live_version()
    quarters = trying.Quarter.lately(_today())
    asked = next((one for one in quarters if one.code == request.args.get("quarter")), quarters[0])
    tried = trying.try_out(version.id, asked)
    return render_template(
        "backoffice/plan_policy_try.html",
        version=version,
        live=live,
        tried=tried,
        beside=trying.try_out(live.id, asked) if live.id != version.id else None,
        quarters=quarters,
        asked=asked,
    )


def _page(version: PlanPolicy, form: DecideForm) -> tuple[str, int]:
    live = policies.live_version()
    rules = policies.value(version).rules
    before = {} if live.id == version.id else {rule.id: rule for rule in policies.value(live).rules}
    undecided = version.state in (PolicyState.DRAFT, PolicyState.WAITING)
    return form_page(
        "backoffice/plan_policy_version.html",
        form,
        version=version,
        versions=policies.versions(),
        rules=rules,
        compared=live if undecided else None,
        changes=_changes(rules, before) if undecided else [],
        gone=[rule for rule in before.values() if rule.id not in {one.id for one in rules}] if undecided else [],
        why_not=problems(rules) if undecided else [],
        notes=list(notes(rules, g.company.currency, laws_read(_today()))) if undecided else [],
        may_decide=publishing.may_decide(version, current_user),
        may_write=current_user.may(Permission.PLAN_POLICY),
        worked_on=policies.worked_on(),
    )


def _changes(rules: tuple[Rule, ...], before: dict[int, Rule]) -> list[tuple[Rule, str, list[object]]]:
    """What became of each rule since the version in force: new, changed in these aspects, moved, or nothing."""
    order = [rule.id for rule in before.values()]
    kept = [rule.id for rule in rules if rule.id in before]
    found: list[tuple[Rule, str, list[object]]] = []
    for rule in rules:
        if rule.id not in before:
            found.append((rule, "new", []))
        elif is_changed(rule, before[rule.id]):
            found.append((rule, "changed", list(differences(before[rule.id], rule))))
        elif kept.index(rule.id) != [one for one in order if one in kept].index(rule.id):
            found.append((rule, "moved", []))
        else:
            found.append((rule, "", []))
    return found


def _edited(rules: list[Rule], do: str) -> tuple[list[Rule], int | None]:
    """What a button does to the rules, and which one to show afterwards."""
    what, _, number = do.partition("-")
    place = int(number) if number.isdecimal() else -1
    if what == "add":
        return [*rules, _one_more(rules)], len(rules)
    if not 0 <= place < len(rules):
        return rules, None
    if what == "remove":
        return rules[:place] + rules[place + 1 :], None
    other = place - 1 if what == "up" else place + 1
    if what in ("up", "down") and 0 <= other < len(rules):
        rules[place], rules[other] = rules[other], rules[place]
        return rules, other
    return rules, None


def _one_more(rules: list[Rule]) -> Rule:
    """A copy of the last one, or of the first one in force, to be changed."""
    source = rules[-1] if rules else policies.in_force().rules[0]
    return replace(source, id=0, name=words.gettext("New rule"))


def _after(version: PlanPolicy, place: int | None) -> str:
    address = url_for("backoffice.plan_policy_rules", number=version.number)
    if (request.form.get("do") or "save") == "save":
        return _address(version)
    return address if place is None else f"{address}#rule-{place + 1}"


def _version_or_404(number: int) -> PlanPolicy:
    return policies.version(number) or abort(404)


def _address(version: PlanPolicy) -> str:
    return url_for("backoffice.plan_policy_version", number=version.number)


def _today() -> date:
    return g.company.today(clock.now())
