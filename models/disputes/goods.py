"""Goods that come back, as rows: offered in a case, credited when they have arrived."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session
from models.disputes.records import Dispute
from models.money import Money
from models.states import Stateful


class ReturnState(StrEnum):
    OFFERED = "offered"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class GoodsReturn(Stateful, Base):
    """
    `what` of the case's line at `position` comes back, and in which `condition` it has to be. `credit_minor` is
    credited on receipt, and until then held as a part of the case. `until_on` is the day by which it is expected.
    `entry_id` is the credit note's, in the ledger.
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
    position: Mapped[int]
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

    @property
    def asked_again_on(self) -> date:
        """The first day on which what did not come back may be asked for."""
        return self.until_on + timedelta(days=1)


def find_return(customer_id: int, return_id: int) -> GoodsReturn | None:
    return session.get(GoodsReturn, (customer_id, return_id), populate_existing=True)


def returns_of(dispute: Dispute) -> Sequence[GoodsReturn]:
    """Oldest first."""
    query = select(GoodsReturn).where(
        GoodsReturn.customer_id == dispute.customer_id, GoodsReturn.dispute_id == dispute.id
    )
    return session.scalars(query.order_by(GoodsReturn.id)).all()


def on_their_way(dispute: Dispute) -> list[GoodsReturn]:
    return [one for one in returns_of(dispute) if one.state is ReturnState.OFFERED]
