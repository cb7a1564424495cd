"""One embedded PostgreSQL for the whole run, a template with the schema, a database of its own for every test."""

import gc
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from app import create_app
from models import clock, company, database
from models.transactions import transaction
from runtime import cluster
from runtime.settings import Settings
from tests import databases, hashing, routes, templates
from tests.databases import new_database
from tests.making import Maker
from tests.standin import contract, watching

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
# GETs that write something nobody would miss; see DESIGN in docs/architecture.md.
GET_MAY_WRITE = {
    "portal.payment": "coming back from Stripe asks Stripe",
    "portal.payment_by_link": "coming back from Stripe asks Stripe",
    "portal.plan_paid": "coming back from Stripe asks Stripe",
    "portal.method_added": "coming back from Stripe asks Stripe",
}
# Files of few tests that run for long: they begin first, or one of them would run alone at the end.
LONG = (
    *("journeys/test_every_page.py", "journeys/test_real_run.py"),
    *("kills/", "journeys/", "models/ledger/test_random_books.py", "commandline/test_demo.py", "runtime/"),
    *("test_translations.py", "test_permissions.py", "models/payments/"),
)
_house = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """The one process that is no worker starts the cluster; workers get its address."""
    hypothesis.settings.register_profile("ours", deadline=None)  # A busy machine is no fault of ours.
    hypothesis.settings.load_profile("ours")
    templates.compile_once()
    routes.compile_once()
    hashing.make_cheap()
    if contract.is_there():
        watching.watch_all(Path(_house.enter_context(tempfile.TemporaryDirectory(prefix="duewell-contract-")), "found"))
    if hasattr(config, "workerinput"):
        os.environ["DUEWELL_TEST_CLUSTER"] = config.workerinput["cluster"]
        return
    if config.option.collectonly or config.option.help:
        return
    own = _house.enter_context(cluster.throwaway())
    os.environ["DUEWELL_TEST_CLUSTER"] = own.url("{name}")
    databases.make_template()


def pytest_configure_node(node: object) -> None:
    node.workerinput["cluster"] = os.environ["DUEWELL_TEST_CLUSTER"]  # type: ignore[attr-defined]


def pytest_unconfigure() -> None:
    databases.forget()
    _house.close()


def pytest_report_header() -> str:
    return "" if contract.is_there() else contract.ABSENT


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Proofs at full size run by `make prove` alone. Several processes take file after file: the longest first."""
    if os.environ.get("DUEWELL_PROVE"):
        return
    keep = [item for item in items if "prove" not in item.keywords]
    config.hook.pytest_deselected(items=[item for item in items if "prove" in item.keywords])
    if hasattr(config, "workerinput"):
        many = Counter(item.path for item in keep)
        keep.sort(key=lambda item: (_turn(item.path), -many[item.path]))  # Stable: a file keeps its own order.
    items[:] = keep


def pytest_collection_finish() -> None:
    """All that was imported stays to the end: nobody needs to look through it for garbage, again and again."""
    gc.collect()
    gc.freeze()


def _turn(path: Path) -> int:
    name = path.relative_to(Path(__file__).parent).as_posix()
    return next((turn for turn, start in enumerate(LONG) if name.startswith(start)), len(LONG))


@pytest.fixture(autouse=True)
def _as_stripe_publishes_it() -> Iterator[None]:
    """Fails the test in which a stand-in was asked, answered or told what Stripe's published document does not know."""
    yield
    assert watching.told() == []


@pytest.fixture
def database_url() -> Iterator[str]:
    with new_database() as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The session is bound to a database of its own."""
    bound = database.connect(database_url)
    yield bound
    database.session.remove()
    bound.dispose()


@pytest.fixture
def make(engine: Engine) -> Maker:
    """Makes customers, invoices and receipts, each in a transaction of its own."""
    return Maker(NOW)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    environ = {
        "DUEWELL_HOME": str(tmp_path / "home"),
        "DUEWELL_EMBEDDED_URL": database_url,
        "DUEWELL_URL": "http://localhost",
        "DUEWELL_SECRET_KEY": "a secret for tests, long enough to be accepted",
        "DUEWELL_STRIPE_KEY": "sk_test_duewell",
        "DUEWELL_STRIPE_WEBHOOK_SECRETS": "whsec_tests",
        "DUEWELL_STRIPE_API_BASE": "http://127.0.0.1:9",
    }
    return Settings.read(environ)


@pytest.fixture
def app(settings: Settings, engine: Engine) -> Iterator[Flask]:
    """All of Duewell in this process, at NOW: whichever day and hour it is, tests that use it see the same."""
    with transaction():
        company.locked().clock_offset_seconds = round((NOW - clock.real_now()).total_seconds())
    company.keep_clock(production=False)
    app = create_app(settings)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield app
    bound = database.session.get_bind()
    database.session.remove()
    bound.dispose()  # type: ignore[union-attr]
    database.session.configure(bind=engine)
    clock.move(timedelta())


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    """A browser that fails the test when reading a page writes to the database."""
    writes: list[str] = []
    bound = database.session.get_bind()

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().lower().startswith(("insert", "update", "delete")):
            writes.append(statement)

    event.listen(bound, "before_cursor_execute", note)
    client = app.test_client()
    plain_open = client.open

    def checked_open(*args: object, **kwargs: object) -> object:
        writes.clear()
        response = plain_open(*args, **kwargs)  # type: ignore[arg-type]
        with app.test_request_context(response.request.path, method=response.request.method):
            endpoint = _endpoint(app, response.request.path, response.request.method)
        if response.request.method in ("GET", "HEAD") and endpoint not in GET_MAY_WRITE:
            unexpected = [statement for statement in writes if not statement.lower().startswith("update sessions")]
            assert not unexpected, f"reading {response.request.path} wrote: {unexpected}"
        return response

    client.open = checked_open  # type: ignore[method-assign]
    yield client
    event.remove(bound, "before_cursor_execute", note)


def _endpoint(app: Flask, path: str, method: str) -> str | None:
    from werkzeug.exceptions import HTTPException

    try:
        return app.url_map.bind("localhost").match(path, method=method)[0]
    except HTTPException:
        return None
