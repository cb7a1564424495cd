"""Many plans, one after another: one that fails keeps no other from its turn."""

from collections.abc import Callable, Iterable

from sqlalchemy.exc import OperationalError

from models.database import session


def each(keys: Iterable[tuple[int, ...]], act: Callable[..., object]) -> None:
    """
    Act for each.

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
        raise ExceptionGroup("plans that could not be followed", errors)
