"""A contact's own ways in: signed-in browsers, links, a calendar's address, each with the button that ends it."""

from flask import abort, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from models import clock, sessions
from models.customers import access as ways
from models.customers import calendars, links
from models.sessions import device
from models.transactions import transaction
from models.words import gettext
from portal import portal


@portal.get("/access")
def access() -> str:
    now, me = clock.real_now(), current_user
    rows = sessions.of_contact(me.customer_id, me.contact_id, now=now)
    return render_template(
        "portal/access.html",
        sessions=rows,
        came_by=next((row.link_id for row in rows if row.id == me.session_id), None),
        links=links.living_of_contact(me.customer_id, me.contact_id, now=now),
        calendar=calendars.living_of(me.customer_id, me.contact_id),
        device=device,
        session_end=lambda session_id: url_for("portal.end_session", session_id=session_id),
    )


@portal.post("/access/sessions/<int:session_id>/end")
def end_session(session_id: int) -> Response:
    me = current_user
    with transaction():
        if not ways.end_session(me.customer_id, me.contact_id, session_id, by=me.actor, now=clock.real_now()):
            abort(404)
    flash(gettext("That browser is signed out."), "ok")
    return redirect(url_for("portal.access"), 303)


@portal.post("/access/links/<int:link_id>/revoke")
def revoke_link(link_id: int) -> Response:
    me = current_user
    with transaction():
        if not ways.revoke_link(me.customer_id, me.contact_id, link_id, by=me.actor, now=clock.real_now()):
            abort(404)
    flash(gettext("The link no longer works, and whoever came in by it is signed out."), "ok")
    return redirect(url_for("portal.access"), 303)
