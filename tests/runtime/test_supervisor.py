import http.client
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from runtime import cluster
from runtime.ports import Port, PortTaken, next_free
from runtime.settings import PROJECT
from tests.runtime.watching import eventually, living, processes_of

TINY = Path(__file__).parent / "tiny" / "run.py"
FIRST_PORT = 8600  # out of the way of a Duewell that somebody runs on this machine


class Run:
    """`make run` with the tiny app, as a process of its own."""

    def __init__(self, home: Path, **environ: str) -> None:
        self.home = home
        told = {name: value for name, value in os.environ.items() if not name.startswith("DUEWELL_")}
        told |= {"DUEWELL_HOME": str(home), "DUEWELL_PORT": str(FIRST_PORT), "DUEWELL_WORKERS": "2"}
        told |= {"PYTHONPATH": os.pathsep.join([str(PROJECT), *sys.path])} | environ
        self.notices = home.with_name(f"{home.name}-stderr")
        with self.notices.open("w") as notices:
            self.process = subprocess.Popen(
                [sys.executable, str(TINY)], env=told, stdout=subprocess.PIPE, stderr=notices, text=True, cwd="/"
            )
        self.printed = ""

    def until_ready(self) -> "Run":
        for line in self.process.stdout:
            self.printed += line
            if line.startswith("Stripe"):
                return self
        raise AssertionError(self.said())

    def said(self) -> str:
        return self.notices.read_text()

    @property
    def addresses(self) -> list[str]:
        return re.findall(r"https?://[^\s)]+", self.printed)

    @property
    def address(self) -> str:
        return (self.home / "url").read_text()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.address}{path}", timeout=5) as answer:
            return answer.read().decode()

    def answers(self, path: str) -> bool:
        try:
            return bool(self.get(path))
        except (OSError, http.client.HTTPException):
            return False

    def note(self, text: str) -> None:
        urllib.request.urlopen(f"{self.address}/notes/{text}", data=b"", timeout=5).close()

    def child(self, word: str) -> int:
        """The process that was started by the supervisor and has this word in its command line."""
        (found,) = [c.pid for c in psutil.Process(self.process.pid).children() if word in " ".join(c.cmdline())]
        return found

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        self.process.stdout.close()
        return code


@pytest.fixture
def start(used_home):
    runs = []

    def start(**environ: str) -> Run:
        runs.append(Run(used_home, **environ))
        return runs[-1]

    yield start
    for run in runs:
        run.stop()
        run.notices.unlink(missing_ok=True)


def test_every_printed_address_answers_and_stopping_leaves_no_process_but_the_data(start, used_home):
    run = start().until_ready()
    another = start()

    assert len(run.addresses) == 4
    for address in run.addresses:
        with urllib.request.urlopen(address, timeout=5) as answer:
            assert answer.status == 200
    assert another.process.wait(30) == 1
    assert f"already running at {run.address} (process {run.process.pid})" in another.said()

    run.note("kept")
    assert run.stop(signal.SIGTERM) == 0
    assert processes_of(used_home) == []

    again = start().until_ready()
    assert again.printed == run.printed
    assert "kept" in again.get("/notes")
    assert again.stop(signal.SIGINT) == 0
    assert processes_of(used_home) == []


def test_whatever_is_killed_comes_back_while_the_rest_goes_on(start, used_home):
    run = start().until_ready()
    server = cluster.of_home(used_home)

    for part in (run.child("runtime.server"), run.child("flask"), run.child("standin"), server.pid):
        run.note(f"before-{part}")
        os.kill(part, signal.SIGKILL)
        eventually(lambda part=part: not living(part))
        eventually(lambda: len(psutil.Process(run.process.pid).children()) == 4)
        eventually(lambda: run.answers("/notes"))
        assert f"before-{part}" in run.get("/notes")

    assert run.said().count("it starts again in 0.5 s") == 4
    worker_of_web = psutil.Process(run.child("runtime.server")).children()[0].pid
    os.kill(worker_of_web, signal.SIGKILL)
    eventually(lambda: len(psutil.Process(run.child("runtime.server")).children()) == 2)
    eventually(lambda: run.answers("/notes"))


def test_children_of_a_killed_supervisor_end_and_those_that_cannot_hear_it_are_ended_by_the_next_run(start, used_home):
    first = start().until_ready()
    first.note("kept-over-kill-9")
    address = first.address
    web = psutil.Process(first.child("runtime.server"))
    left = [web, *web.children()]
    for process in left:
        process.suspend()  # they go on holding the port

    first.stop(signal.SIGKILL)
    eventually(lambda: len(processes_of(used_home)) == len(left))
    second = start().until_ready()

    assert not any(living(process.pid) for process in left)
    assert "Ended 3 processes" in second.said()
    assert second.address == address
    assert "kept-over-kill-9" in second.get("/notes")


def test_a_child_that_does_not_want_to_end_is_killed(start, used_home):
    run = start(TINY_STUBBORN="1").until_ready()
    eventually(lambda: "working" in (used_home / "log" / "worker.log").read_text())
    worker = run.child("flask")

    run.process.send_signal(signal.SIGINT)
    eventually(lambda: not run.answers("/healthz"))
    while living(worker):
        run.process.send_signal(signal.SIGINT)
        time.sleep(0.2)

    assert run.process.wait(30) == 0
    assert processes_of(used_home) == []


def test_a_start_that_fails_says_so_and_leaves_no_process(start, used_home):
    run = start(TINY_REFUSES="1")

    assert run.process.wait(30) == 1
    assert "The schema is from the future." in run.said()
    assert "`flask upgrade` ended with 1" in run.said()
    assert processes_of(used_home) == []


def test_two_supervisors_that_start_together_never_share_a_port():
    first = next_free(8700, tries=100)

    second = next_free(first.number, tries=100)

    assert second.number > first.number
    with pytest.raises(PortTaken, match="is taken"):
        next_free(first.number, tries=1)
    first.give_back()
    Port(first.number).give_back()
    second.give_back()
