"""The embedded PostgreSQL: made, started, found again, recovered, shared by several commands, stopped by the last."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from runtime import postmaster
from runtime.locks import Lock, turn
from runtime.logs import last_line, open_log
from runtime.place import ClusterRefused, Place, programs, settle
from runtime.settings import Settings, make_home
from runtime.ties import tied

if TYPE_CHECKING:
    import sqlalchemy

__all__ = ["Cluster", "ClusterRefused", "check", "database", "of_home", "programs", "running", "throwaway"]

USER = DATABASE = "duewell"
RECOVERY_SECONDS = 300.0
QUIET_SECONDS = 3.0  # a start that takes longer is explained
OLDEST_VERSION = 15
ENCODING = ("--encoding=UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8")
# Eight connections for each web process, and room for the worker and for commands.
MOST_CONNECTIONS = max(100, 8 * (os.cpu_count() or 1) + 40)
FAST_AND_LOSABLE = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0"),
    *("shared_buffers=64MB", "max_connections=100", "autovacuum=off"),
)


class Cluster:
    """One PostgreSQL in one folder. Any number of processes may `start` it; it runs once.

    :param folder: holds the locks and, where possible, the files.
    :param durable: False gives up every protection against a crash, for tests.
    :param tied: the server stops when the process that started it ends, however it ends.
    :param elsewhere: where the files go when root's substitute cannot reach `folder`.
    :param pause: sleeps; may raise to break off a start.
    """

    def __init__(
        self,
        folder: Path,
        durable: bool = True,
        *,
        tied: bool = False,
        log: Path | None = None,
        elsewhere: Path = Path("/var/lib"),
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.folder = folder.absolute()
        self._durable = durable
        self._tied = tied
        self._log = log or self.folder / "server.log"
        self._elsewhere = elsewhere
        self._pause = pause
        self._child: subprocess.Popen[bytes] | None = None
        self._turns = self.folder / "turn.lock"
        self._users = Lock(self.folder / "users.lock")

    def start(self) -> None:
        """Uses the running server, or starts it, after a crash with its recovery. Makes what is missing.

        :raises ClusterRefused: if that is impossible.
        """
        if not self.alive():
            self._child = None
        with turn(self._turns, self._pause):
            try:
                self._users.take(shared=True)
                self._make()
                self._await_ready()
                self._make_database()
            except BaseException:
                self._leave()
                raise

    def stop(self) -> None:
        """Stops the server whoever uses it: open transactions are rolled back."""
        with turn(self._turns):
            self._users.give_back()
            self._end()

    def leave(self) -> None:
        """Stops the server unless another process still uses it."""
        with turn(self._turns):
            self._leave()

    def alive(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return self._found() is not None

    @property
    def pid(self) -> int | None:
        found = self._found()
        return found.pid if found else None

    def url(self, dbname: str = DATABASE) -> str:
        """For SQLAlchemy.

        :raises ClusterRefused: if the server does not run.
        """
        return f"postgresql+psycopg://{USER}@/{dbname}?host={quote(str(self._socket()), safe='')}"

    def remove(self) -> None:
        """Stops the server and deletes its files."""
        self.stop()
        for made in {self._place.server.parent, self.folder}:
            shutil.rmtree(made)

    @cached_property
    def _place(self) -> Place:
        return settle(self.folder, self._elsewhere)

    @cached_property
    def _name(self) -> str:
        return f"duewell-{hashlib.sha256(bytes(self._place.data.resolve())).hexdigest()[:12]}"

    def _found(self) -> postmaster.Postmaster | None:
        return postmaster.find(self._place, self._name)

    def _socket(self) -> Path:
        found = self._found()
        if found is None:
            raise ClusterRefused(f"PostgreSQL does not run in {self.folder}; see {self._log}.")
        return found.socket

    def _whereabouts(self) -> str | None:
        place = self._place
        if place.account is None:
            return None
        outside = "" if place.server.is_relative_to(self.folder) else f", because it cannot reach {self.folder}"
        return f"PostgreSQL does not run as root: it runs as '{place.account.pw_name}' in {place.server}{outside}."

    def _make(self) -> None:
        place = self._place
        if place.data.exists():
            return
        draft = place.server / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)
        made = subprocess.run(
            [
                *(str(place.programs / "initdb"), "-D", str(draft), "-U", USER, "--auth=trust", "--no-instructions"),
                *ENCODING,
                *(() if self._durable else ("--no-sync",)),
            ],
            **self._surroundings(),
            preexec_fn=tied(signal.SIGKILL),
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            raise ClusterRefused(f"PostgreSQL's files could not be made in {place.server}: {made.stderr.strip()}")
        # Only a finished cluster gets the name by which it is found: initdb may be killed half-way.
        draft.rename(place.data)

    def _surroundings(self) -> dict[str, Any]:
        return {
            "cwd": "/",
            "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            "umask": 0o077,
            "start_new_session": True,  # Ctrl-C in a terminal is for us; we stop PostgreSQL in our own order
            "stdin": subprocess.DEVNULL,
            **self._place.as_account,
        }

    def _await_ready(self) -> None:
        began = time.monotonic()
        explained = False
        while True:
            found = self._found()
            if found is None:
                self._launch_or_explain()
            elif found.ready and _answers(found.socket):
                return
            waited = time.monotonic() - began
            if waited > RECOVERY_SECONDS:
                raise ClusterRefused(f"PostgreSQL is not ready after {waited:.0f} s; see {self._log}.")
            if waited > QUIET_SECONDS and not explained:
                _say("PostgreSQL is getting ready; after a crash this can take up to 5 minutes.")
                explained = True
            self._pause(0.02)

    def _launch_or_explain(self) -> None:
        """A child of ours that lives has not written its postmaster.pid yet; one that ended says why in its log."""
        if self._child is None:
            postmaster.clear_remains(self._place, self._name, self._pause)
            self._launch()
        elif self._child.poll() is not None:
            self._child = None
            raise ClusterRefused(f"PostgreSQL did not start: {last_line(self._log)} ({self._log})")

    def _launch(self) -> None:
        if self._durable and (sentence := self._whereabouts()):
            _say(sentence)
        settings = (
            "listen_addresses=",
            f"unix_socket_directories={postmaster.make_socket_folder(self._place, self._name)}",
            "unix_socket_permissions=0700",
            f"cluster_name={self._name}",
            *((f"max_connections={MOST_CONNECTIONS}",) if self._durable else FAST_AND_LOSABLE),
        )
        with open_log(self._log) as log:
            self._child = subprocess.Popen(
                [str(self._place.programs / "postgres"), "-D", str(self._place.data)]
                + [part for setting in settings for part in ("-c", setting)],
                **self._surroundings(),
                stdout=log,
                stderr=log,
                preexec_fn=tied(signal.SIGINT) if self._tied else None,
            )

    def _make_database(self) -> None:
        import psycopg

        with psycopg.connect(host=str(self._socket()), user=USER, dbname="postgres", autocommit=True) as connection:
            if connection.execute("select from pg_database where datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(
                    f"create database {DATABASE} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'"
                )

    def _leave(self) -> None:
        alone = self._users.take()
        self._users.give_back()
        if alone:
            self._end()
        elif self._child is not None:
            self._child.returncode = 0  # it goes on without us, of which Popen would complain
            self._child = None

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None and child.poll() is None:
            postmaster.end(child.pid, self._place, self._name, child)
        elif found := self._found():
            postmaster.end(found.pid, self._place, self._name, None)


def of_home(home: Path, *, tied: bool = False, pause: Callable[[float], object] = time.sleep) -> Cluster:
    make_home(home)
    return Cluster(home / "postgres", tied=tied, log=home / "log" / "postgres.log", pause=pause)


@contextmanager
def running(home: Path) -> Iterator[str]:
    """The address of the home's database: of the running server, else of one started for this while."""
    cluster = of_home(home)
    with _exit_on_sigterm():
        cluster.start()
        try:
            yield cluster.url()
        finally:
            cluster.leave()


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The address of the database that the settings mean, reachable for this while."""
    address = settings.database_url or settings.embedded_url
    if address:
        yield address
    else:
        with running(settings.home) as address:
            yield address


@contextmanager
def throwaway() -> Iterator[Cluster]:
    """A fast cluster for tests, deleted at the end; its server ends with this process in any case."""
    folder = Path(tempfile.mkdtemp(prefix="duewell-cluster-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)
    cluster = Cluster(folder / "postgres", durable=False, tied=True)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()
        shutil.rmtree(folder)


def check(connection: "sqlalchemy.Connection") -> None:
    """Makes the extension pg_trgm where it is missing.

    :raises ClusterRefused: if this database would sort, compare or search names wrongly.
    """
    from sqlalchemy.exc import DBAPIError

    version = int(connection.exec_driver_sql("show server_version_num").scalar_one()) // 10_000
    if version < OLDEST_VERSION:
        raise ClusterRefused(f"The database is PostgreSQL {version}: Duewell needs {OLDEST_VERSION} or newer.")
    if connection.exec_driver_sql("select from pg_extension where extname = 'pg_trgm'").first() is None:
        try:
            connection.exec_driver_sql("create extension if not exists pg_trgm")
        except DBAPIError as error:
            raise ClusterRefused(
                "The database lacks the extension pg_trgm and this user may not add it: "
                "let an administrator run `create extension pg_trgm` in it."
            ) from error
    letters = "select lower('Ž') = 'ž' and similarity('سلام', 'سلام') >= 1"
    if not connection.exec_driver_sql(letters).scalar_one():
        raise ClusterRefused(
            "The database does not know letters beyond English ones: create it anew with "
            f"`create database {DATABASE} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'`."
        )


def _answers(socket: Path) -> bool:
    import psycopg

    try:
        psycopg.connect(host=str(socket), user=USER, dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


@contextmanager
def _exit_on_sigterm() -> Iterator[None]:
    """Without a handler SIGTERM would end this process without its `finally`, and leave the server behind."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
