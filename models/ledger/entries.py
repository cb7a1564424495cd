"""The ledger's two tables. Triggers of the schema refuse any change but that of the two projections."""

from datetime import date, datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base
from models.money import Money


class Side(IntEnum):
    DEBIT = 1
    CREDIT = -1


class EntryKind(StrEnum):
    INVOICE = "invoice"
    FEE = "fee"
    INTEREST = "interest"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    OPENING = "opening"
    TRANSFER = "transfer"  # What left this account for another customer's, where a receipt of one cause enters it.
    REINSTATED = "reinstated"  # The opposite of a write-off that was taken back.
    RECEIPT = "receipt"
    CREDIT_NOTE = "credit_note"
    WRITE_OFF = "write_off"
    OPENING_CREDIT = "opening_credit"


DEBITS = frozenset(
    {
        *(EntryKind.INVOICE, EntryKind.FEE, EntryKind.INTEREST),
        *(EntryKind.REFUND, EntryKind.CHARGEBACK, EntryKind.OPENING, EntryKind.TRANSFER, EntryKind.REINSTATED),
    }
)
CREDITS = frozenset(EntryKind) - DEBITS


class Entry(Base):
    """
    `seq` counts the entries of an account without a gap. `effective_on` is the business date, `recorded_at`
    when we learnt of it. `due_on` stands on debits. `open_minor` (debits) and `unapplied_minor` (credits) are
    projections: only `ledger` writes them, in the transaction that adds the allocation. `fingerprint` is set by
    the schema from everything that may not change. `cause_id` joins receipts split from one payment.
    """

    __tablename__ = "entries"
    __table_args__ = (
        UniqueConstraint("customer_id", "id", "currency", "side"),
        UniqueConstraint("customer_id", "dedupe_key"),
        ForeignKeyConstraint(["customer_id", "currency"], ["accounts.customer_id", "accounts.currency"]),
        ForeignKeyConstraint(["customer_id", "invoice_id"], ["invoices.customer_id", "invoices.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "(side = 1 and unapplied_minor is null and open_minor between 0 and amount_minor and due_on is not null)"
            " or (side = -1 and open_minor is null and unapplied_minor between 0 and amount_minor)",
            name="projection_within_amount",
        ),
        Index(
            "ix_entries_open",
            "customer_id",
            "currency",
            "due_on",
            "id",
            "open_minor",
            postgresql_where="open_minor > 0",
        ),
        Index("ix_entries_unapplied", "customer_id", "currency", "id", postgresql_where="unapplied_minor > 0"),
        Index("ix_entries_invoice", "customer_id", "invoice_id"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    seq: Mapped[int]
    side: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[EntryKind]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    open_minor: Mapped[int | None]
    unapplied_minor: Mapped[int | None]
    effective_on: Mapped[date]
    due_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    invoice_id: Mapped[int | None]
    dedupe_key: Mapped[str]
    cause_id: Mapped[UUID | None]
    reference: Mapped[str] = mapped_column(server_default="")
    payer: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    fingerprint: Mapped[int] = mapped_column(server_default="0")

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def left(self) -> Money:
        """What is still open of a debit, or unapplied of a credit."""
        return Money(self.open_minor if self.side == Side.DEBIT else self.unapplied_minor, self.currency)  # type: ignore[arg-type]


class Allocation(Base):
    """
    Joins one credit and one debit of the same customer and currency; the composite keys make anything else
    impossible. A row with `reverses_id` takes the named row back, whole, from `effective_on`.
    """

    __tablename__ = "allocations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["customer_id", "credit_id", "currency", "credit_side"],
            ["entries.customer_id", "entries.id", "entries.currency", "entries.side"],
            name="fk_allocations_credit",
        ),
        ForeignKeyConstraint(
            ["customer_id", "debit_id", "currency", "debit_side"],
            ["entries.customer_id", "entries.id", "entries.currency", "entries.side"],
            name="fk_allocations_debit",
        ),
        ForeignKeyConstraint(
            ["customer_id", "reverses_id"],
            ["allocations.customer_id", "allocations.id"],
            name="fk_allocations_reverses",
        ),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index(
            "uq_allocations_reverses_id",
            "customer_id",
            "reverses_id",
            unique=True,
            postgresql_where="reverses_id is not null",
        ),
        Index("ix_allocations_credit", "customer_id", "credit_id"),
        Index("ix_allocations_debit", "customer_id", "debit_id"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    credit_id: Mapped[int]
    debit_id: Mapped[int]
    currency: Mapped[str]
    credit_side: Mapped[int] = mapped_column(SmallInteger, Computed("-1", persisted=True))
    debit_side: Mapped[int] = mapped_column(SmallInteger, Computed("1", persisted=True))
    amount_minor: Mapped[int]
    effective_on: Mapped[date]
    recorded_at: Mapped[datetime]
    reverses_id: Mapped[int | None]
    fingerprint: Mapped[int] = mapped_column(server_default="0")

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
