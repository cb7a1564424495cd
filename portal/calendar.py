"""Due dates in the customer's own calendar, fetched from an address that can be revoked."""

from urllib.parse import urlsplit

from flask import Response, abort, current_app, flash, g, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from frame import files
from models import accounts, clock, words
from models.claims import is_disowned
from models.customers import calendars
from models.plans import PlanState
from models.transactions import transaction
from portal import portal
from portal.confirming import fresh_code_first
from portal.plans import find_plan

KIND = "text/calendar; charset=utf-8"


@portal.get("/calendar")
def calendar() -> str:
    living = calendars.living_of(current_user.customer_id, current_user.contact_id)
    return render_template("portal/calendar.html", living=living, address="")


@portal.post("/calendar")
@fresh_code_first("portal.calendar")
def make_calendar() -> str:
    """
    The address is shown once, on the answer itself: it is stored nowhere, so it cannot be shown again. It outlives the
    session, so that a code comes first.
    """
    who = current_user
    with transaction():
        token = calendars.make(who.customer_id, who.contact_id, by=who.actor, now=clock.real_now())
    address = f"{current_app.extensions['settings'].url}{url_for('portal.calendar_file', token=token)}"
    living = calendars.living_of(who.customer_id, who.contact_id)
    return render_template("portal/calendar.html", living=living, address=address)


@portal.post("/calendar/revoke")
def revoke_calendar() -> AnyResponse:
    who = current_user
    with transaction():
        calendars.revoke(who.customer_id, who.contact_id, by=who.actor, now=clock.real_now())
    flash(words.gettext("The address no longer works. Calendars that used it get nothing more."), "ok")
    return redirect(url_for("portal.calendar"), 303)


@portal.get("/calendar/<token>.ics")
def calendar_file(token: str) -> Response:
    """For a calendar program, which brings the token and nothing else."""
    reader = calendars.reader(token) or abort(404)
    if is_disowned(reader.customer_id, g.company.today(clock.now())):
        abort(404)
    with words.speak(reader.language if words.known(reader.language) else g.company.language):
        content = accounts.calendar(reader.customer_id, g.company, host=_host(), now=clock.now())
    return Response(content, content_type=KIND)


@portal.get("/plans/<int:plan_id>/plan.ics")
def plan_calendar(plan_id: int) -> Response:
    """The days of one plan as a file, for whoever wants no address that tells everything."""
    plan = find_plan(plan_id)
    if plan.state is not PlanState.ACTIVE:
        abort(404)
    content = accounts.plan_calendar(plan, g.company, host=_host(), now=clock.now())
    return files.download(content.encode(), KIND, "plan", plan.number, ending="ics")


def _host() -> str:
    return urlsplit(current_app.extensions["settings"].url).hostname or "localhost"
