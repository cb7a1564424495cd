"""The pool of connections: what the server ended is replaced before anybody notices."""

import time

from sqlalchemy import Engine, create_engine, text

from models.database import session
from models.transactions import release

WHO = text("select pg_backend_pid()")


def test_a_connection_that_the_server_ended_while_it_was_idle_is_replaced(engine: Engine) -> None:
    first = session.scalar(WHO)
    release()
    _end(engine, first)
    assert session.scalar(WHO) != first


def test_a_connection_that_lives_is_used_again(engine: Engine) -> None:
    first = session.scalar(WHO)
    release()
    assert session.scalar(WHO) == first


def _end(engine: Engine, pid: int) -> None:
    """From outside, and waits until it has ended."""
    deadline = time.monotonic() + 10
    outside = create_engine(engine.url, isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
        while connection.scalar(text("select count(*) from pg_stat_activity where pid = :pid"), {"pid": pid}):
            assert time.monotonic() < deadline
    outside.dispose()
