"""A typed code: the way in for a browser that the link is not bound to."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from frame.admission import admitted, note_failure
from frame.forms import OurForm
from frame.security import forget_cookie, set_cookie
from models import clock, sign_ins, words
from models.customers import codes
from models.customers.codes import CodeUnusable, CodeWrong, Recipient
from models.errors import N_
from models.transactions import transaction
from portal import portal
from portal.at_hand import BROWSER_COOKIE, cookie, link_at_hand, no_link, settings
from portal.links import let_in, there_asked

CODE_COOKIE = "duewell_code"
WAYS = {"action": "enter_code", "send": "send_code"}


class CodeForm(OurForm):
    code = StringField(N_("Code"), [InputRequired(N_("Enter the six digits of our mail.")), Length(max=40)])


@portal.post("/code/send")
def send_code() -> Response | tuple[str, int]:
    link = link_at_hand()
    to = codes.recipient_of(link) if link else None
    if link is None or to is None:
        return no_link()
    admitted(codes.DOOR_OF_ASKING, to.key, pauses=False)
    with transaction():
        token = codes.send(link, now=clock.real_now())
    answer = redirect(url_for("portal.enter_code", **there_asked()), 303)
    set_cookie(answer, CODE_COOKIE, token, settings())
    return answer


@portal.route("/code", methods=["GET", "POST"])
def enter_code() -> Response | str | tuple[str, int]:
    token, form = cookie(CODE_COOKIE) or "", CodeForm(request.form)
    link = codes.waiting(token, now=clock.real_now())
    to, again = codes.recipient_of(link) if link else None, url_for("portal.landing", **there_asked())
    if to is None:
        return asked_anew(again)
    if request.method == "POST" and form.validate():
        answer = tried(form, lambda: _opened(token, form.code.data, to), again)
        if answer:
            return answer
    ways = {name: url_for(f"portal.{view}", **there_asked()) for name, view in WAYS.items()}
    shown = render_template("portal/code.html", form=form, masked_email=to.masked_email, **ways)
    return (shown, 422) if form.errors else shown


def tried(form: CodeForm, check: Callable[[], Response], again: str) -> Response | None:
    """Where a typed code leads: on, or to `again` where no other try helps. None where the form says what is wrong."""
    try:
        return check()
    except CodeWrong as refusal:
        note_failure(codes.DOOR, "code")
        form.blame("code", words.explain(refusal))
        return None
    except CodeUnusable as refusal:
        note_failure(codes.DOOR, "code")
        flash(words.explain(refusal), "info")
        return redirect(again, 303)


def asked_anew(again: str) -> Response:
    """To where another code is sent; whoever has just typed one that waited too long is told so."""
    if request.method == "POST":
        flash(words.gettext("This code no longer works. Ask for a new one."), "info")
    return redirect(again, 303)


def _opened(token: str, typed: str, to: Recipient) -> Response:
    """:raises CodeWrong, CodeUnusable, TooManyTries: the try stays counted."""
    attempt = admitted(codes.DOOR, to.key)
    with transaction():
        codes.count_try(token, now=clock.real_now())
    with transaction():
        opened = codes.open_link(
            token,
            typed,
            cookie(BROWSER_COOKIE),
            now=clock.real_now(),
            address=request.remote_addr or "",
            agent=request.user_agent.string,
        )
        sign_ins.passed(attempt)
    answer = let_in(opened)
    forget_cookie(answer, CODE_COOKIE, settings())
    return answer
