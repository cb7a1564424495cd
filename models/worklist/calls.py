"""Calls: who was called when, what came of it. They count against what the customer may be contacted."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, company
from models.customers import Customer, lock_all
from models.database import Base, session
from models.errors import N_, Refused
from models.staff import Principal
from models.states import changed_meanwhile
from models.worklist import tasks
from models.worklist.kinds import TaskKind
from models.worklist.tasks import Task, TaskState

LONGEST_WAIT = timedelta(days=30)


class CallOutcome(StrEnum):
    SPOKE = "spoke"
    PROMISE = "promise"
    SOMETHING_WRONG = "something_wrong"
    WRONG_NUMBER = "wrong_number"
    NO_ANSWER = "no_answer"


CONVERSATIONS = frozenset({CallOutcome.SPOKE, CallOutcome.PROMISE, CallOutcome.SOMETHING_WRONG})
FOLLOWED_BY = {
    CallOutcome.SOMETHING_WRONG: TaskKind.SOMETHING_WRONG,
    CallOutcome.WRONG_NUMBER: TaskKind.WRONG_NUMBER,
}


class DayMissing(Refused):
    pass


class Call(Base):
    """
    `called_at` in UTC. `task_id` is the task it was made for; `contact_id` who was called, where that is known.
    `outside` is the rule that was against it, empty where none was.
    """

    __tablename__ = "calls"
    __table_args__ = (Index("ix_calls_called_at", "customer_id", "called_at"),)

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    task_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    staff_id: Mapped[int]
    author: Mapped[str]
    called_at: Mapped[datetime]
    outcome: Mapped[CallOutcome]
    note: Mapped[str]
    outside: Mapped[str] = mapped_column(server_default="")


def record(
    customer_id: int,
    outcome: CallOutcome,
    *,
    by: Principal,
    now: datetime,
    note: str = "",
    contact_id: int | None = None,
    task: Task | None = None,
    again_on: date | None = None,
    outside: str = "",
) -> Call:
    """
    Write down a call that was made just now. Where nobody answered, its task waits for `again_on`; else it is done.
    What somebody said is wrong, and a wrong number, become tasks of their own. That it was made `outside` the limits
    keeps nobody from writing it down: it happened.

    :raises tasks.WordMissing: a conversation without a word about it.
    :raises DayMissing: nobody answered, and no day within 30 days to try again.
    """
    if outcome in CONVERSATIONS and not note.strip():
        raise tasks.WordMissing(N_("Write down what was said."))
    today = company.get().today(now)
    if task and outcome == CallOutcome.NO_ANSWER and not (again_on and today < again_on <= today + LONGEST_WAIT):
        raise DayMissing(N_("Choose a day to try again, within 30 days."))
    lock_all(customer_id)
    call = Call(
        **{"customer_id": customer_id, "task_id": task.id if task else None, "contact_id": contact_id},
        **{"staff_id": by.staff_id, "author": by.name, "called_at": now, "outcome": outcome, "note": note.strip()},
        outside=outside,
    )
    session.add(call)
    session.flush()
    about = f"calls:{call.id}"
    facts = {"outcome": outcome, "outside": outside}
    audit.record(customer_id, "call.recorded", by=by.actor, now=now, about=about, facts=facts)
    if task:
        _carry_on(task, call, again_on, by=by, now=now)
    if outcome in FOLLOWED_BY:
        tasks.add(customer_id, FOLLOWED_BY[outcome], about=about, now=now, facts={"note": call.note})
    return call


def _carry_on(task: Task, call: Call, again_on: date | None, *, by: Principal, now: datetime) -> None:
    session.refresh(task, with_for_update=True)
    if task.state is not TaskState.OPEN:
        raise changed_meanwhile()
    if call.outcome == CallOutcome.NO_ANSWER and again_on:
        tasks.postpone(task, again_on, by=by.actor, now=now)
    else:
        tasks.end(task, TaskState.DONE, call.note, by=by.actor, now=now)
