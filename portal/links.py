"""The way in: a link from a mail or a letter. Looking changes nothing; a click opens the account."""

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from frame.security import cookie_name, forget_cookie, set_cookie
from models import clock, customers, sessions
from models.customers import links
from models.transactions import transaction
from portal import portal

LINK_COOKIE = "duewell_link"
BROWSER_COOKIE = "duewell_browser"
SESSION_COOKIE = "duewell"


@portal.get("/")
def home() -> Response | str:
    if str(current_user.get_id() or "").startswith("contact:"):
        return redirect(url_for("portal.statement"), 303)
    return render_template("portal/home.html")


@portal.get("/l/<token>")
def arrive(token: str) -> Response:
    """Take the token out of the address before any page is shown, so that no page, log or Referer carries it."""
    answer = redirect(url_for("portal.landing"), 303)
    set_cookie(answer, LINK_COOKIE, token, current_app.extensions["settings"])
    return answer


@portal.get("/open")
def landing() -> str | tuple[str, int]:
    """What a mail scanner sees as well: company, masked name, button. Asked anew each time: a link can be revoked."""
    link = links.living(_cookie(LINK_COOKIE) or "", now=clock.real_now())
    if link is None:
        return render_template("portal/link_unusable.html"), 404
    customer = customers.find(link.customer_id)
    return render_template("portal/landing.html", masked_name=masked(customer.name if customer else ""))


@portal.post("/open")
def open_link() -> Response:
    settings = current_app.extensions["settings"]
    with transaction():
        opened = links.open_link(
            _cookie(LINK_COOKIE) or "",
            _cookie(BROWSER_COOKIE),
            now=clock.real_now(),
            address=request.remote_addr or "",
            agent=request.user_agent.string,
        )
    answer = redirect(url_for("portal.statement"), 303)
    set_cookie(answer, SESSION_COOKIE, opened.session_token, settings)
    set_cookie(answer, BROWSER_COOKIE, opened.browser_token, settings, days=400)
    forget_cookie(answer, LINK_COOKIE, settings)
    return answer


@portal.post("/sign-out")
def sign_out() -> Response:
    with transaction():
        sessions.end(current_user.session_id, now=clock.real_now())
    answer = make_response(redirect(url_for("portal.home"), 303))
    forget_cookie(answer, SESSION_COOKIE, current_app.extensions["settings"])
    return answer


def masked(name: str) -> str:
    """First and last letter: enough to recognise oneself by, too little to learn a name from."""
    return f"{name[0]}••••{name[-1]}" if len(name) > 2 else "••••"


def _cookie(name: str) -> str | None:
    return request.cookies.get(cookie_name(name, current_app.extensions["settings"]))
