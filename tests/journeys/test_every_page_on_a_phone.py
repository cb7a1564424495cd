"""Every page at 390 px, in the language of whoever reads it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys import chromium, walking
from tests.journeys.pages import CASES, NO_PAGES, Case
from tests.journeys.walking import Walker

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def walker(browser: Browser) -> Iterator[Walker]:
    with walking.furnished() as (opened, made):
        walker = Walker(browser, opened, made, "", viewport=chromium.PHONE, has_touch=True)
        yield walker
        walker.close()


def test_every_page_is_in_the_table(walker: Walker) -> None:
    named = {case.endpoint for case in CASES} | {case.name for case in CASES} | NO_PAGES.keys()
    pages = {rule.endpoint for rule in walker.house.app.url_map.iter_rules() if "GET" in rule.methods}
    assert sorted(page for page in pages if page not in named) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_wrong_on_a_phone(case: Case, walker: Walker) -> None:
    wrong = walker.wrong_with(case)
    assert not wrong, "\n".join(wrong)
