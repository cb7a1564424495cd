"""The public holidays of a country, as the `holidays` library knows them."""

from datetime import date
from functools import cache


def holidays_of(country: str, first: date, last: date) -> frozenset[date]:
    """Of a country or none; where the library does not know the country there are none."""
    days: frozenset[date] = frozenset()
    for year in range(first.year, last.year + 1):
        days |= _of_year(country.upper(), year)
    return days


@cache
def _of_year(country: str, year: int) -> frozenset[date]:
    import holidays

    if country not in holidays.list_supported_countries():
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=year))
