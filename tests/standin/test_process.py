"""The stand-in as a process of its own, as `make run` starts it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLAIN = {"PATH": os.environ["PATH"]}


def start(*arguments, **environ):
    command = [sys.executable, "-m", "standin", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=PLAIN | environ, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_says_what_it_is_and_stops_when_told(tmp_path, by):
    process = start("--port", "0", DUEWELL_HOME=str(tmp_path))
    assert "takes no real money" in process.stderr.readline()
    process.send_signal(by)
    _, rest = process.communicate(timeout=10)
    assert (process.returncode, rest) == (0, "")
    assert (tmp_path / "standin" / "standin.sqlite3").exists()


def test_a_live_key_is_refused(tmp_path):
    process = start("--port", "0", "--home", str(tmp_path), DUEWELL_STRIPE_KEY="sk_live_x")
    _, said = process.communicate(timeout=10)
    assert process.returncode == 2
    assert "test mode" in said


def test_webhooks_without_a_secret_to_sign_them_are_refused(tmp_path):
    process = start("--port", "0", "--home", str(tmp_path), DUEWELL_PORT="8000")
    process.communicate(timeout=10)
    assert process.returncode == 2
