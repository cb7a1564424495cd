"""A browser without a screen: cookies, forms with their tokens, and no answer when the server is killed."""

import re
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urlsplit

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class NoAnswer(Exception):
    """Nobody knows whether it was done."""


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str


class Browser:
    def __init__(self, url: str, cookies: dict[str, str] | None = None) -> None:
        self._address = urlsplit(url).netloc
        self.cookies = dict(cookies or {})
        self._token = ""

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def post(self, path: str, **fields: str) -> Answer:
        """A form of the page that was looked at last."""
        return self._ask("POST", path, urlencode({"csrf_token": self._token, **fields}))

    def twin(self) -> "Browser":
        """The same browser for the second half of a double click."""
        other = Browser(f"//{self._address}", self.cookies)
        other._token = self._token
        return other

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        """:raises NoAnswer: the connection is refused or cut."""
        connection = HTTPConnection(self._address, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, HTTPException) as error:
            raise NoAnswer(f"{method} {path}") from error
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if found := TOKEN.search(text):
            self._token = found[1]
        return Answer(response.status, response.headers.get("Location", ""), text)
