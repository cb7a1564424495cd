"""A plan that somebody tries: what they would like, held against what is open and what may be offered to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from models import company, payments
from models.customers import Customer
from models.errors import N_
from models.money import Money, total
from models.payments import PayableItem
from models.plans.past import past_of
from models.plans.policies import Ruled, rule_for
from models.plans.records import Way
from models.plans.starting import Proposal
from models.plans.sums import in_other_plans
from models.policies import payment_limits
from models.policies.plans import (
    Ask,
    CannotBeBuilt,
    Frequency,
    Judged,
    Outside,
    Schedule,
    Sentence,
    Terms,
    Within,
    build,
    for_budget,
    judge,
    months_after,
)
from models.policies.public_holidays import after_working_days

MOST_ITEMS = 100  # In one plan of a customer's own making: the oldest ones.
MOST_OWN = 24  # Days of one's own choice.
AT_FIRST = 3  # Payments, until somebody says how many.
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What somebody has typed, as it is kept (`as_ask`). Empty means: what suits. `items` none: all that is due, or where
    nothing is, all that may be in a plan. `first` and `monthly` in minor units.
    """

    items: tuple[int, ...] | None = None
    first: int | None = None
    count: int | None = None
    frequency: Frequency = Frequency.MONTHLY
    start_on: date | None = None
    own_dates: tuple[date, ...] = ()
    way: Way = Way.AUTOMATIC
    monthly: int | None = None

    @classmethod
    def of(cls, ask: Mapping[str, Any]) -> "Wish":
        start_on = ask.get("start_on")
        return cls(
            items=None if ask.get("items") is None else tuple(ask["items"]),
            first=ask.get("first"),
            count=ask.get("count"),
            frequency=Frequency(ask.get("frequency", Frequency.MONTHLY)),
            start_on=date.fromisoformat(start_on) if start_on else None,
            own_dates=tuple(date.fromisoformat(one) for one in ask.get("own_dates", ())),
            way=Way(ask.get("way", Way.AUTOMATIC)),
            monthly=ask.get("monthly"),
        )

    def as_ask(self) -> dict[str, Any]:
        return {
            "items": None if self.items is None else list(self.items),
            "first": self.first,
            "count": self.count,
            "frequency": self.frequency.value,
            "start_on": self.start_on.isoformat() if self.start_on else None,
            "own_dates": [one.isoformat() for one in self.own_dates],
            "way": self.way.value,
            "monthly": self.monthly,
        }

    def like(self, ask: Ask) -> "Wish":
        """The same items, paid in another way."""
        return replace(
            self,
            first=ask.first.minor,
            count=ask.payments,
            frequency=ask.frequency,
            start_on=ask.start_on,
            own_dates=ask.own_dates,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """An open item: whether it is chosen, how much of the customer's own money goes to it, and what the plan pays."""

    item: PayableItem
    chosen: bool
    credit: Money
    share: Money

    @property
    def left_out(self) -> Money:
        """What of it no plan may have: it is in dispute, on its way, in another plan."""
        return self.item.open - self.item.plannable


@dataclass(frozen=True, slots=True)
class Idea:
    """`judged` none: there is nothing to pay in instalments. `others` counts the items that are not shown."""

    wish: Wish
    currency: str
    parts: Sequence[Part]
    others: int
    balance: Money
    ruled: Ruled
    ask: Ask
    judged: Judged | None
    today: date

    @property
    def terms(self) -> Terms | None:
        return self.ruled.rule.terms if self.ruled.rule else None

    @property
    def schedule(self) -> Schedule | None:
        return self.judged.schedule if self.judged else None

    @property
    def starts_alone(self) -> bool:
        return isinstance(self.judged, Within) and self.judged.alone

    @property
    def reasons(self) -> tuple[Sentence, ...]:
        return self.judged.reasons if isinstance(self.judged, Outside) else ()

    @property
    def nearest(self) -> Ask | None:
        return self.judged.nearest if isinstance(self.judged, Outside) else None

    @property
    def credit(self) -> Money:
        return total((part.credit for part in self.parts), self.currency)

    @property
    def credits(self) -> dict[int, int]:
        """Minor units by entry."""
        return {part.item.entry_id: part.credit.minor for part in self.parts if part.credit}

    @property
    def answer_on(self) -> date:
        """By when a person has looked at what does not start by itself."""
        return answer_on(self.today)

    def proposal(self) -> Proposal:
        """What is to be signed, or looked at. There is a schedule."""
        schedule, terms = self.schedule, self.terms
        assert schedule is not None
        agreed = {} if terms is None else _agreed(terms)
        return Proposal(
            shares={part.item.entry_id: part.share for part in self.parts if part.share},
            lines=schedule.days,
            fee=schedule.fee,
            way=self.wish.way,
            frequency=self.ask.frequency,
            ask=self.wish.as_ask() | {"credits": {str(one): minor for one, minor in self.credits.items()}},
            policy_id=self.ruled.version_id,
            rule=self.ruled.rule.id if self.ruled.rule else None,
            **agreed,
        )


def _agreed(terms: Terms) -> dict[str, Any]:
    return {
        "working_days": terms.working_days,
        "grace_days": terms.grace_days,
        "retries": terms.retries,
        "misses": terms.missed_for_default,
        "moves": terms.moves,
    }


def answer_on(day: date) -> date:
    """One working day is what a request for a plan takes at most."""
    return after_working_days(company.get().country, day, 1)


def think(customer: Customer, currency: str, wish: Wish, *, on: date) -> Idea:
    """Hold a wish against the account: whatever is wished has an answer."""
    items = [item for item in payments.payable_items(customer.id, on, currency=currency) if item.plannable]
    mine = [item for item in items if item.customer_id == customer.id]
    parts = _parts(mine[:MOST_ITEMS], customer.id, currency, wish, on)
    beside = in_other_plans(customer.id, currency, [part.item.entry_id for part in parts if part.share])
    balance = total((part.share for part in parts), currency)
    ruled = rule_for(customer, balance, on, past=past_of(customer.id, on))
    terms = ruled.rule.terms if ruled.rule else None
    ask = _ask(wish, balance, terms, on)
    return Idea(
        wish=wish,
        currency=currency,
        parts=parts,
        others=len(items) - len(parts),
        balance=balance,
        ruled=ruled,
        ask=ask,
        judged=_charged(_judged(terms, balance, beside, ask, customer, on), wish.way) if balance else None,
        today=on,
    )


def affordable(idea: Idea, monthly: Money) -> Ask | None:
    """The plan for so much a month, or none."""
    if idea.terms is None:
        return None
    find = partial(for_budget, idea.terms, idea.balance, monthly, country=company.get().country, today=idea.today)
    return find(start_on=idea.wish.start_on) or find()


def _parts(items: Sequence[PayableItem], customer_id: int, currency: str, wish: Wish, on: date) -> list[Part]:
    due = {item.entry_id for item in items if item.due_on < on}
    wanted = set(wish.items) if wish.items is not None else due or {item.entry_id for item in items}
    own = payments.unapplied(customer_id, currency, on).minor
    parts, zero = [], Money(0, currency)
    for item in items:
        chosen = item.entry_id in wanted
        credit = Money(min(own, item.plannable.minor) if chosen else 0, currency)
        own -= credit.minor
        parts.append(Part(item, chosen, credit, item.plannable - credit if chosen else zero))
    return parts


def _ask(wish: Wish, balance: Money, terms: Terms | None, today: date) -> Ask:
    """The wish with what suits where nothing was said."""
    least = terms.smallest_first(balance) if terms else Money(0, balance.currency)
    first = least if wish.first is None else Money(wish.first, balance.currency)
    at_first = max(AT_FIRST, terms.fewest) if terms else AT_FIRST
    count = wish.count if wish.count is not None else min(at_first, terms.most) if terms else at_first
    start_on = _start(wish, terms, today)
    own = _own_days(wish, start_on, count - bool(first), today) if wish.frequency is Frequency.OWN else ()
    return Ask(first, count, wish.frequency, start_on, own)


def _own_days(wish: Wish, start_on: date, wanted: int, today: date) -> tuple[date, ...]:
    """As many of their own as there are payments; where they named fewer, each month until they say otherwise."""
    named = [day for day in wish.own_dates if day > today][: max(min(wanted, MOST_OWN), 1)]
    begin = months_after(named[-1], 1) if named else start_on
    return (*named, *(months_after(begin, step) for step in range(min(wanted, MOST_OWN) - len(named))))


def _start(wish: Wish, terms: Terms | None, today: date) -> date:
    """A day that has passed since somebody typed it is no wish any more."""
    if wish.start_on is not None and wish.start_on > today:
        return wish.start_on
    weeks = {Frequency.WEEKLY: 1, Frequency.FORTNIGHTLY: 2}.get(wish.frequency)
    day = today + WEEK * weeks if weeks else months_after(today, 1)
    return min(day, today + timedelta(days=max(terms.most_gap_days, 1))) if terms else day


def _judged(terms: Terms | None, balance: Money, beside: Money, ask: Ask, customer: Customer, today: date) -> Judged:
    """Where no rule is for somebody, a person decides."""
    country = company.get().country
    if terms is not None:
        return judge(terms, balance, ask, country=country, today=today, beside=beside)
    reasons = [Sentence.of(N_("There is no rule for an amount like this, so a person looks at it."))]
    schedule = None
    try:
        free = Money(0, balance.currency)
        schedule = build(balance, free, ask, country=country, working_days=False, today=today)
    except CannotBeBuilt as refusal:
        reasons.append(Sentence.of(refusal.message_id, **refusal.values))
    return Outside(tuple(reasons), schedule, None)


def _charged(judged: Judged, way: Way) -> Judged:
    """What no card takes is not charged automatically, whatever a rule allows: it is sent by transfer."""
    schedule = judged.schedule
    if way is not Way.AUTOMATIC or schedule is None:
        return judged
    try:
        for line in schedule.lines:
            payment_limits.check(line.amount)
    except payment_limits.AmountOutsideLimits as refusal:
        reason = Sentence.of(refusal.message_id, **refusal.values)
        return Outside((*(judged.reasons if isinstance(judged, Outside) else ()), reason), schedule, None)
    return judged
