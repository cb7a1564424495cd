"""All of Duewell in this process: the app and the stand-in for Stripe on sockets, the worker's steps on call."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, text
from werkzeug.serving import BaseWSGIServer, make_server

import standin
from app import create_app
from models import accounts, claims, clock, company, complaints, database, disputes, payments, plans, promises
from models.dunning.sending import Reminders
from models.gateways.mail import Sender
from models.messages import sending
from models.messages.sending import LocalOutbox
from models.transactions import release, transaction
from models.work import HANDLERS, Tools
from runtime.settings import Settings
from standin.server import Handler
from tests.making import day_of

STRIPE_KEY = "sk_test_journeys"
WEBHOOK_SECRET = "whsec_journeys"


class House:
    """`url` is the product's address, `till` the stand-in; both answer until `opened` ends."""

    def __init__(self, url: str, app: Flask, till: standin.Running) -> None:
        self.url = url
        self.app = app
        self.till = till

    @property
    def gateway(self) -> object:
        return self.app.extensions["stripe"]

    def await_webhooks(self) -> None:
        """Until everything that the stand-in has to say has been heard."""
        eventually(lambda: all(delivery["done"] for delivery in self.till.control()["deliveries"]))

    def work(self, sender: Sender | None = None) -> None:
        """What the worker does by its clockwork, once: the inbox, payments, plans, promises, claims, the outbox."""
        try:
            payments.drain(gateway=self.gateway, now=clock.now, real_now=clock.real_now)
            payments.sweep(gateway=self.gateway, now=clock.now)
            self._do_jobs_of_plans()
            plans.settle(now=clock.now())
            today = company.get().today(clock.now())
            promises.judge(today, now=clock.now())
            claims.lapse(today, now=clock.now())
            keeper = Reminders(self.url, accounts.invoices_enclosed)
            sending.send_due(sender or LocalOutbox(), now=clock.now, keeper=keeper)
        finally:
            release()

    def _do_jobs_of_plans(self) -> None:
        with transaction():
            taken = "delete from procrastinate_jobs where task_name like 'plans.%' returning id, task_name, args"
            waiting = sorted(database.session.execute(text(taken)).all())
        for _, name, ids in waiting:
            HANDLERS[name](Tools(self.gateway, None, Path("unused"), self.url), **ids)

    def look_after_cases(self) -> None:
        """What the worker does about cases and complaints by its clockwork, once."""
        today = company.get().today(clock.now())
        try:
            disputes.watch(today, address=self.url, now=clock.now())
            disputes.close_ended(today, now=clock.now())
            complaints.review(self.url, now=clock.now())
        finally:
            release()

    def flask(self, *words: str) -> str:
        """What a command printed; it binds the session to an engine of its own, and what was bound comes back."""
        bound = database.session.get_bind()
        database.session.remove()
        done = self.app.test_cli_runner().invoke(args=list(words))
        database.session.remove()
        database.session.configure(bind=bound)
        assert done.exit_code == 0, done.output
        return done.stdout

    def go_to_wednesday(self) -> datetime:
        """Move the shared clock on to ten in the morning of the next Wednesday: six days later is a weekday too."""
        now = clock.now()
        today = day_of(now)
        day = today + timedelta(days=(2 - today.weekday()) % 7 or 7)
        morning = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
        self.flask("clock", f"+{round((morning - now).total_seconds() / 60)}m")
        return morning

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """Nobody answers at the database's address."""
        engine = database.session.get_bind()
        nowhere = create_engine("postgresql+psycopg://duewell@127.0.0.1:9/none")
        database.session.remove()
        database.session.configure(bind=nowhere)
        try:
            yield
        finally:
            database.session.remove()
            database.session.configure(bind=engine)
            nowhere.dispose()


@contextmanager
def opened(home: Path, database_url: str) -> Iterator[House]:
    """Serve from threads of this process, on the given database, until the block ends."""
    with standin.running(home / "standin", api_key=STRIPE_KEY, webhook_secrets=(WEBHOOK_SECRET,)) as till:
        server = make_server("127.0.0.1", 0, _nobody_home, threaded=True, request_handler=Handler)
        url = f"http://127.0.0.1:{server.port}"
        server.app = create_app(_settings(home, database_url, url, till.url))
        till.control(webhooks={"url": f"{url}/webhooks/stripe"})
        try:
            with _serving(server):
                yield House(url, server.app, till)
                till.control(webhooks={"url": ""})
        finally:
            clock.move(timedelta())
            engine = database.session.get_bind()
            database.session.remove()
            engine.dispose()


def _settings(home: Path, database_url: str, url: str, stripe_url: str) -> Settings:
    return Settings.read(
        {
            "DUEWELL_HOME": str(home / "home"),
            "DUEWELL_EMBEDDED_URL": database_url,
            "DUEWELL_URL": url,
            "DUEWELL_SECRET_KEY": "a secret for journeys, long enough to be accepted",
            "DUEWELL_STRIPE_KEY": STRIPE_KEY,
            "DUEWELL_STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
            "DUEWELL_STRIPE_API_BASE": stripe_url,
        }
    )


def _nobody_home(environ: object, start_response: object) -> list[bytes]:
    raise RuntimeError("the address is taken before the app that needs to know it is made")


@contextmanager
def _serving(server: BaseWSGIServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def eventually(true: Callable[[], object], within: float = 20.0) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
