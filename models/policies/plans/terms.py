"""Which rule of a plan policy is for a case, what it allows, and why it is this one."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from models.errors import N_
from models.money import Money
from models.policies import payment_limits
from models.policies.plans.sentences import Sentence


class Frequency(StrEnum):
    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"
    OWN = "own"  # dates that the customer names


class Wanted(StrEnum):
    """Which past a rule is for."""

    ANY = "any"
    KEPT = "kept"
    BROKEN = "broken"


class Approver(StrEnum):
    FINANCE = "finance"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class PastPlans:
    """What was not kept within the twelve months before: plans that defaulted, and promises that were broken."""

    defaulted: int = 0
    broken_promises: int = 0

    @property
    def is_broken(self) -> bool:
        return self.defaulted > 0 or self.broken_promises > 0


@dataclass(frozen=True, slots=True)
class Terms:
    """
    What a rule allows. `fewest` and `most` count every payment, a first one today included. `first_percent` is of the
    balance. No payment is below `smallest`. From today to the first payment, and between two dates that a customer
    names, lie at most `most_gap_days`. A plan of at most `alone_up_to` and `alone_count` payments starts by itself
    (none: whatever the amount), any other waits for `approver`. After `missed_for_default` payments in a row that were
    not made within `grace_days`, the plan has failed. `retries` is how often a charge that failed is tried again.
    """

    first_percent: Decimal
    fewest: int
    most: int
    most_months: int
    most_gap_days: int
    frequencies: frozenset[Frequency]
    smallest: Money
    fee: Money
    fee_percent: Decimal
    interest_percent: Decimal
    alone_up_to: Money | None
    alone_count: int
    approver: Approver
    moves: int
    grace_days: int
    retries: int
    missed_for_default: int
    working_days: bool

    def starts_alone(self, balance: Money, payments: int) -> bool:
        return payments <= self.alone_count and (self.alone_up_to is None or balance <= self.alone_up_to)

    def smallest_first(self, balance: Money) -> Money:
        """The least that is paid today: the share of the balance, rounded up to what a card can be charged."""
        step = payment_limits.step(balance.currency)
        share = step * int((self.first_percent * balance.minor / (100 * step)).to_integral_value(ROUND_CEILING))
        return Money(max(share, self.smallest.minor) if share > 0 else 0, balance.currency)


@dataclass(frozen=True, slots=True)
class Rule:
    """
    For whom, and what they may be offered. `kind` ('business', 'consumer') and `country` empty: everybody;
    `up_to_minor` none: no limit. `id` stays with a rule from version to version.
    """

    name: str
    kind: str
    country: str
    currency: str
    from_minor: int
    up_to_minor: int | None
    past: Wanted
    terms: Terms
    id: int = 0

    def fits(self, case: "Case") -> bool:
        return (
            self.kind in ("", case.kind)
            and self.country in ("", case.country)
            and self.currency == case.balance.currency
            and self.from_minor <= case.balance.minor
            and (self.up_to_minor is None or case.balance.minor <= self.up_to_minor)
            and self.past in (Wanted.ANY, Wanted.BROKEN if case.past.is_broken else Wanted.KEPT)
        )


@dataclass(frozen=True, slots=True)
class Case:
    """Who asks for a plan, over how much. `kind` is 'business'; anything else is a consumer."""

    kind: str
    country: str
    balance: Money
    past: PastPlans


@dataclass(frozen=True, slots=True)
class Applied:
    """`rule` none: nobody's rule is for the case, so a person decides. `why` are whole sentences for staff."""

    rule: Rule | None
    why: tuple[Sentence, ...]


def applies(rules: Iterable[Rule], case: Case) -> Applied:
    """The first rule that fits, in the order of the table."""
    for number, rule in enumerate(rules, 1):
        if rule.fits(case):
            found = Sentence.of(
                N_("Rule %(number)s, '%(name)s', is the first one that fits."), number=number, name=rule.name
            )
            return Applied(rule, (found, *_because(rule, case)))
    nobody = Sentence.of(
        N_("No rule is for %(balance)s owed by this customer, so a person decides."), balance=case.balance
    )
    return Applied(None, (nobody, *_past(case)))


def _because(rule: Rule, case: Case) -> Iterable[Sentence]:
    """Each condition of the rule that the case meets; what the rule leaves open goes without saying."""
    if rule.kind == "business":
        yield Sentence.of(N_("It is for businesses, and the customer is one."))
    elif rule.kind:
        yield Sentence.of(N_("It is for consumers, and whoever is not known to be a business counts as one."))
    if rule.country:
        yield Sentence.of(N_("It is for customers in %(country)s."), country=rule.country)
    start = Money(rule.from_minor, rule.currency)
    if rule.up_to_minor is not None:
        end = Money(rule.up_to_minor, rule.currency)
        yield Sentence.of(
            N_("It is for balances from %(start)s to %(end)s, and %(balance)s is owed."),
            **{"start": start, "end": end, "balance": case.balance},
        )
    elif start:
        yield Sentence.of(
            N_("It is for balances from %(start)s on, and %(balance)s is owed."), start=start, balance=case.balance
        )
    if rule.past != Wanted.ANY:
        yield from _past(case)


def _past(case: Case) -> Iterable[Sentence]:
    if not case.past.is_broken:
        yield Sentence.of(N_("In the last twelve months no plan failed and no promise was broken."))
    if case.past.defaulted:
        yield Sentence.of(N_("Plans that failed in the last twelve months: %(count)s."), count=case.past.defaulted)
    if case.past.broken_promises:
        yield Sentence.of(N_("Promises broken in the last twelve months: %(count)s."), count=case.past.broken_promises)
