"""The public holidays and working days of a country, as the `holidays` library knows them."""

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase


def holidays_of(country: str, first: date, last: date) -> frozenset[date]:
    """Of a country or none; where the library does not know the country there are none."""
    days: frozenset[date] = frozenset()
    for year in range(first.year, last.year + 1):
        days |= _of_year(country.upper(), year)
    return days


def after_working_days(country: str, day: date, count: int) -> date:
    """
    The working day that comes so many working days after a day; weekends are the country's own. Where the library
    does not know the country, Monday to Friday.
    """
    return _calendar(country.upper()).get_nth_working_day(day, count)


@cache
def _of_year(country: str, year: int) -> frozenset[date]:
    import holidays

    if country not in holidays.list_supported_countries():
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=year))


@cache
def _calendar(country: str) -> "HolidayBase":
    import holidays

    known = country in holidays.list_supported_countries()
    return holidays.country_holidays(country) if known else holidays.HolidayBase()
