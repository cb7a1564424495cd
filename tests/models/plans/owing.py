"""Sums and days that plans are made of."""

from datetime import date

from models.money import Money
from tests.conftest import TODAY


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def months(count: int) -> list[date]:
    """The 15th of the next months."""
    return [date(TODAY.year + (TODAY.month + n) // 12, (TODAY.month + n) % 12 + 1, 15) for n in range(count)]
