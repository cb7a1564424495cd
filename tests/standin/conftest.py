import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug import Request, Response
from werkzeug.serving import make_server

import standin


class Caller:
    """Speaks to the stand-in over a socket, without any library of Stripe's."""

    def __init__(self, url: str) -> None:
        self.address = url.removeprefix("http://")

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return self._call("GET", path, None, headers)

    def post(self, path: str, params: dict[str, str], **headers: str) -> tuple[int, Any]:
        return self._call("POST", path, urlencode(params), headers)

    def _call(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection(self.address, timeout=10)
        try:
            connection.request(method, path, body, {"Authorization": "Bearer sk_test_standin"} | named)
            response = connection.getresponse()
            text = response.read().decode()
            self.headers = response.headers
            return response.status, json.loads(text) if "json" in (response.headers["Content-Type"] or "") else text
        finally:
            connection.close()


class Receiver:
    """Takes webhooks, and answers with the statuses it was told, then with 200."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, str]] = []
        self.statuses: list[int] = []

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body, _ in self.received]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        self.received.append((request.get_data(), request.headers["Stripe-Signature"]))
        return Response(status=self.statuses.pop(0) if self.statuses else 200)(environ, start_response)


@pytest.fixture
def till(tmp_path) -> Iterator[standin.Running]:
    with standin.running(tmp_path) as running:
        yield running


@pytest.fixture
def call_at() -> type[Caller]:
    return Caller


@pytest.fixture
def stripe(till, call_at) -> Caller:
    return call_at(till.url)


@pytest.fixture
def receiver(till) -> Iterator[Receiver]:
    receiver = Receiver()
    server = make_server("127.0.0.1", 0, receiver, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    till.control(webhooks={"url": f"http://127.0.0.1:{server.port}/webhooks"})
    yield receiver
    till.control(webhooks={"url": ""})
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def order() -> dict[str, str]:
    """What asks for a session of 12.34 EUR."""
    return {
        "mode": "payment",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "1234",
        "line_items[0][price_data][product_data][name]": "Invoice <7> & more",
        "payment_intent_data[metadata][attempt]": "a-1",
        "metadata[attempt]": "a-1",
        "success_url": "http://shop.test/done?cs={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/back",
    }
