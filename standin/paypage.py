"""The hosted pay page and the stand-in's front page, in HTML that needs no script."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader
from werkzeug import Request, Response
from werkzeug.utils import redirect

from standin import cards, checkout, debits, setups, wire
from standin.account import Account

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
TEMPLATES.globals["shown"] = wire.shown
TEMPLATES.globals["sum_of"] = lambda session: (
    "Nothing now" if session["mode"] == "setup" else wire.shown(session["amount_total"], session["currency"])
)
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
        accounts=debits.ACCOUNTS if session["currency"] == "eur" else (),
        errors=errors or _declined(account, session),
    )


def submit(account: Account, session_id: str, request: Request) -> Response:
    """
    Pay with a test card. A declined one leads back to the page, which tells why.

    A second press on the button of a paid session leads to the same place as the first.
    """
    if "iban" in request.form:
        return _debit(account, session_id, request)
    card = cards.find(request.form.get("number", ""))
    errors = _mistakes(request, card)
    if errors or card is None:
        return show(account, session_id, errors, 422)
    if card.number in cards.CHALLENGED:
        return _after(account, session_id, lambda: checkout.challenge(account, session_id, card), "/authenticate")
    return _after(account, session_id, lambda: _give(account, session_id, card))


def _give(account: Account, session_id: str, card: cards.Card) -> None:
    """:raises checkout.NotOpen: nothing can be paid or kept here any more."""
    session = checkout.open_session(account, session_id)
    (setups.keep_card if session["mode"] == "setup" else checkout.pay)(account, session_id, card)


def challenge(account: Account, session_id: str, request: Request) -> Response:
    """The bank's own page of 3-D Secure: it is you, or it is not."""
    session = checkout.current(account, session_id)
    card = cards.find(account.books.setting(f"challenge:{session_id}", ""))
    if session is None or session["status"] != "open" or card is None:
        return show(account, session_id)
    if request.method != "POST":
        return page("challenge.html", session=session, card=card, leads_to=(session["success_url"],))
    desk = setups if session["mode"] == "setup" else checkout
    if request.form.get("answer") == "yes":
        return _after(account, session_id, lambda: _give(account, session_id, card))
    return _after(account, session_id, lambda: desk.fail_challenge(account, session_id))


def _debit(account: Account, session_id: str, request: Request) -> Response:
    bank = debits.find(request.form["iban"])
    if bank is None:
        wrong = "Use one of the test account numbers on this page. Never type a real one here."
        return show(account, session_id, {"iban": wrong}, 422)
    session = checkout.current(account, session_id)
    if session and session["mode"] == "setup":
        return _after(account, session_id, lambda: setups.keep_bank(account, session_id, bank.number))
    return _after(account, session_id, lambda: debits.instruct(account, session_id, bank))


def _after(account: Account, session_id: str, act: Callable[[], object], next_step: str = "") -> Response:
    """Do it, and lead on: to the shop when the session is complete, else to the next step."""
    try:
        act()
    except checkout.NotOpen:
        next_step = ""
        session = checkout.current(account, session_id)
        if session is None or session["status"] != "complete":
            return show(account, session_id, status=409)
    session = checkout.current(account, session_id) or {}
    done = session["status"] == "complete"
    return redirect(_after_success(session) if done else f"/pay/{session_id}{next_step}", 303)


def front(account: Account) -> Response:
    sessions, _ = account.books.newest_first("checkout.session", limit=RECENT)
    waiting = account.books.run("select count(*) as count from deliveries where done = 0")[0]["count"]
    return page("front.html", sessions=sessions, waiting=waiting, cards=cards.CARDS)


def _declined(account: Account, session: dict[str, Any]) -> dict[str, str]:
    intent = account.books.get(session["payment_intent"] or session["setup_intent"] or "")
    error = (intent.get("last_payment_error") or intent.get("last_setup_error")) if intent else None
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
