"""`make run`: one command that starts all of Duewell, keeps it running and leaves nothing behind."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from runtime import CannotRun
from runtime.bell import Bell, Stopped
from runtime.children import MARK, Backoff, Child, end_leftovers
from runtime.cluster import Cluster, ClusterRefused, of_home
from runtime.locks import Lock
from runtime.ports import Port, next_free
from runtime.server import KILL_SECONDS
from runtime.settings import PROJECT, STANDIN_PORT, Settings
from runtime.ties import tied

PORTS_TRIED = 100
STARTUP_SECONDS = 60.0
STOP_ORDER = ("web", "worker", "standin")  # no new work, then the work, then those whom it asks; PostgreSQL is last
WEB_GRACE_SECONDS = KILL_SECONDS + 2.0  # it stops its own processes by then
GRACE_SECONDS = 20.0  # for a job to end


class AlreadyRunning(CannotRun):
    """One home has one supervisor."""


class Supervisor:
    def __init__(
        self, settings: Settings, environ: Mapping[str, str], *, root: Path = PROJECT, out: TextIO = sys.stdout
    ) -> None:
        """
        :param environ: what the settings were read from; children see it with more of DUEWELL_….
        :param root: the folder of the `app` and `standin` to be run.
        :param out: where it says where to click; all else goes to stderr.
        """
        self._settings = settings
        self._home = settings.home
        self._environ = dict(environ)
        self._root = root
        self._out = out
        self._bell = Bell()
        self._cluster: Cluster | None = None
        self._cluster_backoff = Backoff()
        self._ports: list[Port] = []
        self._children: list[Child] = []

    def run(self) -> int:
        """The exit code: 0 when somebody asked it to stop, 1 when it could not run."""
        os.umask(0o077)
        self._bell.listen()
        try:
            with self._alone():
                try:
                    self._start()
                    while True:
                        self._bell.wait(1.0)
                        self._look_after()
                finally:
                    self._stop()
        except Stopped:
            return 0
        except CannotRun as refusal:
            _say(str(refusal))
            return 1

    @contextmanager
    def _alone(self) -> Iterator[None]:
        noted = self._home / "run.lock"
        lock = Lock(noted)
        try:
            if not lock.take():
                pid = noted.read_text(encoding="ascii").strip()
                at = f"at {self._settings.url} (process {pid}); `kill {pid}` stops it"
                raise AlreadyRunning(f"Duewell is already running {at}.")
            noted.write_text(str(os.getpid()), encoding="ascii")
            yield
        finally:
            lock.give_back()

    def _start(self) -> None:
        if left := end_leftovers(self._home):
            _say(f"Ended {left} processes that an earlier run had left behind.")
        production = self._settings.production
        web = self._take_port(self._settings.port, tries=1 if production else PORTS_TRIED)
        standin = self._take_port(STANDIN_PORT) if self._settings.standin else None
        self._tell_children(web, standin)
        if self._settings.database_url is None:
            self._start_cluster()
        # What needs nobody else starts while others still get ready.
        if standin:
            self._start_standin(standin, web)
        self._flask("upgrade")
        self._start_child("web", ["runtime.server", "app:create_app", "--port", str(web.number)], WEB_GRACE_SECONDS)
        if not production:
            self._flask("demo", "--if-empty")
        self._start_child("worker", ["flask", "--app", "app", "work"], GRACE_SECONDS)
        where = "" if production else self._flask("demo", "--where")
        self._await_health()
        address = self._environ["DUEWELL_URL"]
        print(f"Duewell is running at {address} (Ctrl-C stops it).\n{where}", end="", file=self._out, flush=True)

    def _take_port(self, first: int, tries: int = PORTS_TRIED) -> Port:
        port = next_free(first, tries)
        self._ports.append(port)
        return port

    def _tell_children(self, web: Port, standin: Port | None) -> None:
        """Addresses are also written down, for commands in another terminal."""
        told = {MARK: str(self._home), "DUEWELL_HOME": str(self._home), "DUEWELL_PORT": str(web.number)}
        outside = self._environ.get("DUEWELL_URL") or self._environ.get("DUEWELL_URL_FILE")
        told["DUEWELL_URL"] = self._settings.url if outside else web.address
        (self._home / "url").write_text(told["DUEWELL_URL"], encoding="utf-8")
        if standin:
            told["DUEWELL_STRIPE_API_BASE"] = standin.address
            (self._home / "standin-url").write_text(standin.address, encoding="utf-8")
        for name, value in told.items():
            self._environ[name] = value
            self._environ.pop(f"{name}_FILE", None)
        self._environ["PYTHONUNBUFFERED"] = "1"

    def _start_cluster(self) -> None:
        cluster = of_home(self._home, tied=True, pause=self._bell.wait)
        cluster.start()
        self._cluster = cluster
        self._cluster_backoff.started()
        self._environ["DUEWELL_EMBEDDED_URL"] = cluster.url()

    def _flask(self, *words: str) -> str:
        """Runs one of Duewell's commands to its end and returns what it printed.

        :raises CannotRun: if it fails.
        """
        with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
            command = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "app", *words],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                cwd=self._root,
                env=self._environ,
                start_new_session=True,
                preexec_fn=tied(),
            )
            try:
                while command.poll() is None:
                    self._bell.wait(1.0)
            finally:
                command.kill()
                command.wait()
            if command.returncode != 0:
                raise CannotRun(f"`flask {' '.join(words)}` ended with {command.returncode}; Duewell stops.")
            printed.seek(0)
            return printed.read()

    def _start_standin(self, standin: Port, web: Port) -> None:
        books = ["--port", str(standin.number), "--home", str(self._home / "standin")]
        hook = ["--webhook-url", f"{web.address}/webhooks/stripe"]
        known = {
            "DUEWELL_STRIPE_KEY": self._settings.stripe_key or "",
            "DUEWELL_STRIPE_WEBHOOK_SECRETS": ",".join(self._settings.stripe_webhook_secrets),
        }
        self._start_child("standin", ["standin", *books, *hook], GRACE_SECONDS, known)

    def _start_child(self, name: str, module: list[str], grace: float, known: Mapping[str, str] | None = None) -> None:
        child = Child(
            name,
            [sys.executable, "-m", *module],
            log=self._home / "log" / f"{name}.log",
            cwd=self._root,
            environ=self._environ | dict(known or {}),
            grace=grace,
        )
        self._children.append(child)
        child.start()

    def _await_health(self) -> None:
        deadline = time.monotonic() + STARTUP_SECONDS
        waiting = list(self._ports)
        while waiting := [port for port in waiting if not port.is_healthy()]:
            for child in self._children:
                if not child.alive():
                    raise CannotRun(f"The {child.name} {child.how_it_ended()} (see {child.log}).")
            if time.monotonic() > deadline:
                raise CannotRun(f"{waiting[0].address}/healthz does not answer; see {self._home / 'log'}.")
            self._bell.wait(0.1)

    def _look_after(self) -> None:
        if self._cluster and not self._cluster.alive():
            self._restart_cluster(self._cluster)
        for child in self._children:
            if child.alive():
                continue
            if child.backoff.due_at is None:
                how = child.how_it_ended()
                child.clear()
                _say(f"The {child.name} {how} (see {child.log}); it starts again in {child.backoff.ended():g} s.")
            elif time.monotonic() >= child.backoff.due_at:
                child.start()

    def _restart_cluster(self, cluster: Cluster) -> None:
        if self._cluster_backoff.due_at is None:
            _say(f"PostgreSQL ended; it starts again in {self._cluster_backoff.ended():g} s.")
        elif time.monotonic() >= self._cluster_backoff.due_at:
            try:
                cluster.start()
            except ClusterRefused as refusal:
                _say(f"{refusal} The next try is in {self._cluster_backoff.ended():g} s.")
            else:
                self._cluster_backoff.started()

    def _stop(self) -> None:
        began = time.monotonic()

        def hurried(seconds: float) -> bool:
            # make and a terminal may each pass on the same wish; only a later one is a second wish.
            return self._bell.asked_within(seconds) and time.monotonic() - began > 1

        for child in sorted(self._children, key=lambda child: STOP_ORDER.index(child.name)):
            child.stop(hurried)
        if self._cluster:
            self._cluster.stop()
        for port in self._ports:
            port.give_back()


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
