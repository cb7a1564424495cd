"""The company's own facts: its day, its clock, its limits, its one row."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from models import clock, company
from models.database import session
from models.money import Money, TooManyDecimals
from models.transactions import release, transaction
from tests.conftest import NOW


@pytest.fixture(autouse=True)
def real_clock(engine: Engine) -> Iterator[None]:
    yield
    clock.move(timedelta())


@pytest.mark.parametrize(
    ("timezone", "moment", "day"),
    [
        ("Europe/Vilnius", datetime(2026, 6, 30, 20, 59, tzinfo=UTC), date(2026, 6, 30)),
        ("Europe/Vilnius", datetime(2026, 6, 30, 21, 0, tzinfo=UTC), date(2026, 7, 1)),
        ("Europe/Vilnius", datetime(2026, 12, 31, 22, 0, tzinfo=UTC), date(2027, 1, 1)),
        ("America/New_York", datetime(2028, 3, 1, 4, 59, tzinfo=UTC), date(2028, 2, 29)),
        ("Asia/Tehran", datetime(2026, 11, 22, 20, 30, tzinfo=UTC), date(2026, 11, 23)),
    ],
)
def test_a_day_begins_where_the_company_is(timezone: str, moment: datetime, day: date) -> None:
    company.get().timezone = timezone
    assert company.get().today(moment) == day
    session.rollback()


def test_there_is_one_company(engine: Engine) -> None:
    another = "insert into company (id, name, country, currency, language, timezone) values (2, '', '', '', '', '')"
    with pytest.raises(IntegrityError), transaction():
        session.execute(text(another))


def moved() -> timedelta:
    return clock.now() - clock.real_now()


def test_the_shared_clock_adds_up_and_goes_back_to_the_real_time() -> None:
    def move(by: timedelta | None) -> timedelta:
        with transaction():
            company.move_clock(by)
        company.keep_clock(production=False)
        return timedelta(seconds=round(moved().total_seconds()))

    assert [move(timedelta(days=3)), move(timedelta(hours=-2)), move(None)] == [
        *(timedelta(days=3), timedelta(days=2, hours=22), timedelta()),
    ]


def test_production_has_the_real_time_whatever_the_database_says() -> None:
    with transaction():
        company.move_clock(timedelta(days=3))
    company.keep_clock(production=True)
    assert abs(moved()) < timedelta(seconds=1)


def test_a_limit_is_the_company_s_own_else_the_usual_one_in_its_currency() -> None:
    with transaction():
        row = company.locked()
        row.currency, row.limits = "KWD", {"refund": "12.345"}
    assert company.get().limit("refund", Decimal(500)) == Money(12_345, "KWD")
    assert company.get().limit("write_off", Decimal(100)) == Money(100_000, "KWD")
    with transaction():
        company.locked().currency = "JPY"
    with pytest.raises(TooManyDecimals):
        company.get().limit("refund", Decimal(500))


def test_the_row_of_a_request_outlives_a_rollback_and_writes_nothing() -> None:
    row = company.of_request()
    row.name = "Changed for a page alone"
    session.rollback()
    assert (row.name, row.today(NOW)) == ("Changed for a page alone", NOW.date())
    session.commit()
    release()
    assert company.get().name != row.name
