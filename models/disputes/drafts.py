"""What somebody has begun to say about an item: kept across pages and days until it becomes a case."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Identity, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models import files
from models.database import Base, session
from models.files import Tray
from models.transactions import transaction

FILES_BESIDE = "dispute:"  # How the purposes of files begin that lie beside answers.
DRAFTS_LIVE = timedelta(days=30)  # From the last answer or file.


class DisputeDraft(Base):
    """
    One for each contact and item. `answers` as they were typed, by the question's name; `owner_id` is whose item it is.
    """

    __tablename__ = "dispute_drafts"

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    contact_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True))
    owner_id: Mapped[int]
    answers: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]


def draft_of(customer_id: int, contact_id: int, entry_id: int) -> DisputeDraft | None:
    return session.get(DisputeDraft, (customer_id, contact_id, entry_id), populate_existing=True)


def drafts_of(customer_id: int, contact_id: int) -> list[DisputeDraft]:
    """What was begun and not sent, newest first."""
    query = select(DisputeDraft).where(DisputeDraft.customer_id == customer_id, DisputeDraft.contact_id == contact_id)
    return list(session.scalars(query.order_by(DisputeDraft.changed_at.desc())))


def keep_answers(
    customer_id: int, contact_id: int, entry_id: int, answers: Mapping[str, Any], *, owner_id: int, now: datetime
) -> None:
    """Add to what was said before; the newest answer to a question counts."""
    known = draft_of(customer_id, contact_id, entry_id)
    told = {"answers": {**(known.answers if known else {}), **answers}, "owner_id": owner_id, "changed_at": now}
    key = {"customer_id": customer_id, "contact_id": contact_id, "entry_id": entry_id}
    added = insert(DisputeDraft).values(**key, **told)
    session.execute(added.on_conflict_do_update(index_elements=list(key), set_=told))


def take_draft(customer_id: int, contact_id: int, entry_id: int) -> bool:
    """Remove it, for it becomes a case. False where there is none any more: it was sent twice, and became one."""
    key = (DisputeDraft.contact_id == contact_id, DisputeDraft.entry_id == entry_id)
    gone = delete(DisputeDraft).where(DisputeDraft.customer_id == customer_id, *key).returning(DisputeDraft.id)
    return session.execute(gone).first() is not None


def tray_of(customer_id: int, contact_id: int, entry_id: int) -> Tray:
    """Where the files lie beside the answers: they are sent with them, and forgotten with them."""
    return Tray(customer_id, f"{FILES_BESIDE}{entry_id}", contact_id=contact_id)


def forget_drafts(*, now: datetime) -> int:
    """What was begun and left alone, answers and files."""
    old = (DisputeDraft.changed_at < now - DRAFTS_LIVE,)
    found = session.execute(
        select(DisputeDraft.customer_id, DisputeDraft.contact_id, DisputeDraft.entry_id).where(*old)
    ).all()
    session.rollback()
    for key in found:
        with transaction():
            tray = tray_of(*key)
            tray.lock()
            mine = (DisputeDraft.customer_id == key[0], DisputeDraft.contact_id == key[1])
            gone = delete(DisputeDraft).where(*mine, DisputeDraft.entry_id == key[2], *old)
            if session.execute(gone.returning(DisputeDraft.id)).first() is not None:
                files.empty(tray, now=now)
    return len(found)
