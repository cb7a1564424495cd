"""Tasks: what a person has to do for a customer, by when, and what came of it."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, company
from models.audit import Actor
from models.customers import Customer, lock_all
from models.database import Base, session
from models.errors import N_, Refused
from models.staff import Principal, StaffState
from models.staff import find as find_staff
from models.states import Stateful
from models.worklist.kinds import WORDS, TaskKind


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"  # Its reason went away by itself.


class WordMissing(Refused):
    pass


class NobodyThere(Refused):
    pass


class Task(Stateful, Base):
    """
    One for each cause: `about` names the row that it came from ('claims:7'). `due_on` is a business date; `owner_id`
    is who does it, nobody at first. `facts` are values for whoever reads it: a number, an address. `note` is what came
    of it, in the words of whoever did it (`ended_by`; nobody where it was dropped).
    """

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("customer_id", "kind", "about"),
        Index("ix_tasks_open", "due_on", "id", postgresql_where="state = 'open'"),
    )
    TRANSITIONS: ClassVar = {
        TaskState.OPEN: frozenset({TaskState.DONE, TaskState.DROPPED}),
        TaskState.DONE: frozenset[TaskState](),
        TaskState.DROPPED: frozenset[TaskState](),
    }

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[TaskKind]
    about: Mapped[str]
    due_on: Mapped[date]
    owner_id: Mapped[int | None]
    state: Mapped[TaskState] = mapped_column(default=TaskState.OPEN)
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    note: Mapped[str] = mapped_column(server_default="")


def add(
    customer_id: int,
    kind: TaskKind,
    *,
    about: str,
    now: datetime,
    due_on: date | None = None,
    facts: Mapping[str, Any] | None = None,
) -> int | None:
    """Add a task in the caller's transaction and return its id; None where its cause had one before, done or not."""
    row = {
        **{"customer_id": customer_id, "kind": kind, "about": about, "state": TaskState.OPEN, "made_at": now},
        **{"due_on": due_on or company.get().today(now) + WORDS[kind].within, "facts": dict(facts or {})},
    }
    added = insert(Task).values(row).on_conflict_do_nothing().returning(Task.id)
    return session.scalar(added)


def find(customer_id: int, task_id: int) -> Task | None:
    return session.get(Task, (customer_id, task_id))


def hand_to(task: Task, staff_id: int | None, *, by: Principal, now: datetime) -> None:
    """
    Say who does it; None gives it back to everybody.

    :raises NobodyThere: nobody active has this id.
    """
    member = find_staff(staff_id) if staff_id is not None else None
    if staff_id is not None and (member is None or member.state is not StaffState.ACTIVE):
        raise NobodyThere(N_("This person does not work here any more. Choose somebody else."))
    _lock(task)
    before, task.owner_id = task.owner_id, staff_id
    if before != staff_id:
        facts = {"before": before, "after": staff_id}
        audit.record(task.customer_id, "task.handed", by=by.actor, now=now, about=_name(task), facts=facts)


def postpone(task: Task, due_on: date, *, by: Actor, now: datetime) -> None:
    """Another day, while it is open."""
    before, task.due_on = task.due_on, due_on
    facts = {"before": before, "after": due_on}
    audit.record(task.customer_id, "task.postponed", by=by, now=now, about=_name(task), facts=facts)


def finish(task: Task, note: str, *, by: Principal, now: datetime) -> None:
    """
    :raises WordMissing: whoever looks at it later must learn what came of it.
    :raises models.states.IllegalTransition: somebody has done it meanwhile.
    """
    if not note.strip():
        raise WordMissing(N_("Write down what came of it."))
    _lock(task)
    end(task, TaskState.DONE, note.strip(), by=by.actor, now=now)


def drop(customer_id: int, kind: TaskKind, *, now: datetime) -> None:
    """End the open tasks of a kind whose reason went away by itself; the accounts' locks are the caller's."""
    query = select(Task).where(Task.customer_id == customer_id, Task.kind == kind, Task.state == TaskState.OPEN)
    for task in session.scalars(query):
        end(task, TaskState.DROPPED, "", by=audit.JOB, now=now)


def end(task: Task, state: TaskState, note: str, *, by: Actor, now: datetime) -> None:
    task.move_to(state)
    task.ended_at, task.ended_by, task.note = now, by.id, note
    session.flush()
    words = {"note": note} if note else None
    audit.record(task.customer_id, f"task.{state}", by=by, now=now, about=_name(task), words=words)


def is_open(customer_id: int, kind: TaskKind) -> bool:
    query = select(Task.id).where(Task.customer_id == customer_id, Task.kind == kind, Task.state == TaskState.OPEN)
    return session.scalar(query.limit(1)) is not None


def _lock(task: Task) -> None:
    """Whoever decides reads the task as it is now."""
    lock_all(task.customer_id)
    session.refresh(task, with_for_update=True)


def _name(task: Task) -> str:
    return f"tasks:{task.id}"
