"""Money is a whole number of minor units in one currency: no floats, no mixing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import total_ordering

from models.errors import N_, Refused

# ISO 4217 minor units of the currencies that are accepted; any other code is refused.
EXPONENTS: dict[str, int] = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "VND", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(
        (
            *("AED", "ALL", "AMD", "AUD", "AZN", "BAM", "BGN", "BRL", "CAD", "CHF", "CNY", "COP", "CZK", "DKK"),
            *("EGP", "EUR", "GBP", "GEL", "HKD", "HUF", "IDR", "ILS", "INR", "IRR", "KES", "KZT", "MAD", "MDL"),
            *("MKD", "MXN", "MYR", "NGN", "NOK", "NZD", "PHP", "PLN", "QAR", "RON", "RSD", "SAR", "SEK", "SGD"),
            *("THB", "TRY", "TWD", "UAH", "USD", "UZS", "ZAR"),
        ),
        2,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
SIX_PLACES = Decimal("0.000001")
LARGEST_MINOR = 2**62  # Room for sums in a 64-bit column.


class CurrencyMismatch(TypeError):
    """Adding or comparing two currencies is a bug, never a user error."""


class UnknownCurrency(Refused, ValueError):
    pass


class TooManyDecimals(Refused, ValueError):
    pass


def exponent(currency: str) -> int:
    """:raises UnknownCurrency: the code is not in the table."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(N_("%(currency)s is not a currency we work with."), currency=currency) from None


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Money:
        """:raises TooManyDecimals: the amount is not a whole number of the currency's minor units."""
        minor = amount.scaleb(exponent(currency)) if amount.is_finite() else amount
        if not minor.is_finite() or minor != minor.to_integral_value() or abs(minor) > LARGEST_MINOR:
            raise TooManyDecimals(
                N_("Enter an amount with at most %(places)s decimals.")
                if exponent(currency)
                else N_("Enter a whole amount, without decimals."),
                places=exponent(currency),
            )
        return cls(int(minor), currency)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> Money:
        """
        Half-up to six places, then half-up to the currency's exponent.

        The first step takes away the tails of floating-point exports (2309.7899999999995), so that
        the second decides on what was meant.
        """
        six = amount.quantize(SIX_PLACES, ROUND_HALF_UP)
        return cls.of(six.quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_UP), currency)

    @property
    def amount(self) -> Decimal:
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same_currency(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same_currency(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same_currency(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.amount:,} {self.currency}"

    def plain(self) -> str:
        """The amount alone, with the currency's decimals and a point: for JSON and CSV."""
        places = exponent(self.currency)
        sign = "-" if self.minor < 0 else ""
        if not places:
            return f"{self.minor}"
        whole, fraction = divmod(abs(self.minor), 10**places)
        return f"{sign}{whole}.{fraction:0{places}d}"

    def split(self, parts: int) -> list[Money]:
        """Divide without losing a cent: the odd ones go to the first parts."""
        share, odd = divmod(self.minor, parts)
        return [Money(share + (part < odd), self.currency) for part in range(parts)]

    def _same_currency(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.minor


def total(amounts: Iterable[Money], currency: str) -> Money:
    return sum(amounts, start=Money(0, currency))
