"""What somebody has chosen to pay and not paid yet: kept across pages, days and a pay page that was left."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models.customers import Customer
from models.database import Base, session
from models.payments.attempts import Attempt, AttemptState

PAID = (AttemptState.PROCESSING, AttemptState.SUCCEEDED)


class Draft(Base):
    """
    One for each contact and currency. `chosen` is minor units by entry id, as text: nothing that counts on it, the
    ledger is asked anew. `attempt_id` is the payment that was last made of it, `owner_id` the customer whose it is.
    """

    __tablename__ = "payment_drafts"

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), primary_key=True, autoincrement=False)
    contact_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(primary_key=True)
    chosen: Mapped[dict[str, Any]]
    owner_id: Mapped[int | None]
    attempt_id: Mapped[UUID | None]
    changed_at: Mapped[datetime]


def chosen_by(customer_id: int, contact_id: int, currency: str) -> dict[int, int] | None:
    """
    Minor units by entry id; None where nothing was chosen yet, or what was chosen has been paid.
    """
    draft = session.get(Draft, (customer_id, contact_id, currency), populate_existing=True)
    if draft is None:
        return None
    if draft.attempt_id is not None and draft.owner_id is not None:
        attempt = session.get(Attempt, (draft.owner_id, draft.attempt_id))
        if attempt is not None and attempt.state in PAID:
            return None
    return {int(entry_id): int(minor) for entry_id, minor in draft.chosen.items()}


def keep_choice(
    customer_id: int,
    contact_id: int,
    currency: str,
    chosen: Mapping[int, int],
    *,
    now: datetime,
    paid_by: Attempt | None = None,
) -> None:
    """The newest choice replaces the one before. `paid_by` is the payment that is made of it now."""
    told = {
        "chosen": {str(entry_id): minor for entry_id, minor in chosen.items() if minor > 0},
        "owner_id": paid_by.customer_id if paid_by else None,
        "attempt_id": paid_by.id if paid_by else None,
        "changed_at": now,
    }
    key = {"customer_id": customer_id, "contact_id": contact_id, "currency": currency}
    session.execute(insert(Draft).values(**key, **told).on_conflict_do_update(index_elements=list(key), set_=told))
