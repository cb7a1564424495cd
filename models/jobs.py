"""How work is queued: in the transaction that makes it necessary, on Procrastinate's tables in the same database."""

import asyncio
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, text

from models.database import session
from models.errors import N_, Refused
from models.transactions import release, transaction

if TYPE_CHECKING:
    import procrastinate

QUEUE = "duewell"
ATTEMPTS = 5
INTERRUPTED_FOR = 1  # Seconds until a worker that lost the database comes back.
STALLED_AFTER = 30  # Seconds without a heartbeat until a worker counts as dead and its jobs go to another.


class NotFailed(Refused):
    pass


def later(name: str, **ids: int | str) -> None:
    """
    Enqueue a job by name in the caller's transaction; `work` maps the name to its handler.

    Arguments are ids only. No queueing lock: a duplicate would abort the transaction, so sameness is a
    unique row of the domain and every handler may run twice.
    """
    queue().configure_task(name, queue=QUEUE, connection=_driver_connection()).defer(**ids)


def queue() -> "procrastinate.App":
    """The queue as one process sees it. Deferring goes through the caller's own connection, so it opens none."""
    global _queue
    if _queue is None:
        import procrastinate

        _queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
    return _queue


_queue: "procrastinate.App | None" = None


def _driver_connection() -> Any:
    connection: Connection = session.connection()
    return connection.connection.dbapi_connection


def work(url: URL, handlers: Mapping[str, Callable[..., object]], tools: object, stop: threading.Event) -> None:
    """
    Run queued jobs until `stop`. A job that fails is tried five times with growing waits, then waits for somebody
    to requeue it; jobs of a worker that died are taken up by another. A database that goes away is waited for.
    """
    while not stop.is_set():
        try:
            asyncio.run(_work(url, handlers, tools, stop))
        except Exception as error:
            _tell("queue_interrupted", error)
            stop.wait(INTERRUPTED_FOR)


async def _work(url: URL, handlers: Mapping[str, Callable[..., object]], tools: object, stop: threading.Event) -> None:
    """:raises Exception: what ended the worker before it was told to stop."""
    import procrastinate

    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address))
    for name, handler in handlers.items():
        app.task(name=name, queue=QUEUE, retry=_patience())(_calmly(handler, tools))
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                queues=[QUEUE],
                concurrency=2,
                delete_jobs="successful",
                install_signal_handlers=False,
                shutdown_graceful_timeout=15,
                stalled_worker_timeout=STALLED_AFTER,
            )
        )
        rescue = asyncio.create_task(_retry_stalled())
        while not (stop.is_set() or worker.done() or rescue.done()):
            await asyncio.sleep(0.2)
        for task in (rescue, worker):
            task.cancel()
        for ended in await asyncio.gather(worker, rescue, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


def _patience() -> "procrastinate.BaseRetryStrategy":
    """About 3, 9, 27 and 81 seconds between five attempts: not all at once for jobs that failed together."""
    import procrastinate

    class Patience(procrastinate.BaseRetryStrategy):
        def get_retry_decision(
            self, *, exception: BaseException, job: "procrastinate.jobs.Job"
        ) -> "procrastinate.RetryDecision | None":
            if job.attempts + 1 >= ATTEMPTS:
                return None
            wait = 3 ** (job.attempts + 1) * random.uniform(0.5, 1.5)
            return procrastinate.RetryDecision(retry_in={"seconds": round(wait)})

    return Patience()


async def _retry_stalled() -> None:
    """What a dead worker left; a job whose worker died each time waits for somebody, like any that failed."""
    while True:
        await asyncio.to_thread(give_on_stalled)
        await asyncio.sleep(STALLED_AFTER)


# In one statement: of two workers that look at once the second waits, and finds that it was done.
_GIVE_ON = text(
    """
update procrastinate_jobs j set attempts = j.attempts + 1, scheduled_at = null, worker_id = null,
    status = (case when j.attempts + 1 >= :most then 'failed' else 'todo' end)::procrastinate_job_status
from (
    select o.id from procrastinate_jobs o left join procrastinate_workers w on w.id = o.worker_id
    where o.status = 'doing' and (w.id is null or w.last_heartbeat < now() - make_interval(secs => :seconds))
    order by o.id for update of o
) left_over
where j.id = left_over.id
"""
)


def give_on_stalled() -> None:
    try:
        with transaction():
            session.execute(_GIVE_ON, {"most": ATTEMPTS, "seconds": STALLED_AFTER})
    finally:
        release()


def _tell(what: str, error: Exception) -> None:
    import structlog

    structlog.get_logger().error(what, exc_info=error)


def _calmly(handler: Callable[..., object], tools: object) -> Callable[..., None]:
    def run(**ids: Any) -> None:
        try:
            handler(tools, **ids)
        finally:
            release()

    return run


@dataclass(frozen=True, slots=True)
class QueuedJob:
    id: int
    name: str
    arguments: dict[str, Any]
    state: str
    attempts: int
    next_at: datetime | None


def waiting_and_failed() -> list[QueuedJob]:
    """What is queued, running or failed for good, failed first. What succeeded is not kept."""
    rows = session.execute(
        text(
            "select id, task_name, args, status, attempts, scheduled_at from procrastinate_jobs"
            " where status in ('todo', 'doing', 'failed') order by status = 'failed' desc, id desc limit 200"
        )
    )
    return [QueuedJob(*row) for row in rows]


def requeue(job_id: int) -> None:
    """
    Try a failed job again, with five new attempts.

    :raises NotFailed: there is no such failed job.
    """
    done = session.execute(
        text(
            "update procrastinate_jobs set status = 'todo', attempts = 0, scheduled_at = null"
            " where id = :id and status = 'failed'"
        ),
        {"id": job_id},
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise NotFailed(N_("This job is not waiting for anybody: it was done or requeued meanwhile."))
