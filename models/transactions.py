"""The transaction. Entry points open it: a view, a job, a command. Operations never do."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

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


def each(keys: Iterable[tuple[Any, ...]], act: Callable[..., object]) -> None:
    """
    Act for each, one after another, in transactions of their own: one that fails keeps no other from its turn.

    :raises ExceptionGroup: at the end, of all that went wrong; a database that is gone is not asked for the next one.
    """
    errors = []
    for key in keys:
        try:
            act(*key)
        except OperationalError:
            raise
        except Exception as error:
            session.rollback()
            errors.append(error)
    if errors:
        raise ExceptionGroup("what could not be done", errors)
