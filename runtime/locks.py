"""Locks that end with their process, however it ends."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Lock:
    """A file lock held by an open file: closing the file, or dying, gives it back."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._fd: int | None = None

    def take(self, *, shared: bool = False) -> bool:
        """False if somebody else is in the way. Taking again changes between shared and alone."""
        if self._fd is None:
            self._fd = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def give_back(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


@contextmanager
def turn(file: Path, pause: Callable[[float], object] = time.sleep) -> Iterator[None]:
    """Waits until nobody else has the turn."""
    lock = Lock(file)
    try:
        while not lock.take():
            pause(0.05)
        yield
    finally:
        lock.give_back()
