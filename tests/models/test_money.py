"""Whole minor units of one currency: nothing is lost, nothing is mixed."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from models.money import EXPONENTS, LARGEST_MINOR, CurrencyMismatch, Money, TooManyDecimals, UnknownCurrency, total

currencies = some.sampled_from(sorted(EXPONENTS))
minors = some.integers(-LARGEST_MINOR, LARGEST_MINOR)


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("12.34", "EUR", 1234),
        ("1234", "JPY", 1234),
        ("1.234", "KWD", 1234),
        ("-0.01", "EUR", -1),
        ("1e3", "EUR", 100_000),
    ],
)
def test_an_amount_becomes_minor_units_of_its_currency(written: str, currency: str, minor: int) -> None:
    assert Money.of(Decimal(written), currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("written", "currency"),
    [("0.001", "EUR"), ("0.5", "JPY"), ("0.0001", "KWD"), ("NaN", "EUR"), ("Infinity", "EUR"), ("1e17", "EUR")],
)
def test_what_is_no_whole_number_of_minor_units_is_refused(written: str, currency: str) -> None:
    with pytest.raises(TooManyDecimals):
        Money.of(Decimal(written), currency)


@pytest.mark.parametrize("code", ["XXX", "eur", "", "BTC"])
def test_an_unknown_currency_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money.of(Decimal(1), code)


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("2309.7899999999995", "EUR", 230_979),  # The tail of a floating-point export.
        ("0.005", "EUR", 1),
        ("0.0049999996", "EUR", 1),  # 0.005 at six places, and then up.
        ("0.0049994", "EUR", 0),
        ("-0.005", "EUR", -1),
        ("0.5", "JPY", 1),
        ("0.0005", "KWD", 1),
    ],
)
def test_rounding_is_half_up_at_six_places_and_then_at_the_currency(written: str, currency: str, minor: int) -> None:
    assert Money.rounded(Decimal(written), currency) == Money(minor, currency)


@given(minor=minors, currency=currencies)
def test_an_amount_written_plainly_reads_back_the_same(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.of(Decimal(money.plain()), currency) == money
    assert len(money.plain().partition(".")[2]) == EXPONENTS[currency]
    assert json.loads(json.dumps(money.plain())) == money.plain()


@given(minor=minors, parts=some.integers(1, 60))
def test_a_split_loses_no_cent_and_its_parts_differ_by_one_at_most(minor: int, parts: int) -> None:
    shares = Money(minor, "EUR").split(parts)
    assert (len(shares), total(shares, "EUR")) == (parts, Money(minor, "EUR"))
    assert max(shares).minor - min(shares).minor <= 1


@given(first=minors, second=minors)
def test_sums_and_comparisons_are_those_of_the_minor_units(first: int, second: int) -> None:
    one, other = Money(first, "KWD"), Money(second, "KWD")
    assert (one + other).minor == first + second
    assert (one - other) == -(other - one)
    assert (one < other, one >= other, bool(one)) == (first < second, first >= second, first != 0)


@pytest.mark.parametrize("mix", ["__add__", "__sub__", "__lt__", "__gt__", "__le__"])
def test_two_currencies_never_mix(mix: str) -> None:
    with pytest.raises(CurrencyMismatch):
        getattr(Money(1, "EUR"), mix)(Money(1, "USD"))


def test_the_same_number_in_two_currencies_is_not_the_same_money() -> None:
    assert Money(1, "EUR") != Money(1, "USD")
