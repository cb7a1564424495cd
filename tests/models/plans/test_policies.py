"""What may be offered: written by one, published by another; which rule is for whom."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from models import audit, company
from models.customers import CustomerKind
from models.money import Money
from models.plans import policies, publishing
from models.plans.past import past_of
from models.plans.policies import PlanPolicy, PolicyState
from models.plans.publishing import CommentMissing, Locked, NotReady, NotYours
from models.policies.plans import Approver, Frequency, PastPlans, Rule, Wanted, charges_anything
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.plans.conftest import ANNA, BRONIUS, COLLECTOR, changed

LATER = NOW + timedelta(days=1)
Written = Callable[..., PlanPolicy]


def test_every_installation_begins_with_the_defaults(first: Rule) -> None:
    terms = first.terms
    assert (terms.first_percent, terms.fewest, terms.most, terms.most_months) == (10, 2, 12, 12)
    assert terms.frequencies == {Frequency.WEEKLY, Frequency.FORTNIGHTLY, Frequency.MONTHLY}
    assert (terms.smallest, terms.alone_up_to) == (Money(20_00, "EUR"), Money(5_000_00, "EUR"))
    assert (terms.alone_count, terms.approver, terms.moves, terms.grace_days) == (12, Approver.FINANCE, 1, 5)
    assert (terms.retries, terms.missed_for_default, terms.working_days) == (2, 2, True)
    assert not charges_anything(terms)


def test_a_second_person_publishes_and_what_was_before_is_still_known(written: Written, first: Rule) -> None:
    firms = replace(changed(first, most=6), kind="business")
    version = written(firms, replace(first, id=0, name="Others"))
    with transaction():
        publishing.send(version, by=ANNA, now=NOW)
    for refused, error in ((ANNA, NotYours), (COLLECTOR, NotYours)):
        with pytest.raises(error), transaction():
            publishing.publish(version, by=refused, now=NOW)
    with pytest.raises(Locked), transaction():
        publishing.write(version, (), by=BRONIUS, now=NOW)
    with transaction():
        publishing.publish(version, by=BRONIUS, now=LATER, comment="Good")
    assert [one.state for one in policies.versions()] == [PolicyState.PUBLISHED, PolicyState.RETIRED]
    assert [rule.terms.most for rule in policies.in_force().rules] == [6, 12]
    assert [rule.terms.most for rule in policies.in_force(NOW).rules] == [12]
    assert policies.in_force().rules[0].id == first.id
    assert policies.in_force().rules[1].id not in (0, first.id)
    events = [event.action for event, _ in audit.events_about(company.HOLDING_ACCOUNT, version.about)]
    assert sorted(events) == ["plan_policy.published", "plan_policy.waiting"]


def test_what_is_declined_is_a_draft_again_with_the_reason(written: Written, first: Rule) -> None:
    version = written(first)
    with transaction():
        publishing.send(version, by=ANNA, now=NOW)
    with pytest.raises(CommentMissing), transaction():
        publishing.decline(version, by=BRONIUS, now=NOW, comment=" ")
    with transaction():
        publishing.decline(version, by=BRONIUS, now=NOW, comment="Too long")
    assert (version.state, version.comment, version.decided_by) == (PolicyState.DRAFT, "Too long", 2)
    with transaction():
        assert publishing.draft(by=BRONIUS, now=NOW).number == version.number


def test_who_changes_a_draft_does_not_publish_it(written: Written, first: Rule) -> None:
    version = written(first)
    with transaction():
        publishing.write(version, (first,), by=BRONIUS, now=NOW)
        publishing.send(version, by=ANNA, now=NOW)
    with pytest.raises(NotYours), transaction():
        publishing.publish(version, by=BRONIUS, now=NOW)


def test_what_is_wrong_with_rules_is_said_in_sentences(written: Written, first: Rule) -> None:
    odd = changed(first, fewest=1, most=0, frequencies=frozenset(), first_percent=Decimal(95))
    hidden = replace(first, id=0, name="Firms", kind="business", country="PL")
    version = written(first, odd, hidden)
    with pytest.raises(NotReady) as refused, transaction():
        publishing.send(version, by=ANNA, now=NOW)
    assert [str(one) for one in refused.value.reasons] == [
        "Rule 2: choose at least one rhythm of payments.",
        "Rule 2: a plan has at least 2 payments.",
        "Rule 2: the most payments are fewer than the fewest.",
        "Rule 2: the first payment is between 0 and 90 percent.",
        "Rule 2 is never reached: rule 1 takes all its cases.",
        "Rule 3 is never reached: rule 1 takes all its cases.",
    ]
    with pytest.raises(NotReady), transaction():
        publishing.send(written(), by=ANNA, now=NOW)


def test_a_case_gets_its_rule_with_the_charges_the_law_allows(written: Written, first: Rule, make: Maker) -> None:
    dear = changed(first, fee=Money(5_00, "EUR"), interest_percent=Decimal(8))
    version = written(replace(dear, past=Wanted.BROKEN), replace(dear, id=0, name="Kept", past=Wanted.KEPT))
    with transaction():
        publishing.send(version, by=ANNA, now=NOW)
        publishing.publish(version, by=BRONIUS, now=NOW)
    firm, person = make.customer(kind=CustomerKind.BUSINESS), make.customer()
    owed = Money(100_00, "EUR")
    ruled = policies.rule_for(firm, owed, TODAY, past=PastPlans())
    assert ruled.rule is not None
    assert (ruled.number, ruled.rule.name, ruled.rule.terms.fee.minor) == (2, "Kept", 5_00)
    broken = policies.rule_for(person, owed, TODAY, past=PastPlans(broken_promises=2))
    assert broken.rule is not None
    assert (broken.rule.name, broken.rule.terms.fee.minor, broken.rule.terms.interest_percent) == ("Everyone", 0, 0)
    assert str(broken.why[-1]) == "Promises broken in the last twelve months: 2."
    assert policies.rule_for(firm, Money(100_00, "PLN"), TODAY, past=PastPlans()).rule is None
    assert past_of(person.id, TODAY) == PastPlans()
