"""The transaction. Entry points open it: a view, a job, a command. Operations never do."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from models.database import session


@contextmanager
def transaction() -> Iterator[None]:
    """Commit all of the block or none of it."""
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything as of one moment, writing nothing: for proofs and reports."""
    session.rollback()
    session.execute(text("set transaction isolation level repeatable read, read only"))
    try:
        yield
    finally:
        session.rollback()


def pause() -> None:
    """Hold no connection while something slow is done; what was read before is read anew when it is looked at."""
    session.rollback()


def release() -> None:
    """Give the connection back at the end of a request, a job or a command."""
    session.remove()
