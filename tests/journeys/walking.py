"""The furnished company behind a live address, and somebody of every kind to walk through it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, BrowserContext

from models import clock, database, sessions
from models.sessions import SessionKind
from models.transactions import release, transaction
from tests.databases import new_database
from tests.journeys import house
from tests.journeys.company import Furnished, Furnisher
from tests.journeys.house import House
from tests.journeys.inspection import Inspector
from tests.journeys.pages import NOBODY, Case, Walk


class Walker:
    """One browser page for each kind of person, kept from case to case; nobody is somebody new every time."""

    def __init__(self, browser: Browser, opened: House, made: Furnished, language: str, **wishes: object) -> None:
        self.browser = browser
        self.house = opened
        self.made = made
        self.language = language
        self.wishes = wishes
        self._inspectors: dict[str, Inspector] = {}

    def wrong_with(self, case: Case, *, mirrored: bool = False, axe: bool = True) -> list[str]:
        """What is wrong with a page; its status too."""
        inspector = self.inspector_of(case.who)
        status = case.go(Walk(inspector.page, self.house, self.made))
        wrong = inspector.look(mirrored=mirrored, axe=axe)
        if status != case.status:
            wrong.insert(0, f"it answers {status} instead of {case.status}")
        if case.who == NOBODY:
            self._inspectors.pop(NOBODY).page.context.close()
        return wrong

    def inspector_of(self, who: str) -> Inspector:
        if who not in self._inspectors:
            self._inspectors[who] = Inspector(self._context(who).new_page())
        return self._inspectors[who]

    def close(self) -> None:
        for inspector in self._inspectors.values():
            inspector.page.context.close()

    def _context(self, who: str) -> BrowserContext:
        context = self.browser.new_context(**self.wishes)
        context.set_default_timeout(30_000)
        cookies = {"duewell_language": self.language} if self.language else {}
        if who != NOBODY:
            cookies |= self._session(who)
        url = self.house.url
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        return context

    def _session(self, who: str) -> dict[str, str]:
        kind, _, key = who.partition(" ")
        now = clock.real_now()
        try:
            with transaction():
                if kind != "contact":
                    return {"duewell_staff": sessions.start(SessionKind.STAFF, staff_id=self.made.others[who], now=now)}
                customer_id, contact_id = self.made.customers[key], self.made.contacts[key]
                token = sessions.start(SessionKind.CONTACT, customer_id=customer_id, contact_id=contact_id, now=now)
                return {"duewell": token}
        finally:
            release()


@contextmanager
def furnished() -> Iterator[tuple[House, Furnished]]:
    with tempfile.TemporaryDirectory() as folder, new_database() as url:
        engine = database.connect(url)
        with house.opened(Path(folder), url) as opened:
            _break_on_demand(opened.app)
            furnisher = Furnisher(clock.real_now(), Path(folder), opened.app.extensions["settings"].secret_key)
            made = furnisher.furnish()
            furnisher.pay(opened.gateway, opened.till)
            release()
            yield opened, made
        engine.dispose()


def _break_on_demand(app: Flask) -> None:
    def broken() -> str:
        raise RuntimeError("asked to break")

    app.add_url_rule("/journeys/broken", "journeys.broken", broken)
    app.add_url_rule("/staff/journeys/broken", "journeys.broken_for_staff", broken)
