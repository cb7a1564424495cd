"""Stripe's hints: signed, over HTTP, by eight who send at once, until they are stored; against the bare insert."""

import json
import os
import selectors
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from bench import causes, pgbench
from bench.databases import Databases
from bench.figures import Figure, best
from bench.servers import WEBHOOK_SECRET, Connection, Server, environ
from bench.sizes import Size
from standin.courier import sign

CLIENTS = 8
SECONDS = 3.0  # of each round
WARM_UP = 400  # events: each process of the server imports on its first one what it needs
OURS, PLAIN = "inbox", "plain_inbox"
# The same columns with the same values; the text is as long as ours.
INSERT = """
\\set i :i + 1
insert into webhook_events
    (event_id, type, object_id, livemode, api_version, payload, received_at, next_try_at)
values ('evt_' || :round || '_' || :client_id || '_' || :i, '{type}', 'cs_' || :i, false, '{version}', '{payload}',
        now(), now())
on conflict do nothing;
"""


@dataclass(frozen=True, slots=True)
class Round:
    events: int
    seconds: float
    latencies: Sequence[float]

    @property
    def seconds_each(self) -> float:
        return self.seconds / self.events

    def percentile(self, share: float) -> float:
        return sorted(self.latencies)[int(len(self.latencies) * share)]


def measured(databases: Databases, size: Size) -> list[Figure]:
    databases.make(OURS)
    databases.make(PLAIN)
    limits, rounds = [], []
    server = Server("app:create_app", databases.home / "servers.log", environ(databases, OURS), os.cpu_count() or 1)
    try:
        numbers = count(1)
        _deliver(server, _requests(numbers, WARM_UP), 1e6)
        for number in range(size.storms):
            script = INSERT.format(**_parts(), payload=_event(0).replace("'", "''"))
            run = pgbench.Run(databases, PLAIN, clients=CLIENTS, variables={"round": number, "i": 0})
            limits.append(1 / run.for_seconds(script, SECONDS))
            rounds.append(_deliver(server, _requests(numbers), SECONDS))
    finally:
        server.stop()
    _all_stored(databases, next(numbers) - 1)
    return _figures(min(rounds, key=lambda one: one.seconds_each), best(limits))


def _figures(ours: Round, limit: float) -> list[Figure]:
    p50, p99 = ours.percentile(0.5), ours.percentile(0.99)
    storing = Figure(
        what=f"Signed webhook over HTTP to stored event, {CLIENTS} clients",
        against="pgbench: the same one insert",
        ratio=limit / ours.seconds_each,
        gate=0.3,
        stretch=0.5,
        less_is_better=False,
        ours=f"{1 / ours.seconds_each:,.0f} events/s, p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms",
        limit=f"{1 / limit:,.0f} events/s",
        cause=causes.WEBHOOK,
    )
    slowest = Figure(
        what="The same: the slowest of a hundred (p99)",
        against="the one in the middle (p50)",
        ratio=p99 / p50,
        gate=20.0,
        stretch=None,
        less_is_better=True,
        ours=f"{p99 * 1e3:.1f} ms",
        limit=f"{p50 * 1e3:.1f} ms",
        cause=causes.WEBHOOK,
    )
    return [storing, slowest]


def _parts() -> dict[str, str]:
    event = json.loads(_event(0))
    return {"type": event["type"], "version": event["api_version"]}


def _event(number: int) -> str:
    """As Stripe writes them: two thousand characters of which we need five words."""
    subject = {
        **{"id": f"cs_{number}", "object": "checkout.session", "amount_subtotal": 12_000, "amount_total": 12_000},
        **{"adaptive_pricing": {"enabled": False}, "automatic_tax": {"enabled": False, "status": None}},
        **{"cancel_url": "https://pay.example.test/statement", "client_reference_id": "1c6c9d3e", "currency": "eur"},
        **{"customer_details": {"address": {"city": "Vilnius", "country": "LT"}, "email": "ap@example.test"}},
        **{"expires_at": 1_800_000_000, "locale": "lt", "metadata": {"attempt": "1c6c9d3e"}, "mode": "payment"},
        **{"payment_intent": f"pi_{number}", "payment_method_types": ["card", "sepa_debit", "bancontact", "eps"]},
        **{"payment_status": "paid", "status": "complete", "success_url": "https://pay.example.test/payments/1c6c"},
        **{f"field_{place}": None for place in range(50)},
    }
    event = {
        **{"id": f"evt_{number}", "object": "event", "type": "checkout.session.completed", "livemode": False},
        **{"api_version": "2026-05-27.dahlia", "created": 1_790_000_000, "pending_webhooks": 1, "request": None},
        **{"data": {"object": subject}},
    }
    return json.dumps(event)


def _requests(numbers: Iterator[int], most: int | None = None) -> Iterator[bytes]:
    """Signed shortly before they are sent; the number of what was taken is asked of `numbers` afterwards."""
    for _ in count() if most is None else range(most):
        body = _event(next(numbers)).encode()
        signature = sign(body, [WEBHOOK_SECRET], int(time.time()))
        lines = (
            *("POST /webhooks/stripe HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"),
            *(f"Content-Length: {len(body)}", f"Stripe-Signature: {signature}", "", ""),
        )
        yield "\r\n".join(lines).encode() + body


def _deliver(server: Server, requests: Iterable[bytes], seconds: float) -> Round:
    """Every client sends its next event when the answer to the one before is there."""
    waiting, latencies = iter(requests), []
    began = time.perf_counter()
    with selectors.DefaultSelector() as ready:
        clients = [server.connection() for _ in range(CLIENTS)]
        for client in clients:
            _send_next(ready, client, waiting)
        while ready.get_map():
            for key, _ in ready.select():
                client, sent_at = key.data
                client.answer()
                now = time.perf_counter()
                latencies.append(now - sent_at)
                ready.unregister(client)
                if now - began < seconds:
                    _send_next(ready, client, waiting)
        for client in clients:
            client.close()
    return Round(len(latencies), time.perf_counter() - began, latencies)


def _send_next(ready: selectors.BaseSelector, client: Connection, waiting: Iterator[bytes]) -> None:
    request = next(waiting, None)
    if request is not None:
        client.send(request)
        ready.register(client, selectors.EVENT_READ, (client, time.perf_counter()))


def _all_stored(databases: Databases, sent: int) -> None:
    """:raises RuntimeError: an event that was answered is not in the inbox."""
    stored = databases.scalar(OURS, "select count(*) from webhook_events")
    if stored != sent:
        raise RuntimeError(f"{sent} events were answered and {stored} are stored")
