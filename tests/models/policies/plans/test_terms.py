"""Which rule is for whom and why, what consumers may be charged, and what follows a charge that failed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from models.money import Money
from models.policies.plans import (
    Again,
    AskCustomer,
    Cap,
    Case,
    Never,
    PastPlans,
    Rule,
    Wanted,
    after,
    applies,
    capped,
    charges_anything,
)
from tests.models.policies.plans.test_offers import LAND, PLAIN

FRIDAY = date(2027, 11, 26)


def rule(name: str, **other: object) -> Rule:
    everyone = Rule(name, "", "", "EUR", 0, None, Wanted.ANY, PLAIN)
    return replace(everyone, **other)


def case(minor: int = 500_00, currency: str = "EUR", **past: int) -> Case:
    return Case("consumer", "LT", Money(minor, currency), PastPlans(**past))


TABLE = (
    rule("Broken", past=Wanted.BROKEN),
    rule("Firms", kind="business"),
    rule("Small", country="LT", up_to_minor=100_00),
    rule("Large", from_minor=1_000_00, past=Wanted.KEPT),
)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (case(50_00), "Rule 3, 'Small', is the first one that fits. It is for customers in LT."),
        (case(50_00, defaulted=1), "Rule 1, 'Broken', is the first one that fits. Plans that failed in the last"),
        (case(1_000_00), "Rule 4, 'Large', is the first one that fits. It is for balances from 1,000.00 EUR on"),
        (case(), "No rule is for 500.00 EUR owed by this customer, so a person decides."),
        (case(50_00, "PLN"), "No rule is for 50.00 PLN owed by this customer, so a person decides."),
        (replace(case(), kind="business"), "Rule 2, 'Firms', is the first one that fits. It is for businesses"),
    ],
)
def test_the_first_rule_that_fits_is_taken_and_says_why(asked: Case, why: str) -> None:
    assert " ".join(map(str, applies(TABLE, asked).why)).startswith(why)


def test_a_consumer_is_charged_nothing_where_no_law_was_read() -> None:
    dear = replace(PLAIN, fee=Money(9_00, "EUR"), fee_percent=Decimal(2), interest_percent=Decimal(12))
    law = Cap("LT", Decimal(5), Decimal(0), Decimal(8), date(2027, 1, 1), date.max, "a law", FRIDAY)
    assert not charges_anything(capped(dear, "consumer", "LT", FRIDAY, ()))
    assert not charges_anything(capped(dear, "unknown", "PL", FRIDAY, (law,)))
    assert not charges_anything(capped(dear, "consumer", "LT", date(2026, 12, 31), (law,)))
    assert capped(dear, "business", "LT", FRIDAY, (law,)) == dear
    within = capped(dear, "consumer", "LT", FRIDAY, (law,))
    assert (within.fee.minor, within.fee_percent, within.interest_percent) == (5_00, 0, 8)


@pytest.mark.parametrize(
    ("code", "method", "tries", "follows"),
    [
        ("insufficient_funds", "card", 1, Again(date(2027, 11, 28))),
        ("insufficient_funds", "card", 3, Never()),
        ("", "sepa_debit", 1, Again(date(2027, 12, 1))),
        ("insufficient_funds", "sepa_debit", 2, Again(date(2027, 12, 1))),
        ("insufficient_funds", "sepa_debit", 3, Never()),
        ("authentication_required", "card", 9, AskCustomer()),
        *((code, "card", 1, Never()) for code in ("expired_card", "lost_card", "stolen_card", "blocked")),
        ("do_not_try_again", "card", 1, Never()),
        ("account_closed", "sepa_debit", 1, Never()),
    ],
)
def test_what_follows_a_charge_that_failed(code: str, method: str, tries: int, follows: object) -> None:
    assert after(code, method, tries, PLAIN.retries, failed_on=FRIDAY, country=LAND) == follows


def test_debits_are_tried_again_twice_at_most_whatever_the_terms_say() -> None:
    eager = replace(PLAIN, retries=9)
    assert after("", "sepa_debit", 3, eager.retries, failed_on=FRIDAY, country=LAND) == Never()
    assert isinstance(after("", "card", 3, eager.retries, failed_on=FRIDAY, country=LAND), Again)
