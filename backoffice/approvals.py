"""Decisions that wait for a second person: what, who asked, why; yes or no."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.forms import DecisionForm, blame
from models import approvals as business
from models import causes, clock
from models.approvals import Approval, ApprovalState, Kind, ReasonMissing
from models.dunning import review
from models.errors import N_
from models.plans import policies, publishing
from models.plans.policies import PlanPolicy, PolicyState
from models.policies.limits import REASONS
from models.policies.permissions import Permission
from models.reports.waiting import Waiting
from models.transactions import transaction
from models.words import gettext

DONE = {
    "approve": N_("Approved and carried out."),
    "decline": N_("Declined. The person who asked sees your comment."),
    "withdraw": N_("Withdrawn."),
}


@backoffice.get("/approvals")
@requires(Permission.WRITE_OFF)
def approvals() -> str:
    return render_template(
        "backoffice/approvals.html",
        waiting=business.shown(business.waiting()),
        decided=business.shown(business.decided()),
        limits={kind.value: business.limit_of(kind) for kind in Kind if kind is not Kind.PLAN},
        reasons=REASONS,
        may_decide=business.may_decide,
        waiting_sequences=review.waiting_sequences() if current_user.may(Permission.READ_WORDS) else [],
        may_publish=review.may_publish,
        waiting_policy=_waiting_policy(),
        may_decide_policy=publishing.may_decide,
    )


def _waiting_policy() -> PlanPolicy | None:
    found = policies.worked_on() if current_user.may(Permission.PLAN_POLICY) else None
    return found if found is not None and found.state == PolicyState.WAITING else None


@backoffice.get("/approvals/<int:customer_id>/<int:approval_id>")
@requires(Permission.WRITE_OFF)
def approval(customer_id: int, approval_id: int) -> str:
    return _page(_found_or_404(customer_id, approval_id), DecisionForm())


@backoffice.post("/approvals/<int:customer_id>/<int:approval_id>")
@requires(Permission.WRITE_OFF)
def decide(customer_id: int, approval_id: int) -> Response | tuple[str, int]:
    found, form, now = _found_or_404(customer_id, approval_id), DecisionForm(request.form), clock.now()
    if not form.validate() or form.decision.data not in DONE:
        return _page(found, form), 422
    try:
        with transaction():
            if form.decision.data == "approve":
                business.approve(found, by=current_user, comment=form.comment.data or "", now=now)
            elif form.decision.data == "decline":
                business.decline(found, by=current_user, comment=form.comment.data or "", now=now)
            else:
                business.withdraw(found, by=current_user, now=now)
    except ReasonMissing as refusal:
        blame(form.comment, refusal)
        return _page(found, form), 422
    flash(gettext(DONE[form.decision.data]), "ok")
    return redirect(url_for("backoffice.approvals"), 303)


def waiting_for_me(waiting: Waiting) -> int:
    """How many decisions whoever is signed in can take."""
    if not waiting.decisions:
        return 0
    sequences = sum(review.may_publish(version, current_user) for _, version in review.waiting_sequences())
    policy = _waiting_policy()
    sequences += policy is not None and publishing.may_decide(policy, current_user)
    return sequences + sum(business.may_decide(approval, current_user) for approval in business.waiting())


def _found_or_404(customer_id: int, approval_id: int) -> Approval:
    return business.of_customer(customer_id, approval_id) or abort(404)


def _page(found: Approval, form: DecisionForm) -> str:
    return render_template(
        "backoffice/approval.html",
        shown=business.shown([found])[0],
        causes=causes,
        form=form,
        limit=None if found.kind is Kind.PLAN else business.limit_of(found.kind),
        waiting=found.state == ApprovalState.WAITING,
        mine=found.asked_by == current_user.staff_id,
        may_decide=business.may_decide(found, current_user),
    )
