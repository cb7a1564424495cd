"""When all is quiet again: Stripe's own books and every promise against what our database holds."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text

from models import clock, payments
from models.customers.notes import Note
from models.database import session
from models.ledger import Entry
from models.messages import Message
from models.payments import FINAL, Attempt, AttemptState, Refund, WebhookEvent
from models.reports.verify import verify
from tests.kills.house import PATIENCE, House
from tests.kills.load import Promise
from tests.runtime.watching import eventually

HOURS = (0, 1, 1, 2, 24, 24, 2)  # by then Stripe has forgotten every key, and every page has run out


class Oracle:
    def __init__(self, house: House) -> None:
        self._house = house
        self.moment: datetime = clock.real_now()

    # The end of it

    def settle(self) -> None:
        """The network is well and time passes: what nobody finished the sweeps must find out."""
        house = self._house
        house.tell(faults=[], webhooks={"drop_next": 0, "copies": 1, "delay_seconds": 0.0})
        eventually(lambda: all(one["done"] for one in house.tell()["deliveries"]), within=PATIENCE)
        house.stop()
        self.moment = clock.real_now()
        for hours in HOURS:
            self.moment += timedelta(hours=hours, minutes=2)
            house.tell(clock_offset_seconds=round((self.moment - clock.real_now()).total_seconds()))
            payments.catch_up(gateway=house.gateway, now=self._now, real_now=clock.real_now)
            for _ in range(3):
                payments.sweep(gateway=house.gateway, now=self._now, most=10_000)
                payments.sweep_refunds(gateway=house.gateway, now=self._now, most=10_000)
                payments.drain(gateway=house.gateway, now=self._now, real_now=self._in_years)
        session.rollback()

    def _now(self) -> datetime:
        return self.moment

    def _in_years(self) -> datetime:
        return clock.real_now() + timedelta(days=1_000)

    # What must be so

    def broken(self) -> list[object]:
        session.rollback()
        return list(verify(now=self.moment).broken)

    def lost(self, promises: Sequence[Promise]) -> list[Promise]:
        """Promises that nobody kept, webhooks that were answered with 2xx among them."""
        session.rollback()
        kept: dict[str, Callable[[Promise], object]] = {
            "attempt": lambda one: _one(Attempt, customer_id=one.customer_id, session_id=one.about),
            "receipt": lambda one: _one(Attempt, customer_id=one.customer_id, id=one.about, state="succeeded"),
            "note": lambda one: _one(Note, customer_id=one.customer_id, text=one.about),
            "refund": lambda one: _one(Refund, customer_id=one.customer_id, key=one.about),
            "event": lambda one: _one(WebhookEvent, event_id=one.about),
        }
        heard = [
            Promise("event", 0, row["event_id"])
            for row in self._books("select distinct event_id from deliveries where last_answer like '2%'")
        ]
        return [one for one in [*promises, *heard] if not kept[one.what](one)]

    def unknown(self) -> list[tuple[object, ...]]:
        """Attempts that are not finished, and refunds."""
        attempts = select(Attempt.id, Attempt.state).where(Attempt.state.not_in(FINAL))
        refunds = select(Refund.id, Refund.state).where(Refund.state.in_(payments.UNFINISHED))
        return [tuple(row) for row in (*session.execute(attempts), *session.execute(refunds))]

    def ours(self) -> dict[str, Counter[str]]:
        """In cents: what came in of each attempt and what went back, by our ledger."""
        came, back = Counter[str](), Counter[str]()
        attempts = {one.payment_intent_id: one for one in session.scalars(select(Attempt))}
        for entry in session.scalars(select(Entry).where(Entry.dedupe_key.like("pi\\_%:paid"))):
            came[str(attempts[entry.dedupe_key.partition(":")[0]].id)] += entry.amount_minor
        for refund in session.scalars(select(Refund).where(Refund.state == "succeeded")):
            key = f"{refund.stripe_id}:refund"
            entered = session.scalars(select(Entry).where(Entry.dedupe_key == key)).one()
            back[str(refund.attempt_id)] += entered.amount_minor
        return {"came": came, "back": back}

    def theirs(self) -> dict[str, Counter[str]]:
        """The same by the charges and refunds in Stripe's books, where each names its attempt."""
        intents = {one["id"]: one["metadata"]["attempt"] for one in self._there("payment_intent")}
        came, back = Counter[str](), Counter[str]()
        for charge in self._there("charge"):
            if charge["paid"]:
                came[intents[charge["payment_intent"]]] += charge["amount"]
        for refund in self._there("refund"):
            if refund["status"] in ("pending", "succeeded"):
                back[intents[refund["payment_intent"]]] += refund["amount"]
        return {"came": came, "back": back}

    def charged_twice(self) -> list[object]:
        """Attempts with two successes, and items on which more was charged than was owed on them at any time."""
        intents = {one["id"]: one["metadata"]["attempt"] for one in self._there("payment_intent")}
        paid = Counter(intents[one["payment_intent"]] for one in self._there("charge") if one["paid"])
        over = text(
            "select e.id from entries e join (select l.customer_id, l.entry_id, sum(l.amount_minor) as paid"
            " from attempt_lines l join attempts a on (a.customer_id, a.id) = (l.customer_id, l.attempt_id)"
            " where a.id = any(cast(:paid as uuid[])) group by 1, 2) p on (p.customer_id, p.entry_id) ="
            " (e.customer_id, e.id) where p.paid > e.amount_minor + coalesce((select sum(r.amount_minor)"
            " from allocations r where r.customer_id = e.customer_id and r.debit_id = e.id"
            " and r.reverses_id is not null), 0)"
        )
        twice = [attempt for attempt, times in paid.items() if times > 1]
        return [*twice, *session.scalars(over, {"paid": list(paid)})]

    def receipts_and_mails(self) -> tuple[int, int]:
        succeeded = select(func.count()).select_from(Attempt).where(Attempt.state == AttemptState.SUCCEEDED)
        mails = select(func.count()).select_from(Message).where(Message.kind == "receipt")
        return session.scalar(succeeded) or 0, session.scalar(mails) or 0

    def _there(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(row["body"]) for row in self._books("select body from objects where kind = ?", kind)]

    def _books(self, query: str, *values: str) -> list[sqlite3.Row]:
        books = sqlite3.connect(self._house.books / "standin.sqlite3")
        books.row_factory = sqlite3.Row
        try:
            return books.execute(query, values).fetchall()
        finally:
            books.close()


def _one(table: type[Any], **facts: object) -> bool:
    """Exactly one such row."""
    query = select(func.count()).select_from(table).where(*(getattr(table, name) == one for name, one in facts.items()))
    return session.scalar(query) == 1
