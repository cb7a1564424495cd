"""Two people who may write what is offered, one who may not, and a customer with two overdue items."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from models.customers import Contact, Customer
from models.ledger import Entry
from models.plans import policies, publishing
from models.plans.policies import PlanPolicy
from models.policies.permissions import Role
from models.policies.plans import Rule
from models.staff import Principal
from models.transactions import transaction
from tests.conftest import NOW
from tests.making import Maker

ANNA = Principal(1, 1, "Anna", "anna@company.test", Role.FINANCE)
BRONIUS = Principal(2, 2, "Bronius", "b@company.test", Role.MANAGER)
COLLECTOR = Principal(3, 3, "Cezary", "c@company.test", Role.COLLECTOR)


def changed(rule: Rule, **terms: object) -> Rule:
    """The same rule with other terms."""
    return replace(rule, terms=replace(rule.terms, **terms))


@pytest.fixture
def first(engine: Engine) -> Rule:
    """The one rule that every installation begins with."""
    return policies.in_force().rules[0]


@pytest.fixture
def written(engine: Engine) -> Callable[..., PlanPolicy]:
    """A draft of Anna's with these rules."""

    def write(*rules: Rule) -> PlanPolicy:
        with transaction():
            version = publishing.draft(by=ANNA, now=NOW)
            publishing.write(version, rules, by=ANNA, now=NOW, reason="Smaller payments")
        return version

    return write


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer(language="en")


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    return make.contact(customer)


@pytest.fixture
def items(make: Maker, customer: Customer) -> list[Entry]:
    """100.00 and 20.00, both overdue."""
    return [make.invoice(customer, 10_000), make.invoice(customer, 2_000)]
