"""Databases with the newest schema and nothing in them: made from a template, and emptied for the next test."""

import itertools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import create_engine

from models import database, schema

TEMPLATE = "template_duewell"
MOST_ROWS = 5_000  # What was deleted still lies in the files: nobody vacuums here.
OURS = 16_384  # PostgreSQL's own objects have lower numbers.
# Whoever comes next shall find nobody in the database. PostgreSQL itself would look only every tenth of a second.
OTHERS = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
# The newest row in one of them changes with any `create`, `alter`, `truncate`, `analyze`; the count with any `drop`.
SCHEMA = {
    **dict.fromkeys(("pg_class", "pg_attrdef", "pg_constraint", "pg_trigger", "pg_proc", "pg_type"), "oid"),
    **dict.fromkeys(("pg_rewrite", "pg_namespace", "pg_extension", "pg_event_trigger", "pg_policy"), "oid"),
    **{"pg_attribute": "attrelid", "pg_index": "indexrelid", "pg_statistic": "starelid", "pg_sequence": "seqrelid"},
}
LOOK = " union all ".join(
    f"select '{table}', count(*), max(xmin::text::bigint) from {table} where {number} >= {OURS}"
    for table, number in SCHEMA.items()
)
TABLES = """
select c.oid::regclass::text, array(
    select quote_ident(attname) from pg_attribute
    where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum
) from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1
"""
RESTART = """
select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
from pg_sequences where last_value is not null
"""
_numbers = itertools.count(1)
_free: list["Database"] = []


def make_template() -> None:
    _command(f"create database {TEMPLATE}")
    engine = create_engine(url(TEMPLATE))
    schema.upgrade(engine)
    engine.dispose()


def url(name: str) -> str:
    return os.environ["DUEWELL_TEST_CLUSTER"].replace("%7Bname%7D", name).replace("{name}", name)


@contextmanager
def new_database() -> Iterator[str]:
    """The address of a database with the newest schema and nothing in it, and nobody else's until the block ends."""
    lent = _free.pop() if _free else Database()
    yield url(lent.name)
    database.session.remove()
    if lent.emptied():
        _free.append(lent)
    else:
        lent.drop()


def forget() -> None:
    """At the end of a run, which throws the cluster away with everything in it."""
    for lent in _free:
        lent.leave()


class Database:
    """
    A copy of the template. To make and to drop one takes PostgreSQL ten times as long as to empty it: so it is lent
    again, unless its schema was touched.
    """

    def __init__(self) -> None:
        self.name = f"t_{os.getpid()}_{next(_numbers)}"
        self._deleted = 0
        _command(f"create database {self.name} template {TEMPLATE}")
        # Kept: a new one would have to get to know all tables again, each time.
        connection = self._connection = _connection(self.name)
        self._schema = connection.execute(LOOK).fetchall()
        tables = connection.execute(TABLES).fetchall()
        # Asks which tables hold rows.
        self._filled = " union all ".join(f"select '{name}' where exists (select from {name})" for name, _ in tables)
        self._columns = {name: ", ".join(columns) for name, columns in tables}
        self._first = {name: self._rows(connection, name) for (name,) in connection.execute(self._filled).fetchall()}
        assert not connection.execute(RESTART).fetchall(), "the template has a sequence that began to count"

    def emptied(self) -> bool:
        """Bring it back to what the template is; False where that is more than deleting some rows."""
        self._send_away()
        connection = self._connection
        if connection.execute(LOOK).fetchall() != self._schema:
            return False
        with connection.transaction():
            # Without triggers: some of them forbid to delete.
            connection.execute("set local session_replication_role = replica")
            for (name,) in connection.execute(self._filled).fetchall():
                self._deleted += connection.execute(f"delete from {name}").rowcount
            for name, rows in self._first.items():
                with connection.cursor().copy(f"copy {name} ({self._columns[name]}) from stdin") as copy:
                    copy.write(rows)
            connection.execute(RESTART)
        return self._deleted < MOST_ROWS

    def drop(self) -> None:
        self.leave()
        _command(f"drop database {self.name} with (force)")

    def _send_away(self) -> None:
        deadline = time.monotonic() + 10
        while self._others():
            assert time.monotonic() < deadline, f"somebody stays in {self.name}"
            time.sleep(0.001)

    def _others(self) -> int:
        try:
            return self._connection.execute(OTHERS).rowcount
        except psycopg.OperationalError:  # A test has cut all connections, ours too.
            self._connection = _connection(self.name)
            return 1

    def leave(self) -> None:
        self._connection.close()

    def _rows(self, connection: psycopg.Connection, table: str) -> bytes:
        with connection.cursor().copy(f"copy {table} ({self._columns[table]}) to stdout") as copy:
            return b"".join(bytes(part) for part in copy)


def _command(statement: str) -> None:
    with _connection("postgres") as connection:
        connection.execute(statement)


def _connection(name: str) -> psycopg.Connection:
    return psycopg.connect(url(name).replace("postgresql+psycopg:", "postgresql:", 1), autocommit=True)
