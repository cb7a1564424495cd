"""Contenders for a page, each on a granian of its own with our settings; what counts is the server's CPU time."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from runtime.ports import HOST, next_free
from runtime.ties import tied

FIRST_PORT, PORTS_TRIED = 18_000, 500
START_SECONDS = 60.0
CPU_SECONDS = 0.6  # of each round: the kernel counts hundredths of a second
WARM_UP = 200


@dataclass(frozen=True, slots=True)
class Page:
    """`path` of a server started from `target`, asked for with `cookie`; the answer must hold `expected` so often."""

    name: str
    target: str
    path: str
    cookie: str = ""
    expected: tuple[str, int] = ("", 1)


class Server:
    """One process that serves, as `make run` starts it, and a connection that stays open."""

    def __init__(self, target: str, log: Path, environ: Mapping[str, str]) -> None:
        self._port = next_free(FIRST_PORT, PORTS_TRIED)
        command = [sys.executable, "-m", "runtime.server", target, "--port", str(self._port.number), "--workers", "1"]
        with log.open("ab") as out:
            self._process = subprocess.Popen(command, env=dict(environ), stdout=out, stderr=out, preexec_fn=tied())
        self._socket = self._connected(log)

    def _connected(self, log: Path) -> socket.socket:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                found = socket.create_connection((HOST, self._port.number), timeout=30)
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the server did not start: {log.read_text()[-2_000:]}") from None
                time.sleep(0.05)
            else:
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return found

    def get(self, page: Page) -> bytes:
        """:raises RuntimeError: the answer is not 200."""
        lines = [f"GET {page.path} HTTP/1.1", f"Host: {HOST}:{self._port.number}", "Accept: text/html"]
        if page.cookie:
            lines.append(f"Cookie: {page.cookie}")
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        head, _, body = self._read(b"\r\n\r\n").partition(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").split("\r\n")
        if " 200 " not in f"{status} ":
            raise RuntimeError(f"{page.path}: {status}")
        length = next(int(field.split(":")[1]) for field in fields if field.lower().startswith("content-length"))
        while len(body) < length:
            body += self._received()
        return body

    def cpu(self) -> float:
        """Seconds that all processes of the server have had so far, from /proc/PID/stat."""
        parent = psutil.Process(self._process.pid)
        spent = [process.cpu_times() for process in (parent, *parent.children(recursive=True))]
        return sum(times.user + times.system for times in spent)

    def stop(self) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait()
        self._port.give_back()

    def _read(self, end: bytes) -> bytes:
        read = b""
        while end not in read:
            read += self._received()
        return read

    def _received(self) -> bytes:
        received = self._socket.recv(262_144)
        if not received:
            raise RuntimeError("the server closed the connection")
        return received


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
    body = server.get(page).decode()
    if body.count(text) < times:
        raise RuntimeError(f"{page.path} does not show what is measured: {text} {body.count(text)} times, not {times}")
    return max(int(CPU_SECONDS / _cpu_of(page, server, WARM_UP)), WARM_UP)


def _cpu_of(page: Page, server: Server, requests: int) -> float:
    before = server.cpu()
    for _ in range(requests):
        server.get(page)
    return (server.cpu() - before) / requests
