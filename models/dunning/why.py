"""'Why was this customer (not) contacted?': the same policy over the facts of that day, never a log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from models import company, words
from models.database import session
from models.dunning import dated, runs
from models.dunning.lines import ReminderRun
from models.dunning.loading import Whole, load, whole_at
from models.policies.dunning import Decision, Send, ahead, decide
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
        known_at = min(ends, now)
        then = dated.company_at(creditor, known_at)
        whole = whole_at(creditor, known_at, then.bank_money_until)
        moment = runs.moment_of(day, then)
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
    """
    What comes next if nobody pays, for the customer: the first message and its day, or none; and what rests, in kind
    sentences.
    """

    on: date | None
    send: Send | None
    resting: Sequence[str]


LOOKED_AHEAD = 45  # Days.
TOLD = frozenset({"gap", "opted_out", "address_stopped", "wants_letters"})


def coming(customer_id: int, today: date, *, now: datetime) -> Coming:
    creditor = company.get()
    whole = whole_at(creditor, None, creditor.bank_money_until)
    facts = load([customer_id], today, now, whole).get(customer_id) if whole.segments else None
    if facts is None or not facts.items:
        return Coming(None, None, ())
    first = ahead.first(facts, today, days=LOOKED_AHEAD, moment_of=lambda day: max(runs.moment_of(day, creditor), now))
    spoken = [one for one in decide(facts, today, now).rules if one.rule.startswith("held.") or one.rule in TOLD]
    resting = list(dict.fromkeys(words.gettext(said(one).customer, **one.values) for one in spoken))
    return Coming(first.day if first else None, first.decision.send if first else None, resting)
