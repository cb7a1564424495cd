"""Too many complaints of one cause: somebody answers with an action, or says why nothing is done."""

from typing import ClassVar

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from backoffice import backoffice, requires
from frame.forms import OurForm, form_page
from models import clock, complaints, staff
from models.complaints import AlertState, ComplaintAlert, ReasonMissing
from models.complaints.names import cause_title
from models.errors import N_
from models.policies.complaining import DEFAULTS, REASONS
from models.policies.permissions import Permission
from models.policies.settings import decimal
from models.reports.waiting import Waiting
from models.transactions import transaction
from models.words import gettext


class ReasonForm(OurForm):
    reason = TextAreaField(N_("Reason"), [DataRequired(N_("Say why nothing is done about it.")), Length(max=1000)])
    refusals: ClassVar = {ReasonMissing: "reason"}


@backoffice.get("/complaints/alerts")
@requires(Permission.READ_COMPLAINTS)
def alert_list() -> str:
    return render_template(
        "backoffice/alerts.html",
        alerts=complaints.waiting(),
        ended=complaints.ended(),
        cause_title=cause_title,
        people={member.id: member.name for member in staff.everybody()},
        rules=complaints.rules(),
        settings={name: decimal(g.company.limits, name, DEFAULTS) for name in REASONS},
        reasons=REASONS,
    )


@backoffice.route("/complaints/alerts/<int:alert_id>/close", methods=["GET", "POST"])
@requires(Permission.LEAD_COMPLAINTS)
def close_alert(alert_id: int) -> Response | tuple[str, int]:
    alert: ComplaintAlert = complaints.find_alert(alert_id) or abort(404)
    if alert.state is not AlertState.OPEN:
        return redirect(url_for("backoffice.alert_list"), 303)
    form, now = ReasonForm(request.form), clock.now()
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            complaints.close(alert, form.reason.data, by=current_user.actor, on=g.company.today(now), now=now)
        if not form.errors:
            flash(gettext("Closed. What comes from now on is counted anew."), "ok")
            return redirect(url_for("backoffice.alert_list"), 303)
    return form_page("backoffice/alert_close.html", form, alert=alert, title=cause_title(alert.cause_id))


def waiting_for_me(waiting: Waiting) -> int:
    """Alerts, and proposals that whoever is signed in could agree to."""
    return waiting.alerts + waiting.proposals if current_user.may(Permission.LEAD_COMPLAINTS) else 0
