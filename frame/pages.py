"""One template is page and fragment; who reads it decides language and direction."""

import hashlib
from collections.abc import MutableMapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, g, redirect, request
from flask.templating import Environment
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response

from frame import tags
from frame.forms import LARGEST_ID
from frame.security import own_path, set_cookie
from models import clock, company, words
from models.transactions import release
from runtime.settings import Settings

LANGUAGE_COOKIE = "duewell_language"
# Nobody reads what they answer: for them the company is not asked for, nor a language.
FOR_MACHINES = {"static", "health.healthz", "portal.stripe_webhook"}


class Templates(Environment):
    """
    What all templates are given (`globals`) is a plain dict for each of them. Jinja wraps it for what one template may
    be given alone, and looks every name up through the wrap at each import: half of a near-empty page. Ours are given
    nothing alone.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


class RowNumber(IntegerConverter):
    """A number in an address that can be a row's; a longer one is no page of ours, and no error of the database."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST_ID)


def install(app: Flask, settings: Settings) -> None:
    app.url_map.converters["int"] = RowNumber
    app.jinja_environment = Templates
    app.jinja_env.add_extension("jinja2.ext.i18n")
    words.teach(app.jinja_env)
    tags.install(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["asset"] = asset
    app.teardown_appcontext(lambda _: release())

    @app.before_request
    def meet_reader() -> None:
        if request.endpoint in FOR_MACHINES:
            return
        # Before the database is asked: a page that says it does not answer must be readable.
        words.use(language_of_browser("en"))
        g.company = company.of_request()
        clock.move(timedelta(seconds=0 if settings.production else g.company.clock_offset_seconds))
        words.use(language_of_reader(), calendar_of_reader(), timezone=g.company.timezone)

    @app.context_processor
    def frame() -> dict[str, object]:
        creditor = g.get("company")
        return {
            "layout": f"layouts/{frame_name()}.html",
            "company": creditor,
            "demo": bool(creditor and creditor.is_demo and not settings.production),
            "lang": words.language(),
            "direction": words.direction(),
            "languages": [] if at_staff_door() else [(code, words.native_name(code)) for code in words.LANGUAGES],
            "today": creditor.today(clock.now()) if creditor else None,
            "clock_moved": moved(creditor),
            "explain": words.explain,
        }

    @app.post("/language", endpoint="language")
    def choose_language() -> Response:
        """The switch in every footer. Open to all: it changes nothing but this browser's cookie."""
        answer = redirect(page_to_return_to(app, request.form.get("back")), 303)
        language = request.form.get("language", "")
        if words.known(language):
            set_cookie(answer, LANGUAGE_COOKIE, language, settings, lives=timedelta(days=365))
        return answer


def page_to_return_to(app: Flask, back: str | None) -> str:
    """An own address that can be looked at; a form's own address may not, where it was answered with an error."""
    address = own_path(back) or "/"
    try:
        app.url_map.bind("").match(urlsplit(address).path, method="GET")
    except HTTPException:
        return "/staff/" if address.startswith("/staff") else "/"
    return address


def moved(creditor: company.Company | None) -> str | None:
    if not creditor or not creditor.clock_offset_seconds:
        return None
    return words.gettext(
        "The clock of this demonstration has been moved: it is %(now)s.",
        now=words.datetime(clock.now(), creditor.timezone),
    )


def language_of_reader() -> str:
    """What this browser chose, else the contact's own language, else the browser's, else the company's."""
    own = "" if chosen_language() else getattr(current_user, "language", "")
    return str(own) if own and words.known(own) else language_of_browser(g.company.language)


def calendar_of_reader() -> words.Calendar | None:
    own = getattr(current_user, "calendar", "")
    return own if own in words.CALENDARS else None


def language_of_browser(otherwise: str) -> str:
    """What can be known of the reader without a database. The back office is in English, or in the pseudo-language."""
    chosen = chosen_language()
    if at_staff_door():
        return chosen if chosen == words.PSEUDO else "en"
    return chosen or words.best(request.headers.get("Accept-Language"), otherwise)


def chosen_language() -> str:
    chosen = request.cookies.get(LANGUAGE_COOKIE) or request.cookies.get(f"__Host-{LANGUAGE_COOKIE}") or ""
    return chosen if words.known(chosen) else ""


def at_staff_door() -> bool:
    return request.path.startswith("/staff")


def frame_name() -> str:
    """Which layout a page is put in: none of its own where htmx asked for a part of a page."""
    asked_part = "HX-Request" in request.headers and not (
        "HX-Boosted" in request.headers or "HX-History-Restore-Request" in request.headers
    )
    if asked_part:
        return "fragment"
    if not getattr(current_user, "is_authenticated", False):
        return "plain"
    return "backoffice" if at_staff_door() else "portal"


@lru_cache
def asset(name: str) -> str:
    """The address of a static file, with a mark of its content, so that browsers may keep it for a year."""
    content = (Path(__file__).parent.parent / "static" / name).read_bytes()
    return f"/static/{name}?{hashlib.sha256(content).hexdigest()[:12]}"
