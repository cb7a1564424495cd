"""The furnished company behind a live address, and somebody of every kind to walk through it."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser

from models import clock, database, sessions
from models.sessions import SessionKind
from models.transactions import release, transaction
from tests.databases import new_database
from tests.journeys import house
from tests.journeys.company import Furnished, Furnisher
from tests.journeys.house import House
from tests.journeys.inspection import Inspector
from tests.journeys.pages import NOBODY, Case, Walk

Cookie = Mapping[str, object]


class Walker:
    """
    One browser page for everybody: who walks next brings their own cookies, nobody brings none. A new browser page for
    each of them would take as long as all the looking.
    """

    def __init__(self, browser: Browser, opened: House, made: Furnished, language: str, **wishes: object) -> None:
        self.house = opened
        self.made = made
        self.language = language
        # A colour that is on its way to another one is neither.
        self._context = browser.new_context(reduced_motion="reduce", **wishes)
        self._context.set_default_timeout(30_000)
        self._cookies: dict[str, Sequence[Cookie]] = {}
        self.inspector = Inspector(self._context.new_page())

    def wrong_with(self, case: Case, *, marked: bool = False) -> list[str]:
        """What is wrong with a page; its status too."""
        status = self.go(case)
        wrong = self.inspector.look(marked=marked) + self.inspector.ask_axe()
        if status != case.status:
            wrong.insert(0, f"it answers {status} instead of {case.status}")
        return wrong

    def go(self, case: Case) -> int:
        """Lead the browser there as the person of the case; returns the status of the answer."""
        self._context.clear_cookies()
        self._context.add_cookies(self._cookies.get(case.who) or self._first_cookies(case.who))
        status = case.go(Walk(self.inspector.page, self.house, self.made))
        if case.who != NOBODY:
            self._cookies[case.who] = self._context.cookies()
        return status

    def close(self) -> None:
        self._context.close()

    def _first_cookies(self, who: str) -> list[Cookie]:
        cookies = {"duewell_language": self.language} if self.language else {}
        if who != NOBODY:
            cookies |= self._session(who)
        return [{"name": name, "value": value, "url": self.house.url} for name, value in cookies.items()]

    def _session(self, who: str) -> dict[str, str]:
        kind, _, key = who.partition(" ")
        now = clock.real_now()
        try:
            with transaction():
                if kind != "contact":
                    return {"duewell_staff": sessions.start(SessionKind.STAFF, staff_id=self.made.others[who], now=now)}
                customer_id, contact_id = self.made.customers[key], self.made.contacts[key]
                whose = {"customer_id": customer_id, "contact_id": contact_id, "code_at": now}
                token = sessions.start(SessionKind.CONTACT, **whose, now=now)
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
