"""Looks at a page as it stands in the browser, and names everything that is wrong with it."""

from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import ConsoleMessage, Page, Request, ViewportSize

LOOK = (Path(__file__).parent / "inspection.js").read_text(encoding="utf-8")
# The thirtieth row is built like the first: looking at five hundred of them takes a minute and finds nothing else.
ALIKE = "tbody tr:nth-child(n+30), .timeline li:nth-child(n+30)"
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    # The pseudo-language has no valid code, on purpose: no browser may think that it knows it.
    "rules": {"html-lang-valid": {"enabled": False}},
    "resultTypes": ["violations"],  # Of what passes axe would describe every element, which takes as long again.
}
AXE = """
([alike, options]) => {
  document.querySelectorAll(alike).forEach((element) => element.remove());
  return axe.run(options).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ html }) => `axe ${id}: ${html.slice(0, 160)}`)));
}
"""


class Inspector:
    """Listens to a page from its first moment on: what the console says, and whether hostile text asks for anything."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.heard: list[str] = []
        # Laid into every page by the browser itself: half a megabyte is sent and compiled once, not for each look.
        page.add_init_script(AXE_SCRIPT)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.heard.append(f"a script failed: {error}"))
        page.on("request", self._watch)

    def look(self, *, marked: bool = False) -> list[str]:
        """
        Everything wrong with what the page shows now, and with how it came to be shown; `marked` where every message
        is to stand in brackets.
        """
        wrong = [*self.heard, *self.page.evaluate(LOOK, {"marked": marked})]
        self.heard.clear()
        return wrong

    def ask_axe(self) -> list[str]:
        """What axe finds. The page loses its many like rows."""
        found: list[str] = self.page.evaluate(AXE, [ALIKE, RULES])
        return found

    def turn_round(self, size: ViewportSize) -> list[str]:
        """The same page from left to right, in another size: to load it once more would take as long as all looking."""
        self.page.set_viewport_size(size)
        self.page.evaluate("document.documentElement.dir = 'ltr'")
        return self.look()

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser notes the status of an error page, which is what the page is about.
        own = message.text.startswith("Failed to load resource") and message.location["url"] == self.page.url
        if not own:
            self.heard.append(f"the console says: {message.text}")

    def _watch(self, request: Request) -> None:
        if urlsplit(request.url).path == "/hostile":
            self.heard.append("what somebody typed asked the server for something")
