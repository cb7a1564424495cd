"""The people who work here, and what becomes of them: invited, active, disabled."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import Identity, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, company, sessions
from models.audit import Actor
from models.database import Base, session
from models.errors import N_, Refused
from models.policies.permissions import Role
from models.staff import tokens
from models.states import Stateful

ROLE_NAMES = {
    Role.COLLECTOR: N_("Collector"),
    Role.CLERK: N_("Clerk"),
    Role.FINANCE: N_("Finance"),
    Role.COUNSEL: N_("Counsel"),
    Role.MANAGER: N_("Manager"),
    Role.ADMIN: N_("Administrator"),
}


class StaffState(StrEnum):
    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


class AlreadyOnStaff(Refused):
    pass


class LastAdmin(Refused):
    pass


class Staff(Stateful, Base):
    """
    `email` is lower case. `totp_secret` is sealed with a key of the installation's secret; `totp_step` is the
    last time step whose code was accepted. Who is invited, or opens the demonstration by a click, has no password.
    """

    __tablename__ = "staff"
    TRANSITIONS: ClassVar = {
        StaffState.INVITED: frozenset({StaffState.ACTIVE, StaffState.DISABLED, StaffState.INVITED}),
        StaffState.ACTIVE: frozenset({StaffState.DISABLED, StaffState.INVITED}),
        StaffState.DISABLED: frozenset({StaffState.INVITED}),
    }

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[Role]
    state: Mapped[StaffState] = mapped_column(default=StaffState.INVITED)
    password_hash: Mapped[str | None]
    totp_secret: Mapped[bytes | None]
    totp_step: Mapped[int | None]
    added_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]


def find(staff_id: int) -> Staff | None:
    return session.get(Staff, staff_id)


def by_email(email: str) -> Staff | None:
    return session.scalar(select(Staff).where(Staff.email == normal_email(email)))


def everybody() -> Sequence[Staff]:
    return session.scalars(select(Staff).order_by(Staff.name, Staff.id)).all()


def active_with_role(role: Role) -> Staff | None:
    """Whom the demonstration's button signs in as."""
    query = select(Staff).where(Staff.role == role, Staff.state == StaffState.ACTIVE)
    return session.scalar(query.order_by(Staff.id).limit(1))


def add(
    *, email: str, role: Role, by: Actor, now: datetime, name: str = "", state: StaffState = StaffState.INVITED
) -> Staff:
    """
    :param state: active only for the demonstration, whose people sign in by a click.
    :raises AlreadyOnStaff: somebody has this address.
    """
    address = normal_email(email)
    if by_email(address) is not None:
        raise AlreadyOnStaff(N_("%(email)s is on the staff already."), email=address)
    member = Staff(email=address, name=name.strip() or address.partition("@")[0], role=role, state=state, added_at=now)
    session.add(member)
    session.flush()
    record("staff.added", member, by=by, now=now, facts={"role": role}, words={"email": address, "name": member.name})
    return member


def change_role(member: Staff, role: Role, *, by: Actor, now: datetime) -> None:
    """
    Takes effect with the next click of whoever it is.

    :raises LastAdmin: nobody would be left to appoint anybody.
    """
    if member.role == role:
        return
    keep_an_admin(member)
    before, member.role = member.role, role
    session.flush()
    record("staff.role_changed", member, by=by, now=now, facts={"before": before, "after": role})


def disable(member: Staff, *, by: Actor, now: datetime) -> None:
    """
    Ends their sessions and what was mailed to them.

    :raises LastAdmin: nobody would be left to appoint anybody.
    """
    keep_an_admin(member)
    member.move_to(StaffState.DISABLED)
    forget_credentials(member, now=now)
    record("staff.disabled", member, by=by, now=now)


def keep_an_admin(member: Staff) -> None:
    """
    Locks this person and all admins in order, so that two of them cannot remove each other at the same moment.

    :raises LastAdmin: the person is the only one.
    """
    query = select(Staff).where(or_(Staff.role == Role.ADMIN, Staff.id == member.id)).order_by(Staff.id)
    rows = session.scalars(query.with_for_update().execution_options(populate_existing=True))
    admins = [row.id for row in rows if row.role == Role.ADMIN and row.state == StaffState.ACTIVE]
    if admins == [member.id]:
        raise LastAdmin(N_("%(name)s is the only administrator. Appoint another one first."), name=member.name)


def forget_credentials(member: Staff, *, now: datetime) -> None:
    """What a sign-up link gives anew; until then nobody can sign in as this person."""
    member.password_hash = member.totp_secret = member.totp_step = None
    end_everything(member, now=now)


def end_everything(member: Staff, *, now: datetime) -> None:
    """Every session, and every link that was mailed."""
    session.flush()
    sessions.end_all_of_staff(member.id, now=now)
    tokens.kill_all(member.id, now=now)


def lock(member: Staff) -> Staff:
    """Take the person's row lock and read it as it is now."""
    session.refresh(member, with_for_update=True)
    return member


def normal_email(email: str) -> str:
    return email.strip().lower()


def record(
    action: str,
    member: Staff,
    *,
    by: Actor,
    now: datetime,
    facts: dict[str, object] | None = None,
    words: dict[str, object] | None = None,
) -> None:
    audit.record(company.HOLDING_ACCOUNT, action, by=by, now=now, about=f"staff:{member.id}", facts=facts, words=words)
