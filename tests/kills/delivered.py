"""Who got what of a run: by the mail server's own books and by our database, against what each should get."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select

from models.database import session
from models.dunning.lines import LineState, ReminderLine, ReminderRun
from models.messages import Message, MessageChannel, MessageState
from models.worklist import TaskKind
from models.worklist.tasks import Task
from tests.kills.debtors import CALL, LETTER, MAIL, TASK, Debtor, address_of
from tests.kills.post import PostOffice, Taken
from tests.kills.workers import Workers

NOBODY_LOST_IT = "without a lost answer"
TASKS = {TASK: TaskKind.DEAD_ADDRESS, CALL: TaskKind.CALL}


def mails_of_each(post: PostOffice) -> dict[str, int]:
    """How many different mails each address got."""
    got = defaultdict[str, set[str]](set)
    for one in post.taken:
        got[one.recipient].add(one.message_id)
    return {recipient: len(ids) for recipient, ids in got.items()}


def mails_wanted(owing: Sequence[Debtor], day: date) -> dict[str, int]:
    return {address_of(one.number): 1 for one in owing if MAIL in one.should_get(day)}


def sent_again(post: PostOffice, workers: Workers) -> Counter[str]:
    """Copies of a mail, by what became of the answer to each but the last."""
    copies, last = defaultdict[str, list[Taken]](list), dict[int, Taken]()
    for one in post.taken:
        copies[one.message_id].append(one)
        last[one.connection] = one
    why = Counter[str]()
    for one in (one for same in copies.values() for one in same[:-1]):
        if not one.answer:
            why["answer lost"] += 1
        elif one.port in workers.killed_ports and last[one.connection] is one:
            why["killed before it was noted"] += 1
        else:
            why[NOBODY_LOST_IT] += 1
    return why


def written() -> dict[str, Counter[object]]:
    """The run, messages, tasks and lines in the database."""
    session.rollback()
    messages = select(Message.customer_id, Message.channel, Message.state, Message.document_hash != "")
    lines = select(ReminderLine.customer_id, ReminderLine.state)
    return {
        "runs": Counter(one.finished_at is not None for one in session.scalars(select(ReminderRun))),
        "messages": Counter(map(tuple, session.execute(messages))),
        "tasks": Counter(map(tuple, session.execute(select(Task.customer_id, Task.kind)))),
        "lines": Counter(map(tuple, session.execute(lines))),
    }


def wanted(owing: Sequence[Debtor], day: date) -> dict[str, Counter[object]]:
    mail, letter = (MessageChannel.EMAIL, MessageState.SENT, False), (MessageChannel.LETTER, MessageState.QUEUED, True)
    mails = Counter((one.id, *mail) for one in owing if MAIL in one.should_get(day))
    letters = Counter((one.id, *letter) for one in owing if one.what == LETTER)
    sent = {(one.id, LineState.SENT): one.items for one in owing if one.what in (MAIL, *TASKS)}
    return {
        "runs": Counter([True]),
        "messages": mails + letters,
        "tasks": Counter((one.id, TASKS[one.what]) for one in owing if one.what in TASKS),
        "lines": Counter(sent) + Counter((one.id, LineState.SELECTED) for one in owing if one.what == LETTER),
    }


def rows() -> dict[str, int]:
    session.rollback()
    tables = (Message, ReminderLine, Task)
    return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
