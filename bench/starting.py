"""How long a command needs before it does anything."""

import os
import subprocess
import sys
from pathlib import Path

from bench import causes
from bench.figures import Figure, best
from bench.sizes import Size
from runtime.settings import PROJECT

BARE_APP = "from flask import Flask\n\napp = Flask(__name__)\n"


def measured(home: Path, size: Size) -> Figure:
    bare = home / "bare"
    bare.mkdir(exist_ok=True)
    (bare / "app.py").write_text(BARE_APP, encoding="utf-8")
    limits, ours = [], []
    for _ in range(size.starts):
        limits.append(_help(bare, home))
        ours.append(_help(PROJECT, home))
    return Figure(
        what="Cold start: `flask --help`",
        against="the same of a bare Flask app",
        ratio=best(ours) / best(limits),
        gate=1.3,
        stretch=None,
        less_is_better=True,
        ours=f"{best(ours) * 1e3:,.0f} ms",
        limit=f"{best(limits) * 1e3:,.0f} ms",
        cause=causes.COLD_START,
    )


def _help(folder: Path, home: Path) -> float:
    """Seconds of CPU: unlike seconds of the clock they do not tell of other work on the machine."""
    environ = {**os.environ, "DUEWELL_HOME": str(home), "PYTHONPATH": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--help"], cwd=folder, env=environ, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"`flask --help` ended with {process.returncode}")
    return used.ru_utime + used.ru_stime
