"""The running PostgreSQL server of one data folder: found by its postmaster.pid, ended, cleared away when dead."""

import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from runtime.place import ClusterRefused, Place

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107  # bytes in sockaddr_un, without the closing zero
SHORT_ROOM, SHORT_PREFIX = Path("/tmp"), "socket-of-"
PATIENCE = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))  # fast, immediate, last resort


@dataclass(frozen=True)
class Postmaster:
    pid: int
    socket: Path
    ready: bool


def find(place: Place, name: str) -> Postmaster | None:
    """The server that postmaster.pid names, if that process lives and is a server of this folder.

    :param name: stands in the command line of every process of the cluster.
    """
    lines = _noted(place)
    if not lines[0].isdecimal() or not belongs(int(lines[0]), place, name):
        return None
    return Postmaster(int(lines[0]), Path(lines[4]), ready=lines[7].strip() == "ready")


def belongs(pid: int, place: Place, name: str) -> bool:
    # Told by the command line: the working directory of another user's process is closed even to root in most
    # containers.
    with suppress(psutil.Error):
        seen = psutil.Process(pid)
        if seen.name() == "postgres" and seen.status() != psutil.STATUS_ZOMBIE:
            words = " ".join(seen.cmdline())
            return name in words or str(place.data) in words
    return False


def end(pid: int, place: Place, name: str, child: subprocess.Popen[bytes] | None) -> None:
    """Ends the server and waits for it. A child of ours has to be waited for, or it stays as a zombie."""
    postmaster = find(place, name)
    for number, seconds in PATIENCE:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if (child.poll() is not None) if child else not belongs(pid, place, name):
                if postmaster:
                    _remove_socket(postmaster.socket)
                return
            time.sleep(0.02)


def clear_remains(place: Place, name: str, pause: Callable[[float], object]) -> None:
    """For a folder without a server: backends may outlive a killed one, and the process that its files name may be
    anybody by now, which PostgreSQL itself would take for a living server."""
    deadline = time.monotonic() + 5
    while remains := [pid for pid in psutil.pids() if belongs(pid, place, name)]:
        for pid in remains:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT if time.monotonic() < deadline else signal.SIGKILL)
        pause(0.05)
    if socket := _noted(place)[4]:
        _remove_socket(Path(socket))
    (place.data / "postmaster.pid").unlink(missing_ok=True)


def make_socket_folder(place: Place, name: str) -> Path:
    """Beside the files; or a folder with a short name, where the path would be too long for a socket or has a comma,
    which PostgreSQL and its clients read as a list. The same at each start: others keep the address.

    :raises ClusterRefused: if somebody else has taken the short name.
    """
    folder = place.server / "socket"
    if len(bytes(folder / SOCKET_NAME)) > LONGEST_SOCKET_PATH or any(mark in str(folder) for mark in ',"'):
        folder = SHORT_ROOM / f"{SHORT_PREFIX}{name}"
    owner = place.account.pw_uid if place.account else os.geteuid()
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
            raise ClusterRefused(f"{folder} is needed for PostgreSQL's socket and is somebody else's.") from None
    else:
        if place.account is not None:
            os.chown(folder, owner, place.account.pw_gid, follow_symlinks=False)
    return folder


def _noted(place: Place) -> list[str]:
    """The eight lines of postmaster.pid: process, folder, start, port, socket folder, address, key, status."""
    try:
        lines = (place.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        lines = []
    return lines + [""] * (8 - len(lines))


def _remove_socket(folder: Path) -> None:
    for stale in (folder / SOCKET_NAME, folder / f"{SOCKET_NAME}.lock"):
        stale.unlink(missing_ok=True)
    if folder.name.startswith(SHORT_PREFIX):
        with suppress(OSError):
            folder.rmdir()
