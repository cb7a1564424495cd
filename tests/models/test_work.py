"""The clockwork: everything that must happen without a click happens, and one failure stops nothing else."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from models import audit, clock, company, jobs, messages, work
from models.audit import SEAL_FILE
from models.database import session
from models.gateways.mail import MailDraft, Outcome, Sent
from models.messages import MessageState
from models.transactions import release, transaction
from models.work import Periodic, Tools
from tests.journeys.house import eventually

MAIL = {"kind": "receipt", "language": "en", "subject": "S", "text": "T", "html": "<p>T</p>"}


def queue(key: str) -> None:
    with transaction():
        messages.queue(7, **MAIL, dedupe_key=key, address="ap@example.test", now=clock.now())
        jobs.later("messages.send")


def states() -> set[MessageState]:
    session.rollback()
    session.expire_all()
    return {message.state for message in messages.outbox()}


class OneAtATime:
    """A connection to a mail server: two who use it at once would mix up their mails."""

    mail_from = "billing@company.test"

    def __init__(self) -> None:
        self.busy = threading.Lock()
        self.sent: list[str] = []

    def send(self, raw: bytes, draft: MailDraft) -> Outcome:
        assert self.busy.acquire(blocking=False), "two threads speak on one connection"
        time.sleep(0.01)
        self.sent.append(draft.message_id)
        self.busy.release()
        return Sent("250 OK")


def test_queue_and_clockwork_never_speak_on_one_connection_at_once(engine: Engine, tmp_path: Path) -> None:
    for number in range(12):
        queue(str(number))
    tools = Tools(gateway=None, sender=OneAtATime(), seals=tmp_path)
    failures: list[BaseException] = []

    def press() -> None:
        try:
            work.send_messages(tools)
        except BaseException as error:
            failures.append(error)
        finally:
            release()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (len(tools.sender.sent), states()) == (12, {MessageState.SENT})


def test_a_task_that_fails_is_told_and_leaves_the_connection_usable(engine: Engine, tmp_path: Path) -> None:
    def fail(_: Tools) -> None:
        company.locked().name = "Half done"
        raise RuntimeError("unforeseen")

    work._run_calmly(Periodic("failing", timedelta(seconds=1), fail), Tools(None, None, tmp_path), production=False)
    assert company.get().name != "Half done"


def test_without_mail_server_or_stripe_the_clockwork_has_nothing_to_do(engine: Engine, tmp_path: Path) -> None:
    queue("a")
    for task in work.CLOCKWORK:
        work._run_calmly(task, Tools(None, None, tmp_path), production=False)
    assert states() == {MessageState.QUEUED}


def test_the_trail_is_sealed_once_a_day_into_a_file_that_can_leave_the_machine(engine: Engine, tmp_path: Path) -> None:
    tools = Tools(None, None, tmp_path / "seals")
    for day in (0, 0, 1):
        clock.move(timedelta(days=day))
        with transaction():
            audit.record(0, "books.closed", by=audit.COMMAND, now=clock.now())
        work.seal_audit(tools)
    clock.move(timedelta())
    lines = (tmp_path / "seals" / SEAL_FILE).read_text().splitlines()
    assert len(lines) == 2


def test_every_job_that_is_ever_queued_has_a_handler() -> None:
    called = {
        line.split('"')[1]
        for path in Path("models").rglob("*.py")
        for line in path.read_text().splitlines()
        if "jobs.later(" in line and '"' in line
    }
    assert called
    assert called <= set(work.HANDLERS)


@pytest.fixture
def worker(database_url: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`flask work`, as it runs beside the server."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DUEWELL_")}
    environ |= {"DUEWELL_HOME": str(tmp_path / "home"), "DUEWELL_EMBEDDED_URL": database_url, "FLASK_APP": "app"}
    environ |= {"DUEWELL_STRIPE_KEY": "sk_test_x", "DUEWELL_STRIPE_API_BASE": "http://127.0.0.1:9"}
    environ |= {"DUEWELL_STRIPE_WEBHOOK_SECRETS": "whsec_x"}
    process = subprocess.Popen([sys.executable, "-m", "flask", "work"], env=environ)
    yield process
    process.kill()
    process.wait()


def test_the_worker_does_what_waits_and_stops_when_told(engine: Engine, worker: subprocess.Popen[bytes]) -> None:
    queue("a")
    eventually(lambda: states() == {MessageState.SENT}, within=60)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
