"""How often somebody may be written to or called, and at which hours: the strictest of the law and our own settings."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

PACKS = Path(__file__).with_name("packs")
NO_ZONE_OPENS, NO_ZONE_CLOSES = time(9), time(18)  # RULES: no zone known, then only what is daytime in all of them.
NEVER_MIND = 10_000


@dataclass(frozen=True, slots=True)
class ContactLimits:
    """
    `gap_days` lie between two contacts and `per_week` is the most in seven days, over all channels; a call that nobody
    took is none. `calls_per_week` counts every call. An item is not asked for on its first `first_overdue_days`.
    """

    opens: time = time.min
    closes: time = time.max
    weekdays: frozenset[int] = frozenset(range(1, 8))
    holidays: bool = True
    gap_days: int = 0
    per_week: int = NEVER_MIND
    calls_per_week: int = NEVER_MIND
    after_conversation_days: int = 0
    first_overdue_days: int = 0

    def strictest(self, other: "ContactLimits") -> "ContactLimits":
        return ContactLimits(
            opens=max(self.opens, other.opens),
            closes=min(self.closes, other.closes),
            weekdays=self.weekdays & other.weekdays,
            holidays=self.holidays and other.holidays,
            gap_days=max(self.gap_days, other.gap_days),
            per_week=min(self.per_week, other.per_week),
            calls_per_week=min(self.calls_per_week, other.calls_per_week),
            after_conversation_days=max(self.after_conversation_days, other.after_conversation_days),
            first_overdue_days=max(self.first_overdue_days, other.first_overdue_days),
        )


# DESIGN.md 'Defaults'; a company's own settings stand in `company.limits` under the same names.
OURS = ContactLimits(
    opens=time(8), closes=time(20), weekdays=frozenset(range(1, 6)), holidays=False, gap_days=3, per_week=2
)
GRACE_DAYS = 7  # In which a new invoice rests.
BANK_MONEY_DAYS = 7  # How old the last day of bank money may be.
NUMBERS = ("gap_days", "per_week", "calls_per_week", "after_conversation_days", "first_overdue_days")


@dataclass(frozen=True, slots=True)
class PackRule:
    applies: str
    since: date
    until: date
    limits: ContactLimits
    source: str
    read_on: date


@cache
def pack(name: str) -> tuple[PackRule, ...]:
    """The rules of a country's file ('gr'), or 'default'; none where there is no file."""
    file = PACKS / f"{name}.toml"
    if not (name.isalpha() and file.exists()):
        return ()
    return tuple(_rule(row) for row in tomllib.loads(file.read_text())["rule"])


def _rule(row: Mapping[str, Any]) -> PackRule:
    numbers = {name: row[name] for name in ("opens", "closes", "holidays", *NUMBERS) if name in row}
    if "weekdays" in row:
        numbers["weekdays"] = frozenset(row["weekdays"])
    since, until = row.get("since", date.min), row.get("until", date.max)
    return PackRule(row["applies"], since, until, ContactLimits(**numbers), row["source"], row["read_on"])


@cache
def limits_of(country: str, kind: str, on: date, ours: ContactLimits = OURS) -> ContactLimits:
    """
    What holds for a customer on a day.

    :param kind: 'business'; anything else is a consumer, the kinder side of a doubt.
    """
    found = ours
    who = {"everyone", "business" if kind == "business" else "consumer"}
    for rule in (*pack("default"), *pack(country.lower())):
        if rule.applies in who and rule.since <= on <= rule.until:
            found = found.strictest(rule.limits)
    return found


def ours(settings: Mapping[str, Any]) -> ContactLimits:
    """The company's own: `OURS` where `company.limits` says nothing else."""
    numbers: dict[str, Any] = {name: int(settings[name]) for name in NUMBERS if name in settings}
    for name in ("opens", "closes"):
        if name in settings:
            numbers[name] = time.fromisoformat(settings[name])
    if "weekdays" in settings:
        numbers["weekdays"] = frozenset(settings["weekdays"])
    return replace(OURS, **numbers)


@dataclass(frozen=True, slots=True)
class Contacted:
    """A mail, a letter or a call that went, or `waits` to go; `channel` is 'email', 'letter' or 'call'."""

    at: datetime
    on: date
    channel: str
    spoke: bool = False
    message_id: int | None = None
    statement: bool = False
    waits: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is felt as a contact: a call that nobody took is not."""
        return self.channel != "call" or self.spoke


def free_from(log: Iterable[Contacted], limits: ContactLimits) -> date:
    """The first day on which the smallest gap is kept after everything that went."""
    last = max((one.on for one in log if one.counts), default=None)
    return date.min if last is None else date.fromordinal(last.toordinal() + limits.gap_days)


def in_seven_days(log: Iterable[Contacted], day: date) -> int:
    """Contacts on the day and the six before it."""
    return sum(1 for one in log if one.counts and 0 <= (day - one.on).days < 7)


@dataclass(frozen=True, slots=True)
class CallRefused:
    """Why nobody calls on a day: 'calls' (that many in seven days) or 'conversation' (on that day)."""

    rule: str
    values: Mapping[str, object]


def call_refused(log: Iterable[Contacted], limits: ContactLimits, day: date) -> CallRefused | None:
    calls = [one for one in log if one.channel == "call" and one.on <= day]
    spoke = max((one.on for one in calls if one.spoke), default=None)
    if spoke is not None and (day - spoke).days < limits.after_conversation_days:
        return CallRefused("conversation", MappingProxyType({"day": spoke}))
    lately = sum(1 for one in calls if (day - one.on).days < 7)
    if lately >= limits.calls_per_week:
        return CallRefused("calls", MappingProxyType({"calls": lately}))
    return None
