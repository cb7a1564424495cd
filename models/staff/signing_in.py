"""Password, then code, then a session; and who the session's browser is."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import bindparam, select

from models import sessions, sign_ins
from models.audit import Actor, ActorKind
from models.database import session
from models.errors import N_, Refused
from models.policies import permissions
from models.policies.permissions import Permission, Role
from models.sessions import LIMITS, BrowserSession, SessionKind, token_hash
from models.sign_ins import SignInAttempt
from models.staff import passwords, people, tokens
from models.staff.joining import accept_code, actor_of
from models.staff.people import ROLE_NAMES, Staff, StaffState
from models.staff.tokens import Purpose
from models.words import gettext

DOOR = "staff"


class SignInWrong(Refused):
    """Says the same for an unknown address, a wrong password and somebody who was disabled."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is at the staff's door, as Flask-Login wants it. `seen_at`: when the session was last used, by a minute."""

    staff_id: int
    session_id: int
    name: str
    email: str
    role: Role
    seen_at: datetime | None = None
    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False

    def get_id(self) -> str:
        return f"staff:{self.staff_id}"

    def may(self, permission: Permission) -> bool:
        return permissions.may(self.role, permission)

    @property
    def role_name(self) -> str:
        return gettext(ROLE_NAMES[self.role])

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.STAFF, self.staff_id, self.name)


def check_password(attempt: SignInAttempt, email: str, password: str, *, now: datetime) -> str:
    """
    The first step. Does the same work for an unknown address as for a known one.

    :returns: a token for the second step, for this browser alone.
    :raises SignInWrong: and the attempt stays counted.
    """
    member = people.by_email(email)
    usable = member if member is not None and member.state == StaffState.ACTIVE else None
    if not passwords.is_right(password, usable.password_hash if usable else None) or usable is None:
        raise SignInWrong(N_("The e-mail address or the password is not right."))
    if passwords.needs_rehash(usable.password_hash or ""):
        usable.password_hash = passwords.hashed(password)
    sign_ins.passed(attempt)
    _, token = tokens.make(Purpose.SECOND_FACTOR, usable.id, now=now)
    return token


def halfway(token: str, *, now: datetime) -> Staff:
    """Whose second step this is. :raises TokenUnusable: the first has to be done again."""
    row = tokens.living(Purpose.SECOND_FACTOR, token, now=now)
    member = people.find(row.staff_id or 0)
    if member is None or member.state != StaffState.ACTIVE:
        raise tokens.TokenUnusable(N_("That took too long. Please begin again."))
    return member


def check_code(
    attempt: SignInAttempt, token: str, code: str, *, key: str, now: datetime, address: str, agent: str
) -> str:
    """
    The second step. Returns the token of a new session.

    :raises TokenUnusable: the first step has to be done again.
    :raises CodeWrong: and the attempt stays counted.
    """
    row = tokens.living(Purpose.SECOND_FACTOR, token, now=now, lock=True)
    member = people.lock(halfway(token, now=now))
    accept_code(member, code, key=key, now=now)
    tokens.use(row, now=now)
    sign_ins.passed(attempt)
    return open_session(member, now=now, address=address, agent=agent)


def open_session(member: Staff, *, now: datetime, address: str, agent: str) -> str:
    """Let somebody in whose identity is proven. Returns the token for the browser's cookie."""
    member.signed_in_at = now
    people.record("staff.signed_in", member, by=actor_of(member), now=now)
    return sessions.start(SessionKind.STAFF, staff_id=member.id, now=now, address=address, agent=agent)


# Made once: to put such a query together takes longer than to run it.
_LIVING = (
    select(Staff.id, BrowserSession.id, Staff.name, Staff.email, Staff.role, BrowserSession.seen_at)
    .join(Staff, Staff.id == BrowserSession.staff_id)
    .where(
        BrowserSession.token_hash == bindparam("token_hash"),
        BrowserSession.kind == SessionKind.STAFF,
        BrowserSession.ended_at.is_(None),
        BrowserSession.seen_at > bindparam("awake_since"),
        BrowserSession.started_at > bindparam("young_since"),
        Staff.state == StaffState.ACTIVE,
    )
)


def of_session(token: str, now: datetime) -> Principal | None:
    """Whose browser this is; role and state are read anew each time."""
    limits = LIMITS[SessionKind.STAFF]
    since = {"awake_since": now - limits.idle, "young_since": now - limits.whole}
    row = session.execute(_LIVING, {"token_hash": token_hash(token), **since}).one_or_none()
    return Principal(*row) if row else None


def principal(member: Staff, *, session_id: int = 0) -> Principal:
    return Principal(staff_id=member.id, session_id=session_id, name=member.name, email=member.email, role=member.role)


def end_session(member: Staff, session_id: int, *, by: Actor, now: datetime) -> bool:
    """End one of somebody's sessions; False where they have no such session."""
    if session_id not in {row.id for row in sessions.of_staff(member.id, now=now)}:
        return False
    sessions.end(session_id, now=now)
    people.record("staff.session_ended", member, by=by, now=now, facts={"session": session_id})
    return True


def end_other_sessions(member: Staff, *, keep: int, by: Actor, now: datetime) -> None:
    """End every session of somebody but one."""
    sessions.end_all_of_staff(member.id, now=now, but=keep)
    people.record("staff.other_sessions_ended", member, by=by, now=now, facts={"kept": keep})
