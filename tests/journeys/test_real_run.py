"""The real thing: `make run` in a home of its own, a real ledger by the real command, both doors in a browser."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from models import clock
from runtime import cluster
from runtime.settings import Settings
from standin.orders import give
from tests.journeys import chromium
from tests.journeys.house import eventually
from tests.journeys.steps import BankMoney, enter_money, find, happened, take_back, used
from tests.making import day_of

pytestmark = pytest.mark.browser
PROJECT = Path(__file__).parents[2]
CUSTOMER = "0200769623"
FIRST_PORT = 8700  # out of the way of a Duewell that somebody runs on this machine


@dataclass
class Running:
    """`python -m runtime` and the commands beside it, in one home."""

    home: Path
    environ: dict[str, str]

    @property
    def url(self) -> str:
        return (self.home / "url").read_text()

    def flask(self, *words: str) -> str:
        """What a command printed."""
        command = [sys.executable, "-m", "flask", "--app", "app", *words]
        done = subprocess.run(
            command, cwd=PROJECT, env=self.environ, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def order(self, **orders: object) -> dict[str, Any]:
        """Tell the stand-in for Stripe what to do; returns its state."""
        settings = Settings.read(self.environ)
        return give(settings.stripe_api_base, settings.stripe_key, **orders)

    def all_webhooks_done(self) -> bool:
        return all(one["done"] for one in self.order()["deliveries"])


@pytest.fixture(scope="module")
def ledger() -> Path:
    folder = Path(os.environ.get("DUEWELL_DATA", PROJECT.parent / "shared" / "data")) / "ledgers"
    if not folder.is_dir():
        pytest.skip(f"NO REAL LEDGERS: {folder} is absent, so the real run was not walked")
    return folder / "sap_open_items.csv"


@pytest.fixture(scope="module")
def running(ledger: Path, browser: Browser) -> Iterator[Running]:
    room = tempfile.TemporaryDirectory(prefix="duewell-journey-", dir="/tmp")
    Path(room.name).chmod(0o711)  # PostgreSQL runs as another user where we are root.
    home = Path(room.name) / "home"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DUEWELL_")}
    environ |= {"DUEWELL_HOME": str(home), "DUEWELL_PORT": str(FIRST_PORT), "DUEWELL_WORKERS": "1"}
    with (Path(room.name) / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime"], cwd=PROJECT, env=environ, stdout=said, stderr=said
        )
    try:
        _until_it_says_where_to_click(process, Path(room.name) / "said")
        yield Running(home, environ)
    finally:
        process.terminate()
        assert process.wait(60) == 0
        if (home / "postgres").exists():
            cluster.of_home(home).remove()
        room.cleanup()


def _until_it_says_where_to_click(process: subprocess.Popen[bytes], said: Path) -> None:
    def told() -> bool:
        assert process.poll() is None, said.read_text()
        return "Staff" in said.read_text()

    eventually(told, within=180)


@pytest.fixture(scope="module")
def imported(running: Running, ledger: Path) -> dict[str, object]:
    """What the import said, with the real figures of this file."""
    return json.loads(running.flask("import", "invoices", str(ledger), "--format", "json"))


@pytest.fixture
def new_page(browser: Browser, running: Running) -> Iterator[Callable[..., Page]]:
    contexts = []

    def new_page(**wishes: object) -> Page:
        contexts.append(browser.new_context(**{"base_url": running.url, "viewport": chromium.PHONE, **wishes}))
        contexts[-1].set_default_timeout(30_000)
        return contexts[-1].new_page()

    yield new_page
    for context in contexts:
        context.close()


def test_the_real_file_is_in_with_its_figures(imported: dict[str, object]) -> None:
    assert (imported["new"], imported["rejected"]) == (5688, 0)
    assert imported["sums"] == {"USD": "168462310.25"}


@pytest.mark.parametrize("java_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_customer_of_a_real_ledger_pays_two_items_and_a_part_of_a_third(
    java_script: bool, imported: dict[str, object], running: Running, new_page: Callable[..., Page]
) -> None:
    """While every webhook comes three times, in any order."""
    running.order(webhooks={"copies": 3, "shuffle": True, "delay_seconds": 0.5})
    contact = f"ap{java_script:d}@example.test"
    page = new_page(locale="en-GB", java_script_enabled=java_script)
    page.goto(running.flask("link", CUSTOMER, "--contact", contact))
    page.get_by_role("button", name="Continue").click()
    before = _items(page)
    page.get_by_role("link", name="Next", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Page 2 of")
    numbers = page.locator("tbody tr .lead").all_inner_texts()[:3]

    page.goto("/pay?page=2")
    page.get_by_role("button", name="Untick all").click()
    for number in numbers:
        page.get_by_role("checkbox", name=f"Pay {number}").check()
    page.get_by_label(f"Amount to pay for {numbers[2]}").fill("0.50")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("main")).to_contain_text("3 items")
    page.get_by_role("button", name="Pay $").click()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/payments/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your payment has arrived.")
    page.get_by_role("link", name="Back to your statement").click()
    assert _items(page) == before - 2

    manager = _signed_in(new_page(viewport=chromium.WIDE), "Manager")
    eventually(lambda: _states_of_mails(manager, contact) == ["Sent"], within=60)
    eventually(running.all_webhooks_done, within=60)
    find(manager, CUSTOMER)
    events = happened(manager)
    assert sum(event.startswith("Receipt") for event in events[:8]) == 1
    assert sum(event.startswith("Allocated") for event in events[:8]) == 3
    assert "Payment succeeded" in events[:8]
    assert json.loads(running.flask("verify", "--format", "json"))["broken"] == []


def test_finance_works_on_the_account_of_a_real_ledger(
    imported: dict[str, object], running: Running, new_page: Callable[..., Page]
) -> None:
    page = _signed_in(new_page(viewport=chromium.WIDE), "Finance")

    find(page, CUSTOMER)
    page.get_by_role("link", name="Statement").click()
    page.get_by_label("Any other day").fill("2020-03-31")
    page.get_by_role("button", name="Show").click()
    told = json.loads(running.flask("statement", CUSTOMER, "--as-of", "2020-03-31", "--format", "json"))
    page_total = page.get_by_role("row").filter(has_text="Total").locator("data").get_attribute("value")
    assert page_total == f"{told['total']} USD"

    page.get_by_role("navigation", name="Where you are").get_by_role("link").nth(1).click()
    rows = page.get_by_role("table", name="Open items").locator("tbody tr")
    items = {
        rows.nth(place).locator(".lead").inner_text(): rows.nth(place).locator(".figure data").get_attribute("value")
        for place in range(3)
    }
    (first, one), (second, two), (third, three) = items.items()
    cents = [int(value.split()[0].replace(".", "")) for value in (one, two, three)]
    part = cents[2] // 2
    shares = {first: _typed(cents[0]), second: _typed(cents[1]), third: _typed(part)}
    yesterday = day_of(clock.real_now()) - timedelta(days=1)
    enter_money(page, BankMoney(_typed(cents[0] + cents[1] + part), yesterday, shares))
    for number in shares:
        expect(used(page, number)).to_contain_text("In force")
    take_back(page, second)
    expect(used(page, second)).to_contain_text("Taken back")
    page.get_by_role("navigation", name="Where you are").get_by_role("link").nth(1).click()
    events = happened(page)
    assert "taken back" in events[0]
    assert sum(event.startswith("Allocated") for event in events[:8]) >= 3
    assert json.loads(running.flask("verify", "--format", "json"))["broken"] == []


def _items(page: Page) -> int:
    """How many items the statement counts."""
    shown = re.search(r"([\d,]+) items", page.get_by_role("main").inner_text())
    assert shown
    return int(shown[1].replace(",", ""))


def _typed(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _states_of_mails(page: Page, contact: str) -> list[str]:
    """Of everything that was written to the contact of this journey."""
    page.goto("/staff/outbox")
    return page.get_by_role("row").filter(has_text=contact).locator(".tag").all_inner_texts()


def _signed_in(page: Page, role: str) -> Page:
    """By the demonstration's button."""
    page.goto("/staff/sign-in")
    page.get_by_role("button", name=role).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Customers")
    return page
