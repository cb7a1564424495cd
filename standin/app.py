"""The stand-in as one WSGI application."""

import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from werkzeug import Request, Response

from standin import api, control, paypage
from standin.account import Account, Webhooks
from standin.courier import Courier
from standin.idempotency import Keys

STATIC = {
    "/static/standin.css": ("standin.css", "text/css"),
    "/static/icon.svg": ("icon.svg", "image/svg+xml"),
}


class StandIn:
    """`account` is open to tests that run in the same process."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._keys = Keys(account)
        self._courier = Courier(account)
        self._courier.start()

    @property
    def keys_in_use(self) -> bool:
        """Whether a request with an idempotency key is being worked on."""
        return self._keys.in_use

    def close(self) -> None:
        self._courier.stop()
        self.account.books.close()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._respond(request)
        except api.ConnectionCut:
            raise  # The server drops the connection without an answer.
        except Exception:
            traceback.print_exc(file=sys.stderr)
            response = paypage.page(
                "problem.html", 500, title="The stand-in broke", text="Nothing was taken. Its log says why."
            )
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        path = request.path
        if path.startswith("/v1/"):
            return api.answer(self.account, self._keys, request)
        if path == "/_control":
            return control.answer(self.account, request)
        if path.startswith("/pay/"):
            return self._pay_page(request, path.removeprefix("/pay/"))
        if path == "/healthz":
            return Response("ok\n", mimetype="text/plain")
        if path in STATIC:
            name, mimetype = STATIC[path]
            return Response((Path(__file__).parent / "static" / name).read_bytes(), mimetype=mimetype)
        if path == "/":
            return paypage.front(self.account)
        return paypage.page("problem.html", 404, title="Nothing here", text="There is no page at this address.")

    def _pay_page(self, request: Request, address: str) -> Response:
        session_id, _, step = address.partition("/")
        if step == "authenticate":
            return paypage.challenge(self.account, session_id, request)
        if request.method == "POST":
            return paypage.submit(self.account, session_id, request)
        return paypage.show(self.account, session_id)


def create_app(
    home: Path, *, api_key: str, webhook_secrets: Sequence[str], webhook_url: str = "", public_url: str = ""
) -> StandIn:
    """
    `home`: the folder of its books. `public_url`: where browsers find it, else where the caller found it.

    :raises ValueError: the API key is not one of test mode.
    """
    if not api_key.startswith("sk_test_"):
        raise ValueError("The stand-in takes a test key only: sk_test_…")
    webhooks = Webhooks(secrets=tuple(webhook_secrets), url=webhook_url)
    return StandIn(Account(home=home, api_key=api_key, webhooks=webhooks, public_url=public_url.rstrip("/")))
