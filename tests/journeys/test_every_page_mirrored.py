"""Every page at 1280 px in the pseudo-language: right to left, every message in brackets."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.journeys import chromium, walking
from tests.journeys.pages import CASES, Case
from tests.journeys.walking import Walker

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def walker(browser: Browser) -> Iterator[Walker]:
    with walking.furnished() as (opened, made):
        walker = Walker(browser, opened, made, "xx", viewport=chromium.WIDE)
        yield walker
        walker.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_wrong_when_mirrored(case: Case, walker: Walker) -> None:
    wrong = walker.wrong_with(case, mirrored=True)
    assert not wrong, "\n".join(wrong)
