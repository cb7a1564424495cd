"""
Files as rows, bytes and all: a file and what it belongs to are written, moved and removed in one transaction, so that
no row is without its bytes and no bytes without their row, whatever dies in between; one backup holds both.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, select, update
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


class TooManyFiles(Refused):
    pass


class File(Base):
    """
    `about` names the row that it belongs to ('claims:7'); while it is empty the file is a draft of the contact's, who
    has not sent it yet, and `purpose` says for which form ('claim', 'dispute:12'). `staff_id` is who added it, where it
    was not the contact. `content` is what is given out, `sha256` its hash in hexadecimal digits.
    """

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint("size > 0", name="size_positive"),
        CheckConstraint("(contact_id is null) <> (staff_id is null)", name="one_giver"),
        Index("ix_files_about", "customer_id", "about"),
        Index("ix_files_drafts", "added_at", postgresql_where="about = ''"),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    contact_id: Mapped[int | None]
    staff_id: Mapped[int | None]
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


def keep(contact: Contact, checked: Checked, *, about: str = "", purpose: str = "", by: Actor, now: datetime) -> File:
    """
    Keep one file: a draft of the contact's for a purpose, or at once for what it is about. The same content twice is
    one file.

    :raises TooManyFiles: ten are there already.
    """
    lock_all(contact.customer_id)
    session.refresh(contact, with_for_update=True)
    there = of(contact.customer_id, about) if about else drafts(contact.customer_id, contact.id, purpose)
    given = {"contact_id": contact.id, "about": about, "purpose": "" if about else purpose}
    return _keep(contact.customer_id, checked, there, given, by=by, now=now)


def keep_for(customer_id: int, checked: Checked, *, about: str, by: Actor, now: datetime) -> File:
    """
    As `keep`, of staff's, for what it is about; the account's lock is the caller's.

    :raises TooManyFiles: ten are there already.
    """
    given = {"staff_id": by.id, "about": about}
    return _keep(customer_id, checked, of(customer_id, about), given, by=by, now=now)


def _keep(
    customer_id: int, checked: Checked, there: Sequence[File], given: Mapping[str, Any], *, by: Actor, now: datetime
) -> File:
    digest = hashlib.sha256(checked.content).hexdigest()
    same = next((one for one in there if one.sha256 == digest), None)
    if same is not None:
        return same
    if len(there) >= MOST_FILES:
        raise TooManyFiles(N_("We can take 10 files. %(name)s and those after it were not added."), name=checked.name)
    file = File(
        **{"customer_id": customer_id, "name": checked.name, "kind": checked.kind, **given},
        **{"size": len(checked.content), "sha256": digest, "content": checked.content},
        added_at=now,
    )
    session.add(file)
    session.flush()
    facts = {"about": file.about, "kind": file.kind.value, "size": file.size, "sha256": digest}
    words = {"name": file.name}
    audit.record(file.customer_id, "file.added", by=by, now=now, about=file.source, facts=facts, words=words)
    return file


def drafts(customer_id: int, contact_id: int, purpose: str) -> Sequence[File]:
    """What a contact has added for a purpose and not sent yet."""
    mine = (File.customer_id == customer_id, File.contact_id == contact_id, File.about == "")
    query = select(File).where(*mine, File.purpose == purpose)
    return session.scalars(query.order_by(File.id)).all()


def of(customer_id: int, about: str) -> Sequence[File]:
    query = select(File).where(File.customer_id == customer_id, File.about == about)
    return session.scalars(query.order_by(File.id)).all()


def find(customers: Sequence[int], file_id: int) -> File | None:
    """One of these customers' files, once it was sent."""
    return session.scalar(select(File).where(File.customer_id.in_(customers), File.id == file_id, File.about != ""))


def remove_draft(contact: Contact, file_id: int, *, by: Actor, now: datetime) -> None:
    """Removed twice, it is gone all the same."""
    lock_all(contact.customer_id)
    file = session.get(File, (contact.customer_id, file_id), with_for_update=True)
    if file is not None and file.about == "" and file.contact_id == contact.id:
        _forget(file, by, now)


def hand_in(contact: Contact, purpose: str, owner_id: int, about: str, *, by: Actor, now: datetime) -> None:
    """
    The contact's drafts for a purpose are sent: from now on they belong to what they are about, on the account that it
    is on. The caller has locked that account.

    :raises TooManyFiles: with those that are there already, more than ten.
    """
    waiting = drafts(contact.customer_id, contact.id, purpose)
    if waiting and len(waiting) + len(of(owner_id, about)) > MOST_FILES:
        raise TooManyFiles(N_("We can take 10 files. Please remove some."))
    mine = (File.customer_id == contact.customer_id, File.contact_id == contact.id, File.about == "")
    moved = session.execute(
        update(File)
        .where(*mine, File.purpose == purpose)
        .values(customer_id=owner_id, about=about, purpose="")
        .returning(File.id, File.sha256)
        .execution_options(synchronize_session=False)
    ).all()
    for one in waiting:
        session.expunge(one)  # Its key has changed.
    if moved:
        facts = {"files": {str(file_id): digest for file_id, digest in moved}}
        audit.record(owner_id, "file.sent", by=by, now=now, about=about, facts=facts)


def forget_drafts(*, now: datetime) -> int:
    """Drafts that nobody sent: the customer went away."""
    query = select(File.customer_id, File.id).where(File.about == "", File.added_at < now - DRAFTS_LIVE)
    old = session.execute(query).all()
    session.rollback()
    for customer_id, file_id in old:
        with transaction():
            lock_all(customer_id)
            file = session.get(File, (customer_id, file_id), with_for_update=True, populate_existing=True)
            if file is not None and file.about == "":
                _forget(file, audit.JOB, now)
    return len(old)


def _forget(file: File, by: Actor, now: datetime) -> None:
    audit.record(file.customer_id, "file.removed", by=by, now=now, about=file.source, facts={"sha256": file.sha256})
    session.delete(file)
    session.flush()
