"""Serving the stand-in over HTTP: for `python -m standin`, and inside a test's own process."""

import http.client
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from urllib.parse import urlencode, urlsplit

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from standin.app import StandIn, create_app
from standin.orders import give

WATCHER = "STANDIN_WATCHER"  # 'module:name' of what is put around the app, to see what comes in and goes out


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # Head and body are written apart; otherwise each answer waits 40 ms.

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the books hold what happened."""

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        self.close_connection = True


def make(app: StandIn, host: str, port: int) -> BaseWSGIServer:
    watcher = os.environ.get(WATCHER)
    watched = resolve_name(watcher)(app) if watcher else app
    return make_server(host, port, watched, threaded=True, request_handler=Handler)


class Running:
    """A stand-in that answers at `url`."""

    def __init__(self, app: StandIn, url: str) -> None:
        self.app = app
        self.url = url

    def control(self, **orders: Any) -> dict[str, Any]:
        """Give orders to `/_control` and return the state that it tells."""
        return give(self.url, self.app.account.api_key, **orders)

    def press_pay(self, session_url: str, number: str = "4242424242424242") -> tuple[int, str]:
        """Submit the pay page as a browser would, with a card or an IBAN; the status and where it leads."""
        card = {"number": number, "expiry": "12 / 34", "cvc": "123"}
        return self._post(session_url, {"iban": number} if number[:2].isalpha() else card)

    def authenticate(self, session_url: str, *, passed: bool = True) -> tuple[int, str]:
        """Answer the bank's question of 3-D Secure."""
        return self._post(f"{session_url}/authenticate", {"answer": "yes" if passed else "no"})

    def _post(self, url: str, fields: dict[str, str]) -> tuple[int, str]:
        address = urlsplit(url)
        connection = http.client.HTTPConnection(address.netloc)
        connection.request(
            "POST", address.path, urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status, response.getheader("Location", "")


@contextmanager
def running(
    home: Path,
    *,
    api_key: str = "sk_test_standin",
    webhook_secrets: Sequence[str] = ("whsec_standin",),
    webhook_url: str = "",
    port: int = 0,
) -> Iterator[Running]:
    """Serve from threads of this process until the block ends."""
    app = create_app(home, api_key=api_key, webhook_secrets=webhook_secrets, webhook_url=webhook_url)
    server = make(app, "127.0.0.1", port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Running(app, f"http://127.0.0.1:{server.port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.close()
