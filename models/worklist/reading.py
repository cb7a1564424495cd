"""Tasks as lists show them: with names, without a row for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from models.customers import Customer
from models.database import session
from models.staff import Staff
from models.worklist.calls import Call
from models.worklist.kinds import TaskKind
from models.worklist.tasks import Task, TaskState

PAGE_SIZE = 50


class Whose(StrEnum):
    MINE = "mine"
    NOBODYS = "nobodys"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class TaskRow:
    customer_id: int
    id: int
    kind: TaskKind
    due_on: date
    state: TaskState
    facts: dict[str, Any]
    customer_name: str
    customer_number: str
    owner: str
    made_at: datetime
    ended_at: datetime | None
    ended_by: str
    note: str


_owner, _ender = aliased(Staff), aliased(Staff)
_ROWS = (
    select(
        *(Task.customer_id, Task.id, Task.kind, Task.due_on, Task.state, Task.facts),
        *(Customer.name, Customer.number_as_written, func.coalesce(_owner.name, "")),
        *(Task.made_at, Task.ended_at, func.coalesce(_ender.name, ""), Task.note),
    )
    .join(Customer, Customer.id == Task.customer_id)
    .outerjoin(_owner, _owner.id == Task.owner_id)
    .outerjoin(_ender, _ender.id == Task.ended_by)
)


def listed(whose: Whose, staff_id: int, *, kind: TaskKind | None = None, page: int = 1) -> tuple[list[TaskRow], int]:
    """Open tasks, soonest due first: those of a page, and how many there are."""
    wanted = _wanted(whose, staff_id, kind)
    query = _ROWS.where(*wanted).order_by(Task.due_on, Task.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    rows = [TaskRow(*row) for row in session.execute(query)]
    return rows, session.scalar(select(func.count()).select_from(Task).where(*wanted)) or 0


def _wanted(whose: Whose, staff_id: int, kind: TaskKind | None) -> Sequence[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Task.state == TaskState.OPEN]
    if whose == Whose.MINE:
        wanted.append(Task.owner_id == staff_id)
    elif whose == Whose.NOBODYS:
        wanted.append(Task.owner_id.is_(None))
    if kind is not None:
        wanted.append(Task.kind == kind)
    return wanted


def of_customers(customers: Sequence[int], *, most: int = 20) -> list[TaskRow]:
    """Of an account and of what is joined to it: open ones first, then what was done lately."""
    order = (Task.state != TaskState.OPEN, Task.ended_at.desc(), Task.due_on, Task.id)
    query = _ROWS.where(Task.customer_id.in_(customers)).order_by(*order).limit(most)
    return [TaskRow(*row) for row in session.execute(query)]


def one(task: Task) -> TaskRow:
    query = _ROWS.where(Task.customer_id == task.customer_id, Task.id == task.id)
    return TaskRow(*session.execute(query).one())


def calls_of(customer_id: int, *, most: int = 10) -> Sequence[Call]:
    query = select(Call).where(Call.customer_id == customer_id)
    return session.scalars(query.order_by(Call.called_at.desc(), Call.id.desc()).limit(most)).all()
