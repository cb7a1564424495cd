"""Duewell as `make run` starts it, web server and worker as processes of their own, and beside them the stand-in."""

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from sqlalchemy import text

from models.database import session
from models.gateways.stripe import StripeGateway
from runtime.children import Child
from runtime.ports import Port, next_free
from runtime.settings import PROJECT
from standin import orders
from tests.runtime.watching import eventually, living

KEY, SECRET = "sk_test_kills", "whsec_kills"
FIRST_PORT = 8900  # out of the way of a Duewell that somebody runs on this machine
WEB_PROCESSES = 2
ERROR = re.compile(r"\berror\b|Traceback", re.IGNORECASE)
PATIENCE = 180.0  # seconds that nothing here should take; a machine may be busy


class House:
    """`url` is Duewell's address, `till` the stand-in's; its books lie in `books`."""

    def __init__(self, home: Path, database_url: str, web: Port, till: Port) -> None:
        self.url, self.till = web.address, till.address
        self.books = home / "standin"
        self.gateway = StripeGateway(KEY, [SECRET], self.till)
        self._web_port, self._till_port, self._home = web, till, home
        self._environ = told(home, database_url, self.url, self.till, DUEWELL_WORKERS=str(WEB_PROCESSES))
        hook = ["--webhook-url", f"{self.url}/webhooks/stripe", "--webhook-secrets", SECRET]
        keeper = ["--port", str(till.number), "--home", str(self.books), "--key", KEY]
        self.standin = self._child("standin", ["standin", *keeper, *hook])
        self.web = self._child("web", ["runtime.server", "app:create_app", "--port", str(web.number)])
        self.worker = self._child("worker", ["flask", "--app", "app", "work"])
        self._worker_began = 0.0
        self._open = threading.Event()

    def _child(self, name: str, module: list[str]) -> Child:
        log = self._home / "log" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        return Child(name, [sys.executable, "-m", *module], log=log, cwd=PROJECT, environ=self._environ, grace=30.0)

    def start(self) -> None:
        self.standin.start()
        self._start_worker()
        self.web.start()
        eventually(self._till_port.is_healthy, within=PATIENCE)
        self._await_open()

    def tell(self, **told: object) -> dict:
        """Orders for the stand-in; the state that it tells."""
        return orders.give(self.till, KEY, **told)

    def await_web(self) -> None:
        """For a customer who finds the door closed."""
        assert self._open.wait(PATIENCE), "the web server did not come back"
        eventually(self._web_port.is_healthy, within=PATIENCE)

    def _await_open(self) -> None:
        eventually(self._web_port.is_healthy, within=PATIENCE)
        self._open.set()

    def _start_worker(self) -> None:
        self._worker_began = time.time()
        self.worker.start()

    def worker_is_there(self) -> bool:
        """Whether the newest worker has told the queue that it lives."""
        query = text("select exists (select from procrastinate_workers where last_heartbeat > to_timestamp(:began))")
        try:
            return bool(session.scalar(query, {"began": self._worker_began}))
        finally:
            session.rollback()

    # What the killer does

    def kill_web_process(self, place: int) -> None:
        """One of those that answer: the server starts another, or gives up when one dies too often."""
        eventually(lambda: len(self._web_processes()) == WEB_PROCESSES, within=PATIENCE)
        before = self._web_processes()
        os.kill(before[place], signal.SIGKILL)
        eventually(lambda: not self.web.alive() or {*self._web_processes()} - {*before}, within=PATIENCE)
        if not self.web.alive():
            self.kill_web()

    def _web_processes(self) -> list[int]:
        with suppress(psutil.NoSuchProcess):
            return [one.pid for one in psutil.Process(self.web.pid or 0).children() if living(one.pid)]
        return []

    def kill_web(self) -> None:
        """The server and all that it started."""
        self._open.clear()
        self.web.clear()
        self.web.start()
        self._await_open()

    def kill_worker(self) -> None:
        eventually(self.worker_is_there, within=PATIENCE)
        self.worker.clear()
        self._start_worker()

    def stop(self) -> None:
        for child in (self.web, self.worker):
            child.stop(_not_hurried)

    def end(self) -> None:
        for child in (self.web, self.worker, self.standin):
            child.clear()

    def errors(self) -> list[str]:
        """What went wrong in their own words; granian's, in brackets, are about those who were killed."""
        said = "".join(child.log.read_text() for child in (self.web, self.worker, self.standin))
        lines = said.splitlines()
        found = (place for place, line in enumerate(lines) if ERROR.search(line) and not line.startswith("[ERROR]"))
        return ["\n".join(lines[place : place + 30]) for place in found]  # With what follows, which says why.


def told(home: Path, database_url: str, url: str, till: str, **more: str) -> dict[str, str]:
    """The environment of a process that is to be killed."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith("DUEWELL_")}
    return rest | {
        "DUEWELL_HOME": str(home),
        "DUEWELL_EMBEDDED_URL": database_url,
        "DUEWELL_URL": url,
        "DUEWELL_SECRET_KEY": "a secret for processes that are killed",
        "DUEWELL_STRIPE_KEY": KEY,
        "DUEWELL_STRIPE_WEBHOOK_SECRETS": SECRET,
        "DUEWELL_STRIPE_API_BASE": till,
        "DUEWELL_LOG_LEVEL": "warning",
        **more,
    }


def _not_hurried(seconds: float) -> bool:
    time.sleep(min(seconds, 0.02))
    return False


@contextmanager
def running(home: Path, database_url: str) -> Iterator[House]:
    web, till = next_free(FIRST_PORT, 100), next_free(FIRST_PORT, 100)
    house = House(home, database_url, web, till)
    try:
        house.start()
        yield house
    finally:
        house.end()
        web.give_back()
        till.give_back()
