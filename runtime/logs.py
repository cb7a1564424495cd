"""The log files of what runs beside us."""

import os
from pathlib import Path
from typing import IO

KEPT_BYTES = 10_000_000


def open_log(file: Path) -> IO[bytes]:
    """To append; a long one is put aside once, so that a log never takes more than about twice KEPT_BYTES."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if file.exists() and file.stat().st_size > KEPT_BYTES:
        file.replace(file.with_name(f"{file.name}.1"))
    return open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab")


def last_line(file: Path) -> str:
    """What it said last, at most 300 characters; empty if it said nothing."""
    try:
        with file.open("rb") as log:
            log.seek(max(0, file.stat().st_size - 4096))
            lines = log.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")
