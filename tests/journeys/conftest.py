from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine

from models import audit, clock, database, staff
from models.gateways.mail import SmtpSender
from models.policies.permissions import Role
from models.staff import StaffState
from models.transactions import transaction
from tests.journeys import chromium, house
from tests.journeys.house import House
from tests.making import Maker
from tests.models.gateways.mail_server import MailServer, running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium.running() as browser:
        yield browser


@pytest.fixture
def duewell(engine: Engine, tmp_path: Path) -> Iterator[House]:
    """All of Duewell on the test's own database."""
    with house.opened(tmp_path, engine.url.render_as_string(hide_password=False)) as opened:
        yield opened
    database.session.configure(bind=engine)


@pytest.fixture
def make(duewell: House) -> Maker:
    """Makes things today: the journeys run on the real clock, as the browser does."""
    return Maker(clock.real_now())


@pytest.fixture
def new_page(browser: Browser, duewell: House) -> Iterator[Callable[..., Page]]:
    """A page of a browser that has never been here, on a phone unless said otherwise."""
    contexts: list[BrowserContext] = []

    def new_page(**wishes: object) -> Page:
        context = browser.new_context(**{"base_url": duewell.url, "viewport": chromium.PHONE, **wishes})
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield new_page
    for context in contexts:
        context.close()


@pytest.fixture
def staff_page(duewell: House, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """A page of somebody on the staff, signed in by a session made for the test."""

    def staff_page(role: Role = Role.FINANCE, email: str = "", **wishes: object) -> Page:
        page = new_page(**{"viewport": chromium.WIDE, **wishes})
        page.context.add_cookies([session_of(role, duewell.url, email)])
        return page

    return staff_page


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with running(MailServer()) as server:
        yield server


@pytest.fixture
def sender(mail_server: MailServer) -> Iterator[SmtpSender]:
    sender = SmtpSender(f"smtp://127.0.0.1:{mail_server.port}", "pay@company.test")
    yield sender
    sender.close()


def session_of(role: Role, url: str, email: str = "") -> dict[str, str]:
    """The cookie of a new session of somebody with this role; of another person where they have another address."""
    now = clock.real_now()
    with transaction():
        who = {"name": f"The {role}", "role": role, "state": StaffState.ACTIVE}
        known = None if email else staff.active_with_role(role)
        member = known or staff.add(email=email or f"{role}@company.test", **who, by=audit.COMMAND, now=now)
        token = staff.open_session(member, now=now, address="127.0.0.1", agent="a journey")
    return {"name": "duewell_staff", "value": token, "url": url}
