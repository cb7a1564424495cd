"""What goes on while processes are killed, and what it was promised."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from models.transactions import release
from tests.kills.browser import NoAnswer
from tests.kills.house import PATIENCE, House
from tests.making import Maker


@dataclass(frozen=True)
class Promise:
    """What an answer said is done: it must be found in the database, whatever was killed afterwards."""

    what: str
    customer_id: int
    about: str


class Person(Protocol):
    def step(self) -> None: ...


class Load:
    """`wrong` is what nobody should ever be answered."""

    def __init__(self, house: House, make: Maker) -> None:
        self.house, self.make = house, make
        self.counts = Counter[str]()
        self.promises: list[Promise] = []
        self.wrong: list[str] = []
        self._changed = threading.Condition()
        self._stopping = threading.Event()

    @contextmanager
    def of(self, *people: Person) -> Iterator[None]:
        """They go on until the block ends; then each finishes what they are at."""
        threads = [threading.Thread(target=self._live, args=(person,), daemon=True) for person in people]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads), "somebody still waits for an answer"

    def await_requests(self, more: int) -> None:
        """Until so many more were answered or cut: a random moment for all that are on their way."""
        with self._changed:
            goal = self.counts["requests"] + more
            assert self._changed.wait_for(lambda: self.wrong or self.counts["requests"] >= goal, PATIENCE), (
                "all is quiet"
            )

    def count(self, what: str) -> None:
        with self._changed:
            self.counts[what] += 1
            self._changed.notify_all()

    def promised(self, what: str, customer_id: int, about: str) -> None:
        self.promises.append(Promise(what, customer_id, about))

    def _live(self, person: Person) -> None:
        while not self._stopping.is_set():
            try:
                person.step()
            except NoAnswer:
                self.count("unanswered")
                self.house.await_web()
            except Exception as error:
                self.wrong.append(f"{type(error).__name__}: {error}")
                return
            finally:
                release()
