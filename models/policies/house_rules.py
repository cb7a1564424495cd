"""Every rule of the house that a company may set for itself: what it is called, its default, and what it may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from models.errors import N_, Refused
from models.policies import answering, complaining, contact_limits, limits, promising
from models.policies.permissions import Permission

Value = Decimal | time | frozenset[int]


class RuleRefused(Refused):
    """Not a value that this rule may have."""


class Unit(StrEnum):
    DAYS = "days"
    WORKING_DAYS = "working_days"
    TIMES = "times"
    CASES = "cases"
    PERCENT = "percent"
    MONEY = "money"  # Of the company's currency.
    CLOCK = "clock"
    WEEKDAYS = "weekdays"


@dataclass(frozen=True, slots=True)
class Rule:
    """One of `company.limits`. `least` and `most` bound numbers, both included."""

    name: str
    label: str
    unit: Unit
    default: Value
    reason: str
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(365)

    def of(self, settings: Mapping[str, object]) -> Value:
        """A company's own value, or the default."""
        return self.read(self._kept_as_text(settings[self.name])) if self.name in settings else self.default

    def read(self, text: str) -> Value:
        """What `write` wrote."""
        if self.unit is Unit.CLOCK:
            return time.fromisoformat(text)
        if self.unit is Unit.WEEKDAYS:
            return frozenset(int(day) for day in text.split(",") if day)
        return Decimal(text)

    def write(self, value: Value) -> str:
        """One spelling of a value: to be sent along with a form, and compared."""
        if isinstance(value, time):
            return f"{value:%H:%M}"
        if isinstance(value, Decimal):
            return f"{value.normalize():f}"
        return ",".join(map(str, sorted(value)))

    def keep(self, value: Value) -> Any:
        """As the column keeps it, and as those read it who need it."""
        if isinstance(value, frozenset):
            return sorted(value)
        whole = isinstance(value, Decimal) and value == value.to_integral_value() and self.unit is not Unit.MONEY
        return int(self.write(value)) if whole else self.write(value)

    def check(self, value: Value) -> None:
        """:raises RuleRefused: outside what the rule may be."""
        if isinstance(value, Decimal):
            if not self.least <= value <= self.most:
                raise RuleRefused(N_("Enter a number from %(least)s to %(most)s."), least=self.least, most=self.most)
            if value != value.to_integral_value() and self.unit not in (Unit.MONEY, Unit.PERCENT):
                raise RuleRefused(N_("Enter a whole number."))
            if value != value.quantize(Decimal("0.01")) and self.unit is Unit.PERCENT:
                raise RuleRefused(N_("Enter at most two decimals."))
        elif isinstance(value, frozenset) and not (value and value <= frozenset(range(1, 8))):
            raise RuleRefused(N_("Choose at least one day of the week."))

    @staticmethod
    def _kept_as_text(kept: object) -> str:
        return ",".join(map(str, kept)) if isinstance(kept, list) else str(kept)


@dataclass(frozen=True, slots=True)
class Group:
    """`changed_by`: who answers for these."""

    key: str
    title: str
    said: str
    changed_by: Permission
    rules: tuple[Rule, ...]


def _days(name: str, label: str, told: tuple[Mapping[str, Any], Mapping[str, str]], least: int, most: int) -> Rule:
    return _number(name, label, Unit.DAYS, told, least, most)


def _number(
    name: str, label: str, unit: Unit, told: tuple[Mapping[str, Any], Mapping[str, str]], least: int | str, most: int
) -> Rule:
    defaults, reasons = told
    return Rule(name, label, unit, Decimal(defaults[name]), reasons[name], Decimal(least), Decimal(most))


_ANSWERING = (answering.DEFAULTS, answering.REASONS)
_PROMISING = (promising.DEFAULTS, promising.REASONS)
_COMPLAINING = (complaining.DEFAULTS, complaining.REASONS)
_LIMITS = (limits.DEFAULTS, limits.REASONS)
_OURS = contact_limits.OURS
_REMINDING = (
    {
        **{name: getattr(_OURS, name) for name in contact_limits.NUMBERS},
        "grace_days": contact_limits.GRACE_DAYS,
        "bank_money_days": contact_limits.BANK_MONEY_DAYS,
    },
    {
        "gap_days": N_(
            "Days between two contacts by mail, letter or telephone. Who is pressed too often stops reading."
        ),
        "per_week": N_("Contacts in seven days, over all channels."),
        "calls_per_week": N_("Calls in seven days, also those that nobody took. 10,000 means no limit of our own."),
        "after_conversation_days": N_("Days without a call after somebody spoke with the customer."),
        "first_overdue_days": N_("Days after the due date on which nothing is asked for."),
        "grace_days": N_(
            "Days in which a new or imported invoice is not reminded of: nobody is late who never saw it."
        ),
        "bank_money_days": N_(
            "A run is refused when bank money is in up to an older day: those who paid would be asked."
        ),
    },
)

CASES = Group(
    "cases",
    N_("Answers to cases"),
    N_("Deadlines that begin from now on. What was promised to a customer stays as it was promised."),
    Permission.LEAD_COMPLAINTS,
    (
        _number("dispute_days", N_("Answer promised within"), Unit.WORKING_DAYS, _ANSWERING, 1, 60),
        _number("dispute_warn_days", N_("Owner warned after"), Unit.WORKING_DAYS, _ANSWERING, 1, 59),
        _days("dispute_again_days", N_("Time to disagree"), _ANSWERING, 1, 90),
        _number("dispute_department_days", N_("Time for a department"), Unit.WORKING_DAYS, _ANSWERING, 1, 30),
        _days("dispute_customer_days", N_("Time for a customer"), _ANSWERING, 1, 90),
    ),
)
PROMISES = Group(
    "promises",
    N_("Promises and 'already paid'"),
    N_("How far a customer's word reaches."),
    Permission.PUBLISH_SEQUENCE,
    (
        _days("promise_days", N_("A promise lies ahead at most"), _PROMISING, 1, 90),
        _days("promise_grace", N_("Waited for the money"), _PROMISING, 0, 14),
        _number("promise_moves", N_("Moved at most"), Unit.TIMES, _PROMISING, 0, 10),
        _days("promise_again", N_("No new promise after a broken one for"), _PROMISING, 0, 365),
        _days("paid_pause", N_("'Already paid' pauses for"), _PROMISING, 1, 30),
        _days("paid_again", N_("The same item pauses again after"), _PROMISING, 0, 365),
        _number("claims_a_day", N_("Claims a day of one customer"), Unit.TIMES, _PROMISING, 1, 50),
    ),
)
REMINDERS = Group(
    "reminders",
    N_("Reminders and contacts"),
    N_("Where the law of a customer's country is stricter, the law counts."),
    Permission.PUBLISH_SEQUENCE,
    (
        _days("gap_days", N_("Between two contacts"), _REMINDING, 0, 60),
        _number("per_week", N_("Contacts a week"), Unit.TIMES, _REMINDING, 1, 7),
        _number("calls_per_week", N_("Calls a week"), Unit.TIMES, _REMINDING, 1, contact_limits.NEVER_MIND),
        _days("after_conversation_days", N_("No call after a conversation for"), _REMINDING, 0, 30),
        _days("first_overdue_days", N_("Nothing asked after the due date for"), _REMINDING, 0, 60),
        Rule("opens", N_("Contacted from"), Unit.CLOCK, _OURS.opens, N_("On the customer's own clock.")),
        Rule("closes", N_("Contacted until"), Unit.CLOCK, _OURS.closes, N_("On the customer's own clock.")),
        Rule("weekdays", N_("Contacted on"), Unit.WEEKDAYS, _OURS.weekdays, N_("Never on a public holiday.")),
        _days("grace_days", N_("New invoices rest for"), _REMINDING, 0, 90),
        _days("bank_money_days", N_("Bank money may be old by"), _REMINDING, 1, 60),
    ),
)
COMPLAINTS = Group(
    "complaints",
    N_("Complaints: alerts, actions, summaries"),
    N_("When too many complaints of one cause are told, and how an action against it is watched."),
    Permission.LEAD_COMPLAINTS,
    (
        _number("alert_cases", N_("Alert from"), Unit.CASES, _COMPLAINING, 2, 1000),
        _number(
            "alert_percent", N_("Alert from this share of what was billed"), Unit.PERCENT, _COMPLAINING, "0.01", 100
        ),
        _days("alert_days", N_("Counted together for an alert"), _COMPLAINING, 1, 365),
        _days("action_days", N_("Compared before and after an action"), _COMPLAINING, 14, 365),
        _days("action_settle_days", N_("Late answers waited for"), _COMPLAINING, 0, 180),
        _number("action_again_cases", N_("A fault is back from"), Unit.CASES, _COMPLAINING, 2, 100),
        _days("action_again_days", N_("A fault is back within"), _COMPLAINING, 1, 90),
        _days("action_rate_days", N_("Rate compared with what was reached"), _COMPLAINING, 7, 180),
        _days("action_remind_days", N_("Owner reminded before the due date"), _COMPLAINING, 0, 60),
        _days("action_overdue_days", N_("Overdue until the next one up hears of it"), _COMPLAINING, 1, 90),
        _days("digest_days", N_("Between two summaries"), _COMPLAINING, 1, 90),
    ),
)
SECOND_PERSON = Group(
    "second_person",
    N_("A second person decides"),
    N_("Above these amounts. Whoever may spend money does not change them: administrators do."),
    Permission.CHANGE_SETTINGS,
    (
        _number("refund", N_("Refunds above"), Unit.MONEY, _LIMITS, 0, 10_000_000),
        _number("credit_note", N_("Credit notes above"), Unit.MONEY, _LIMITS, 0, 10_000_000),
        _number("write_off", N_("Write-offs above"), Unit.MONEY, _LIMITS, 0, 10_000_000),
    ),
)
GROUPS = (CASES, PROMISES, REMINDERS, COMPLAINTS, SECOND_PERSON)

_BEFORE = (  # The first is less than the second.
    ("dispute_warn_days", "dispute_days", N_("A warning comes before the day by which the answer was promised.")),
    ("opens", "closes", N_("The hours end after they begin.")),
)
_BY_NAME = {rule.name: (group, rule) for group in GROUPS for rule in group.rules}


def find(name: str) -> tuple[Group, Rule] | None:
    return _BY_NAME.get(name)


def check_together(settings: Mapping[str, object]) -> None:
    """:raises RuleRefused: two rules contradict each other."""
    for first, second, why in _BEFORE:
        earlier, later = (_BY_NAME[name][1].of(settings) for name in (first, second))
        if not earlier < later:  # type: ignore[operator]  # Two numbers, or two times.
            raise RuleRefused(why)
