"""The hosted pay page and the stand-in's front page, in HTML that needs no script."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader
from werkzeug import Request, Response
from werkzeug.utils import redirect

from standin import cards, checkout, debits, wire
from standin.account import Account

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
TEMPLATES.globals["shown"] = wire.shown
RECENT = 20


def page(template: str, status: int = 200, *, leads_to: tuple[str, ...] = (), **values: object) -> Response:
    """`leads_to`: addresses that a form here may end up at; browsers check redirects after a POST as well."""
    response = Response(TEMPLATES.get_template(template).render(values), status, mimetype="text/html")
    origins = sorted({f"{url.scheme}://{url.netloc}" for url in map(urlsplit, leads_to) if url.netloc})
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {' '.join(origins)}"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def answer(account: Account, request: Request) -> Response:
    session_id = request.path.removeprefix("/pay/")
    if session_id.endswith("/bank"):
        return bank(account, session_id.removesuffix("/bank"), request)
    return submit(account, session_id, request) if request.method == "POST" else show(account, session_id)


def show(account: Account, session_id: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    session = checkout.current(account, session_id)
    if session is None:
        return page("problem.html", 404, title="Nothing here", text="There is no payment at this address.")
    if session["status"] != "open":
        return page("closed.html", 200 if status == 200 else 409, session=session, back=_back(session))
    return page(
        "pay.html",
        status,
        leads_to=(session["success_url"], session["cancel_url"] or ""),
        session=session,
        lines=checkout.lines(account, session_id),
        cards=cards.CARDS,
        debits=debits.DEBITS if debits.offered(session) else (),
        errors=errors or _declined(account, session),
    )


def submit(account: Account, session_id: str, request: Request) -> Response:
    """
    Pay with a test card. A declined one leads back to the page, which tells why.

    A second press on the button of a paid session leads to the same place as the first.
    """
    if "iban" in request.form:
        debit = debits.find(request.form["iban"])
        if debit is None:
            return show(account, session_id, {"iban": "Use one of the test accounts on this page."}, 422)
        return _after(account, session_id, request, lambda: debits.begin(account, session_id, debit))
    card = cards.find(request.form.get("number", ""))
    errors = _mistakes(request, card)
    if errors or card is None:
        return show(account, session_id, errors, 422)
    if card.last4 == cards.CHALLENGED:
        challenged = _after(account, session_id, request, lambda: checkout.challenge(account, session_id))
        return redirect(f"{request.path}/bank", 303) if challenged.status_code == 303 else challenged
    return _after(account, session_id, request, lambda: checkout.pay(account, session_id, card))


def bank(account: Account, session_id: str, request: Request) -> Response:
    """The page of the payer's bank: 3-D Secure."""
    session = checkout.current(account, session_id)
    if session is None or session["status"] != "open":
        return show(account, session_id)
    if request.method != "POST":
        return page("bank.html", leads_to=(session["success_url"],), session=session, address=f"/pay/{session_id}")
    proved = request.form.get("answer") == "yes"
    card = cards.find(cards.NOT_PROVED.number) if proved else cards.NOT_PROVED
    return _after(account, session_id, request, lambda: checkout.pay(account, session_id, card or cards.NOT_PROVED))


def _after(account: Account, session_id: str, request: Request, act: Callable[[], dict[str, Any]]) -> Response:
    try:
        session = act()
    except checkout.NotOpen:
        session = checkout.current(account, session_id) or {}
        if session.get("status") != "complete":
            return show(account, session_id, status=409)
    return redirect(_after_success(session) if session["status"] == "complete" else f"/pay/{session_id}", 303)


def front(account: Account) -> Response:
    sessions, _ = account.books.newest_first("checkout.session", limit=RECENT)
    waiting = account.books.run("select count(*) as count from deliveries where done = 0")[0]["count"]
    return page("front.html", sessions=sessions, waiting=waiting, cards=cards.CARDS)


def _declined(account: Account, session: dict[str, Any]) -> dict[str, str]:
    intent = account.books.get(session["payment_intent"]) if session["payment_intent"] else None
    error = intent["last_payment_error"] if intent else None
    return {"number": f"{error['message']} Nothing was taken. Try another card."} if error else {}


def _mistakes(request: Request, card: cards.Card | None) -> dict[str, str]:
    errors = {}
    if card is None:
        errors["number"] = "Use one of the test card numbers on this page. Never type a real card number here."
    if not re.fullmatch(r"(0?[1-9]|1[0-2]) ?/ ?(20)?[3-9][0-9]", request.form.get("expiry", "").strip()):
        errors["expiry"] = "Enter a date to come, such as 12 / 34."
    if not re.fullmatch(r"[0-9]{3,4}", request.form.get("cvc", "").strip()):
        errors["cvc"] = "Enter three or four digits."
    return errors


def _after_success(session: dict[str, str]) -> str:
    return session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])


def _back(session: dict[str, str]) -> str:
    return _after_success(session) if session["status"] == "complete" else session["cancel_url"]
