"""The composition root: the only module that sees every door."""

import os

from flask import Flask, Request, g, request
from flask_login import LoginManager, UserMixin

import backoffice
import commandline
import portal
from frame import dev, health, logs, pages, refusals, security
from models import clock, database, sessions, words
from models.sessions import SessionKind
from runtime.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    settings = settings or Settings.read(os.environ)
    app = Flask(__name__)
    app.extensions["settings"] = settings
    logs.install(app, settings)
    pages.install(app, settings)  # First, so that a refusal of what follows is in the reader's language.
    security.install(app, settings)
    refusals.install(app)
    _know_visitors(app)
    app.register_blueprint(health.health)
    app.register_blueprint(portal.portal)
    app.register_blueprint(backoffice.backoffice)
    commandline.install(app)
    if not settings.production:
        words.allow_pseudo()
        app.register_blueprint(dev.dev)
    sessions.LIMITS[SessionKind.CONTACT] = sessions.Limits(settings.customer_idle, settings.customer_life)
    sessions.LIMITS[SessionKind.STAFF] = sessions.Limits(settings.staff_idle, settings.staff_life)
    address = settings.database_url or settings.embedded_url
    if address:
        database.connect(address)
    app.extensions["stripe"] = commandline.stripe_gateway(settings)
    return app


def _know_visitors(app: Flask) -> None:
    """Each door has its own cookie; a browser may hold both, and neither opens the other door."""
    manager = LoginManager(app)

    @manager.request_loader
    def visitor(browser: Request) -> UserMixin | None:
        staff = request.path.startswith("/staff")
        door = backoffice.sign_in if staff else portal.links
        token = browser.cookies.get(security.cookie_name(door.SESSION_COOKIE, app.extensions["settings"]))
        if not token or g.get("nobody_is_asked"):
            return None
        loader = backoffice.principal if staff else portal.principal
        return loader.of_session(token, now=clock.real_now())
