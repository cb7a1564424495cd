"""Autopay as rows: what was agreed for an account, and what is to be charged for which invoice on which day."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session
from models.money import Money
from models.policies.autopay import Why
from models.states import Stateful

# Whoever waited for the account's lock reads what was written meanwhile, and not what they read before.
AS_IT_IS = {"populate_existing": True}


class AutopayState(StrEnum):
    ON = "on"
    OFF = "off"


class ChargeState(StrEnum):
    PLANNED = "planned"
    CHARGING = "charging"
    PAID = "paid"
    FAILED = "failed"  # Its customer was told, and it is asked for as any other invoice.
    CANCELLED = "cancelled"
    LEFT_OUT = "left_out"  # Above what was agreed: never announced as a charge.


LIVING = (ChargeState.PLANNED, ChargeState.CHARGING)
Charge = ChargeState


class Autopay(Stateful, Base):
    """
    Invoices of one account entered after `entered_up_to`, the newest entry when it was switched on, are charged to a
    kept method. Never without the consent about it, which names method, limit and notice.
    """

    __tablename__ = "autopays"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "method_id"], ["saved_methods.customer_id", "saved_methods.id"]),
        CheckConstraint("limit_minor > 0 and notice_days > 0", name="limit_and_notice_positive"),
        Index("uq_autopays_on", "customer_id", "currency", unique=True, postgresql_where="state = 'on'"),
    )
    TRANSITIONS: ClassVar = {
        AutopayState.ON: frozenset({AutopayState.OFF}),
        AutopayState.OFF: frozenset[AutopayState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    currency: Mapped[str]
    contact_id: Mapped[int]
    method_id: Mapped[int]
    limit_minor: Mapped[int]
    notice_days: Mapped[int]
    entered_up_to: Mapped[int]
    state: Mapped[AutopayState]
    on_at: Mapped[datetime]
    off_at: Mapped[datetime | None]
    off_why: Mapped[Why | None]

    @property
    def limit(self) -> Money:
        return Money(self.limit_minor, self.currency)

    @property
    def source(self) -> str:
        """Its name in the audit trail, and what its consent and its charges are about."""
        return f"autopay:{self.id}"


class AutopayCharge(Stateful, Base):
    """
    What its customer was told of: so much of an invoice at most, on `charge_on` at the earliest. `next_try_on` none:
    nothing is tried by itself; with `waits_until` the customer has to see their bank until then. `attempt_id` is the
    newest payment that was tried for it: of one invoice one charge lives at most.
    """

    __tablename__ = "autopay_charges"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "autopay_id"], ["autopays.customer_id", "autopays.id"]),
        ForeignKeyConstraint(["customer_id", "entry_id"], ["entries.customer_id", "entries.id"]),
        ForeignKeyConstraint(["customer_id", "attempt_id"], ["attempts.customer_id", "attempts.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index(
            "uq_autopay_charges_living",
            "customer_id",
            "entry_id",
            unique=True,
            postgresql_where="state in ('planned', 'charging')",
        ),
        Index("ix_autopay_charges_entry", "customer_id", "entry_id"),
        Index("ix_autopay_charges_living", "next_try_on", postgresql_where="state in ('planned', 'charging')"),
    )
    TRANSITIONS: ClassVar = {
        Charge.PLANNED: frozenset({Charge.CHARGING, Charge.CANCELLED, Charge.FAILED}),
        Charge.CHARGING: frozenset({Charge.PLANNED, Charge.PAID, Charge.FAILED, Charge.CANCELLED}),
        Charge.PAID: frozenset[ChargeState](),
        Charge.FAILED: frozenset[ChargeState](),
        Charge.CANCELLED: frozenset[ChargeState](),
        Charge.LEFT_OUT: frozenset[ChargeState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    autopay_id: Mapped[int]
    entry_id: Mapped[int]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    charge_on: Mapped[date | None]
    state: Mapped[ChargeState]
    told_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default="0")
    next_try_on: Mapped[date | None]
    waits_until: Mapped[date | None]
    attempt_id: Mapped[UUID | None]
    decline_code: Mapped[str] = mapped_column(server_default="")
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[Why | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_living(self) -> bool:
        return self.state in LIVING

    @property
    def source(self) -> str:
        """Its name in `holds`."""
        return f"autopay_charges:{self.id}"


def living(customer_id: int, currency: str) -> Autopay | None:
    """What is switched on for an account."""
    mine = (Autopay.customer_id == customer_id, Autopay.currency == currency)
    query = select(Autopay).where(*mine, Autopay.state == AutopayState.ON)
    return session.scalar(query, execution_options=AS_IT_IS)


def of_customers(customers: Sequence[int]) -> Sequence[Autopay]:
    """What is switched on for these customers."""
    query = select(Autopay).where(Autopay.customer_id.in_(customers), Autopay.state == AutopayState.ON)
    return session.scalars(query.order_by(Autopay.currency, Autopay.id)).all()


def find(customer_id: int, autopay_id: int) -> Autopay | None:
    return session.get(Autopay, (customer_id, autopay_id), populate_existing=True)


def find_charge(customer_id: int, charge_id: int) -> AutopayCharge | None:
    return session.get(AutopayCharge, (customer_id, charge_id), populate_existing=True)


def about(customer_id: int, source: str) -> AutopayCharge | None:
    """The charge that a hold names as `AutopayCharge.source`."""
    noun, _, number = source.partition(":")
    return find_charge(customer_id, int(number)) if noun == "autopay_charges" else None


def living_charges(customer_id: int) -> Sequence[AutopayCharge]:
    """In the order of their days."""
    query = select(AutopayCharge).where(AutopayCharge.customer_id == customer_id, AutopayCharge.state.in_(LIVING))
    query = query.order_by(AutopayCharge.currency, AutopayCharge.charge_on, AutopayCharge.id)
    return session.scalars(query, execution_options=AS_IT_IS).all()
