"""'Why was this customer (not) contacted?': the same policy over the facts of that day, never a log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from models import company, words
from models.company import Company
from models.database import session
from models.dunning import runs
from models.dunning.lines import ReminderRun
from models.dunning.loading import Whole, load, whole_at
from models.policies.dunning import Decision, Facts, Spoke, ahead, decide
from models.policies.dunning.rules import said


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided as of a day, by what was known at a moment; `run_id` none where no run looked."""

    day: date
    known_at: datetime
    run_id: int | None
    decision: Decision

    @property
    def sentences(self) -> list[tuple[str, str]]:
        """The number of the item that a rule is about, or nothing, and the rule in words for staff."""
        return [
            (str(spoke.values.get("number", "")), words.gettext(said(spoke).staff, **spoke.values))
            for spoke in self.decision.rules
        ]


def why(customer_id: int, day: date, *, now: datetime) -> list[Answer]:
    """
    One answer for each run of the day, as was known when it decided; without one, as was known at the day's end.
    """
    creditor = company.get()
    of_day = session.scalars(select(ReminderRun).where(ReminderRun.as_of == day).order_by(ReminderRun.id)).all()
    if not of_day:
        ends = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(creditor.timezone)).astimezone(UTC)
        moment = runs.moment_of(day, creditor)
        known_at = min(ends, now)
        whole = whole_at(creditor, known_at, creditor.bank_money_until)
        return _answers(customer_id, day, known_at, moment, whole, None)
    return [
        answer
        for run in of_day
        for answer in _answers(
            customer_id,
            day,
            run.started_at,
            run.moment,
            whole_at(creditor, run.started_at, run.bank_money_until),
            run.id,
        )
    ]


def _answers(
    customer_id: int, day: date, known_at: datetime, moment: datetime, whole: Whole, run_id: int | None
) -> list[Answer]:
    facts = load([customer_id], day, known_at, whole).get(customer_id)
    return [Answer(day, known_at, run_id, decide(facts, day, moment))] if facts else []


@dataclass(frozen=True, slots=True)
class Coming:
    """What comes next, if nobody pays: the first message, or why there is none; in words for the customer."""

    on: date | None
    decision: Decision | None
    stops: Sequence[str]


NEXT = 45  # Days that are looked ahead.
TELLS = frozenset({"gap", "week", "opted_out", "address_stopped", "wants_letters"})


def coming(customer_id: int, today: date, *, now: datetime) -> Coming:
    creditor = company.get()
    whole = whole_at(creditor, None, creditor.bank_money_until)
    facts = load([customer_id], today, now, whole).get(customer_id) if whole.segments else None
    if facts is None or not facts.items:
        return Coming(None, None, ())
    first = ahead.first(facts, today, days=NEXT, moment_of=lambda day: _later(day, creditor, now))
    resting = [spoke for spoke in decide(facts, today, _later(today, creditor, now)).rules if _tells(spoke)]
    stops = list(dict.fromkeys(words.gettext(said(spoke).customer, **spoke.values) for spoke in resting))
    return Coming(first.day if first else None, first.decision if first else None, stops)


def _later(day: date, creditor: Company, now: datetime) -> datetime:
    return max(runs.moment_of(day, creditor), now)


def _tells(spoke: Spoke) -> bool:
    """What a customer is told of: what rests, and why; not what staff have to put right."""
    return spoke.rule.startswith("held.") or spoke.rule in TELLS


def facts_of(customers: Sequence[int], day: date, now: datetime, whole: Whole) -> dict[int, Facts]:
    return load(customers, day, now, whole)
