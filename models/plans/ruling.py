"""Which rule is for a customer's balance."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from models import company
from models.customers import Customer
from models.money import Money
from models.policies.plans import Approver, Frequency, Rule, Terms, Wanted, capped


@dataclass(frozen=True, slots=True)
class Ruled:
    version_id: int | None
    rule: Rule | None


def rule_for(customer: Customer, balance: Money, on: date) -> Ruled:
    currency = balance.currency
    unit = Money.of(Decimal(1), currency).minor
    terms = Terms(
        first_percent=Decimal(10),
        fewest=2,
        most=12,
        most_months=12,
        most_gap_days=45,
        frequencies=frozenset({Frequency.WEEKLY, Frequency.FORTNIGHTLY, Frequency.MONTHLY}),
        smallest=Money(20 * unit, currency),
        fee=Money(0, currency),
        fee_percent=Decimal(0),
        interest_percent=Decimal(0),
        alone_up_to=Money(5000 * unit, currency),
        alone_count=12,
        approver=Approver.FINANCE,
        moves=1,
        grace_days=5,
        retries=2,
        missed_for_default=2,
        working_days=True,
    )
    rule = Rule("Everyone", "", "", currency, 0, None, Wanted.ANY, terms)
    return Ruled(None, replace(rule, terms=capped(terms, customer.kind.value, customer.country or company.get().country, on)))
