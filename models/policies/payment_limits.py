"""What a payment through Stripe can amount to, decided before Stripe is asked."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import N_, Refused
from models.money import Money, exponent


class AmountOutsideLimits(Refused):
    """Stripe would not take this amount; the page offers a bank transfer instead."""


@dataclass(frozen=True)
class Limits:
    maximum_minor: int
    listed_lines: int
    minimum_minor: dict[str, int]


def _read() -> Limits:
    facts = tomllib.loads(Path(__file__).with_name("stripe_limits.toml").read_text())
    return Limits(facts["maximum_minor"], facts["listed_lines"], facts["minimum_minor"])


LIMITS = _read()


def check(amount: Money) -> None:
    """:raises AmountOutsideLimits: too little, too much, a currency or a last digit that Stripe does not take."""
    currency = amount.currency
    if currency not in LIMITS.minimum_minor:
        raise AmountOutsideLimits(
            N_("We cannot take online payments in %(currency)s. Please pay by bank transfer."), currency=currency
        )
    minimum, maximum = Money(LIMITS.minimum_minor[currency], currency), Money(LIMITS.maximum_minor, currency)
    if amount < minimum:
        raise AmountOutsideLimits(
            N_("An online payment must be at least %(minimum)s. Please choose more, or pay by bank transfer."),
            minimum=minimum,
        )
    if not _ends_as_it_must(amount):
        raise AmountOutsideLimits(
            N_("The last digit of an online payment in %(currency)s must be 0. Please change the amount a little."),
            currency=currency,
        )
    if amount > maximum:
        raise AmountOutsideLimits(
            N_("An online payment can be at most %(maximum)s. Please pay in parts, or by bank transfer."),
            maximum=maximum,
        )


def can_be_listed(amounts: Sequence[Money]) -> bool:
    """Whether the pay page can show each item on a line of its own; otherwise one line stands for all of them."""
    return len(amounts) <= LIMITS.listed_lines and all(_ends_as_it_must(amount) for amount in amounts)


def step(currency: str) -> int:
    """Of how many minor units an amount is a multiple: of three decimals Stripe wants the last one to be 0."""
    return 10 if exponent(currency) == 3 else 1


def _ends_as_it_must(amount: Money) -> bool:
    return amount.minor % step(amount.currency) == 0
