"""That a database which is lent again is what the template is: all other tests rest on it."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import create_engine, text

from models import database
from models.transactions import release
from tests.conftest import NOW
from tests.databases import LOOK, OTHERS, Database, url
from tests.making import Maker

TOUCHED = [
    "alter table entries add colour text",
    "alter table entries drop constraint ck_entries_amount_positive",
    "alter table entries alter reason type varchar(9)",
    "alter table entries disable trigger user",
    "drop index ix_entries_open",
    "create table more (id int)",
    "create function more() returns int language sql as 'select 1'",
    "truncate webhook_events",
    "analyze company",
]


@pytest.fixture(scope="module")
def lent() -> Iterator[Database]:
    lent = Database()
    yield lent
    lent.drop()


def everything_in(name: str) -> dict[str, object]:
    """All rows of all tables as text, and what every sequence has come to."""
    engine = create_engine(url(name))
    with engine.connect() as connection:
        tables = connection.scalars(text("select tablename from pg_tables where schemaname = 'public'")).all()
        found = {one: connection.scalars(text(f'select x::text from "{one}" x order by 1')).all() for one in tables}
        found["sequences"] = connection.execute(
            text("select sequencename, last_value from pg_sequences order by 1")
        ).all()
    engine.dispose()
    return found


def test_nothing_is_left_of_what_a_test_wrote(lent: Database) -> None:
    before = everything_in(lent.name)
    engine = database.connect(url(lent.name))
    make = Maker(NOW)
    make.invoice(make.customer())
    release()
    with engine.begin() as connection:
        connection.execute(text("update company set name = 'Another', is_demo = true"))
    engine.dispose()
    assert everything_in(lent.name) != before
    assert lent.emptied()
    assert everything_in(lent.name) == before


def test_nobody_who_stayed_can_go_on(lent: Database) -> None:
    stayed = psycopg.connect(url(lent.name).replace("+psycopg", ""))
    stayed.execute("lock table entries")
    assert lent.emptied()
    with pytest.raises(psycopg.OperationalError):
        stayed.execute("select 1")


@pytest.mark.parametrize("statement", TOUCHED)
def test_a_schema_that_was_touched_is_noticed(lent: Database, statement: str) -> None:
    with psycopg.connect(url(lent.name).replace("+psycopg", "")) as connection:
        before = connection.execute(LOOK).fetchall()
        connection.execute(statement)
        after = connection.execute(LOOK).fetchall()
        connection.rollback()
    assert after != before


def test_whoever_touched_the_schema_is_the_last_user() -> None:
    lent = Database()
    with psycopg.connect(url(lent.name).replace("+psycopg", "")) as connection:
        connection.execute("drop index ix_entries_open")
    assert not lent.emptied()
    lent.drop()


def test_whoever_cuts_all_connections_cuts_nothing_of_the_next_test(lent: Database) -> None:
    with psycopg.connect(url(lent.name).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(OTHERS)
    assert lent.emptied()
    assert lent.emptied()
