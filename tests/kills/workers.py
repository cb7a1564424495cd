"""Several workers as processes of their own, each doing what `flask work` does, for whoever kills them."""

import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import psutil
from flask.cli import FlaskGroup
from sqlalchemy import text

from app import create_app
from models import company, work
from models.database import session
from models.transactions import release, transaction
from runtime.ties import tie_to_parent
from tests.kills.house import ERROR, PATIENCE
from tests.runtime.watching import eventually

A_CLAIM = timedelta(minutes=11)  # After so long nobody waits for whoever died.
# A process that has read all that a worker needs, and forks: to read it takes seconds, and workers die often here.
_forks = get_context("forkserver")
_forks.set_forkserver_preload([__name__, work.__name__])


class Worker:
    """Or whatever else `flask` does, by its `words`."""

    def __init__(self, log: Path, environ: dict[str, str], *words: str) -> None:
        self._log, self._environ, self._words = log, environ, words or ("work",)

    def start(self) -> None:
        self._process = _forks.Process(target=_work, args=(str(self._log), self._environ, *self._words), daemon=True)
        self._process.start()

    def is_there(self) -> bool:
        return self._process.is_alive()

    def ports(self) -> set[int]:
        return {one.laddr.port for one in psutil.Process(self._process.pid).net_connections("tcp")}

    def hold_still(self) -> None:
        os.kill(self._process.pid or 0, signal.SIGSTOP)

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def stop(self) -> None:
        self._process.terminate()
        self._process.join(PATIENCE)
        assert self._process.exitcode == 0, "it did not stop when told"

    def said(self) -> str:
        return self._log.read_text()


def _work(log: str, environ: dict[str, str], *words: str) -> None:
    tie_to_parent(signal.SIGKILL, os.getppid())
    os.environ.clear()
    os.environ.update(environ)
    with open(log, "ab", buffering=0) as out:
        os.dup2(out.fileno(), sys.stdout.fileno())
        os.dup2(out.fileno(), sys.stderr.fileno())
    FlaskGroup(create_app=create_app).main([*words])


class Workers:
    """`killed_ports` are the ends of connections that were cut in the middle of whatever was said."""

    def __init__(self, home: Path, environ: dict[str, str], many: int, seed: int) -> None:
        self.many = many
        self.kills = Counter[str]()
        self.killed_ports = set[int]()
        self._draw = random.Random(seed)
        self._all = [Worker(home / f"worker{number}.log", environ) for number in range(many)]
        self._start()

    def _start(self) -> None:
        """Until each has told the queue that it lives."""
        last = _newest()
        for worker in self._all:
            worker.start()
        eventually(lambda: _newest() >= last + len(self._all), within=PATIENCE)

    def kill_one(self, why: str, *, at: int = 0) -> None:
        """:param at: the port of its connection to the mail server; without one whoever it is, at random."""
        worker = next((one for one in self._all if at and at in one.ports()), None) or self._draw.choice(self._all)
        self._kill(worker, why)
        worker.start()

    def kill_all(self, why: str) -> None:
        """And nobody comes for as long as anybody waits for a dead one."""
        for worker in self._all:
            self._kill(worker, why)
        pass_time()
        self._start()

    def _kill(self, worker: Worker, why: str) -> None:
        """Held still first, so that what it was saying is what it said last."""
        worker.hold_still()
        self.killed_ports |= worker.ports()
        worker.kill()
        self.kills[why] += 1

    def stop(self) -> None:
        for worker in self._all:
            worker.stop()

    def end(self) -> None:
        for worker in self._all:
            worker.kill()

    def errors(self) -> list[str]:
        return [line for worker in self._all for line in worker.said().splitlines() if ERROR.search(line)]


def _newest() -> int:
    try:
        return session.scalar(text("select max(id) from procrastinate_workers")) or 0
    finally:
        release()


def pass_time(by: timedelta = A_CLAIM) -> None:
    """While nobody works: the shared clock goes on, and the last sign of life of whoever died lies that far back."""
    with transaction():
        company.move_clock(by)
        session.execute(text("update procrastinate_workers set last_heartbeat = last_heartbeat - :by"), {"by": by})
    company.keep_clock(production=False)
    release()


@contextmanager
def working(home: Path, environ: dict[str, str], many: int, seed: int) -> Iterator[Workers]:
    workers = Workers(home, environ, many, seed)
    try:
        yield workers
    finally:
        workers.end()
