"""Around every stand-in that a test starts: what comes in, goes out and happens is held against the contract."""

import io
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import standin
from standin.server import WATCHER
from standin.wire import ApiError, parse
from tests.standin import contract

FINDINGS = "STANDIN_FINDINGS"  # the file of what was wrong, for stand-ins in processes of their own as well
LIBRARY = "Stripe/"  # so begins the name that Stripe's library, and so Duewell, gives itself


def watch_all(findings: Path) -> None:
    """Every stand-in of this process, and of those that it starts."""
    findings.touch()
    os.environ[FINDINGS] = str(findings)
    os.environ[WATCHER] = f"{__name__}:Judge"


def told() -> list[str]:
    """What was wrong since the last time that somebody asked, each once."""
    findings = Path(os.environ.get(FINDINGS, os.devnull))
    if not findings.stat().st_size:
        return []
    told = findings.read_text().splitlines()
    findings.write_text("")
    return list(dict.fromkeys(told))


class Judge:
    """
    The stand-in behind somebody who reads along. Whatever Duewell asks must be right; tests that ask by themselves may
    ask wrongly, and then must be refused.
    """

    def __init__(self, app: standin.StandIn) -> None:
        self._app = app
        app.account.on_event = lambda event: _note(contract.wrong_with_object(event))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith("/v1/"):
            return self._app(environ, start_response)
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        wrong = _wrong_with_request(method, path, environ)
        if environ.get("HTTP_USER_AGENT", "").startswith(LIBRARY):
            _note(wrong)
        statuses: list[int] = []

        def answer(status: str, *rest: Any) -> Any:
            statuses.append(int(status[:3]))
            return start_response(status, *rest)

        body = b"".join(self._app(environ, answer))
        if statuses[0] == 200:
            _note(f"accepted: {one}" for one in wrong)
        _note(contract.wrong_with_answer(method, path, statuses[0], json.loads(body)))
        return [body]


def _wrong_with_request(method: str, path: str, environ: dict[str, Any]) -> list[str]:
    form = environ.get("QUERY_STRING", "")
    if method == "POST":
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        form = body.decode()
    with suppress(ApiError):
        return contract.wrong_with_form(method, path, parse(form))
    return ["a form that cannot be read"]


def _note(wrong: Iterable[str]) -> None:
    sentences = list(wrong)
    if sentences:
        with open(os.environ[FINDINGS], "a") as findings:
            findings.write("".join(f"{one}\n" for one in sentences))
