"""Contenders for a page, each on a granian of its own with our settings; what counts is the server's CPU time."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import make_url

from bench.databases import Databases
from bench.raw import DATABASE
from runtime.ports import HOST, next_free
from runtime.ties import tied

FIRST_PORT, PORTS_TRIED = 18_000, 500
START_SECONDS = 60.0
CPU_SECONDS = 0.6  # of each round: the kernel counts hundredths of a second
WARM_UP = 50  # requests
WEBHOOK_SECRET = "whsec_bench"


@dataclass(frozen=True, slots=True)
class Page:
    """`path` of a server started from `target`, asked for with `cookie`; the answer must hold `expected` so often."""

    name: str
    target: str
    path: str
    cookie: str = ""
    expected: tuple[str, int] = ("", 1)


class Server:
    """A web server as `make run` starts it, but that it may have fewer processes."""

    def __init__(self, target: str, log: Path, environ: Mapping[str, str], workers: int = 1) -> None:
        self._port = next_free(FIRST_PORT, PORTS_TRIED)
        command = [
            *(sys.executable, "-m", "runtime.server", target),
            *("--port", str(self._port.number), "--workers", str(workers)),
        ]
        with log.open("ab") as out:
            self._process = subprocess.Popen(command, env=dict(environ), stdout=out, stderr=out, preexec_fn=tied())
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {log.read_text()[-2_000:]}")
            time.sleep(0.05)

    def connection(self) -> "Connection":
        return Connection(self._port.number)

    def cpu(self) -> float:
        """Seconds that all processes of the server have had so far, from /proc/PID/stat."""
        parent = psutil.Process(self._process.pid)
        spent = [process.cpu_times() for process in (parent, *parent.children(recursive=True))]
        return sum(times.user + times.system for times in spent)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._port.give_back()

    def _listens(self) -> bool:
        with socket.socket() as tried:
            return tried.connect_ex((HOST, self._port.number)) == 0


class Connection:
    """A connection that stays open between requests; the least client there can be, so that it takes little CPU."""

    def __init__(self, port: int) -> None:
        self._host = f"{HOST}:{port}"
        self._cookies: dict[str, str] = {}
        self._socket = socket.create_connection((HOST, port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def get(self, page: Page) -> bytes:
        """:raises RuntimeError: the answer is not 200."""
        cookies = "; ".join([page.cookie, *self._cookies.values()])
        lines = [f"GET {page.path} HTTP/1.1", f"Host: {self._host}", "Accept: text/html", f"Cookie: {cookies}"]
        self.send("\r\n".join([*lines, "", ""]).encode())
        return self.answer()

    def send(self, request: bytes) -> None:
        self._socket.sendall(request)

    def answer(self) -> bytes:
        """
        The body of the answer to what was sent.

        :raises RuntimeError: it is not 200.
        """
        read = b""
        while b"\r\n\r\n" not in read:
            read += self._received()
        head, _, body = read.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        if " 200 " not in f"{status} ":
            raise RuntimeError(f"the server answers {status}")
        fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        self._keep_cookies(value for name, value in fields if name == "set-cookie")
        length = next(int(value) for name, value in fields if name == "content-length")
        while len(body) < length:
            body += self._received()
        return body

    def _keep_cookies(self, told: Iterable[str]) -> None:
        """As a browser does: the form's cookie comes with the first page and goes back with every other."""
        for cookie in told:
            self._cookies[cookie.partition("=")[0]] = cookie.partition(";")[0]

    def _received(self) -> bytes:
        received = self._socket.recv(262_144)
        if not received:
            raise RuntimeError("the server closed the connection")
        return received


def environ(databases: Databases, name: str) -> dict[str, str]:
    """What a server is started with that works on one of the databases."""
    socket = make_url(databases.url(name)).query["host"]
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("DUEWELL_")},
        "DUEWELL_HOME": str(databases.home),
        "DUEWELL_EMBEDDED_URL": databases.url(name),
        "DUEWELL_STRIPE_KEY": "sk_test_bench",
        "DUEWELL_STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        DATABASE: f"host={socket} user=duewell dbname={name}",
    }


@contextmanager
def started(pages: Sequence[Page], folder: Path, environ: Mapping[str, str]) -> Iterator[dict[str, Server]]:
    """One server for each target."""
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        for target in dict.fromkeys(page.target for page in pages):
            servers[target] = Server(target, folder / "servers.log", environ)
            stack.callback(servers[target].stop)
        yield servers


def cpu_per_request(pages: Sequence[Page], servers: Mapping[str, Server], rounds: int) -> dict[str, list[float]]:
    """Seconds of server CPU for one answer, of each page in each round; in every round each page has its turn."""
    asked = {page.name: _requests_for(page, servers[page.target]) for page in pages}
    measured: dict[str, list[float]] = {page.name: [] for page in pages}
    for _ in range(rounds):
        for page in pages:
            measured[page.name].append(_cpu_of(page, servers[page.target], asked[page.name]))
    return measured


def _requests_for(page: Page, server: Server) -> int:
    """As many as keep the server busy for CPU_SECONDS, after a check that the answer is what it should be."""
    text, times = page.expected
    with server.connection() as connection:
        found = connection.get(page).decode().count(text)
    if found < times:
        raise RuntimeError(f"{page.path} does not show what is measured: '{text}' {found} times, not {times}")
    _cpu_of(page, server, WARM_UP)
    return max(int(CPU_SECONDS / _cpu_of(page, server, WARM_UP)), WARM_UP)


def _cpu_of(page: Page, server: Server, requests: int) -> float:
    with server.connection() as connection:
        before = server.cpu()
        for _ in range(requests):
            connection.get(page)
        return (server.cpu() - before) / requests
