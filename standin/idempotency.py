"""One key, one effect: the first answer is kept for a day and given again, failures of the server included."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from standin.account import Account
from standin.wire import ApiError

KEPT_SECONDS = 86400


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    request_id: str
    replayed: bool = False


def fingerprint(method: str, path: str, params: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps([method, path, params], sort_keys=True).encode()).hexdigest()


class Keys:
    def __init__(self, account: Account) -> None:
        self._account = account
        self._in_use: set[str] = set()
        self._lock = threading.Lock()

    @property
    def in_use(self) -> bool:
        with self._lock:
            return bool(self._in_use)

    def once(self, key: str, print_: str, work: Callable[[], Answer]) -> Answer:
        """
        Do the work, or give the answer that the key already has.

        The effect and its answer are one transaction. A refusal raised by the work (4xx) keeps nothing.

        :raises ApiError: 409 while another request uses the key, 400 where the key belongs to another request.
        """
        with self._using(key):
            kept = self._kept(key)
            if kept is not None:
                if kept["fingerprint"] != print_:
                    raise ApiError(
                        400,
                        "Keys for idempotent requests can only be used with the same parameters "
                        f"they were first used with. Try using a key other than '{key}'.",
                        type_="idempotency_error",
                    )
                return Answer(kept["status"], kept["body"], kept["request_id"], replayed=True)
            return work()

    def keep(self, key: str, print_: str, answer: Answer) -> Answer:
        """Store the answer; called inside the transaction that made the effect."""
        self._account.books.run(
            "insert or replace into answers values (?, ?, ?, ?, ?, ?)",
            *(key, print_, answer.request_id, answer.status, answer.body, self._account.now()),
        )
        return answer

    def _kept(self, key: str) -> Any:
        oldest = self._account.now() - KEPT_SECONDS
        rows = self._account.books.run("select * from answers where key = ? and created > ?", key, oldest)
        return rows[0] if rows else None

    @contextmanager
    def _using(self, key: str) -> Iterator[None]:
        with self._lock:
            if key in self._in_use:
                raise ApiError(
                    409,
                    f"There is currently another in-progress request using this idempotency key '{key}'.",
                    type_="idempotency_error",
                    code="idempotency_key_in_use",
                )
            self._in_use.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._in_use.discard(key)
