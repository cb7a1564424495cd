"""The same pages in the dark, and printed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys import chromium, walking
from tests.journeys.pages import CASES, Case
from tests.journeys.walking import Walker

pytestmark = pytest.mark.browser
SOME = {
    *("portal.home", "your statement, busy", "portal.pay", "too much to pay", "a payment that is succeeded"),
    *("backoffice.customer_list", "the account of busy", "the entry paid", "backoffice.account_timeline of busy"),
    *("backoffice.allocate", "backoffice.approvals", "backoffice.close_books", "not found by staff"),
}
PRINTED = {"your statement, busy", "a payment that is succeeded", "backoffice.statement of busy", "the entry paid"}
A4 = {"width": 680, "height": 960}  # The paper less its margins, at 96 dots to the inch.
ONLY_ON_SCREENS = ".side, .bar-menu, .bar-search, .languages, .tabs, .pages, .search, .buttons, .top form"


@pytest.fixture(scope="module")
def house(browser: Browser) -> Iterator[tuple[object, object]]:
    with walking.furnished() as furnished:
        yield furnished


@pytest.fixture(scope="module")
def in_the_dark(browser: Browser, house: tuple[object, object]) -> Iterator[Walker]:
    walker = Walker(browser, *house, "en", viewport=chromium.PHONE, color_scheme="dark")
    yield walker
    walker.close()


@pytest.fixture(scope="module")
def on_paper(browser: Browser, house: tuple[object, object]) -> Iterator[Walker]:
    walker = Walker(browser, *house, "en", viewport=A4)
    yield walker
    walker.close()


@pytest.mark.parametrize("case", [case for case in CASES if case.name in SOME], ids=lambda case: case.name)
def test_nothing_is_wrong_in_the_dark(case: Case, in_the_dark: Walker) -> None:
    wrong = in_the_dark.wrong_with(case)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("case", [case for case in CASES if case.name in PRINTED], ids=lambda case: case.name)
def test_paper_holds_what_is_said_and_nothing_to_click(case: Case, on_paper: Walker) -> None:
    on_paper.go(case)
    page = on_paper.inspector.page
    page.emulate_media(media="print")
    wrong = on_paper.inspector.look(axe=False)
    shown = [one for one in page.locator(ONLY_ON_SCREENS).all() if one.is_visible()]
    page.emulate_media(media="screen")
    assert not wrong, "\n".join(wrong)
    assert shown == []


def test_the_names_above_are_names_of_pages() -> None:
    assert {case.name for case in CASES} >= (SOME | PRINTED)
