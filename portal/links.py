"""The way in: a link from a mail or a letter. Looking changes nothing; a click opens the account."""

from datetime import timedelta

from flask import make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from frame.admission import admitted
from frame.forms import form_page, row_id
from frame.security import forget_cookie, set_cookie
from models import clock, customers, sessions
from models.customers import asking, links
from models.customers.links import CodeNeeded, Opened
from models.transactions import transaction
from portal import pay_only, portal
from portal.at_hand import (
    BROWSER_COOKIE,
    LINK_COOKIE,
    SESSION_COOKIE,
    AskForm,
    cookie,
    link_at_hand,
    masked,
    no_link,
    settings,
)

BINDS_FOR = timedelta(days=400)
# Where a mail may lead, by the name in its link: the page, and what it is asked for with.
PLACES = {
    "case": ("portal.case", "dispute_id"),
    "plan": ("portal.plan", "plan_id"),
    "document": ("portal.filed_document", "document_id"),
    "autopay": ("portal.methods", ""),
}


@portal.get("/")
def home() -> Response | str:
    if str(current_user.get_id() or "").startswith("contact:"):
        return redirect(url_for("portal.statement"), 303)
    return render_template("portal/home.html", form=AskForm())


@portal.post("/")
def ask_for_link() -> Response | tuple[str, int]:
    """The same answer and the same work for every address, known or not."""
    form = AskForm(request.form)
    if not form.validate():
        return form_page("portal/home.html", form)
    admitted(asking.DOOR, form.email.data, pauses=False)
    with transaction():
        asking.ask_for_links(form.email.data, address=link_address, now=clock.real_now())
    return redirect(url_for("portal.asked"), 303)


@portal.get("/asked")
def asked() -> str:
    return render_template("portal/asked.html")


@portal.get("/l/<token>")
def arrive(token: str) -> Response:
    """Take the token out of the address before any page is shown, so that no page, log or Referer carries it."""
    answer = redirect(url_for("portal.landing", **there_asked()), 303)
    set_cookie(answer, LINK_COOKIE, token, settings())
    return answer


@portal.get("/open")
def landing() -> Response | str | tuple[str, int]:
    """What a mail scanner sees as well: company, masked name, button. Asked anew each time: a link can be revoked."""
    link = link_at_hand()
    if link is None:
        return no_link()
    if links.needs_code(link, cookie(BROWSER_COOKIE)):
        return pay_only.page(link)
    customer = customers.find(link.customer_id)
    return render_template("portal/landing.html", masked_name=masked(customer.name if customer else ""), once=link.once)


@portal.post("/open")
def open_link() -> Response | tuple[str, int]:
    try:
        with transaction():
            opened = links.open_link(
                cookie(LINK_COOKIE) or "",
                cookie(BROWSER_COOKIE),
                now=clock.real_now(),
                address=request.remote_addr or "",
                agent=request.user_agent.string,
            )
    except CodeNeeded:
        link = link_at_hand()
        return pay_only.page(link, 409) if link else no_link()
    return let_in(opened)


@portal.post("/sign-out")
def sign_out() -> Response:
    with transaction():
        sessions.end(current_user.session_id, now=clock.real_now())
    answer = make_response(redirect(url_for("portal.home"), 303))
    forget_cookie(answer, SESSION_COOKIE, settings())
    return answer


def let_in(opened: Opened) -> Response:
    """To the statement, or to what a mail was about."""
    there = url_for("portal.statement")
    for name, number in there_asked().items():
        endpoint, argument = PLACES[name]
        there = url_for(endpoint, **({argument: number} if argument else {}))
    answer = redirect(there, 303)
    set_cookie(answer, SESSION_COOKIE, opened.session_token, settings())
    set_cookie(answer, BROWSER_COOKIE, opened.browser_token, settings(), lives=BINDS_FOR)
    forget_cookie(answer, LINK_COOKIE, settings())
    return answer


@portal.app_template_global()
def there_asked() -> dict[str, int]:
    """What a mail was about, as its link says it: carried along until somebody is let in."""
    asked = {name: request.args.get(name, type=row_id) for name in PLACES}
    return {name: number for name, number in asked.items() if number is not None}


def link_address(token: str) -> str:
    return settings().url + url_for("portal.arrive", token=token, _external=False)
