import pytest

from models.money import Money, exponent
from models.policies import payment_limits
from models.policies.payment_limits import LIMITS, AmountOutsideLimits, can_be_listed
from standin import wire


@pytest.mark.parametrize(
    "amount",
    [Money(50, "EUR"), Money(99_999_999, "EUR"), Money(50, "JPY"), Money(12_340, "KWD"), Money(15_00, "CZK")],
)
def test_an_amount_within_the_limits_is_taken(amount):
    payment_limits.check(amount)


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (Money(49, "EUR"), "at least 0.50 EUR"),
        (Money(0, "EUR"), "at least 0.50 EUR"),
        (Money(-100, "EUR"), "at least 0.50 EUR"),
        (Money(49, "JPY"), "at least 50 JPY"),
        (Money(14_99, "CZK"), "at least 15.00 CZK"),
        (Money(100_000_000, "EUR"), "at most 999,999.99 EUR"),
        (Money(12_345, "KWD"), "last digit of an online payment in KWD"),
        (Money(500, "ISK"), "online payments in ISK"),
        (Money(500, "IRR"), "online payments in IRR"),
    ],
)
def test_an_amount_outside_the_limits_is_refused_with_the_reason(amount, reason):
    with pytest.raises(AmountOutsideLimits, match=reason):
        payment_limits.check(amount)


@pytest.mark.parametrize("currency", sorted(LIMITS.minimum_minor))
def test_stripe_counts_every_listed_currency_as_we_do(currency):
    assert exponent(currency) == wire.decimals(currency)


def test_forty_items_are_listed_and_forty_one_are_summed_up():
    assert can_be_listed([Money(100, "EUR")] * 40)
    assert not can_be_listed([Money(100, "EUR")] * 41)


def test_items_are_summed_up_where_only_their_sum_ends_in_0():
    assert can_be_listed([Money(1_230, "KWD"), Money(1_240, "KWD")])
    assert not can_be_listed([Money(1_234, "KWD"), Money(1_236, "KWD")])
    assert can_be_listed([Money(1_234, "EUR"), Money(1_236, "EUR")])
