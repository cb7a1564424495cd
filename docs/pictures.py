"""
`make pictures`: the pictures of docs/, always of the same company on the same day. `python -m docs.pictures cases`
makes one part alone.
"""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from sqlalchemy import create_engine, select

from commandline.demo.building import build
from commandline.demo.showing import SHOWN
from docs import pictures_of_cases, pictures_of_papers, pictures_of_plans
from models import audit, clock, customers, database, schema
from models.customers import links
from models.database import session
from models.dunning import runs, sequences, templates
from models.promises import Promise, PromiseState
from models.transactions import release, transaction
from runtime import cluster
from tests.journeys.chromium import FLAGS, PHONE, found
from tests.journeys.house import House, opened

FOLDER = Path(__file__).parent / "pictures"
NOON = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MOST_BYTES = 150_000
LETTERS = ("en", "el", "lt", "fa")
WIDE = {"width": 1280, "height": 720}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, cluster.throwaway() as server:
        home = Path(folder)
        engine = create_engine(server.url())
        schema.upgrade(engine)
        engine.dispose()
        database.connect(server.url())
        _stop_the_clock()
        build(20, seed=1, today=NOON.date(), home=home, address="https://pay.example")
        release()
        with opened(home, server.url()) as house, sync_playwright() as playwright:
            house.till.control(clock_offset_seconds=round((NOON - datetime.now(UTC)).total_seconds()))
            browser = playwright.chromium.launch(executable_path=found(), args=FLAGS)
            parts = {
                "portal": lambda: _portal(browser, house),
                "backoffice": lambda: _backoffice(browser, house.url),
                "reminders": lambda: _reminders(browser, house.url),
                "cases": lambda: pictures_of_cases.take_all(browser, house.url, _take, _take_paper),
                "plans": lambda: pictures_of_plans.take_all(browser, house.url, _take),
                "papers": lambda: pictures_of_papers.take_all(browser, house.url, _take, _take_paper),
            }
            for part in sys.argv[1:] or parts:
                parts[part]()
            browser.close()
    heavy = [path.name for path in FOLDER.iterdir() if path.stat().st_size > MOST_BYTES]
    if heavy:
        raise SystemExit(f"Over {MOST_BYTES} bytes: {', '.join(heavy)}")


def _stop_the_clock() -> None:
    """Every minute of today would make other pictures."""
    clock.real_now = lambda: NOON


def _portal(browser: Browser, house: House) -> None:
    url = house.url
    phone = browser.new_context(viewport=PHONE, locale="en-GB")
    page = phone.new_page()
    page.goto(f"{url}/l/{_link()}")
    _take(phone, "landing-phone")
    page.click("main form button")
    _choose(phone, url, "en")
    page.goto(f"{url}/statement")
    _take(phone, "statement-phone")
    page.click("tbody .act a >> nth=0")
    _take(phone, "pay-phone")
    for name in ("promise", "preferences"):
        page.goto(f"{url}/{name}")
        _take(phone, f"{name}-phone")
    _choose(phone, url, "fa")
    page.goto(f"{url}/statement")
    _take(phone, "statement-persian")
    _choose(phone, url, "en")
    page.set_viewport_size(WIDE)
    page.goto(f"{url}/statement")
    _take(phone, "statement-wide")
    page.emulate_media(color_scheme="dark")
    _take(phone, "statement-dark")
    page.set_viewport_size(PHONE)
    _take(phone, "statement-phone-dark")
    page.emulate_media(color_scheme="light")
    _pay(phone, house)
    _take(phone, "result-phone")
    phone.close()


def _pay(phone: BrowserContext, house: House) -> None:
    """The last item, by the test card at the stand-in."""
    page = phone.pages[-1]
    page.click("tbody .act a >> nth=-1")
    page.get_by_role("button", name="Continue to payment").click()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/payments/*")
    house.await_webhooks()
    house.work()


def _backoffice(browser: Browser, url: str) -> None:
    desk = browser.new_context(viewport=WIDE, locale="en-GB")
    page = desk.new_page()
    page.goto(f"{url}/staff/sign-in")
    _take(desk, "sign-in")
    page.click("form[action*='finance'] button")
    account = f"/staff/customers/{customers.known_by(SHOWN)[0].customer_id}"
    release()
    pages = {
        "customers": "/staff/customers",
        "account": account,
        "entries": f"{account}/entries",
        "timeline": f"{account}/timeline",
        "statement-of-a-past-day": f"{account}/statement?as_of=2026-10-20",
        "receipt": f"{account}/receipts/new",
        "holds": f"/staff/customers/{_promising()}/holds",
        "books": "/staff/books",
        "imports": "/staff/imports",
        "approvals": "/staff/approvals",
    }
    for name, path in pages.items():
        page.goto(url + path)
        _take(desk, name)
    page.goto(url + account)
    page.get_by_role("table", name="Unapplied cash").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Receipt")
    _take(desk, "entry")
    page.get_by_role("link", name="Allocate").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Allocate")
    _take(desk, "allocate")
    page.set_viewport_size(PHONE)
    page.goto(url + account)
    _take(desk, "account-phone")
    desk.close()
    _audit(browser, url)


def _reminders(browser: Browser, url: str) -> None:
    """What who writes sees: the sequence, words, what would go and what went; a letter in four languages."""
    writer = browser.new_context(viewport=WIDE, locale="en-GB")
    page = writer.new_page()
    page.goto(f"{url}/staff/sign-in")
    page.click("form[action*='finance'] button")
    [everyone] = sequences.every()
    newest = sequences.versions(everyone.id)[0]
    words = {one.key: f"/staff/reminders/templates/{one.id}" for one in templates.every()}
    run = runs.latest()[0]
    shown = customers.known_by(SHOWN)[0].customer_id
    release()
    pages = {
        "reminders": "/staff/reminders",
        "sequence": f"/staff/reminders/sequences/{everyone.id}/{newest.number}",
        "steps": f"/staff/reminders/sequences/{everyone.id}/{newest.number}/steps",
        "calendar": f"/staff/reminders/preview?version={newest.id}",
        "words": f"{words['after_7']}/1/preview?language=en",
        "run": f"/staff/reminders/runs/{run.id}",
        "why": f"/staff/customers/{shown}/reminders?day={run.as_of}",
    }
    for name, path in pages.items():
        page.goto(url + path)
        _take(writer, name)
        if name == "calendar":
            page.get_by_role("heading", name="What the draft would change").evaluate("it => it.scrollIntoView()")
            _take(writer, "difference")
    for language in LETTERS:
        paper = page.request.get(f"{url}{words['final']}/1/preview.pdf?language={language}").body()
        _take_paper(paper, f"letter-{language}")
    writer.close()
    _review(browser, f"{url}{words['after_7']}/2?language=en", url)


def _review(browser: Browser, address: str, url: str) -> None:
    counsel = browser.new_context(viewport=WIDE, locale="en-GB")
    page = counsel.new_page()
    page.goto(f"{url}/staff/sign-in")
    page.click("form[action*='counsel'] button")
    page.goto(address)
    _take(counsel, "review")
    counsel.close()


def _take_paper(pdf: bytes, name: str) -> None:
    """The first sheet, by poppler's pdftoppm."""
    command = ["pdftoppm", "-png", "-singlefile", "-r", "72", "-", str(FOLDER / name)]
    subprocess.run(command, input=pdf, check=True)


def _audit(browser: Browser, url: str) -> None:
    manager = browser.new_context(viewport=WIDE, locale="en-GB")
    page = manager.new_page()
    page.goto(f"{url}/staff/sign-in")
    page.click("form[action*='manager'] button")
    page.goto(f"{url}/staff/audit")
    _take(manager, "audit")
    manager.close()


def _promising() -> int:
    """Somebody who has promised to pay, among much else."""
    found = session.scalars(select(Promise.customer_id).where(Promise.state == PromiseState.OPEN)).first()
    assert found is not None
    release()
    return found


def _link() -> str:
    with transaction():
        contact = customers.known_by(SHOWN)[0]
        customer = customers.find(contact.customer_id)
        assert customer is not None
        return links.make(customer, contact, by=audit.COMMAND, now=clock.real_now())


def _choose(context: BrowserContext, url: str, language: str) -> None:
    context.add_cookies([{"name": "duewell_language", "value": language, "url": url}])


def _take(context: BrowserContext, name: str) -> None:
    """What is seen without scrolling: enough to recognise, small enough to keep."""
    page = context.pages[-1]
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready.then(() => true)")
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, scale="css")
    if path.stat().st_size > MOST_BYTES:
        _lighten(path)


def _lighten(path: Path) -> None:
    """In 256 colours: a page has few more."""
    with Image.open(path) as picture:
        lighter = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    lighter.save(path, optimize=True)


if __name__ == "__main__":
    main()
