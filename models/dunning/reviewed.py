"""What goes through review before it may be used: drafted, sent to counsel, approved, retired; locked once sent."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, company
from models.audit import Actor
from models.database import session
from models.errors import N_, Refused
from models.policies.permissions import Permission
from models.staff import Principal
from models.states import Stateful


class ReviewState(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"  # Sequences alone: words are used as soon as they are approved.
    RETIRED = "retired"


class Locked(Refused):
    pass


class NotYours(Refused):
    pass


class CommentMissing(Refused):
    pass


class Reviewed(Stateful):
    """
    A version. `writers` are the staff who wrote any part of it; none where it came with the program. `decided_by`
    approved it or sent it back. In use from `live_at` until `retired_at`.
    """

    number: Mapped[int]
    state: Mapped[ReviewState] = mapped_column(default=ReviewState.DRAFT)
    writers: Mapped[list[Any]] = mapped_column(server_default="[]")
    written_at: Mapped[datetime]
    sent_by: Mapped[int | None]
    sent_at: Mapped[datetime | None]
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    comment: Mapped[str] = mapped_column(server_default="")
    live_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]

    @classmethod
    def in_use_at(cls, at: datetime) -> ColumnElement[bool]:
        return (cls.live_at <= at) & (cls.retired_at.is_(None) | (cls.retired_at > at))


def refuse_unless(by: Principal, permission: Permission) -> None:
    if not by.may(permission):
        raise NotYours(N_("Your role does not include this."))


def refuse_own(version: Reviewed, by: Principal) -> None:
    if by.staff_id in version.writers:
        raise NotYours(N_("You wrote some of this yourself, so somebody else has to decide."))


def to_write(version: Reviewed, *, by: Principal, now: datetime) -> None:
    """
    Lock a draft, to change it; who changes it is one of its writers.

    :raises Locked: somebody reads it, or has approved it: then a new draft is what can be changed.
    """
    refuse_unless(by, Permission.WRITE_WORDS)
    session.refresh(version, with_for_update=True)
    if version.state != ReviewState.DRAFT:
        raise Locked(N_("This version is locked: what was sent to review is not changed. Write a new draft."))
    if by.staff_id not in version.writers:
        version.writers = [*version.writers, by.staff_id]
    version.written_at = now


def move(version: Reviewed, target: ReviewState, *, about: str, by: Actor, now: datetime, comment: str = "") -> None:
    """Along the table, under the row's lock, audited in the company's stream."""
    session.refresh(version, with_for_update=True)
    version.move_to(target)
    if target == ReviewState.RETIRED:
        version.retired_at = now
    session.flush()
    audit.record(
        company.HOLDING_ACCOUNT,
        f"words.{target.value}",
        by=by,
        now=now,
        about=about,
        facts={"number": version.number},
        words={"comment": comment} if comment else None,
    )
