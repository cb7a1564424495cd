"""Goods that come back: offered in a case, credited when they have arrived."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit
from models.audit import Actor
from models.database import Base, session
from models.disputes.opening import CannotDispute, lock
from models.disputes.records import Dispute
from models.errors import N_
from models.money import Money
from models.states import Stateful


class ReturnState(StrEnum):
    OFFERED = "offered"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class GoodsReturn(Stateful, Base):
    """
    `what` comes back in which `condition` it has to be; `credit_minor` is credited on receipt, and until then held as a
    part of the case. `until_on` is the day by which it is expected. `entry_id` is the credit note's, in the ledger.
    """

    __tablename__ = "goods_returns"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "dispute_id"], ["disputes.customer_id", "disputes.id"]),
        ForeignKeyConstraint(["customer_id", "entry_id"], ["entries.customer_id", "entries.id"]),
        CheckConstraint("credit_minor > 0", name="credit_positive"),
        Index("ix_goods_returns_dispute", "customer_id", "dispute_id"),
    )
    TRANSITIONS: ClassVar = {
        ReturnState.OFFERED: frozenset({ReturnState.RECEIVED, ReturnState.CANCELLED}),
        ReturnState.RECEIVED: frozenset[ReturnState](),
        ReturnState.CANCELLED: frozenset[ReturnState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    dispute_id: Mapped[int]
    state: Mapped[ReturnState]
    what: Mapped[str]
    condition: Mapped[str] = mapped_column(server_default="")
    currency: Mapped[str]
    credit_minor: Mapped[int]
    offered_by: Mapped[int]
    offered_at: Mapped[datetime]
    until_on: Mapped[date]
    received_on: Mapped[date | None]
    received_condition: Mapped[str] = mapped_column(server_default="")
    entry_id: Mapped[int | None]

    @property
    def number(self) -> str:
        """What stands on the parcel."""
        return f"R-{self.id}"

    @property
    def credit(self) -> Money:
        return Money(self.credit_minor, self.currency)


def offer(
    dispute: Dispute, what: str, condition: str, credit: Money, *, until_on: date, by: Actor, on: date, now: datetime
) -> GoodsReturn:
    """
    :raises CannotDispute: nothing, more than the case is about, or a day that has passed.
    """
    lock(dispute)
    if not what.strip():
        raise CannotDispute(N_("Say what comes back."))
    if not 0 < credit.minor <= dispute.claimed_minor:
        raise CannotDispute(N_("Enter an amount up to %(most)s."), most=dispute.claimed)
    if until_on < on:
        raise CannotDispute(N_("Choose a day that is still to come."))
    row = GoodsReturn(
        customer_id=dispute.customer_id,
        dispute_id=dispute.id,
        state=ReturnState.OFFERED,
        what=what.strip(),
        condition=condition.strip(),
        currency=dispute.currency,
        credit_minor=credit.minor,
        offered_by=by.id or 0,
        offered_at=now,
        until_on=until_on,
    )
    session.add(row)
    session.flush()
    facts = {"return": row.id, "amount": credit, "until_on": until_on}
    audit.record(dispute.customer_id, "dispute.return_offered", by=by, now=now, about=dispute.source, facts=facts)
    return row


def returns_of(dispute: Dispute) -> Sequence[GoodsReturn]:
    query = select(GoodsReturn).where(
        GoodsReturn.customer_id == dispute.customer_id, GoodsReturn.dispute_id == dispute.id
    )
    return session.scalars(query.order_by(GoodsReturn.id)).all()
