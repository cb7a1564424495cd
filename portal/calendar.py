"""Due dates in the customer's own calendar, fetched from an address that can be revoked."""

from urllib.parse import urlsplit

from flask import Response, abort, current_app, flash, g, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from models import accounts, clock, words
from models.claims import is_disowned
from models.customers import calendars
from models.transactions import transaction
from portal import portal
from portal.confirming import fresh_code_first


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
    host = urlsplit(current_app.extensions["settings"].url).hostname or "localhost"
    with words.speak(reader.language if words.known(reader.language) else g.company.language):
        content = accounts.calendar(reader.customer_id, g.company, host=host, now=clock.now())
    return Response(content, content_type="text/calendar; charset=utf-8")
