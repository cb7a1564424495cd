"""Kills workers while they decide a run and while they send it: one, all, or the one whose mail the server has."""

import random
from collections.abc import Callable

from sqlalchemy import text

from models import clock, jobs
from models.database import session
from models.transactions import release, transaction
from tests.kills.house import PATIENCE
from tests.kills.post import PostOffice
from tests.kills.workers import Workers
from tests.runtime.watching import eventually

CHUNKS_LEFT = "(select count(*) from reminder_chunks where done_at is null)"
CHUNKS_FREE = (
    "(select count(*) from (select from reminder_chunks where done_at is null for update skip locked) as free)"
)
MAILS_DUE = """
(select count(*) from messages where channel = 'email' and state in ('queued', 'sending', 'unknown')
 and next_try_at <= :now)
"""
LETTERS_LEFT = "(select count(*) from messages where channel = 'letter' and document_hash = '')"
JOBS_LEFT = "(select count(*) from procrastinate_jobs)"


class RunKiller:
    """:param customers: how many there are: of the mails some go between two kills, whoever waits for them."""

    def __init__(self, workers: Workers, post: PostOffice, customers: int, seed: int) -> None:
        self._workers, self._post, self._customers = workers, post, customers
        self._draw = random.Random(seed)
        self._patience = PATIENCE + customers / 5
        self.asked_again = 0

    def kill(self, times: int) -> None:
        """First while chunks are decided, then while mails are handed over; all of them now and then, and at last."""
        kills, many = self._workers.kills, self._workers.many
        while kills.total() < times // 5:
            self._kill_whoever_decides()
        while kills.total() < times - many:
            way = self._draw.choice(("one", "one", "taken", "offered", "all"))
            if way == "all" or not self._mails_go(self._draw.randint(1, max(2 * self._customers // times, 1))):
                self._workers.kill_all("all while they send")  # Or while what is left waits for the dead.
            elif way == "one":
                self._workers.kill_one("while they send")
            elif port := self._silence("DATA" if way == "taken" else "RCPT"):
                self._workers.kill_one(f"with a mail {way}", at=port)
        self._workers.kill_all("all while they send")

    def await_end(self) -> None:
        """No chunk, no letter and no job is left."""
        self._await(lambda: not _count(f"{CHUNKS_LEFT} + {LETTERS_LEFT} + {JOBS_LEFT}"))

    def _kill_whoever_decides(self) -> None:
        self._await(lambda: _count(CHUNKS_FREE) < _count(CHUNKS_LEFT))
        left = _count(CHUNKS_LEFT)
        (self._workers.kill_one if self._draw.random() < 0.5 else self._workers.kill_all)("while they decide")
        self._await(lambda: _count(CHUNKS_LEFT) < left)

    def _mails_go(self, more: int) -> bool:
        """Until so many more were taken, or nobody has any that are due."""
        goal = len(self._post.taken) + more
        self._await(lambda: len(self._post.taken) >= goal or _nothing_is_due())
        return len(self._post.taken) >= goal

    def _silence(self, command: str) -> int:
        """Let the server fall silent at the next such command; the port of whoever waits, if anybody does."""
        self._post.silent_to, self._post.silent_next = 0, command
        self._await(lambda: self._post.silent_to or _nothing_is_due())
        self._post.silent_next = ""
        return self._post.silent_to

    def _await(self, true: Callable[[], object]) -> None:
        eventually(lambda: self._ask_again() or true(), within=self._patience)

    def _ask_again(self) -> None:
        """As somebody at the page of jobs does: a chunk whose workers died five times waits for that."""
        with transaction():
            for job in jobs.waiting_and_failed():
                if job.state == "failed":
                    jobs.requeue(job.id)
                    self.asked_again += 1
        release()


def _nothing_is_due() -> bool:
    return not _count(f"{CHUNKS_LEFT} + {MAILS_DUE}")


def _count(what: str) -> int:
    try:
        return session.scalar(text(f"select {what}"), {"now": clock.now()} if ":now" in what else {}) or 0
    finally:
        release()
