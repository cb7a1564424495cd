"""Whether a plan that somebody asks for may be offered, and where not, why, and what may."""

from dataclasses import dataclass
from datetime import date

from models.money import Money
from models.policies.plans.fitting import look
from models.policies.plans.nearest import nearest
from models.policies.plans.schedule import Ask, Schedule
from models.policies.plans.sentences import Sentence
from models.policies.plans.terms import Terms


@dataclass(frozen=True, slots=True)
class Within:
    """`alone`: it starts as soon as it is signed; else the approver of the terms decides first."""

    schedule: Schedule
    alone: bool


@dataclass(frozen=True, slots=True)
class Outside:
    """`schedule` is what was asked for, where it can be built at all: a person may still agree to it."""

    reasons: tuple[Sentence, ...]
    schedule: Schedule | None
    nearest: Ask | None


Judged = Within | Outside


def judge(terms: Terms, balance: Money, ask: Ask, *, country: str, today: date, beside: Money | None = None) -> Judged:
    """
    Answers whatever is asked: an absurd wish is outside, with its reasons, like any other.

    :param beside: what the customer pays in other plans already: or a large one would be several small ones.
    """
    schedule, reasons = look(terms, balance, ask, country=country, today=today)
    if schedule is not None and not reasons:
        return Within(schedule, terms.starts_alone(balance + beside if beside else balance, ask.payments))
    return Outside(reasons, schedule, nearest(terms, balance, ask, country=country, today=today))
