"""For those who cannot sign in yet: invited, or with a forgotten password. Looking changes nothing."""

import base64

from flask import flash, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from backoffice import backoffice, open_to_all
from backoffice.forms import ForgottenForm, InvitedForm, ResetForm, blame
from backoffice.sign_in import admitted, let_in, settings
from models import clock, staff
from models.gateways import qr
from models.staff import CodeWrong, PasswordTooEasy, Staff, TokenUnusable
from models.transactions import transaction
from models.words import gettext

INVITATION, RESET = "invitation", "reset"  # keys in the form's signed cookie


@backoffice.get("/invited/<token>")
@open_to_all
def arrive_invited(token: str) -> Response:
    """Take the token out of the address before any page is shown, so that no page or log carries it."""
    session[INVITATION] = token
    return redirect(url_for("backoffice.invited"), 303)


@backoffice.get("/invited")
@open_to_all
def invited() -> str | tuple[str, int]:
    member = _owner(INVITATION)
    if member is None:
        return render_template("backoffice/link_unusable.html"), 404
    return _invited_page(InvitedForm(name=member.name), member)


@backoffice.post("/invited")
@open_to_all
def accept_invitation() -> Response | str | tuple[str, int]:
    form, member = InvitedForm(request.form), _owner(INVITATION)
    if member is None:
        return render_template("backoffice/link_unusable.html"), 404
    if not form.validate():
        return _invited_page(form, member), 422
    try:
        with transaction():
            joined = staff.accept(
                session[INVITATION],
                name=form.name.data,
                password=form.password.data,
                code=form.code.data,
                key=settings().secret_key,
                now=clock.real_now(),
            )
            token = _open(joined)
    except PasswordTooEasy as refusal:
        blame(form.password, refusal)
        return _invited_page(form, member), 422
    except CodeWrong as refusal:
        blame(form.code, refusal)
        return _invited_page(form, member), 422
    return let_in(token, None)


@backoffice.get("/forgotten")
@open_to_all
def forgotten() -> str:
    return render_template("backoffice/forgotten.html", form=ForgottenForm())


@backoffice.post("/forgotten")
@open_to_all
def ask_reset() -> Response | tuple[str, int]:
    form = ForgottenForm(request.form)
    if not form.validate():
        return render_template("backoffice/forgotten.html", form=form), 422
    admitted(form.email.data, door="staff.forgotten", pauses=False)
    with transaction():
        staff.ask_reset(form.email.data, address=reset_address, now=clock.real_now())
    flash(gettext("If this address belongs to somebody on the staff, a link is on its way. It works for 10 minutes."))
    return redirect(url_for("backoffice.sign_in"), 303)


@backoffice.get("/reset/<token>")
@open_to_all
def arrive_reset(token: str) -> Response:
    """As for an invitation: first the token leaves the address."""
    session[RESET] = token
    return redirect(url_for("backoffice.reset"), 303)


@backoffice.get("/reset")
@open_to_all
def reset() -> str | tuple[str, int]:
    member = _owner(RESET)
    if member is None:
        return render_template("backoffice/link_unusable.html"), 404
    return render_template("backoffice/reset.html", form=ResetForm(), member=member)


@backoffice.post("/reset")
@open_to_all
def set_password() -> Response | str | tuple[str, int]:
    form, member = ResetForm(request.form), _owner(RESET)
    if member is None:
        return render_template("backoffice/link_unusable.html"), 404
    if not form.validate():
        return render_template("backoffice/reset.html", form=form, member=member), 422
    try:
        staff.refuse_easy(member, form.password.data)
        attempt = admitted(member.email)
        with transaction():
            changed = staff.reset(
                attempt,
                session[RESET],
                password=form.password.data,
                code=form.code.data,
                key=settings().secret_key,
                now=clock.real_now(),
            )
            token = _open(changed)
    except PasswordTooEasy as refusal:
        blame(form.password, refusal)
        return render_template("backoffice/reset.html", form=form, member=member), 422
    except CodeWrong as refusal:
        blame(form.code, refusal)
        return render_template("backoffice/reset.html", form=form, member=member), 422
    return let_in(token, None)


def invitation_address(token: str) -> str:
    return settings().url + url_for("backoffice.arrive_invited", token=token, _external=False)


def reset_address(token: str) -> str:
    return settings().url + url_for("backoffice.arrive_reset", token=token, _external=False)


def _open(member: Staff) -> str:
    return staff.open_session(
        member, now=clock.real_now(), address=request.remote_addr or "", agent=request.user_agent.string
    )


def _owner(kind: str) -> Staff | None:
    whose = staff.invited if kind == INVITATION else staff.resetting
    try:
        return whose(session.get(kind, ""), now=clock.real_now())
    except TokenUnusable:
        return None


def _invited_page(form: InvitedForm, member: Staff) -> str:
    """The QR code travels inside the page, as an address of its own kind that the policy for images allows."""
    secret = staff.secret_of_invitation(session[INVITATION], key=settings().secret_key)
    drawing = qr.link(staff.address_for_app(secret, email=member.email, company=g.company.name))
    return render_template(
        "backoffice/invited.html",
        form=form,
        member=member,
        secret=" ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        picture="data:image/svg+xml;base64," + base64.b64encode(drawing.encode()).decode(),
    )
