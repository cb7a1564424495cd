"""What somebody has chosen to pay and not paid yet: kept across pages, days and a pay page that was left."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models.customers import Customer
from models.database import Base, session
from models.money import Money
from models.payments.attempts import Attempt, AttemptState, lines_of

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
    Minor units by entry id, without what has been paid since; None where nothing was chosen or all of it is paid.
    """
    draft = session.get(Draft, (customer_id, contact_id, currency), populate_existing=True)
    if draft is None:
        return None
    chosen = {int(entry_id): int(minor) for entry_id, minor in draft.chosen.items()}
    if draft.attempt_id is None or draft.owner_id is None:
        return chosen
    attempt = session.get(Attempt, (draft.owner_id, draft.attempt_id))
    if attempt is None or attempt.state not in PAID:
        return chosen
    paid = {line.entry_id for line in lines_of(attempt)}
    return {entry_id: minor for entry_id, minor in chosen.items() if entry_id not in paid} or None


def keep_choice(customer_id: int, contact_id: int, currency: str, chosen: Mapping[int, int], *, now: datetime) -> None:
    """The newest choice replaces the one before."""
    told = {
        "chosen": {str(entry_id): minor for entry_id, minor in chosen.items() if minor > 0},
        "owner_id": None,
        "attempt_id": None,
        "changed_at": now,
    }
    key = {"customer_id": customer_id, "contact_id": contact_id, "currency": currency}
    session.execute(insert(Draft).values(**key, **told).on_conflict_do_update(index_elements=list(key), set_=told))


def choose_also(customer_id: int, contact_id: int, share: Money, entry_id: int, *, now: datetime) -> None:
    """Add one item to what was chosen before."""
    chosen = chosen_by(customer_id, contact_id, share.currency) or {}
    keep_choice(customer_id, contact_id, share.currency, {**chosen, entry_id: share.minor}, now=now)


def at_most(customers: Sequence[int], entry_id: int, most: int, *, now: datetime) -> None:
    """Whoever has chosen more of an item than can be asked for has chosen the rest."""
    query = select(Draft).where(Draft.customer_id.in_(customers), Draft.chosen.op("?")(str(entry_id)))
    for draft in session.scalars(query.with_for_update().execution_options(populate_existing=True)):
        share = min(int(draft.chosen[str(entry_id)]), most)
        others = {one: minor for one, minor in draft.chosen.items() if one != str(entry_id)}
        draft.chosen = {**others, str(entry_id): share} if share else others
        draft.changed_at = now
    session.flush()


def forget_choice(customer_id: int, contact_id: int, currency: str) -> None:
    """What was chosen has become something else: the next choice begins with what is due."""
    key = (Draft.customer_id == customer_id, Draft.contact_id == contact_id, Draft.currency == currency)
    session.execute(delete(Draft).where(*key))


def pay_with(customer_id: int, contact_id: int, attempt: Attempt) -> None:
    """Note which payment was made of the choice; it stays until that is paid."""
    draft = session.get_one(Draft, (customer_id, contact_id, attempt.currency), populate_existing=True)
    draft.owner_id, draft.attempt_id = attempt.customer_id, attempt.id
