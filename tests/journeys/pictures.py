"""`make pictures`: the pictures of docs/, of the demonstration company on one fixed day. Nothing else is drawn anew."""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser
from sqlalchemy import create_engine, text

from commandline.demo.building import build
from models import audit, clock, company, customers, database, ledger, schema
from models.customers import links
from models.policies.permissions import Role
from models.transactions import release, transaction
from runtime import cluster
from tests.journeys import chromium, house
from tests.journeys.conftest import session_of
from tests.journeys.house import House

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SEED, CUSTOMERS = 1, 60
MOST, LARGEST = 40, 150_000  # pictures; bytes of each
CUSTOMER = "finansai@gintaras.example"  # A café with a little of everything.
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@dataclass(frozen=True)
class Picture:
    """`who` is a role, 'customer' or nobody; `path` may name the ids of the `Studio`."""

    name: str
    who: str
    path: str
    size: dict[str, int]
    language: str = "en"
    dark: bool = False


PICTURES = (
    Picture("statement-phone", "customer", "/statement", PHONE),
    Picture("statement-phone-persian", "customer", "/statement", PHONE, "fa"),
    Picture("statement-phone-dark", "customer", "/statement", PHONE, dark=True),
    Picture("statement-wide", "customer", "/statement", WIDE),
    Picture("pay-phone", "customer", "/pay/{item}", PHONE),
    Picture("result-phone", "customer", "/payments/{attempt}", PHONE),
    Picture("sign-in", "", "/staff/sign-in", WIDE),
    Picture("customers", Role.FINANCE, "/staff/customers", WIDE),
    Picture("customers-phone", Role.FINANCE, "/staff/customers", PHONE),
    Picture("account", Role.FINANCE, "/staff/customers/{customer}", WIDE),
    Picture("account-dark", Role.FINANCE, "/staff/customers/{customer}", WIDE, dark=True),
    Picture("account-phone", Role.FINANCE, "/staff/customers/{customer}", PHONE),
    Picture("entry", Role.FINANCE, "/staff/customers/{customer}/entries/{receipt}", WIDE),
    Picture("allocate", Role.FINANCE, "/staff/customers/{customer}/entries/{unapplied}/allocate", WIDE),
    Picture("statement-as-of", Role.FINANCE, "/staff/customers/{customer}/statement?as_of=2026-10-31", WIDE),
    Picture("timeline", Role.FINANCE, "/staff/customers/{customer}/timeline", WIDE),
    Picture("approvals", Role.MANAGER, "/staff/approvals", WIDE),
    Picture("imports", Role.FINANCE, "/staff/imports", WIDE),
    Picture("books", Role.FINANCE, "/staff/books", WIDE),
    Picture("audit", Role.MANAGER, "/staff/audit", WIDE),
)


class Studio:
    """The demonstration company at a live address, and where each kind of person stands in it."""

    def __init__(self, browser: Browser, opened: House) -> None:
        self.browser = browser
        self.house = opened
        contact = customers.known_by(CUSTOMER)[0]
        self.link = self._link(contact.customer_id, contact.id)
        self.ids: dict[str, object] = {"customer": contact.customer_id, **_entries(contact.customer_id)}
        release()
        self.cookies: dict[str, list[dict[str, str]]] = {"": []}

    def _link(self, customer_id: int, contact_id: int) -> str:
        customer, contact = customers.find(customer_id), customers.contact_of(customer_id, contact_id)
        with transaction():
            return links.make(customer, contact, by=audit.COMMAND, now=clock.real_now())

    def sit(self) -> None:
        """The customer comes in and pays one item; a session is opened for each role."""
        page = self.browser.new_page(base_url=self.house.url, viewport=PHONE, locale="en-GB")
        page.goto(f"/l/{self.link}")
        page.get_by_role("button").first.click()
        page.context.add_cookies([{"name": "duewell_language", "value": "en", "url": self.house.url}])
        page.goto("/statement")
        page.locator("a[href^='/pay/']").nth(1).click()
        page.get_by_role("button", name="Continue to payment").click()
        page.get_by_role("button", name="Pay").click()
        page.wait_for_url("**/payments/*")
        self.ids["attempt"] = page.url.rsplit("/", 1)[1].partition("?")[0]
        page.goto("/statement")
        self.ids["item"] = page.locator("a[href^='/pay/']").first.get_attribute("href").rsplit("/", 1)[1]
        self.house.await_webhooks()
        self.house.work()
        self.cookies["customer"] = page.context.cookies()
        page.context.close()
        for role in (Role.FINANCE, Role.MANAGER):
            self.cookies[role] = [session_of(role, self.house.url)]
            release()

    def take(self, picture: Picture) -> bytes:
        context = self.browser.new_context(
            base_url=self.house.url,
            viewport=picture.size,
            locale="en-GB",
            color_scheme="dark" if picture.dark else "light",
            reduced_motion="reduce",
        )
        context.add_cookies(self.cookies[picture.who])
        context.add_cookies([{"name": "duewell_language", "value": picture.language, "url": self.house.url}])
        page = context.new_page()
        page.goto(picture.path.format(**self.ids))
        page.evaluate("document.fonts.ready")
        taken = page.screenshot(type="png")
        context.close()
        return taken


def _entries(customer_id: int) -> dict[str, int]:
    """A receipt that went somewhere, and one that is unapplied."""
    today = company.get().today(clock.now())
    waiting = ledger.unapplied_credits([customer_id], today)
    shown, _ = ledger.page_of_entries(customer_id, page=1, size=50)
    receipts = [item for item in shown if item.kind == "receipt"]
    used = next(item for item in receipts if ledger.allocations_of(customer_id, item.entry_id))
    return {"unapplied": waiting[-1].entry_id, "receipt": used.entry_id}


def main() -> int:
    clock.real_now = lambda: NOW  # The one seam of time: a picture of today would differ tomorrow.
    FOLDER.mkdir(exist_ok=True)
    with cluster.throwaway() as own, tempfile.TemporaryDirectory() as folder, chromium.running() as browser:
        engine = create_engine(own.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("create database pictures"))
        engine.dispose()
        url = own.url("pictures")
        schema.upgrade(database.connect(url))
        build(CUSTOMERS, seed=SEED, today=NOW.date())
        release()
        with house.opened(Path(folder), url) as opened:
            studio = Studio(browser, opened)
            studio.sit()
            return _keep(studio.take)


def _keep(take: Callable[[Picture], bytes]) -> int:
    """Write every picture, and take away those that are no longer named."""
    assert len(PICTURES) <= MOST
    for picture in PICTURES:
        taken = take(picture)
        assert len(taken) < LARGEST, f"{picture.name} has {len(taken):,} bytes"
        (FOLDER / f"{picture.name}.png").write_bytes(taken)
        print(f"{len(taken):>8,}  {picture.name}")
    for stranger in {path.stem for path in FOLDER.glob("*.png")} - {picture.name for picture in PICTURES}:
        (FOLDER / f"{stranger}.png").unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
