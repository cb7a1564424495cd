"""A version tried on the past: who would have qualified at the end of a quarter, with how much money."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Numeric, Row, String, bindparam, text

from models import company
from models.database import session
from models.ledger import LEFT_OF_ALL
from models.money import Money
from models.plans import policies
from models.plans.past import BROKEN, window
from models.plans.policies import Policy
from models.policies.plans import Rule, months_after

# One row for each rule (position none: nobody's) and currency. A balance is what is overdue less credits that are not
# used. It qualifies where the fewest payments of the smallest amount, after the first payment demanded, fit into it.
_TALLY = (
    LEFT_OF_ALL
    + f"""
, past as ({BROKEN}
), rules as (
    select * from unnest(
        :positions, :kinds, :countries, :currencies, :from_minors, :up_to_minors, :pasts, :firsts, :fewests, :smallests,
        :alones, :alone_counts
    ) as r (position, kind, country, currency, from_minor, up_to_minor, past, first_percent, fewest, smallest_minor,
            alone_minor, alone_count)
), owed as (
    select customer_id, currency,
           sum(case when side = 1 and due_on < :as_of then left_minor when side = -1 then -left_minor else 0 end)
               as minor
    from items group by customer_id, currency
), cases as (
    select o.currency, o.minor, case when c.kind = 'business' then 'business' else 'consumer' end as kind,
           coalesce(nullif(c.country, ''), :home) as country,
           case when p.customer_id is null then 'kept' else 'broken' end as past
    from owed o join customers c on c.id = o.customer_id left join past p on p.customer_id = o.customer_id
    where o.minor > 0
), ruled as (
    select cases.currency, cases.minor, r.position, r.fewest, r.smallest_minor,
           case when r.alone_count >= r.fewest then coalesce(r.alone_minor, cases.minor) else 0 end as most_alone,
           ceil(r.first_percent * cases.minor / 100) as first_minor
    from cases left join lateral (
        select * from rules
        where rules.kind in ('', cases.kind) and rules.country in ('', cases.country)
          and rules.currency = cases.currency and rules.from_minor <= cases.minor
          and coalesce(rules.up_to_minor, cases.minor) >= cases.minor and rules.past in ('any', cases.past)
        order by rules.position limit 1
    ) r on true
), judged as (
    select *, minor - case when first_minor > 0 then greatest(first_minor, smallest_minor) else 0 end
                  >= smallest_minor * (fewest - case when first_minor > 0 then 1 else 0 end) as enough
    from ruled
)
select position, currency,
       count(*) filter (where enough) as accounts, coalesce(sum(minor) filter (where enough), 0) as minor,
       count(*) filter (where enough and minor <= most_alone) as alone,
       coalesce(sum(minor) filter (where enough and minor <= most_alone), 0) as alone_minor,
       count(*) filter (where not coalesce(enough, false)) as without,
       coalesce(sum(minor) filter (where not coalesce(enough, false)), 0) as without_minor
from judged group by position, currency order by position nulls last, currency
"""
)

_BOUND = text(_TALLY).bindparams(
    *(bindparam(name, type_=ARRAY(BigInteger)) for name in ("positions", "from_minors", "up_to_minors")),
    *(bindparam(name, type_=ARRAY(BigInteger)) for name in ("fewests", "smallests", "alones", "alone_counts")),
    *(bindparam(name, type_=ARRAY(String)) for name in ("kinds", "countries", "currencies", "pasts")),
    bindparam("firsts", type_=ARRAY(Numeric)),
)


@dataclass(frozen=True, slots=True)
class Quarter:
    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Quarter":
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def last(cls, today: date) -> "Quarter":
        """The last one that is over."""
        return cls.of(cls.of(today).begins_on - timedelta(days=1))

    @classmethod
    def lately(cls, today: date) -> list["Quarter"]:
        """The last four that are over, newest first."""
        found = [cls.last(today)]
        while len(found) < 4:
            found.append(cls.last(found[-1].begins_on))
        return found

    @property
    def code(self) -> str:
        return f"{self.year}-{self.number}"

    @property
    def begins_on(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def ends_on(self) -> date:
        return months_after(self.begins_on, 3) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tally:
    """
    Accounts with something overdue: `qualified` for a plan, of those `alone` without a second person for the amount;
    `without`: too little is owed for any plan or, where no rule is for them, a person decides.
    """

    rule: Rule | None
    currency: str
    qualified: int
    money: Money
    alone: int
    alone_money: Money
    without: int
    without_money: Money


@dataclass(frozen=True, slots=True)
class Tried:
    policy: Policy
    as_of: date
    tallies: tuple[Tally, ...]

    @property
    def by_rule(self) -> list[Tally]:
        return [one for one in self.tallies if one.rule is not None]

    @property
    def nobodys(self) -> list[Tally]:
        """Accounts in no rule, by currency."""
        return [one for one in self.tallies if one.rule is None]

    def totals(self) -> list[Tally]:
        """All rules together, by currency."""
        return [_sum(self.tallies, currency) for currency in sorted({one.currency for one in self.tallies})]


def try_out(version_id: int, quarter: Quarter) -> Tried:
    """On what was overdue when the quarter ended, as the ledger knows it today; held parts are not taken off."""
    policy = policies.at_version(version_id)
    values = {**_columns(policy.rules), **window(quarter.ends_on)}
    values |= {"as_of": quarter.ends_on, "known_at": "infinity", "home": company.get().country}
    found = {(row.position, row.currency): row for row in session.execute(_BOUND, values)}
    tallies = [
        _tally(rule, rule.currency, found.pop((place, rule.currency), None)) for place, rule in enumerate(policy.rules)
    ]
    tallies += [_tally(None, currency, row) for (_, currency), row in found.items()]
    return Tried(policy, quarter.ends_on, tuple(tallies))


def _columns(rules: Sequence[Rule]) -> dict[str, list[Any]]:
    return {
        "positions": list(range(len(rules))),
        "kinds": [rule.kind for rule in rules],
        "countries": [rule.country for rule in rules],
        "currencies": [rule.currency for rule in rules],
        "from_minors": [rule.from_minor for rule in rules],
        "up_to_minors": [rule.up_to_minor for rule in rules],
        "pasts": [rule.past.value for rule in rules],
        "firsts": [rule.terms.first_percent for rule in rules],
        "fewests": [rule.terms.fewest for rule in rules],
        "smallests": [rule.terms.smallest.minor for rule in rules],
        "alones": [rule.terms.alone_up_to.minor if rule.terms.alone_up_to is not None else None for rule in rules],
        "alone_counts": [rule.terms.alone_count for rule in rules],
    }


def _tally(rule: Rule | None, currency: str, row: Row[Any] | None) -> Tally:
    def money(name: str) -> Money:
        return Money(int(getattr(row, name)) if row else 0, currency)

    numbers = (row.accounts, row.alone, row.without) if row else (0, 0, 0)
    accounts, alone, without = numbers
    return Tally(rule, currency, accounts, money("minor"), alone, money("alone_minor"), without, money("without_minor"))


def _sum(tallies: Iterable[Tally], currency: str) -> Tally:
    found = [one for one in tallies if one.currency == currency]
    zero = Money(0, currency)
    return Tally(
        None,
        currency,
        sum(one.qualified for one in found),
        sum((one.money for one in found), zero),
        sum(one.alone for one in found),
        sum((one.alone_money for one in found), zero),
        sum(one.without for one in found),
        sum((one.without_money for one in found), zero),
    )
