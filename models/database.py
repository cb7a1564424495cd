"""The session and the base class. Only `models` uses them."""

import enum
import select
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Engine, Enum, MetaData, create_engine, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, scoped_session, sessionmaker

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
POOL_SIZE = 8  # One connection for each blocking thread of the server; more would only queue inside PostgreSQL.

session = scoped_session(sessionmaker(expire_on_commit=False, autoflush=True))


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar = {
        int: BigInteger,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        enum.StrEnum: Enum(
            enum.StrEnum,
            native_enum=False,
            length=32,
            create_constraint=False,
            values_callable=lambda states: [state.value for state in states],
        ),
    }


def connect(url: str) -> Engine:
    """Bind the session to PostgreSQL; `pool_timeout` turns a flood into a calm 503 after 5 seconds."""
    engine = create_engine(url, pool_size=POOL_SIZE, max_overflow=0, pool_timeout=5)
    event.listen(engine, "checkout", _refuse_dead)
    session.remove()
    session.configure(bind=engine)
    return engine


def _refuse_dead(connection: Any, *_: object) -> None:
    """
    The pool opens another connection for one that the server has ended since it was last used. Nothing is to be read
    from an idle connection but its end; to look costs a microsecond, and to ask the server as `pool_pre_ping` does
    costs every page a way there and back.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        raise DisconnectionError


def ready() -> str:
    """The revision the schema stands at; raises what the driver raises when the database does not answer."""
    return str(session.scalar(text("select version_num from alembic_version")))
