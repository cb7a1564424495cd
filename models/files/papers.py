"""Making a PDF harmless in a process of its own: whatever it does to who reads it, it does not do it to us."""

import os
import subprocess
import sys
import threading
from pathlib import Path

PROGRAM = Path(__file__).with_name("cleaning.py")  # Never imported here: it loads what reads PDFs.
LOCKED, TOO_MUCH = 3, 4  # Its answers beside 0 and 'broken'.
PATIENCE = 30  # Seconds; a busy machine is no fault of the file.
_opening = threading.Semaphore(2)


class PaperLocked(ValueError):
    """It opens with a password only."""


class PaperTooMuch(ValueError):
    """Reading it takes more time or memory than any honest one."""


class PaperBroken(ValueError):
    pass


def harmless(content: bytes) -> bytes:
    """
    The same pages written anew: without scripts, actions beside links to the web, other files inside, and forms that
    are programs. The same bytes give the same bytes.

    :raises PaperLocked:
    :raises PaperTooMuch:
    :raises PaperBroken: it cannot be opened, or has no page.
    """
    command = [sys.executable, "-I", str(PROGRAM)]
    known = {name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"}
    with _opening:
        try:
            done = subprocess.run(command, input=content, capture_output=True, timeout=PATIENCE, env=known)
        except subprocess.TimeoutExpired as error:
            raise PaperTooMuch from error
    if done.returncode == 0:
        return done.stdout
    if done.returncode == LOCKED:
        raise PaperLocked
    # What was killed by a signal had used up its time, or broke the reader.
    raise PaperTooMuch if done.returncode == TOO_MUCH or done.returncode < 0 else PaperBroken
