"""Queued work happens exactly when its cause did, survives the worker that dies with it, and never fails in silence."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from models import jobs
from models.database import session
from models.jobs import NotFailed
from models.transactions import transaction
from tests.journeys.house import eventually

Handler = Callable[..., object]


@contextmanager
def worker(engine: Engine, **handlers: Handler) -> Iterator[None]:
    """A worker in threads of this process; 'nudge' wakes it."""
    stop = threading.Event()
    known = handlers | {"nudge": lambda tools: None}
    thread = threading.Thread(target=jobs.work, args=(engine.url, known, "the tools", stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def later(name: str, **ids: int | str) -> None:
    with transaction():
        jobs.later(name, **ids)


def queued(name: str) -> list[jobs.QueuedJob]:
    session.rollback()
    return [job for job in jobs.waiting_and_failed() if job.name == name]


def is_done(name: str) -> bool:
    return queued(name) == []


def let_time_pass() -> None:
    """The next attempt is due now, and the worker is woken."""
    with transaction():
        session.execute(text("update procrastinate_jobs set scheduled_at = now() where scheduled_at is not null"))
        jobs.later("nudge")


def test_a_job_runs_with_what_it_was_given_and_is_not_kept(engine: Engine) -> None:
    ran: list[object] = []
    later("greet", customer_id=7, key="k")
    with worker(engine, greet=lambda tools, **ids: ran.append((tools, ids))):
        eventually(lambda: is_done("greet"))
    assert ran == [("the tools", {"customer_id": 7, "key": "k"})]


def test_a_job_of_something_that_did_not_happen_never_runs(engine: Engine) -> None:
    ran: list[int] = []

    def change_one_s_mind() -> None:
        with transaction():
            jobs.later("greet", place=1)
            raise ZeroDivisionError

    with worker(engine, greet=lambda tools, place: ran.append(place)):
        with pytest.raises(ZeroDivisionError):
            change_one_s_mind()
        later("greet", place=2)
        eventually(lambda: ran)
        eventually(lambda: is_done("greet"))
    assert ran == [2]


def test_a_job_does_not_run_before_its_cause_is_committed(engine: Engine) -> None:
    seen: list[int] = []

    def look(tools: object) -> None:
        seen.append(session.scalar(text("select count(*) from notes")))

    with worker(engine, look=look):
        with transaction():
            jobs.later("look")
            jobs.later("nudge")
            add = "insert into notes (customer_id, text, author, written_at) values (0, 'x', 'y', now())"
            session.execute(text(add))
            assert seen == []
        eventually(lambda: seen)
    assert seen == [1]


def test_a_poison_job_is_tried_five_times_then_waits_and_is_tried_again_when_asked(engine: Engine) -> None:
    """Others are done meanwhile."""
    tries: list[int] = []

    def poison(tools: object, place: int) -> None:
        tries.append(place)
        if len(tries) <= jobs.ATTEMPTS:
            raise RuntimeError("poison")

    with worker(engine, poison=poison):
        later("poison", place=1)
        for count in range(1, jobs.ATTEMPTS + 1):
            eventually(lambda count=count: len(tries) == count and queued("poison")[0].state != "doing")
            if count < jobs.ATTEMPTS:
                [waiting] = queued("poison")
                assert (waiting.state, waiting.next_at is not None) == ("todo", True)
                let_time_pass()
        [failed] = queued("poison")
        assert (failed.state, failed.arguments) == ("failed", {"place": 1})
        let_time_pass()
        eventually(lambda: is_done("nudge"))
        assert len(tries) == jobs.ATTEMPTS
        with transaction():
            jobs.requeue(failed.id)
        later("nudge")
        eventually(lambda: is_done("poison"))
    assert len(tries) == jobs.ATTEMPTS + 1


def test_only_what_failed_can_be_requeued(engine: Engine) -> None:
    later("greet")
    [waiting] = queued("greet")
    for job_id in (waiting.id, 987_654):
        with pytest.raises(NotFailed), transaction():
            jobs.requeue(job_id)


def test_what_failed_stands_first_in_the_list(engine: Engine) -> None:
    later("one")
    later("two")
    with transaction():
        session.execute(text("update procrastinate_jobs set status = 'failed' where task_name = 'one'"))
    assert [(job.name, job.state) for job in jobs.waiting_and_failed()] == [("one", "failed"), ("two", "todo")]


def test_a_worker_that_loses_the_database_comes_back(engine: Engine) -> None:
    ran: list[int] = []
    cut = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    with worker(engine, greet=lambda tools, place: ran.append(place)):
        later("greet", place=1)
        eventually(lambda: ran == [1] and is_done("greet"))  # Cut before it is noted, it would rightly be done again.
        session.remove()
        with engine.connect() as connection:
            connection.execute(text(cut))
        engine.dispose()
        later("greet", place=2)
        eventually(lambda: ran == [1, 2], within=30)


def test_a_job_under_way_is_finished_before_the_worker_stops(engine: Engine) -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work(tools: object) -> None:
        begun.set()
        may_end.wait(20)
        ended.set()

    later("slow")
    stop = threading.Event()
    thread = threading.Thread(target=jobs.work, args=(engine.url, {"slow": work}, None, stop))
    thread.start()
    assert begun.wait(20)
    stop.set()
    may_end.set()
    thread.join()
    assert ended.is_set()
    assert is_done("slow")


WORKER = """
import sys, threading, time
from pathlib import Path
from models import database, jobs

def die_here(tools, mark):
    Path(mark).touch()
    time.sleep(600)

jobs.work(database.connect(sys.argv[1]).url, {"fragile": die_here}, None, threading.Event())
"""


def kill_a_worker_in_the_middle(database_url: str, mark: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", WORKER, database_url])
    eventually(mark.exists, within=60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with transaction():  # Half a minute later.
        session.execute(text("update procrastinate_workers set last_heartbeat = last_heartbeat - interval '1 minute'"))


def test_a_job_whose_worker_was_killed_is_done_by_another(engine: Engine, database_url: str, tmp_path: Path) -> None:
    ran: list[str] = []
    later("fragile", mark=str(tmp_path / "begun"))
    kill_a_worker_in_the_middle(database_url, tmp_path / "begun")
    assert [job.state for job in queued("fragile")] == ["doing"]
    with worker(engine, fragile=lambda tools, mark: ran.append(mark)):
        eventually(lambda: is_done("fragile"), within=30)
    assert ran == [str(tmp_path / "begun")]


def test_of_two_workers_that_find_the_same_job_left_one_gives_it_on(engine: Engine) -> None:
    later("fragile", mark="")
    with transaction():
        session.execute(text("update procrastinate_jobs set status = 'doing'"))
    second = threading.Thread(target=jobs.give_on_stalled)
    with engine.connect() as first:
        first.execute(text("update procrastinate_jobs set status = 'todo', attempts = attempts + 1"))
        second.start()
        with engine.connect() as watching:
            eventually(lambda: watching.scalar(text("select count(*) from pg_locks where not granted")))
        first.commit()
    second.join()
    assert [(job.state, job.attempts) for job in queued("fragile")] == [("todo", 1)]


def test_a_job_that_kills_every_worker_is_given_up_like_any_that_fails(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    later("fragile", mark=str(tmp_path / "begun"))
    with transaction():
        session.execute(text("update procrastinate_jobs set attempts = 4"))
    kill_a_worker_in_the_middle(database_url, tmp_path / "begun")
    with worker(engine):
        eventually(lambda: [job.state for job in queued("fragile")] == ["failed"], within=30)
