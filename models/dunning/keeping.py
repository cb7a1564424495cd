"""What a run writes of its decisions: messages, lines and tasks, in bulk, in the transaction that decided."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from models import jobs
from models.database import session
from models.dunning import writing
from models.dunning.lines import LineState, ReminderLine, ReminderRun
from models.dunning.loading import Whole
from models.messages import Message
from models.policies.dunning import Asked, Decision, Facts, Raised, Send
from models.policies.dunning.steps import END
from models.policies.sequences import Channel, Purpose
from models.worklist import TaskKind, tasks

LETTERS_JOB = "reminders.letters"
TASKS = {
    Purpose.CALL.value: TaskKind.CALL,
    Purpose.STOP_SERVICE.value: TaskKind.STOP_SERVICE,
    Purpose.HAND_OVER.value: TaskKind.HAND_OVER,
    "sequence_ended": TaskKind.SEQUENCE_ENDED,
    "no_address": TaskKind.DEAD_ADDRESS,
}
Key = tuple[int, int, int, int]


def keep(
    run: ReminderRun, decisions: Mapping[int, Decision], facts: Mapping[int, Facts], whole: Whole, *, now: datetime
) -> Counter[str]:
    """Returns what was written, by kind. A line that lives already, of a run beside this one, keeps its message out."""
    taken = _living(decisions)
    kept: Counter[str] = Counter()
    sends = {
        customer_id: decision.send
        for customer_id, decision in decisions.items()
        if decision.send and not any(_key(one) in taken for one in decision.send.asked if one.step)
    }
    written = _messages(run, sends, facts, whole, now)
    rows = [
        {**_line(one), "written_to": customer_id, "message_id": written[customer_id].id}
        for customer_id, send in sends.items()
        if customer_id in written
        for one in send.asked
        if one.step
    ]
    for customer_id in written:
        kept[sends[customer_id].channel.value] += 1
    for customer_id, decision in decisions.items():
        for raised in decision.tasks:
            rows += list(_task(customer_id, raised, run, taken, kept, now))
    if rows:
        columns = {name: [row[name] for row in rows] for name in _COLUMNS}
        session.execute(_ADDED, {**columns, "run_id": run.id, "on": run.as_of, "now": now})
    kept["lines"] = len(rows)
    if kept[Channel.LETTER]:
        jobs.later(LETTERS_JOB, run_id=run.id)
    if kept[Channel.EMAIL]:
        jobs.later("messages.send")
    return kept


# One statement for all lines of a chunk: one for each costs a way to the database for each.
_COLUMNS = (
    *("customer_id", "written_to", "entry_id", "step_id", "occurrence"),
    *("message_id", "currency", "amount_minor", "state"),
)
_ADDED = text(
    """
insert into reminder_lines (customer_id, written_to, entry_id, step_id, occurrence, message_id, currency, amount_minor,
                            state, run_id, "on", selected_at, done_at)
select line.*, :run_id, cast(:on as date), cast(:now as timestamptz), case when line.state = 'sent' then :now end
from unnest(cast(:customer_id as bigint[]), cast(:written_to as bigint[]), cast(:entry_id as bigint[]),
            cast(:step_id as bigint[]), cast(:occurrence as int[]), cast(:message_id as bigint[]),
            cast(:currency as text[]), cast(:amount_minor as bigint[]), cast(:state as text[]))
     as line (customer_id, written_to, entry_id, step_id, occurrence, message_id, currency, amount_minor, state)
"""
)


def _living(decisions: Mapping[int, Decision]) -> set[Key]:
    asked = [one for decision in decisions.values() for one in _all(decision) if one.step]
    query = select(
        ReminderLine.customer_id, ReminderLine.entry_id, ReminderLine.step_id, ReminderLine.occurrence
    ).where(
        ReminderLine.customer_id.in_({one.item.customer_id for one in asked}),
        ReminderLine.state.in_((LineState.SELECTED, LineState.SENT)),
    )
    return {(row[0], row[1], row[2], row[3]) for row in session.execute(query)} if asked else set()


def _all(decision: Decision) -> Iterator[Asked]:
    if decision.send:
        yield from decision.send.asked
    for raised in decision.tasks:
        yield from raised.asked


def _key(one: Asked) -> Key:
    return one.item.customer_id, one.item.entry_id, one.step.id if one.step else END, one.occurrence


def _messages(
    run: ReminderRun, sends: Mapping[int, Send], facts: Mapping[int, Facts], whole: Whole, now: datetime
) -> dict[int, Any]:
    if not sends:
        return {}
    readers = writing.readers(list(sends), whole.moment)
    rows = [
        writing.message_row(facts[customer_id], send, whole, readers, run_id=run.id, day=run.as_of, now=now)
        for customer_id, send in sends.items()
    ]
    added = insert(Message).on_conflict_do_nothing().returning(Message.customer_id, Message.id)
    return {row.customer_id: row for row in session.execute(added, rows)}


def _line(one: Asked) -> dict[str, Any]:
    customer_id, entry_id, step_id, occurrence = _key(one)
    return {
        **{"customer_id": customer_id, "entry_id": entry_id, "step_id": step_id, "occurrence": occurrence},
        **{"currency": one.item.currency, "amount_minor": one.minor, "state": LineState.SELECTED},
    }


def _task(
    customer_id: int, raised: Raised, run: ReminderRun, taken: set[Key], kept: Counter[str], now: datetime
) -> Iterator[dict[str, Any]]:
    """A task counts as sent when it is there; its lines keep it from being raised again."""
    kind = TASKS.get(raised.kind)
    ended = raised.kind == "sequence_ended"
    asked = [one for one in raised.asked if (one.step or ended) and _key(one) not in taken]
    if kind is None or not asked:
        kept[raised.kind] += 1
        return
    first = asked[0]
    about = f"reminders:{first.item.entry_id}:{_key(first)[2]}:{first.occurrence}"
    facts = {
        "numbers": [one.item.number for one in asked],
        "template": raised.step.template_id if raised.step else None,
        "run": run.id,
    }
    if tasks.add(customer_id, kind, about=about, now=now, facts=facts) is not None:
        kept["tasks"] += 1
    for one in asked:
        yield {**_line(one), "written_to": customer_id, "message_id": None, "state": LineState.SENT}
