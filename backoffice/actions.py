"""Corrective actions: proposed, agreed to, done, and watched until the numbers say whether they worked."""

from datetime import timedelta
from typing import Any, ClassVar

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from backoffice import backoffice, requires
from frame.forms import DayField, OurForm, data_options, form_page
from models import causes, clock, complaints, staff
from models.complaints import ActionState, CannotAct, CorrectiveAction, OwnerUnfit, Scope, TooEarly
from models.complaints.names import cause_title
from models.errors import N_
from models.policies import verifying
from models.policies.permissions import Permission
from models.policies.verifying import Told
from models.transactions import transaction
from models.words import gettext, ngettext

USUALLY_DUE = timedelta(days=30)
TOLD = {
    Told.VERIFIED: N_("It worked."),
    Told.FAILED: N_("It made no difference."),
    Told.NOT_YET: N_("Not yet to be told."),
    Told.TOO_FEW: N_("Too few cases to say anything."),
}


class OwnerForm(OurForm):
    owner = SelectField(N_("Owner"), choices=[])
    due_on = DayField(N_("Due"), validators=[InputRequired(N_("Choose a day."))])
    refusals: ClassVar = {OwnerUnfit: "owner", TooEarly: "due_on"}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(one.id), one.name) for one in staff.everybody() if complaints.may_own(one)]
        self.owner.choices = data_options(people)


class ProposeForm(OwnerForm):
    cause = SelectField(N_("Cause"), choices=[])
    product = StringField(N_("Product"), [Length(max=120)])
    supplier = StringField(N_("Supplier"), [Length(max=120)])
    site = StringField(N_("Site"), [Length(max=120)])
    what = TextAreaField(N_("What will be done"), [DataRequired(N_("Say what will be done.")), Length(max=1000)])
    expected = TextAreaField(N_("Expected effect"), [DataRequired(N_("Say what will be different.")), Length(max=500)])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        offered = [(str(one.id), cause_title(one.id)) for _, below in causes.tree() for one in below]
        self.cause.choices = data_options(offered)

    @property
    def scope(self) -> Scope:
        return Scope(self.product.data or "", self.supplier.data or "", self.site.data or "")


class StepForm(OurForm):
    reason = TextAreaField(N_("Reason"), [Length(max=1000)])
    step = StringField()


@backoffice.get("/actions")
@requires(Permission.WORK_ACTIONS)
def action_list() -> str:
    """Everybody's for whoever reads complaints, else one's own."""
    reads = current_user.may(Permission.READ_COMPLAINTS)
    return render_template(
        "backoffice/actions.html",
        actions=complaints.every() if reads else complaints.of_owner(current_user.staff_id),
        people={member.id: member.name for member in staff.everybody()},
        cause_title=cause_title,
        states=complaints.STATES,
        today=g.company.today(clock.now()),
    )


@backoffice.route("/actions/new", methods=["GET", "POST"])
@requires(Permission.READ_COMPLAINTS)
def propose_action() -> Response | tuple[str, int]:
    now = clock.now()
    given = {name: request.args.get(name, "") for name in ("cause", "product", "supplier", "site")}
    form = ProposeForm(request.form, data={**given, "due_on": g.company.today(now) + USUALLY_DUE})
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            action = complaints.propose(
                int(form.cause.data),
                scope=form.scope,
                what=form.what.data,
                expected=form.expected.data,
                owner_id=int(form.owner.data),
                due_on=form.due_on.data,
                by=current_user,
                on=g.company.today(now),
                now=now,
            )
        if not form.errors:
            flash(gettext("Proposed. A manager has to agree."), "ok")
            return redirect(url_for("backoffice.action", action_id=action.id), 303)
    return form_page("backoffice/action_form.html", form)


@backoffice.route("/actions/<int:action_id>", methods=["GET", "POST"])
@requires(Permission.WORK_ACTIONS)
def action(action_id: int) -> Response | tuple[str, int]:
    """One button for each step that may be next."""
    found, form = _found_or_404(action_id), StepForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            _step(found, form.step.data or "", form.reason.data or "")
        if not form.errors:
            flash(gettext("Done."), "ok")
            return redirect(url_for("backoffice.action", action_id=action_id), 303)
    return form_page("backoffice/action.html", form, **_shown(found))


@backoffice.route("/actions/<int:action_id>/owner", methods=["GET", "POST"])
@requires(Permission.LEAD_COMPLAINTS)
def hand_action(action_id: int) -> Response | tuple[str, int]:
    found, now = _found_or_404(action_id), clock.now()
    form = OwnerForm(request.form, data={"owner": str(found.owner_id), "due_on": found.due_on})
    if request.method == "POST" and form.validate():
        owner_id, due_on, today = int(form.owner.data), form.due_on.data, g.company.today(now)
        with form.telling_refusals(), transaction():
            complaints.hand_over(found, owner_id, due_on, by=current_user.actor, on=today, now=now)
        if not form.errors:
            flash(gettext("Saved."), "ok")
            return redirect(url_for("backoffice.action", action_id=action_id), 303)
    return form_page("backoffice/action_owner.html", form, action=found)


@backoffice.post("/actions/<int:action_id>/tell")
@requires(Permission.LEAD_COMPLAINTS)
def tell_of_fix(action_id: int) -> Response:
    found, now = _found_or_404(action_id), clock.now()
    with transaction():
        count = complaints.tell(found, by=current_user.actor, on=g.company.today(now), now=now)
    said = ngettext("%(num)s customer is told.", "%(num)s customers are told.", count)
    flash(said, "ok")
    return redirect(url_for("backoffice.action", action_id=action_id), 303)


def _found_or_404(action_id: int) -> CorrectiveAction:
    """One's own, or anybody's for whoever reads complaints."""
    found = complaints.find_action(action_id)
    if found is None or not (found.owner_id == current_user.staff_id or current_user.may(Permission.READ_COMPLAINTS)):
        abort(404)
    return found


def _step(found: CorrectiveAction, step: str, reason: str) -> None:
    now = clock.now()
    today, leads = g.company.today(now), current_user.may(Permission.LEAD_COMPLAINTS)
    if step == "begin":
        complaints.begin(found, by=current_user, now=now)
    elif step == "finish":
        complaints.finish(found, by=current_user, on=today, now=now)
    elif not leads:
        raise CannotAct(N_("Only its owner or a manager can say so."))
    elif step == "agree":
        complaints.agree(found, by=current_user, now=now)
    elif step == "again":
        due_on = today + complaints.AGAIN_WITHIN
        complaints.again(found, reason, due_on=due_on, by=current_user.actor, now=now)
    elif step == "drop":
        complaints.drop(found, reason, by=current_user.actor, on=today, now=now)
    else:
        abort(422)


def _shown(found: CorrectiveAction) -> dict[str, Any]:
    rules, today = complaints.rules(), g.company.today(clock.now())
    spans, before = complaints.blocks(found, rules.days, today)
    look = complaints.next_look(found, rules)
    reads = current_user.may(Permission.READ_COMPLAINTS)
    verified = found.state is ActionState.VERIFIED and current_user.may(Permission.LEAD_COMPLAINTS)
    return {
        **{"action": found, "title": cause_title(found.cause_id), "states": complaints.STATES, "today": today},
        **{"people": {member.id: member.name for member in staff.everybody()}, "told": TOLD, "reads": reads},
        **{"spans": spans, "before": before if found.done_on else None, "look": look, "rules": rules},
        "so_far": complaints.watched(found, rules.days, rules.looks()[-1], today) if look else None,
        "needed": verifying.cases_needed(found.before, found.after) if found.judged_on else None,
        "to_tell": complaints.to_tell(found, today) if verified else [],
        "words_of_it": complaints.words_of_it(gettext("the customer")) if verified else "",
        "unbounded": float("inf"),
        "steps": _steps(found),
    }


def _steps(found: CorrectiveAction) -> set[str]:
    """What whoever is signed in may do with it next."""
    leads = current_user.may(Permission.LEAD_COMPLAINTS)
    mine = leads or found.owner_id == current_user.staff_id
    after = CorrectiveAction.TRANSITIONS[found.state]
    offered = {
        "agree": leads and ActionState.AGREED in after and found.proposed_by != current_user.staff_id,
        "begin": mine and found.state is ActionState.AGREED,
        "finish": mine and ActionState.DONE in after,
        "again": leads and ActionState.IN_WORK in after and found.state is not ActionState.AGREED,
        "drop": leads and ActionState.DROPPED in after,
    }
    return {step for step, is_offered in offered.items() if is_offered}
