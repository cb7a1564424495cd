"""Where complaints come from: departments, and under each the processes and their faults. Managers name them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit
from models.audit import Actor
from models.company import HOLDING_ACCOUNT
from models.database import Base, session
from models.errors import N_, Refused


class NameInUse(Refused):
    pass


class Department(Base):
    """`email` is where questions about a case go; `head_id` is the member of staff who hears of its complaints."""

    __tablename__ = "departments"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str] = mapped_column(server_default="")
    head_id: Mapped[int | None]
    active: Mapped[bool] = mapped_column(server_default="true")


class Cause(Base):
    """
    One fault of a process of a department: 'Warehouse › Packing › Not padded'. Never deleted: old cases keep it;
    `active` false offers it no more.
    """

    __tablename__ = "causes"
    __table_args__ = (Index("uq_causes_name", "department_id", "process", "name", unique=True),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey(Department.id))
    process: Mapped[str]
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default="true")


def departments(*, all_of_them: bool = False) -> Sequence[Department]:
    query = select(Department).order_by(Department.name)
    return session.scalars(query if all_of_them else query.where(Department.active)).all()


def tree(*, all_of_them: bool = False) -> list[tuple[Department, list[Cause]]]:
    """Departments by name, each with its causes by process and name."""
    query = select(Cause).order_by(Cause.process, Cause.name)
    of_department: dict[int, list[Cause]] = {}
    for cause in session.scalars(query if all_of_them else query.where(Cause.active)):
        of_department.setdefault(cause.department_id, []).append(cause)
    return [(one, of_department.get(one.id, [])) for one in departments(all_of_them=all_of_them)]


def find(cause_id: int) -> Cause | None:
    return session.get(Cause, cause_id)


def department(department_id: int) -> Department | None:
    return session.get(Department, department_id)


def add_department(name: str, *, by: Actor, now: datetime, email: str = "", head_id: int | None = None) -> Department:
    """
    :raises NameInUse: there is one of this name.
    """
    if session.scalar(select(Department.id).where(Department.name == name.strip())):
        raise NameInUse(N_("%(name)s is there already."), name=name.strip())
    added = Department(name=name.strip(), email=email.strip(), head_id=head_id)
    session.add(added)
    session.flush()
    _record("department.added", f"departments:{added.id}", by=by, now=now)
    return added


def add(department_id: int, process: str, name: str, *, by: Actor, now: datetime) -> Cause:
    """
    :raises NameInUse: the process has a cause of this name.
    """
    same = (Cause.department_id == department_id, Cause.process == process.strip(), Cause.name == name.strip())
    if session.scalar(select(Cause.id).where(*same)):
        raise NameInUse(N_("%(name)s is there already."), name=name.strip())
    added = Cause(department_id=department_id, process=process.strip(), name=name.strip())
    session.add(added)
    session.flush()
    _record("cause.added", f"causes:{added.id}", by=by, now=now)
    return added


def change_department(department: Department, *, by: Actor, now: datetime, **facts: object) -> None:
    """
    Its name, its address, who hears of its complaints, and whether it is still chosen.

    :raises NameInUse: another one has this name.
    """
    taken = select(Department.id).where(Department.name == facts.get("name"), Department.id != department.id)
    if session.scalar(taken):
        raise NameInUse(N_("%(name)s is there already."), name=facts["name"])
    _change(department, "department.changed", facts, by=by, now=now)


def change(cause: Cause, *, by: Actor, now: datetime, **facts: object) -> None:
    """
    Its process, its name, and whether it is still chosen. Cases that name it name it by what it is called now.

    :raises NameInUse: the process has a cause of this name.
    """
    after = {"process": cause.process, "name": cause.name, **facts}
    same = (Cause.department_id == cause.department_id, Cause.process == after["process"], Cause.name == after["name"])
    if session.scalar(select(Cause.id).where(*same, Cause.id != cause.id)):
        raise NameInUse(N_("%(name)s is there already."), name=after["name"])
    _change(cause, "cause.changed", facts, by=by, now=now)


def _change(row: Department | Cause, action: str, facts: dict[str, object], *, by: Actor, now: datetime) -> None:
    tidy = {name: fact.strip() if isinstance(fact, str) else fact for name, fact in facts.items()}
    changed = {name: fact for name, fact in tidy.items() if fact != getattr(row, name)}
    before = {name: getattr(row, name) for name in changed}
    for name, fact in changed.items():
        setattr(row, name, fact)
    session.flush()
    if changed:
        about, facts = f"{row.__tablename__}:{row.id}", {"before": before, "after": changed}
        audit.record(HOLDING_ACCOUNT, action, by=by, now=now, about=about, facts=facts)


def _record(action: str, about: str, *, by: Actor, now: datetime) -> None:
    audit.record(HOLDING_ACCOUNT, action, by=by, now=now, about=about)
