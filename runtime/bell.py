"""Waiting that a signal ends at once."""

import os
import select
import signal

ASKING_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked us to stop."""


class Bell:
    """Rings for SIGINT, SIGTERM, SIGHUP and for the end of a child. Handlers only note the signal: what it means is
    decided where somebody waits, so nothing is ever broken off half-way."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)

    def listen(self) -> None:
        """For the rest of this process: a signal that comes while it ends must not break off the end."""
        for number in (*ASKING_TO_STOP, signal.SIGCHLD):
            # nohup ignores SIGHUP for us, and that stays so.
            if (number, signal.getsignal(number)) != (signal.SIGHUP, signal.SIG_IGN):
                signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)

    def wait(self, seconds: float) -> None:
        """:raises Stopped: when asked to stop, now or since the last call."""
        if self.asked_within(seconds):
            raise Stopped

    def asked_within(self, seconds: float) -> bool:
        """True when asked to stop; also returns early when a child ended."""
        select.select([self._read], [], [], seconds)
        try:
            numbers = os.read(self._read, 4096)
        except BlockingIOError:
            return False
        return any(number in ASKING_TO_STOP for number in numbers)
