"""
Files as rows, bytes and all: a file and what it belongs to are written, moved and removed in one transaction, so that
no row is without its bytes and no bytes without their row, whatever dies in between; one backup holds both.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Identity, Index, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models import audit
from models.audit import Actor
from models.customers import Contact, Customer, lock_all
from models.database import Base, session
from models.errors import N_, Refused
from models.files.checking import Checked
from models.files.kinds import FileKind
from models.transactions import transaction

MOST_FILES = 10
DRAFTS_LIVE = timedelta(days=2)
# What customers read of what files are about; the rest is for staff, and for whoever answers a question by its link.
SHOWN = ("claims", "disputes", "dispute_messages")


class TooManyFiles(Refused):
    pass


class File(Base):
    """
    `about` names the row that it belongs to ('claims:7'); while it is empty the file is a draft of its giver's, who has
    not sent it yet, and `purpose` says for which form ('claim', 'dispute:12'). A contact gave it, or staff, or whoever
    answers a question by its link. `content` is what is given out, `sha256` its hash in hexadecimal digits.
    """

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint("size > 0", name="size_positive"),
        CheckConstraint("num_nonnulls(contact_id, staff_id, question_id) = 1", name="one_giver"),
        Index("ix_files_about", "customer_id", "about"),
        Index("ix_files_drafts", "added_at", postgresql_where="about = ''"),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    contact_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    question_id: Mapped[int | None]
    purpose: Mapped[str] = mapped_column(server_default="")
    about: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str]
    kind: Mapped[FileKind]
    size: Mapped[int]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    added_at: Mapped[datetime]

    @property
    def source(self) -> str:
        return f"files:{self.id}"


@dataclass(frozen=True, slots=True)
class Tray:
    """Where the files that one giver adds for one purpose lie until the form is sent; nobody else sees them there."""

    customer_id: int
    purpose: str
    contact_id: int | None = None
    staff_id: int | None = None
    question_id: int | None = None

    @classmethod
    def of(cls, contact: Contact, purpose: str) -> "Tray":
        return cls(contact.customer_id, purpose, contact_id=contact.id)

    def holds(self, file: File) -> bool:
        giver = (file.contact_id, file.staff_id, file.question_id)
        return file.about == "" and giver == (self.contact_id, self.staff_id, self.question_id)

    def lock(self) -> None:
        """Two who add at once are counted one after the other."""
        lock_all(self.customer_id)
        if self.contact_id is not None:
            session.get(Contact, (self.customer_id, self.contact_id), with_for_update=True, populate_existing=True)

    @property
    def rows(self) -> tuple[ColumnElement[bool], ...]:
        return (
            File.customer_id == self.customer_id,
            File.contact_id.is_not_distinct_from(self.contact_id),
            File.staff_id.is_not_distinct_from(self.staff_id),
            File.question_id.is_not_distinct_from(self.question_id),
            File.about == "",
            File.purpose == self.purpose,
        )


def keep(tray: Tray, checked: Checked, *, by: Actor, now: datetime, about: str = "") -> File:
    """
    Keep one file: a draft, or at once for what it is about. The same content twice is one file.

    :raises TooManyFiles: ten are there already.
    """
    tray.lock()
    there = of(tray.customer_id, about) if about else drafts(tray)
    digest = hashlib.sha256(checked.content).hexdigest()
    same = next((one for one in there if one.sha256 == digest), None)
    if same is not None:
        return same
    if len(there) >= MOST_FILES:
        raise TooManyFiles(N_("We can take 10 files. %(name)s and those after it were not added."), name=checked.name)
    file = File(
        customer_id=tray.customer_id,
        contact_id=tray.contact_id,
        staff_id=tray.staff_id,
        question_id=tray.question_id,
        purpose="" if about else tray.purpose,
        about=about,
        name=checked.name,
        kind=checked.kind,
        size=len(checked.content),
        sha256=digest,
        content=checked.content,
        added_at=now,
    )
    session.add(file)
    session.flush()
    facts = {"about": file.about, "kind": file.kind.value, "size": file.size, "sha256": digest}
    words = {"name": file.name}
    audit.record(file.customer_id, "file.added", by=by, now=now, about=file.source, facts=facts, words=words)
    return file


def drafts(tray: Tray) -> Sequence[File]:
    """What was added and not sent yet."""
    return session.scalars(select(File).where(*tray.rows).order_by(File.id)).all()


def of(customer_id: int, *about: str) -> Sequence[File]:
    """What was sent for any of these rows, oldest first."""
    query = select(File).where(File.customer_id == customer_id, File.about.in_(about))
    return session.scalars(query.order_by(File.id)).all()


def find(customers: Sequence[int], file_id: int) -> File | None:
    """One of these customers' files, once it was sent: for staff."""
    return session.scalar(select(File).where(File.customer_id.in_(customers), File.id == file_id, File.about != ""))


def find_shown(customers: Sequence[int], file_id: int) -> File | None:
    """As `find`, for the customers themselves: not what staff and departments keep among themselves."""
    query = select(File).where(File.customer_id.in_(customers), File.id == file_id)
    return session.scalar(query.where(func.split_part(File.about, ":", 1).in_(SHOWN)))


def remove_draft(tray: Tray, file_id: int, *, by: Actor, now: datetime) -> None:
    """Removed twice, it is gone all the same."""
    tray.lock()
    file = session.get(File, (tray.customer_id, file_id), with_for_update=True)
    if file is not None and tray.holds(file):
        _forget(file, by, now)


def hand_in(tray: Tray, owner_id: int, about: str, *, by: Actor, now: datetime) -> None:
    """
    What lies there is sent: from now on it belongs to what it is about, on the account that it is on. The caller has
    locked that account.

    :raises TooManyFiles: with those that are there already, more than ten.
    """
    waiting = drafts(tray)
    if waiting and len(waiting) + len(of(owner_id, about)) > MOST_FILES:
        raise TooManyFiles(N_("We can take 10 files. Please remove some."))
    moved = session.execute(
        update(File)
        .where(*tray.rows)
        .values(customer_id=owner_id, about=about, purpose="")
        .returning(File.id, File.sha256)
        .execution_options(synchronize_session=False)
    ).all()
    for one in waiting:
        session.expunge(one)  # Its key has changed.
    if moved:
        facts = {"files": {str(file_id): digest for file_id, digest in moved}}
        audit.record(owner_id, "file.sent", by=by, now=now, about=about, facts=facts)


def forget_drafts(*, now: datetime, beside: str) -> int:
    """
    Drafts that nobody sent: whoever added them went away.

    :param beside: how purposes begin whose files lie beside answers that are kept; they go with the answers.
    """
    old = (File.about == "", File.added_at < now - DRAFTS_LIVE, File.purpose.not_like(f"{beside}%"))
    found = session.execute(select(File.customer_id, File.id).where(*old)).all()
    session.rollback()
    for customer_id, file_id in found:
        with transaction():
            lock_all(customer_id)
            file = session.get(File, (customer_id, file_id), with_for_update=True, populate_existing=True)
            if file is not None and file.about == "":
                _forget(file, audit.JOB, now)
    return len(found)


def empty(tray: Tray, *, now: datetime) -> None:
    """Forget what lies there, with what it lies beside."""
    tray.lock()
    for file in drafts(tray):
        _forget(file, audit.JOB, now)


def _forget(file: File, by: Actor, now: datetime) -> None:
    audit.record(file.customer_id, "file.removed", by=by, now=now, about=file.source, facts={"sha256": file.sha256})
    session.delete(file)
    session.flush()
