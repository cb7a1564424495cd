"""Money that leaves again, as rows: refunds that we ask for or hear of, and what banks take back."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session
from models.gateways.stripe_returns import RETURNED_DEBITS, DisputeState
from models.money import Money
from models.states import Stateful


class RefundState(StrEnum):
    WAITING = "waiting"
    SUBMITTED = "submitted"
    SENT = "sent"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


UNFINISHED = (RefundState.WAITING, RefundState.SUBMITTED, RefundState.SENT)


class Refund(Stateful, Base):
    """
    `id` is also Stripe's idempotency key, and `request_json` the exact body sent; both say nothing where somebody
    refunded in Stripe's dashboard. `submitted` without an answer means unknown; from `sent` on Stripe has taken it,
    and it stands in the ledger. Stripe takes back its word: what succeeded may fail weeks later.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "attempt_id"], ["attempts.customer_id", "attempts.id"]),
        ForeignKeyConstraint(["customer_id", "receipt_id"], ["entries.customer_id", "entries.id"]),
        UniqueConstraint("customer_id", "key"),
        UniqueConstraint("customer_id", "stripe_id"),
        Index("ix_refunds_receipt", "customer_id", "receipt_id"),
        Index("ix_refunds_attempt", "customer_id", "attempt_id"),
        Index("ix_refunds_unfinished", "next_try_at", postgresql_where="state in ('waiting', 'submitted', 'sent')"),
    )
    # One that was given up here without an answer and stands in Stripe's books after all is believed.
    TRANSITIONS: ClassVar = {
        RefundState.WAITING: frozenset(RefundState) - {RefundState.WAITING},
        RefundState.SUBMITTED: frozenset({RefundState.SENT, RefundState.SUCCEEDED, RefundState.FAILED}),
        RefundState.SENT: frozenset({RefundState.SUCCEEDED, RefundState.FAILED}),
        RefundState.SUCCEEDED: frozenset({RefundState.FAILED}),
        RefundState.FAILED: frozenset({RefundState.SENT, RefundState.SUCCEEDED}),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    attempt_id: Mapped[UUID]
    receipt_id: Mapped[int]
    key: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    reason: Mapped[str]
    state: Mapped[RefundState]
    request_json: Mapped[str] = mapped_column(server_default="")
    stripe_id: Mapped[str | None]
    failure_code: Mapped[str] = mapped_column(server_default="")
    asked_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default="0")

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def source(self) -> str:
        """Its name in the audit trail."""
        return f"refunds:{self.id}"


class Chargeback(Base):
    """
    What a payer's bank asks back, as Stripe last told it; `id` is the dispute's. Money moves at `withdrawn_at` and,
    where it was won, comes back at `reinstated_at`; until `answer_by` Stripe takes evidence.
    """

    __tablename__ = "chargebacks"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "attempt_id"], ["attempts.customer_id", "attempts.id"]),
        ForeignKeyConstraint(["customer_id", "receipt_id"], ["entries.customer_id", "entries.id"]),
        Index("ix_chargebacks_receipt", "customer_id", "receipt_id"),
        Index("ix_chargebacks_attempt", "customer_id", "attempt_id"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(primary_key=True)
    attempt_id: Mapped[UUID]
    receipt_id: Mapped[int]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    reason: Mapped[str]
    state: Mapped[DisputeState]
    began_at: Mapped[datetime]
    answer_by: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    reinstated_at: Mapped[datetime | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def returned_debit(self) -> bool:
        """A debit that failed after it had succeeded, and nobody's complaint."""
        return self.reason in RETURNED_DEBITS

    @property
    def withdrawn_key(self) -> str:
        return f"{self.id}:withdrawn"

    @property
    def reinstated_key(self) -> str:
        return f"{self.id}:reinstated"


def refund_of(customer_id: int, refund_id: UUID) -> Refund | None:
    return session.get(Refund, (customer_id, refund_id), populate_existing=True)


def refund_by_key(customer_id: int, key: str) -> Refund | None:
    return session.scalar(select(Refund).where(Refund.customer_id == customer_id, Refund.key == key))


def refunds_of_receipt(customer_id: int, receipt_id: int) -> Sequence[Refund]:
    query = select(Refund).where(Refund.customer_id == customer_id, Refund.receipt_id == receipt_id)
    return session.scalars(query.order_by(Refund.asked_at, Refund.id)).all()


def refunds_of_customer(customer_id: int, *, most: int = 20) -> Sequence[Refund]:
    """The newest first."""
    query = select(Refund).where(Refund.customer_id == customer_id).order_by(Refund.asked_at.desc(), Refund.id)
    return session.scalars(query.limit(most)).all()


def chargebacks_of_customer(customer_id: int, *, most: int = 20) -> Sequence[Chargeback]:
    """The newest first."""
    query = select(Chargeback).where(Chargeback.customer_id == customer_id)
    return session.scalars(query.order_by(Chargeback.began_at.desc(), Chargeback.id).limit(most)).all()


def open_chargebacks(*, most: int = 100) -> Sequence[Chargeback]:
    """What banks ask back and is not decided, the nearest deadline for evidence first; debits that failed are none."""
    query = select(Chargeback).where(
        Chargeback.state.in_((DisputeState.INQUIRY, DisputeState.OPEN)), Chargeback.reason.not_in(RETURNED_DEBITS)
    )
    return session.scalars(query.order_by(Chargeback.answer_by, Chargeback.id).limit(most)).all()


def refunds_of_attempt(customer_id: int, attempt_id: UUID) -> Sequence[Refund]:
    query = select(Refund).where(Refund.customer_id == customer_id, Refund.attempt_id == attempt_id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def chargebacks_of_receipt(customer_id: int, receipt_id: int) -> Sequence[Chargeback]:
    query = select(Chargeback).where(Chargeback.customer_id == customer_id, Chargeback.receipt_id == receipt_id)
    return session.scalars(query.order_by(Chargeback.began_at, Chargeback.id)).all()
