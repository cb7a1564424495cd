"""The clockwork: everything that must happen without a click happens, and one failure stops nothing else."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
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
from models.transactions import transaction
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


class Slow:
    """A mail server that answers when it likes."""

    mail_from = "billing@company.test"

    def __init__(self) -> None:
        self.asked, self.answers = threading.Event(), threading.Event()

    def send(self, raw: bytes, draft: MailDraft) -> Outcome:
        self.asked.set()
        assert self.answers.wait(60)
        return Sent("250 OK")


def test_mails_that_take_long_hold_up_no_job_and_are_left_to_others_when_the_worker_stops(
    engine: Engine, tmp_path: Path
) -> None:
    for number in range(3):
        queue(str(number))
    sender, stop = Slow(), threading.Event()
    arguments = (stop, engine.url, Tools(gateway=None, sender=sender, seals=tmp_path), False)
    worker = threading.Thread(target=work.work_until, args=arguments)
    worker.start()
    assert sender.asked.wait(60)
    queue("later")
    eventually(nothing_is_queued, within=60)
    stop.set()
    sender.answers.set()
    worker.join()
    session.expire_all()
    due = Counter((message.state, message.next_try_at <= clock.now()) for message in messages.outbox())
    assert due == {(MessageState.SENT, False): 1, (MessageState.QUEUED, True): 3}


def nothing_is_queued() -> bool:
    session.rollback()
    return jobs.waiting_and_failed() == []


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
