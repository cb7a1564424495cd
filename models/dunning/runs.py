"""The run: who may have a step due, in chunks of a thousand; each decided under its accounts' locks, once."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, text

from models import audit, company, customers, jobs
from models.audit import Actor
from models.company import HOLDING_ACCOUNT, Company
from models.customers import Customer, merges
from models.database import session
from models.dunning import sequences
from models.dunning.choosing import candidates
from models.dunning.keeping import keep
from models.dunning.lines import ReminderChunk, ReminderRun
from models.dunning.loading import load, whole_at
from models.dunning.writing import dedupe_key
from models.messages import Message
from models.policies.contact_limits import BANK_MONEY_DAYS
from models.policies.dunning import Send, decide
from models.transactions import transaction

CHUNK = 1_000
NIGHTLY = time(2)
CHUNK_JOB = "reminders.chunk"


def start(as_of: date | None = None, *, by: Actor, now: datetime) -> ReminderRun:
    """
    Make a run and its chunks in the caller's transaction; one of the same day that is not finished is gone on with.
    A run of a day to come decides as it will be then, and its mails wait until then.
    """
    creditor = company.locked()
    day = as_of or creditor.today(now)
    unfinished = session.scalar(
        select(ReminderRun).where(ReminderRun.as_of == day, ReminderRun.finished_at.is_(None)).limit(1)
    )
    if unfinished is not None:
        return unfinished
    run = ReminderRun(
        as_of=day,
        moment=max(now, moment_of(day, creditor)) if day > creditor.today(now) else now,
        started_at=now,
        started_by=by.name or by.kind.value,
        bank_money_until=creditor.bank_money_until,
    )
    run.refused = bank_money_too_old(creditor, day)
    session.add(run)
    session.flush()
    _chunks(run, creditor, now)
    facts = {"as_of": day, "customers": run.customers, "refused": run.refused}
    audit.record(HOLDING_ACCOUNT, "reminders.run", by=by, now=now, about=f"reminder_runs:{run.id}", facts=facts)
    return run


def start_nightly(*, now: datetime) -> None:
    """
    Once for each day, from two at night; a worker that was down starts it when it is back, and one that refused for
    want of the bank's money once the day is recorded.
    """
    creditor = company.get()
    day = creditor.today(now)
    if now < moment_of(day, creditor) or not sequences.live():
        return
    company.locked()
    of_day = select(ReminderRun).where(ReminderRun.as_of == day).order_by(ReminderRun.id.desc()).limit(1)
    last = session.scalar(of_day)
    if last is None or (last.refused and not bank_money_too_old(creditor, day)):
        start(day, by=audit.JOB, now=now)


def _chunks(run: ReminderRun, creditor: Company, now: datetime) -> None:
    found = [] if run.refused else candidates(run.as_of, whole_at(creditor, None, run.bank_money_until))
    rows = [
        {"run_id": run.id, "id": number, "customers": found[at : at + CHUNK]}
        for number, at in enumerate(range(0, len(found), CHUNK), start=1)
    ]
    run.customers = len(found)
    if not rows:
        run.finished_at = now
        return
    session.execute(insert(ReminderChunk), rows)
    for number in range(1, len(rows) + 1):
        jobs.later(CHUNK_JOB, run_id=run.id, number=number)


def moment_of(day: date, creditor: Company) -> datetime:
    """When the nightly run of a day decides."""
    return datetime.combine(day, NIGHTLY, ZoneInfo(creditor.timezone)).astimezone(UTC)


def bank_money_too_old(creditor: Company, day: date) -> bool:
    """Whether so much may have come in that nobody knows of that reminders would go to those who paid."""
    until = creditor.bank_money_until
    most = int(creditor.limits.get("bank_money_days", BANK_MONEY_DAYS))
    return until is not None and (day - until).days > most


def bank_money_is_getting_old(creditor: Company, day: date) -> bool:
    """Half way to where a run is refused: it goes, and says so."""
    until = creditor.bank_money_until
    most = int(creditor.limits.get("bank_money_days", BANK_MONEY_DAYS))
    return until is not None and (day - until).days > most // 2


@dataclass(frozen=True, slots=True)
class Dry:
    """
    What a run of a day would do. `who` is decided chunk by chunk while it is read, and counts as it goes: only the
    counts are kept.
    """

    customers: int
    who: Iterator[dict[str, Any]]
    counts: Counter[str]
    rules: Counter[str]


def dry(day: date, *, now: datetime) -> Dry:
    """Nothing is written."""
    creditor = company.get()
    whole = whole_at(creditor, None, creditor.bank_money_until)
    moment = max(now, moment_of(day, creditor)) if day > creditor.today(now) else now
    found = candidates(day, whole)
    counts, rules = Counter[str](), Counter[str]()

    def who() -> Iterator[dict[str, Any]]:
        for at in range(0, len(found), CHUNK):
            facts = load(found[at : at + CHUNK], day, now, whole)
            numbers = customers.numbers(list(facts))
            for customer_id, known in facts.items():
                decision = decide(known, day, moment)
                rules.update({spoke.rule for spoke in decision.rules})
                counts["tasks"] += len(decision.tasks)
                if decision.send:
                    counts[decision.send.channel.value] += 1
                    yield _would_go(numbers[customer_id], decision.send)

    return Dry(len(found), who(), counts, rules)


def _would_go(number: str, send: Send) -> dict[str, Any]:
    return {
        "customer": number,
        "channel": send.channel.value,
        "step": send.step.position + 1 if send.step else "statement",
        "totals": [f"{amount.currency} {amount.plain()}" for amount in send.totals],
    }


def work_off(run_id: int, *, now: Callable[[], datetime]) -> None:
    """Decide every chunk that nobody else is at; a chunk is a transaction."""
    while True:
        with transaction():
            chunk = session.scalar(
                select(ReminderChunk)
                .where(ReminderChunk.run_id == run_id, ReminderChunk.done_at.is_(None))
                .order_by(ReminderChunk.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if chunk is None:
                return
            _decide(chunk, now())


def do_chunk(run_id: int, number: int, *, now: datetime) -> None:
    """One chunk, as a job: done once, however often it is asked for."""
    with transaction():
        chunk = session.get(ReminderChunk, (run_id, number), with_for_update=True, populate_existing=True)
        if chunk is not None and chunk.done_at is None:
            _decide(chunk, now)


def _decide(chunk: ReminderChunk, now: datetime) -> None:
    run = session.get_one(ReminderRun, chunk.run_id)
    customers: Sequence[int] = chunk.customers
    merges.lock_families(customers)
    session.execute(_CAME_BACK, {"customers": list(customers), "known_at": run.started_at})
    whole = whole_at(company.get(), run.started_at, run.bank_money_until)
    facts = load(customers, run.as_of, run.started_at, whole)
    decisions = {one: decide(facts[one], run.as_of, run.moment) for one in customers if one in facts}
    outcome = Counter(rule for decision in decisions.values() for rule in {spoke.rule for spoke in decision.rules})
    kept = keep(run, decisions, facts, whole, now=now)
    chunk.outcome = {"kept": dict(kept), "rules": dict(outcome)}
    chunk.done_at = now
    session.flush()
    # One after another: of the last two, each would see the other's chunk as not done, and the run would never end.
    session.refresh(run, with_for_update=True)
    left = select(func.count()).where(ReminderChunk.run_id == run.id, ReminderChunk.done_at.is_(None))
    if not session.scalar(left):
        run.finished_at = now


# What came back has reached nobody: its step goes again, to another address or on paper.
_CAME_BACK = text(
    """
update reminder_lines l set state = 'failed', reason = 'bounced', done_at = m.bounced_at
from messages m
where m.customer_id = any(:customers) and m.bounced_at <= :known_at
  and l.written_to = m.customer_id and l.message_id = m.id and l.state = 'sent'
"""
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; what it wrote by kind, and to how many customers each rule spoke."""

    chunks: int
    done: int
    kept: Mapping[str, int]
    rules: Mapping[str, int]


def progress(run_id: int) -> Progress:
    rows = session.execute(
        select(ReminderChunk.done_at, ReminderChunk.outcome).where(ReminderChunk.run_id == run_id)
    ).all()
    kept: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for _, outcome in rows:
        kept.update(outcome.get("kept", {}))
        rules.update(outcome.get("rules", {}))
    return Progress(len(rows), sum(row.done_at is not None for row in rows), kept, dict(rules.most_common()))


def messages_of(run_id: int, *, most: int = 50) -> Sequence[Any]:
    """The first messages of a run: customer, subject and its language, state."""
    query = (
        select(
            *(Message.customer_id, Message.id, Message.subject, Message.language, Message.state, Message.error),
            *(Message.channel, Customer.name.label("customer_name")),
        )
        .join(Customer, Customer.id == Message.customer_id)
        .where(Message.dedupe_key == dedupe_key(run_id))
    )
    return session.execute(query.order_by(Message.id).limit(most)).all()


def find(run_id: int) -> ReminderRun | None:
    return session.get(ReminderRun, run_id)


def latest(most: int = 30) -> Sequence[ReminderRun]:
    return session.scalars(select(ReminderRun).order_by(ReminderRun.id.desc()).limit(most)).all()
