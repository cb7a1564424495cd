"""Who works here: invited, appointed to a role, disabled; and everybody's own sign-ins."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.forms import InviteForm, RoleForm, blame
from backoffice.joining import invitation_address
from models import clock, sessions
from models import staff as people
from models.policies.permissions import Permission, Role
from models.sessions import device
from models.staff import AlreadyOnStaff, Staff
from models.transactions import transaction
from models.words import gettext


@backoffice.get("/people")
@requires(Permission.APPOINT_STAFF)
def staff() -> str:
    return _staff_page(InviteForm(role=Role.COLLECTOR.value))


@backoffice.post("/people")
@requires(Permission.APPOINT_STAFF)
def invite_staff() -> Response | tuple[str, int]:
    form, now = InviteForm(request.form), clock.real_now()
    if not form.validate():
        return _staff_page(form), 422
    try:
        with transaction():
            member = people.add(
                email=form.email.data,
                name=form.name.data or "",
                role=Role(form.role.data),
                by=current_user.actor,
                now=now,
            )
            people.invite(member, address=invitation_address, by=current_user.actor, now=now)
    except AlreadyOnStaff as refusal:
        blame(form.email, refusal)
        return _staff_page(form), 422
    flash(gettext("A sign-up link is on its way to %(email)s. It works for 7 days.", email=member.email), "ok")
    return redirect(url_for("backoffice.staff"), 303)


@backoffice.get("/people/<int:staff_id>")
@requires(Permission.APPOINT_STAFF)
def staff_member(staff_id: int) -> str:
    member = _found_or_404(staff_id)
    return _member_page(member, RoleForm(role=member.role.value))


@backoffice.post("/people/<int:staff_id>")
@requires(Permission.APPOINT_STAFF)
def change_role(staff_id: int) -> Response | tuple[str, int]:
    member, form = _found_or_404(staff_id), RoleForm(request.form)
    if not form.validate():
        return _member_page(member, form), 422
    try:
        with transaction():
            people.change_role(member, Role(form.role.data), by=current_user.actor, now=clock.real_now())
    except people.LastAdmin as refusal:
        blame(form.role, refusal)
        return _member_page(member, form), 422
    flash(gettext("The role of %(name)s has been changed.", name=member.name), "ok")
    return redirect(url_for("backoffice.staff_member", staff_id=staff_id), 303)


@backoffice.post("/people/<int:staff_id>/invite")
@requires(Permission.APPOINT_STAFF)
def invite_again(staff_id: int) -> Response:
    member = _found_or_404(staff_id)
    with transaction():
        people.invite(member, address=invitation_address, by=current_user.actor, now=clock.real_now())
    flash(gettext("A sign-up link is on its way to %(email)s. It works for 7 days.", email=member.email), "ok")
    return redirect(url_for("backoffice.staff_member", staff_id=staff_id), 303)


@backoffice.post("/people/<int:staff_id>/disable")
@requires(Permission.APPOINT_STAFF)
def disable_staff(staff_id: int) -> Response:
    member = _found_or_404(staff_id)
    with transaction():
        people.disable(member, by=current_user.actor, now=clock.real_now())
    flash(gettext("%(name)s can no longer sign in. Every sign-in of theirs has ended.", name=member.name), "ok")
    return redirect(url_for("backoffice.staff_member", staff_id=staff_id), 303)


@backoffice.post("/people/<int:staff_id>/sessions/<int:session_id>/end")
@requires(Permission.APPOINT_STAFF)
def end_session(staff_id: int, session_id: int) -> Response:
    member = _found_or_404(staff_id)
    with transaction():
        if not people.end_session(member, session_id, by=current_user.actor, now=clock.real_now()):
            abort(404)
    return redirect(url_for("backoffice.staff_member", staff_id=staff_id), 303)


@backoffice.get("/sessions")
@requires(None)
def own_sessions() -> str:
    rows = sessions.of_staff(current_user.staff_id, now=clock.real_now())
    return render_template("backoffice/sessions.html", sessions=rows, device=device, session_end=_end_own)


@backoffice.post("/sessions/<int:session_id>/end")
@requires(None)
def end_own_session(session_id: int) -> Response:
    with transaction():
        if not people.end_session(_myself(), session_id, by=current_user.actor, now=clock.real_now()):
            abort(404)
    return redirect(url_for("backoffice.own_sessions"), 303)


@backoffice.post("/sessions/end-others")
@requires(None)
def end_other_sessions() -> Response:
    with transaction():
        people.end_other_sessions(_myself(), keep=current_user.session_id, by=current_user.actor, now=clock.real_now())
    flash(gettext("You are signed in on this device only."), "ok")
    return redirect(url_for("backoffice.own_sessions"), 303)


def _end_own(session_id: int) -> str:
    return url_for("backoffice.end_own_session", session_id=session_id)


def _found_or_404(staff_id: int) -> Staff:
    return people.find(staff_id) or abort(404)


def _myself() -> Staff:
    return _found_or_404(current_user.staff_id)


def _staff_page(form: InviteForm) -> str:
    return render_template("backoffice/staff.html", people=people.everybody(), form=form, role_names=people.ROLE_NAMES)


def _member_page(member: Staff, form: RoleForm) -> str:
    rows = sessions.of_staff(member.id, now=clock.real_now())
    return render_template(
        "backoffice/staff_member.html",
        member=member,
        form=form,
        sessions=rows,
        device=device,
        role_names=people.ROLE_NAMES,
        session_end=lambda session_id: url_for("backoffice.end_session", staff_id=member.id, session_id=session_id),
    )
