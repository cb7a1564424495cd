"""What may be offered as a plan, as staff read it: for whom, how much, how often, and what changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from backoffice import backoffice
from backoffice.reminder_words import staff_name
from models.errors import N_
from models.money import Money
from models.plans.policies import PlanPolicy, PolicyState
from models.policies.plans import Approver, Frequency, Rule, Wanted
from models.words import gettext, list_of, money, ngettext, number

KINDS = {"": N_("All customers"), "business": N_("Businesses"), "consumer": N_("Consumers")}
PASTS = {
    Wanted.ANY: N_("Any past"),
    Wanted.KEPT: N_("All kept for 12 months"),
    Wanted.BROKEN: N_("Broken within 12 months"),
}
FREQUENCIES = {
    Frequency.WEEKLY: N_("Every week"),
    Frequency.FORTNIGHTLY: N_("Every two weeks"),
    Frequency.MONTHLY: N_("Every month"),
    Frequency.OWN: N_("Days of their own"),
}
RHYTHMS = {
    Frequency.WEEKLY: N_("weekly"),
    Frequency.FORTNIGHTLY: N_("every two weeks"),
    Frequency.MONTHLY: N_("monthly"),
    Frequency.OWN: N_("on days of their own"),
}
APPROVERS = {Approver.FINANCE: N_("Finance"), Approver.MANAGER: N_("A manager")}
STATES = {
    PolicyState.DRAFT: (N_("Draft"), ""),
    PolicyState.WAITING: (N_("Waiting"), "warn"),
    PolicyState.PUBLISHED: (N_("In force"), "ok"),
    PolicyState.RETIRED: (N_("Retired"), ""),
}


@dataclass(frozen=True, slots=True)
class Difference:
    label: str
    before: str
    after: str


@backoffice.app_template_global()
def policy_word(version: PlanPolicy) -> tuple[str, str]:
    """A word and its tone."""
    word, tone = STATES[version.state]
    return gettext(word), tone


@backoffice.app_template_global()
def policy_writers(version: PlanPolicy) -> str:
    names = [staff_name(writer) for writer in version.writers]
    return list_of([name for name in names if name]) or gettext("Came with Duewell")


@backoffice.app_template_global()
def rule_whom(rule: Rule) -> str:
    whom = gettext(KINDS[rule.kind])
    return gettext("%(whom)s in %(country)s", whom=whom, country=rule.country) if rule.country else whom


@backoffice.app_template_global()
def rule_balances(rule: Rule) -> str:
    start = Money(rule.from_minor, rule.currency)
    if rule.up_to_minor is None:
        if not start:
            return gettext("Any balance in %(currency)s", currency=rule.currency)
        return gettext("From %(start)s on", start=start)
    end = Money(rule.up_to_minor, rule.currency)
    return gettext("From %(start)s to %(end)s", start=start, end=end) if start else gettext("Up to %(end)s", end=end)


@backoffice.app_template_global()
def rule_past(rule: Rule) -> str:
    return gettext(PASTS[rule.past])


@backoffice.app_template_global()
def rule_payments(rule: Rule) -> str:
    return gettext("%(fewest)s to %(most)s payments", fewest=rule.terms.fewest, most=rule.terms.most)


@backoffice.app_template_global()
def rule_months(rule: Rule) -> str:
    return ngettext("within %(num)s month", "within %(num)s months", rule.terms.most_months)


@backoffice.app_template_global()
def rule_rhythms(rule: Rule) -> str:
    return list_of([gettext(word) for one, word in RHYTHMS.items() if one in rule.terms.frequencies])


@backoffice.app_template_global()
def rule_first(rule: Rule) -> str:
    if not rule.terms.first_percent:
        return gettext("Nothing today")
    return gettext("%(percent)s %% today", percent=_percent(rule.terms.first_percent))


@backoffice.app_template_global()
def rule_cost(rule: Rule) -> str:
    terms = rule.terms
    parts = [money(terms.fee)] if terms.fee else []
    if terms.fee_percent:
        parts.append(gettext("%(percent)s %% of the balance", percent=_percent(terms.fee_percent)))
    if terms.interest_percent:
        parts.append(gettext("%(percent)s %% interest a year", percent=_percent(terms.interest_percent)))
    return list_of(parts) or gettext("Nothing")


@backoffice.app_template_global()
def rule_alone(rule: Rule) -> str:
    """Up to where a plan starts by itself."""
    terms = rule.terms
    if terms.alone_up_to is None:
        return gettext("Any amount, up to %(count)s payments", count=terms.alone_count)
    if not terms.alone_up_to:
        return gettext("Never")
    return gettext("Up to %(amount)s and %(count)s payments", amount=terms.alone_up_to, count=terms.alone_count)


@backoffice.app_template_global()
def rule_approver(rule: Rule) -> str:
    return gettext(APPROVERS[rule.terms.approver])


@backoffice.app_template_global()
def approver_word(approver: Approver) -> str:
    return gettext(APPROVERS[approver])


@backoffice.app_template_global()
def rule_missed(rule: Rule) -> str:
    return ngettext(
        "Fails after %(num)s missed payment",
        "Fails after %(num)s missed payments in a row",
        rule.terms.missed_for_default,
    )


@backoffice.app_template_global()
def rule_grace(rule: Rule) -> str:
    terms = rule.terms
    grace = ngettext("%(num)s day of grace", "%(num)s days of grace", terms.grace_days)
    again = ngettext("%(num)s more try", "%(num)s more tries", terms.retries)
    moves = ngettext("%(num)s date may move", "%(num)s dates may move", terms.moves)
    return list_of([grace, again, moves])


@backoffice.app_template_global()
def rule_days(rule: Rule) -> str:
    gap = ngettext("at most %(num)s day apart", "at most %(num)s days apart", rule.terms.most_gap_days)
    return list_of([gettext("on working days"), gap]) if rule.terms.working_days else gap


ASPECTS = (
    (N_("Name"), lambda rule: rule.name),
    (N_("For"), rule_whom),
    (N_("Balance"), rule_balances),
    (N_("Before"), rule_past),
    (N_("First payment"), rule_first),
    (N_("Payments"), rule_payments),
    (N_("Length"), rule_months),
    (N_("Rhythm"), rule_rhythms),
    (N_("Days"), rule_days),
    (N_("Smallest payment"), lambda rule: money(rule.terms.smallest)),
    (N_("Cost"), rule_cost),
    (N_("Starts by itself"), rule_alone),
    (N_("Otherwise decided by"), rule_approver),
    (N_("A missed payment"), rule_grace),
    (N_("The plan"), rule_missed),
)


def differences(before: Rule, after: Rule) -> Iterator[Difference]:
    for label, said in ASPECTS:
        was, now = said(before), said(after)
        if was != now:
            yield Difference(gettext(label), was, now)


def _percent(value: Decimal) -> str:
    """Without the zeros that a column of thousandths brings along."""
    return number(plain_percent(value))


def plain_percent(value: Decimal) -> Decimal:
    return Decimal(f"{value.normalize():f}")
