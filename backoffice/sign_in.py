"""The staff's way in: a password, then a code, then a session of its own; and the way out."""

from flask import abort, flash, g, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, open_to_all, requires, signed_in
from backoffice.forms import CodeForm, SignInForm, blame
from frame import admission
from frame.security import forget_cookie, own_path, set_cookie
from frame.settings import settings
from models import clock, sessions, staff
from models.policies.permissions import Role
from models.sign_ins import SignInAttempt, TooManyTries
from models.staff import CodeWrong, SignInWrong, Staff, TokenUnusable
from models.transactions import transaction
from models.words import explain, gettext

SESSION_COOKIE = "duewell_staff"
HALFWAY = "second_factor"  # the key in the form's signed cookie


@backoffice.get("/sign-in")
@open_to_all
def sign_in() -> Response | str:
    if signed_in():
        return redirect(url_for("backoffice.home"), 303)
    return _sign_in_page(SignInForm(next=request.args.get("next")))


@backoffice.post("/sign-in")
@open_to_all
def check_password() -> Response | tuple[str, int]:
    form = SignInForm(request.form)
    if not form.validate():
        return _sign_in_page(form), 422
    attempt = admitted(form.email.data)
    try:
        with transaction():
            token = staff.check_password(attempt, form.email.data, form.password.data, now=clock.real_now())
    except SignInWrong as refusal:
        note_failure("password")
        form.form_errors.append(explain(refusal))
        return _sign_in_page(form), 422
    session[HALFWAY] = token
    return redirect(url_for("backoffice.second_factor", next=own_path(form.next.data)), 303)


@backoffice.get("/second-factor")
@open_to_all
def second_factor() -> Response | str:
    if _halfway() is None:
        return _begin_again()
    return render_template("backoffice/second_factor.html", form=CodeForm(next=request.args.get("next")))


@backoffice.post("/second-factor")
@open_to_all
def check_code() -> Response | tuple[str, int]:
    form, member = CodeForm(request.form), _halfway()
    if member is None:
        return _begin_again()
    if not form.validate():
        return render_template("backoffice/second_factor.html", form=form), 422
    attempt = admitted(member.email)
    try:
        with transaction():
            token = staff.check_code(
                attempt,
                session[HALFWAY],
                form.code.data,
                key=settings().secret_key,
                now=clock.real_now(),
                address=request.remote_addr or "",
                agent=request.user_agent.string,
            )
    except CodeWrong as refusal:
        note_failure("code")
        blame(form.code, refusal)
        return render_template("backoffice/second_factor.html", form=form), 422
    return let_in(token, form.next.data)


@backoffice.post("/sign-out")
@requires(None)
def sign_out() -> Response:
    with transaction():
        sessions.end(current_user.session_id, now=clock.real_now())
    answer = redirect(url_for("backoffice.sign_in"), 303)
    forget_cookie(answer, SESSION_COOKIE, settings())
    return answer


@backoffice.post("/demo/<role>")
@open_to_all
def demo_sign_in(role: str) -> Response:
    """One click, without any secret: only where everything behind the door is invented."""
    if settings().production or not g.company.is_demo or role not in list(Role):
        abort(404)
    member = staff.active_with_role(Role(role)) or abort(404)
    with transaction():
        token = staff.open_session(
            member, now=clock.real_now(), address=request.remote_addr or "", agent=request.user_agent.string
        )
    return let_in(token, None)


@backoffice.errorhandler(TooManyTries)
def slow_down(refusal: TooManyTries) -> tuple[str, int, dict[str, str]]:
    page = render_template("backoffice/too_many_tries.html", refusal=refusal)
    return page, 429, {"Retry-After": str(refusal.seconds)}


def admitted(email: str, *, door: str = staff.DOOR, pauses: bool = True) -> SignInAttempt:
    """:raises TooManyTries: answered with 429."""
    return admission.admitted(door, email, pauses=pauses)


def note_failure(step: str) -> None:
    admission.note_failure(staff.DOOR, step)


def let_in(token: str, next_page: str | None) -> Response:
    """A new session: nothing of the time before it is kept, and `next` leads to our own staff pages only."""
    own = own_path(next_page)
    staff_page = own if own and own.startswith(url_for("backoffice.home")) else None
    session.clear()
    answer = redirect(staff_page or url_for("backoffice.home"), 303)
    set_cookie(answer, SESSION_COOKIE, token, settings())
    return answer


def _sign_in_page(form: SignInForm) -> str:
    demo = g.company.is_demo and not settings().production
    return render_template("backoffice/sign_in.html", form=form, demo_roles=staff.ROLE_NAMES if demo else {})


def _halfway() -> Staff | None:
    try:
        return staff.halfway(session.get(HALFWAY, ""), now=clock.real_now())
    except TokenUnusable:
        return None


def _begin_again() -> Response:
    flash(gettext("Please sign in from the beginning: too much time has passed."), "info")
    return redirect(url_for("backoffice.sign_in", next=own_path(request.values.get("next"))), 303)
