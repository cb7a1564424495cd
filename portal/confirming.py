"""A fresh code before what cannot be undone: whoever is signed in shows again that the mail address is theirs."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from frame.admission import admitted
from frame.refusals import see_other
from frame.security import forget_cookie, own_path, set_cookie
from models import clock, sign_ins, words
from models.customers import codes
from models.customers.codes import Recipient
from models.transactions import transaction
from portal import OPEN_TO_ALL, portal
from portal.at_hand import cookie, settings
from portal.codes import CODE_COOKIE, CodeForm, asked_anew, tried

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def fresh_code_first(back: str) -> Callable[[Callable[Asked, Answer]], Callable[Asked, Answer | Response]]:
    """The view runs where a code was typed within ten minutes; else the code is asked for, and leads to page `back`."""

    def guard(view: Callable[Asked, Answer]) -> Callable[Asked, Answer | Response]:
        @wraps(view)
        def guarded(*args: Asked.args, **kwargs: Asked.kwargs) -> Answer | Response:
            if codes.fresh_code_needed(current_user.session_id, now=clock.real_now()):
                return see_other(url_for("portal.confirm", next=url_for(back, **(request.view_args or {}))))
            return view(*args, **kwargs)

        return guarded

    return guard


@portal.get("/confirm")
def confirm() -> str:
    return render_template("portal/confirm.html", to=_recipient(), send=url_for("portal.send_confirming", next=_next()))


@portal.post("/confirm/send")
def send_confirming() -> Response:
    to = _recipient()
    admitted(codes.DOOR_OF_ASKING, to.key, pauses=False)
    with transaction():
        token = codes.send_to_confirm(current_user.session_id, to, now=clock.real_now())
    answer = redirect(url_for("portal.enter_confirming", next=_next()), 303)
    set_cookie(answer, CODE_COOKIE, token, settings())
    return answer


@portal.route("/confirm/code", methods=["GET", "POST"])
def enter_confirming() -> Response | str | tuple[str, int]:
    token, form, to = cookie(CODE_COOKIE) or "", CodeForm(request.form), _recipient()
    again = url_for("portal.confirm", next=_next())
    if not codes.waits_to_confirm(token, current_user.session_id, now=clock.real_now()):
        return asked_anew(again)
    if request.method == "POST" and form.validate():
        answer = tried(form, lambda: _confirmed(token, form.code.data, to), again)
        if answer:
            return answer
    told = {"action": url_for("portal.enter_confirming", next=_next())}
    send = url_for("portal.send_confirming", next=_next())
    shown = render_template("portal/code.html", form=form, masked_email=to.masked_email, send=send, **told)
    return (shown, 422) if form.errors else shown


def _confirmed(token: str, typed: str, to: Recipient) -> Response:
    """:raises CodeWrong, CodeUnusable, TooManyTries: the try stays counted."""
    who = current_user
    attempt = admitted(codes.DOOR, to.key)
    with transaction():
        codes.count_try(token, now=clock.real_now())
    with transaction():
        codes.confirm(token, typed, who.session_id, by=who.actor, customer_id=who.customer_id, now=clock.real_now())
        sign_ins.passed(attempt)
    flash(words.gettext("Thank you, it is you. Please go on."), "ok")
    answer = redirect(_next(), 303)
    forget_cookie(answer, CODE_COOKIE, settings())
    return answer


def _recipient() -> Recipient:
    to = codes.recipient(current_user.customer_id, current_user.contact_id)
    assert to is not None  # Who was switched off is not signed in.
    return to


def _next() -> str:
    """Where one was: a page behind this door, and nowhere else."""
    address = own_path(request.args.get("next")) or ""
    try:
        endpoint, _ = current_app.create_url_adapter(request).match(urlsplit(address).path, method="GET")
    except HTTPException:
        endpoint = ""
    ours = endpoint.startswith("portal.") and endpoint not in OPEN_TO_ALL
    return address if ours else url_for("portal.statement")
