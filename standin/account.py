"""The one Stripe account that the stand-in plays: books, clock, events, and the faults it was told to make."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from standin.books import Books, new_id
from standin.wire import API_VERSION

# What an endpoint at Stripe would be subscribed to; every event, these or not, stands in the event list.
DELIVERED = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.processing",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_method.automatically_updated",
        "payment_method.detached",
        "mandate.updated",
        "setup_intent.succeeded",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)
FAULTS = {
    "unreached": "the connection is cut before anything is done",
    "rate_limited": "429, nothing done, nothing stored",
    "slow": "waits `seconds` before doing it, while the idempotency key is in use",
    "error_500": "500 without doing it, stored under the idempotency key",
    "error_500_done": "does it, then 500, stored under the idempotency key",
    "lost": "does it, then waits `seconds` and cuts the connection without an answer",
}


@dataclass
class Fault:
    """One way to fail, for the next `times` requests whose method and path fit."""

    kind: str
    times: int = 1
    seconds: float = 0.0
    method: str = ""
    path: str = "/v1/"

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise ValueError(f"{self.kind} is none of {', '.join(FAULTS)}")


@dataclass
class Webhooks:
    """
    Where events go and what happens to them on the way.

    `drop_next`: so many of the next events are never sent. `copies`: each event is sent that often.
    `delay_seconds`: each waits that long first; with `shuffle` a random part of it, so that order is lost.
    """

    secrets: Sequence[str] = ()
    url: str = ""
    drop_next: int = 0
    copies: int = 1
    delay_seconds: float = 0.0
    shuffle: bool = False
    retry_after_seconds: Sequence[float] = (1, 5, 30, 120, 600, *[3600] * 72)


@dataclass
class Account:
    home: Path
    api_key: str
    webhooks: Webhooks
    public_url: str = ""
    real_now: Callable[[], float] = time.time
    books: Books = field(init=False)
    wake: threading.Event = field(default_factory=threading.Event)
    on_event: Callable[[dict[str, Any]], object] | None = None
    """Told of every event, whether or not it is sent to anybody."""
    _faults: list[Fault] = field(default_factory=list)
    _faults_lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.books = Books(self.home / "standin.sqlite3")

    @property
    def clock_offset_seconds(self) -> int:
        return int(self.books.setting("clock_offset_seconds", "0"))

    def now(self) -> int:
        """Business time; signatures and deliveries use the real clock."""
        return int(self.real_now()) + self.clock_offset_seconds

    def fail(self, fault: Fault) -> None:
        with self._faults_lock:
            self._faults.append(fault)

    def forgive(self) -> None:
        with self._faults_lock:
            self._faults.clear()

    def next_fault(self, method: str, path: str) -> Fault | None:
        with self._faults_lock:
            for fault in self._faults:
                if path.startswith(fault.path) and fault.method in ("", method):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None

    def announce(self, type_: str, subject: dict[str, Any], *, request_id: str = "", key: str = "") -> None:
        """Store the event in the caller's transaction and put it on its way."""
        copies = self._copies_to_send(type_)
        event = self.books.add(
            {
                "id": new_id("evt_"),
                "object": "event",
                "api_version": API_VERSION,
                "created": self.now(),
                "data": {"object": subject},
                "livemode": False,
                "pending_webhooks": min(copies, 1),
                "request": {"id": request_id or None, "idempotency_key": key or None},
                "type": type_,
            }
        )
        if self.on_event:
            self.on_event(event)
        for _ in range(copies):
            self.send(event["id"])

    def send(self, event_id: str) -> None:
        delay = self.webhooks.delay_seconds
        if self.webhooks.shuffle:
            delay = random.uniform(0, delay)
        self.books.run("insert into deliveries (event_id, due_at) values (?, ?)", event_id, self.real_now() + delay)
        self.wake.set()

    def _copies_to_send(self, type_: str) -> int:
        if not self.webhooks.url or type_ not in DELIVERED:
            return 0
        if self.webhooks.drop_next > 0:
            self.webhooks.drop_next -= 1
            return 0
        return self.webhooks.copies
