"""The processes that the supervisor starts, restarts and stops."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from runtime.logs import last_line, open_log
from runtime.ties import tied

MARK = "DUEWELL_RUN"  # stands in the environment of every child and holds the home folder
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
SETTLED_SECONDS = 60.0  # who lived this long starts again at the first pause


class Backoff:
    """How long to wait before the next start."""

    def __init__(self) -> None:
        self._pause = FIRST_PAUSE
        self._started_at = 0.0
        self.due_at: float | None = None

    def started(self) -> None:
        self._started_at, self.due_at = time.monotonic(), None

    def ended(self) -> float:
        """Seconds until the next start."""
        if time.monotonic() - self._started_at > SETTLED_SECONDS:
            self._pause = FIRST_PAUSE
        pause, self._pause = self._pause, min(LONGEST_PAUSE, self._pause * 2)
        self.due_at = time.monotonic() + pause
        return pause


class Child:
    def __init__(
        self, name: str, command: list[str], *, log: Path, cwd: Path, environ: Mapping[str, str], grace: float
    ) -> None:
        """:param grace: seconds between SIGTERM and SIGKILL."""
        self.name = name
        self.backoff = Backoff()
        self._command = command
        self.log = log
        self._cwd = cwd
        self._environ = dict(environ)
        self._grace = grace
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._running.pid if self._running else None

    def start(self) -> None:
        with open_log(self.log) as log:
            self._running = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._cwd,
                env=self._environ,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone; what it starts is stopped in order
                preexec_fn=tied(),
            )
        self.backoff.started()

    def alive(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def how_it_ended(self) -> str:
        code = self._running.returncode if self._running else None
        how = f"was killed by {signal.Signals(-code).name}" if code is not None and code < 0 else f"ended with {code}"
        said = last_line(self.log)
        return f"{how}: {said}" if said else how

    def stop(self, hurried: Callable[[float], bool]) -> None:
        """:param hurried: waits for so many seconds, or until a child ends; True: do not wait any longer."""
        if self._running is None:
            return
        deadline = time.monotonic() + self._grace
        if self.alive():
            self._running.terminate()
        while self.alive() and time.monotonic() < deadline and not hurried(0.2):
            pass
        self.clear()

    def clear(self) -> None:
        """Kills it with all that it started and that did not end with it."""
        if self._running is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()
            self._running = None


def end_leftovers(home: Path) -> int:
    """Ends what an earlier supervisor of this home left behind when it was killed, and counts it.

    Its PostgreSQL carries no mark: it is found again instead.
    """
    us = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    left = [process for process in psutil.process_iter() if process.pid not in us and _marked(process, home)]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=2)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)
    return len(left)


def _marked(process: psutil.Process, home: Path) -> bool:
    try:
        return bool(process.environ().get(MARK) == str(home))
    except (psutil.Error, OSError):
        return False
