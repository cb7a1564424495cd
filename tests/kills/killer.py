"""Kills at random: one process of the web server, all of it, or the worker; starts again what does not by itself."""

import random
from collections import Counter
from collections.abc import Callable

from tests.kills.house import WEB_PROCESSES, House
from tests.kills.load import Load

MOST_BETWEEN = 12  # requests between two kills


class Killer:
    def __init__(self, house: House, load: Load, seed: int) -> None:
        self._house, self._load, self._draw = house, load, random.Random(seed)
        self.kills = Counter[str]()

    def kill(self, times: int, between: Callable[[int], object] = lambda number: None) -> None:
        """:param between: is told the number of each kill."""
        ways: dict[str, Callable[[], None]] = {
            "web process": lambda: self._house.kill_web_process(self._draw.randrange(WEB_PROCESSES)),
            "web server": self._house.kill_web,
            "worker": self._house.kill_worker,
        }
        for number in range(1, times + 1):
            self._load.await_requests(self._draw.randint(1, MOST_BETWEEN))
            what = self._draw.choice((*ways, "web process", "worker"))
            ways[what]()
            self.kills[what] += 1
            between(number)
