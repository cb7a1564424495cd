"""The composition root: the only module that sees every door. `flask` needs none of them, and imports none."""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click
from flask import Flask, Request, g, request

import commandline
from runtime.settings import Settings

if TYPE_CHECKING:
    from flask_login import UserMixin


def create_app(settings: Settings | None = None) -> Flask:
    """
    Duewell behind the doors of the web. For the command line they stay closed until the first request (`flask run`
    sends some): what they import takes a second, and `flask link` goes through none of them.
    """
    settings = settings or Settings.read(os.environ)
    app = Flask(__name__)
    app.extensions["settings"] = settings
    commandline.install(app)
    if click.get_current_context(silent=True) is None:
        _open_doors(app, settings)
    else:
        _open_doors_when_asked(app, settings)
    return app


def _open_doors_when_asked(app: Flask, settings: Settings) -> None:
    answer = app.wsgi_app

    def first(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        _open_doors(app, settings)
        app.wsgi_app = answer
        return answer(environ, start_response)

    app.wsgi_app = first


def _open_doors(app: Flask, settings: Settings) -> None:
    import backoffice
    import portal
    from frame import dev, health, logs, pages, refusals, security
    from models import database, sessions, words
    from models.gateways.scanner import scanner_of
    from models.sessions import SessionKind

    logs.install(app, settings)
    pages.install(app, settings)  # First, so that a refusal of what follows is in the reader's language.
    security.install(app, settings)
    refusals.install(app)
    _know_visitors(app)
    app.register_blueprint(health.health)
    app.register_blueprint(portal.portal)
    app.register_blueprint(backoffice.backoffice)
    if not settings.production:
        words.allow_pseudo()
        app.register_blueprint(dev.dev)
    sessions.LIMITS[SessionKind.CONTACT] = sessions.Limits(settings.customer_idle, settings.customer_life)
    sessions.LIMITS[SessionKind.STAFF] = sessions.Limits(settings.staff_idle, settings.staff_life)
    address = settings.database_url or settings.embedded_url
    if address:
        database.connect(address)
    app.extensions["scanner"] = scanner_of(settings.scanner)
    app.extensions["stripe"] = commandline.stripe_gateway(settings)


def _know_visitors(app: Flask) -> None:
    """Each door has its own cookie; a browser may hold both, and neither opens the other door."""
    from flask_login import LoginManager

    import backoffice
    import portal
    from frame import security
    from models import clock

    manager = LoginManager(app)
    manager.session_protection = None  # It guards ids kept in Flask's session: we keep none there.

    @manager.request_loader
    def visitor(browser: Request) -> "UserMixin | None":
        staff = request.path.startswith("/staff")
        door = backoffice.sign_in if staff else portal.links
        token = browser.cookies.get(security.cookie_name(door.SESSION_COOKIE, app.extensions["settings"]))
        if not token or g.get("nobody_is_asked") or "company" not in g:
            return None  # What machines ask for, and what the database did not answer, is said to nobody in particular.
        loader = backoffice.principal if staff else portal.principal
        return loader.of_session(token, now=clock.real_now())
