"""What stands against publishing a table of rules, in whole sentences for whoever writes it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from models.errors import N_
from models.policies.plans.charges import charges_anything
from models.policies.plans.sentences import Sentence
from models.policies.plans.terms import Frequency, Rule, Terms, Wanted

MOST_COUNT, MOST_MONTHS, MOST_DAYS, MOST_RETRIES = 120, 120, 365, 4


def problems(rules: Sequence[Rule]) -> list[Sentence]:
    """Of all rules, in their order; none: the table can be published."""
    if not rules:
        return [Sentence.of(N_("There is no rule in it, so nobody would be offered a plan."))]
    found = [problem for place, rule in enumerate(rules, 1) for problem in problems_of(place, rule)]
    return [*found, *_hidden(rules)]


def problems_of(place: int, rule: Rule) -> Iterator[Sentence]:
    terms = rule.terms
    for wrong, message, values in (*_counts(terms), *_money(rule), *_percentages(terms)):
        if wrong:
            yield Sentence.of(message, place=place, **values)


Check = tuple[bool, str, dict[str, object]]


def _counts(terms: Terms) -> Iterable[Check]:
    yield not terms.frequencies, N_("Rule %(place)s: choose at least one rhythm of payments."), {}
    yield terms.fewest < 2, N_("Rule %(place)s: a plan has at least 2 payments."), {}
    yield terms.most < terms.fewest, N_("Rule %(place)s: the most payments are fewer than the fewest."), {}
    message = N_("Rule %(place)s: a plan has at most %(most)s payments.")
    yield terms.most > MOST_COUNT, message, {"most": MOST_COUNT}
    message = N_("Rule %(place)s: a plan lasts between 1 and %(most)s months.")
    yield not 1 <= terms.most_months <= MOST_MONTHS, message, {"most": MOST_MONTHS}
    message = N_("Rule %(place)s: between two payments lie between 1 and %(most)s days.")
    yield not 1 <= terms.most_gap_days <= MOST_DAYS, message, {"most": MOST_DAYS}
    yield _never_in_time(terms), N_("Rule %(place)s: so many payments never fit into so few months."), {}
    yield not 0 <= terms.grace_days <= 60, N_("Rule %(place)s: between 0 and 60 days of grace are given."), {}
    yield not 0 <= terms.moves <= 12, N_("Rule %(place)s: a date moves between 0 and 12 times."), {}
    message = N_("Rule %(place)s: a charge that failed is tried again at most %(most)s times.")
    yield not 0 <= terms.retries <= MOST_RETRIES, message, {"most": MOST_RETRIES}
    message = N_("Rule %(place)s: a plan fails after 1 to 12 missed payments in a row.")
    yield not 1 <= terms.missed_for_default <= 12, message, {}


def _never_in_time(terms: Terms) -> bool:
    """Even the quickest rhythm allowed, with one payment today, ends too late."""
    days = {Frequency.WEEKLY: 7, Frequency.FORTNIGHTLY: 14, Frequency.MONTHLY: 28, Frequency.OWN: 1}
    quickest = min((days[one] for one in terms.frequencies), default=1)
    return (terms.fewest - 2) * quickest > terms.most_months * 31


def _money(rule: Rule) -> Iterable[Check]:
    terms = rule.terms
    yield rule.from_minor < 0, N_("Rule %(place)s: a balance begins at 0 or above."), {}
    up_to = rule.up_to_minor
    yield up_to is not None and up_to < rule.from_minor, N_("Rule %(place)s: its balances end before they begin."), {}
    yield terms.smallest.minor < 1, N_("Rule %(place)s: the smallest payment is above zero."), {}
    too_small = up_to is not None and up_to < terms.smallest.minor * terms.fewest
    message = N_("Rule %(place)s: no balance in it is enough for %(fewest)s payments of %(smallest)s.")
    yield too_small, message, {"fewest": terms.fewest, "smallest": terms.smallest}
    yield terms.fee.minor < 0, N_("Rule %(place)s: a fee is not below zero."), {}
    alone = terms.alone_up_to
    yield alone is not None and alone.minor < 0, N_("Rule %(place)s: plans start by themselves up to 0 or more."), {}


def _percentages(terms: Terms) -> Iterable[Check]:
    yield not 0 <= terms.first_percent <= 90, N_("Rule %(place)s: the first payment is between 0 and 90 percent."), {}
    yield not 0 <= terms.fee_percent <= 20, N_("Rule %(place)s: a fee is between 0 and 20 percent."), {}
    message = N_("Rule %(place)s: interest is between 0 and 50 percent a year.")
    yield not 0 <= terms.interest_percent <= 50, message, {}


def _hidden(rules: Sequence[Rule]) -> Iterator[Sentence]:
    """A rule that no case ever reaches, because one above it takes them all."""
    for place, rule in enumerate(rules):
        for above, other in enumerate(rules[:place]):
            if _covers(other, rule):
                yield Sentence.of(
                    N_("Rule %(place)s is never reached: rule %(above)s takes all its cases."),
                    place=place + 1,
                    above=above + 1,
                )
                break


def _covers(other: Rule, rule: Rule) -> bool:
    return (
        other.kind in ("", rule.kind)
        and other.country in ("", rule.country)
        and other.currency == rule.currency
        and other.from_minor <= rule.from_minor
        and (other.up_to_minor is None or (rule.up_to_minor is not None and rule.up_to_minor <= other.up_to_minor))
        and other.past in (Wanted.ANY, rule.past)
    )


def notes(rules: Iterable[Rule], currency: str, laws_read: Sequence[str]) -> Iterator[Sentence]:
    """
    What is worth knowing before publishing and stands against nothing.

    :param laws_read: countries whose law on what a plan may cost a consumer was read.
    """
    known = list(rules)
    if not any(rule.currency == currency for rule in known):
        yield Sentence.of(N_("No rule is for %(currency)s, the company's own currency."), currency=currency)
    for rule in known:
        if rule.kind == "business" or not charges_anything(rule.terms):
            continue
        if not laws_read:
            yield Sentence.of(
                N_("“%(name)s” costs something. Consumers pay nothing for it: no law that allows it has been read."),
                name=rule.name,
            )
        else:
            yield Sentence.of(
                N_("“%(name)s” costs something. Consumers pay it only in %(countries)s, up to what the law allows."),
                name=rule.name,
                countries=list(laws_read),
            )


def is_changed(rule: Rule, before: Rule) -> bool:
    return replace(rule, id=before.id) != before
