"""
Every page as hard as it gets: in the pseudo-language, whose messages are longer than any and stand in brackets, right
to left at 390 px and, turned round, left to right at 1280. Some of them in the dark, and printed.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from models.words import PSEUDO
from tests.journeys import chromium, walking
from tests.journeys.company import Furnished
from tests.journeys.house import House
from tests.journeys.pages import CASES, NO_PAGES, Case
from tests.journeys.walking import Walker

pytestmark = pytest.mark.browser
DARK = {
    *("portal.home", "your statement, busy", "portal.pay", "too much to pay", "a payment that is succeeded"),
    *("backoffice.customer_list", "the account of busy", "the entry paid", "backoffice.account_timeline of busy"),
    *("backoffice.allocate", "backoffice.approvals", "backoffice.close_books", "not found by staff"),
}
PRINTED = {"your statement, busy", "a payment that is succeeded", "backoffice.statement of busy", "the entry paid"}
A4 = {"width": 680, "height": 960}  # The paper less its margins, at 96 dots to the inch.
ONLY_ON_SCREENS = ".side, .bar-menu, .bar-search, .languages, .tabs, .pages, .search, .buttons, .top form"


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[House, Furnished]]:
    with walking.furnished() as furnished:
        yield furnished


@pytest.fixture(scope="module")
def in_the_dark(browser: Browser, house: tuple[House, Furnished]) -> Iterator[Walker]:
    walker = Walker(browser, *house, "en", viewport=chromium.PHONE, color_scheme="dark")
    yield walker
    walker.close()


@pytest.fixture(scope="module")
def on_paper(browser: Browser, house: tuple[House, Furnished]) -> Iterator[Walker]:
    walker = Walker(browser, *house, "en", viewport=A4)
    yield walker
    walker.close()


@pytest.fixture(scope="module")
def hardest(browser: Browser, house: tuple[House, Furnished]) -> Iterator[Walker]:
    walker = Walker(browser, *house, PSEUDO, viewport=chromium.PHONE, has_touch=True)
    yield walker
    walker.close()


@pytest.mark.parametrize("case", [case for case in CASES if case.name in DARK], ids=lambda case: case.name)
def test_nothing_is_wrong_in_the_dark(case: Case, in_the_dark: Walker) -> None:
    wrong = in_the_dark.wrong_with(case)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("case", [case for case in CASES if case.name in PRINTED], ids=lambda case: case.name)
def test_paper_holds_what_is_said_and_nothing_to_click(case: Case, on_paper: Walker) -> None:
    on_paper.go(case)
    page = on_paper.inspector.page
    page.emulate_media(media="print")
    wrong = on_paper.inspector.look()
    shown = [one for one in page.locator(ONLY_ON_SCREENS).all() if one.is_visible()]
    page.emulate_media(media="screen")
    assert not wrong, "\n".join(wrong)
    assert shown == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_wrong(case: Case, hardest: Walker) -> None:
    wrong = [*hardest.wrong_with(case, marked=True), *hardest.inspector.turn_round(chromium.WIDE)]
    hardest.inspector.page.set_viewport_size(chromium.PHONE)
    assert not wrong, "\n".join(wrong)


def test_every_page_is_in_the_table(house: tuple[House, Furnished]) -> None:
    named = {case.endpoint for case in CASES} | {case.name for case in CASES} | NO_PAGES.keys()
    pages = {rule.endpoint for rule in house[0].app.url_map.iter_rules() if "GET" in rule.methods}
    assert sorted(page for page in pages if page not in named) == []
    assert {case.name for case in CASES} >= (DARK | PRINTED)
