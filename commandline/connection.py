"""A command's database: the one of the settings, else the house's own cluster, started for the command's duration."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from frame import logs
from frame.settings import settings
from models import company, database
from models.transactions import release
from runtime import cluster


@contextmanager
def connected(*, keep_clock: bool = True) -> Iterator[Engine]:
    """Bind the session to the database; the shared clock is taken over, unless there may be no schema yet."""
    logs.configure(settings())
    with cluster.database(settings()) as address:
        engine = database.connect(address)
        try:
            if keep_clock:
                company.keep_clock(production=settings().production)
            yield engine
        finally:
            release()
            engine.dispose()
