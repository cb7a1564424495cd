"""The stand-in's own books: one SQLite file holding every object as Stripe would send it."""

import json
import secrets
import sqlite3
import string
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ALPHABET = string.ascii_letters + string.digits
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
SCHEMA = """
create table if not exists objects (
    seq integer primary key autoincrement, id text not null unique, kind text not null, created integer not null,
    body text not null, kept text not null);
create index if not exists objects_by_kind on objects (kind, seq);
create table if not exists answers (
    key text primary key, fingerprint text not null, request_id text not null, status integer not null,
    body text not null, created integer not null);
create table if not exists deliveries (
    seq integer primary key autoincrement, event_id text not null, due_at real not null,
    tries integer not null default 0, last_answer text, done integer not null default 0);
create index if not exists deliveries_waiting on deliveries (due_at) where done = 0;
create table if not exists settings (name text primary key, value text not null);
"""


def new_id(prefix: str, length: int = 24) -> str:
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))


class Books:
    """One connection behind one lock: a transaction here is also the critical section."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._open_transactions = 0
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. A transaction inside another one is part of it."""
        with self._lock:
            if self._open_transactions:
                yield
                return
            self._connection.execute("begin immediate")
            self._open_transactions += 1
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            else:
                self._connection.execute("commit")
            finally:
                self._open_transactions -= 1

    def run(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def add(self, body: dict[str, Any], kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """`kept` is what Stripe knows about the object without sending it along."""
        sql = "insert into objects (id, kind, created, body, kept) values (?, ?, ?, ?, ?)"
        created = body.get("created", 0)  # A mandate says not when it was made.
        self.run(sql, body["id"], body["object"], created, json.dumps(body), json.dumps(kept or {}))
        return body

    def save(self, body: dict[str, Any]) -> dict[str, Any]:
        self.run("update objects set body = ? where id = ?", json.dumps(body), body["id"])
        return body

    def get(self, object_id: str) -> dict[str, Any] | None:
        rows = self.run("select body from objects where id = ?", object_id)
        return json.loads(rows[0]["body"]) if rows else None

    def keep(self, object_id: str, kept: Mapping[str, Any]) -> None:
        self.run("update objects set kept = ? where id = ?", json.dumps(kept), object_id)

    def kept(self, object_id: str) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self.run("select kept from objects where id = ?", object_id)[0]["kept"])
        return kept

    def sequence(self, kind: str, object_id: str) -> int | None:
        rows = self.run("select seq from objects where kind = ? and id = ?", kind, object_id)
        return rows[0]["seq"] if rows else None

    def newest_first(
        self,
        kind: str,
        *,
        limit: int,
        equals: Mapping[str, str] | None = None,
        created: Mapping[str, int] | None = None,
        older_than: int | None = None,
        newer_than: int | None = None,
    ) -> tuple[list[dict[str, Any]], bool]:
        """A page of objects, and whether more follow in the direction asked for (sequence numbers bound it)."""
        conditions, values = ["kind = ?"], [kind]  # type: tuple[list[str], list[Any]]
        for field, value in (equals or {}).items():
            conditions.append("json_extract(body, ?) = ?")
            values += [f"$.{field}", value]
        for comparison, moment in (created or {}).items():
            conditions.append(f"created {COMPARISONS[comparison]} ?")
            values.append(moment)
        if older_than is not None:
            conditions.append("seq < ?")
            values.append(older_than)
        if newer_than is not None:
            conditions.append("seq > ?")
            values.append(newer_than)
        order = "asc" if newer_than is not None else "desc"
        sql = f"select body from objects where {' and '.join(conditions)} order by seq {order} limit ?"
        found = [json.loads(row["body"]) for row in self.run(sql, *values, limit + 1)]
        page = found[:limit]
        return (page[::-1] if order == "asc" else page), len(found) > limit

    def setting(self, name: str, default: str) -> str:
        rows = self.run("select value from settings where name = ?", name)
        return rows[0]["value"] if rows else default

    def set(self, name: str, value: str) -> None:
        self.run("insert or replace into settings values (?, ?)", name, value)
