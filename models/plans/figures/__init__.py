"""
What finance sees of plans, one currency at a time. States and money are those known today; `on` is the business day
from which days are counted, and what happened after it is not counted as having happened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from models.database import session
from models.plans.figures.answers import DAYS, Requests, requests
from models.plans.figures.expected import WEEKS, Expected, Line, When, expected
from models.plans.figures.kept import By, Kept, kept, rule_names
from models.plans.figures.standings import Followed, Group, Health, chosen, followed, health
from models.plans.figures.versions import Change, Made, changes
from models.plans.records import Plan, PlanState

__all__ = [
    "DAYS",
    "WEEKS",
    "By",
    "Change",
    "Expected",
    "Figures",
    "Followed",
    "Group",
    "Health",
    "Kept",
    "Line",
    "Made",
    "Requests",
    "When",
    "chosen",
    "currencies",
    "figures",
    "followed",
]


@dataclass(frozen=True, slots=True)
class Figures:
    """`rules` names those that `kept` is told by."""

    on: date
    currency: str
    followed: Sequence[Followed]
    health: Health
    kept: Sequence[Kept]
    rules: Mapping[int, str]
    expected: Expected
    requests: Requests
    changes: Sequence[Change]

    @property
    def of_all(self) -> Kept:
        return self.kept[0]

    @property
    def numbers(self) -> Mapping[int | str | None, int | None]:
        """The number of each version by its id."""
        return {change.kept.key: change.number for change in self.changes}


def figures(currency: str, on: date) -> Figures:
    found, all_kept = followed(currency, on), kept(currency, on)
    return Figures(
        *(on, currency, found, health(found, currency), all_kept, rule_names()),
        expected(currency, on, all_kept[0].payments),
        requests(currency, on),
        changes(currency, on, all_kept),
    )


def currencies(first: str) -> Sequence[str]:
    """Those that any plan is in, the company's first."""
    found = session.scalars(select(Plan.currency).where(Plan.state != PlanState.DRAFT).distinct())
    return [first, *sorted(set(found) - {first})]
