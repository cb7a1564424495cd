"""Plans as rows: which items, how much of each, and the instalments in which it is paid."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from models.audit import Actor, ActorKind
from models.database import Base, session
from models.money import Money
from models.policies.plans.terms import Frequency
from models.states import Stateful

NOTICE = timedelta(days=3)  # Before a charge; for a transfer the day on which it should be on its way.
# Whoever waited for the account's lock reads what was written meanwhile, and not what they read before.
AS_IT_IS = {"populate_existing": True}


class PlanState(StrEnum):
    DRAFT = "draft"  # Somebody tries how it would look.
    REQUESTED = "requested"  # Outside what is offered to everybody: a person looks at it.
    OFFERED = "offered"  # May be signed; where it is signed, its first payment or its card is waited for.
    ACTIVE = "active"
    COMPLETED = "completed"
    DEFAULTED = "defaulted"
    CANCELLED = "cancelled"


class Way(StrEnum):
    AUTOMATIC = "automatic"  # Each instalment is charged on its day.
    TRANSFER = "transfer"


class InstalmentState(StrEnum):
    PLANNED = "planned"
    DUE = "due"
    CHARGING = "charging"
    PAID = "paid"
    MISSED = "missed"
    RETURNED = "returned"  # It was paid, and the bank took it back: what it was for is another instalment now.
    WAIVED = "waived"


P, Part = PlanState, InstalmentState
LIVING = (Part.PLANNED, Part.DUE, Part.CHARGING, Part.MISSED)
LATE = (Part.DUE, Part.MISSED)


class Plan(Stateful, Base):
    """
    An agreement about items of one account. `contact_id` is who signs, `staff_id` who offered it. `ask` is what it was
    built from (see `policies.plans.schedule.Ask`), `policy_id` and `rule` under which version and row of the policy.
    `balance_minor` is what the items came to when it was signed, `fee_minor` what was agreed besides, an item of its
    own (`fee_entry_id`) from then on. `allocated_up_to` is the newest allocation of that moment: what came later came
    for the plan. `grace_days`, `retries`, `misses` (in a row, until default) and `moves_left` are as signed.
    """

    __tablename__ = "plans"
    __table_args__ = (
        CheckConstraint("balance_minor >= 0 and fee_minor >= 0", name="nothing_negative"),
        Index(
            "uq_plans_draft", "customer_id", "contact_id", "currency", unique=True, postgresql_where="state = 'draft'"
        ),
        Index("ix_plans_active", "customer_id", "id", postgresql_where="state in ('offered', 'active', 'defaulted')"),
        Index("ix_plans_requested", "requested_at", postgresql_where="state = 'requested'"),
    )
    TRANSITIONS: ClassVar = {
        P.DRAFT: frozenset({P.REQUESTED, P.OFFERED, P.CANCELLED}),
        P.REQUESTED: frozenset({P.OFFERED, P.CANCELLED}),
        P.OFFERED: frozenset({P.ACTIVE, P.CANCELLED}),
        P.ACTIVE: frozenset({P.COMPLETED, P.DEFAULTED, P.CANCELLED}),
        P.DEFAULTED: frozenset({P.ACTIVE, P.COMPLETED, P.CANCELLED}),
        P.COMPLETED: frozenset[PlanState](),
        P.CANCELLED: frozenset[PlanState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    currency: Mapped[str]
    state: Mapped[PlanState]
    way: Mapped[Way]
    contact_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    ask: Mapped[dict[str, Any]]
    frequency: Mapped[Frequency] = mapped_column(default=Frequency.MONTHLY)
    working_days: Mapped[bool] = mapped_column(server_default="false")
    policy_id: Mapped[int | None]
    rule: Mapped[int | None]
    balance_minor: Mapped[int] = mapped_column(server_default="0")
    fee_minor: Mapped[int] = mapped_column(server_default="0")
    fee_entry_id: Mapped[int | None]
    grace_days: Mapped[int] = mapped_column(server_default="0")
    retries: Mapped[int] = mapped_column(server_default="0")
    misses: Mapped[int] = mapped_column(server_default="0")
    moves_left: Mapped[int] = mapped_column(server_default="0")
    hardship: Mapped[bool] = mapped_column(server_default="false")
    word: Mapped[str] = mapped_column(server_default="")
    made_on: Mapped[date]
    made_at: Mapped[datetime]
    requested_at: Mapped[datetime | None]
    answer_on: Mapped[date | None]
    offered_until: Mapped[date | None]
    signed_at: Mapped[datetime | None]
    allocated_up_to: Mapped[int] = mapped_column(server_default="0")
    method_id: Mapped[int | None]
    consent_id: Mapped[int | None]
    began_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(server_default="")

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)

    @property
    def number(self) -> str:
        """What people call it."""
        return f"P-{self.id}"

    @property
    def source(self) -> str:
        """Its name in `holds`."""
        return f"plans:{self.id}"

    @property
    def balance(self) -> Money:
        return self.money(self.balance_minor)

    @property
    def fee(self) -> Money:
        return self.money(self.fee_minor)

    @property
    def is_automatic(self) -> bool:
        return self.way is Way.AUTOMATIC


class PlanItem(Base):
    """How much of which open item is paid by the plan."""

    __tablename__ = "plan_items"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "plan_id"], ["plans.customer_id", "plans.id"]),
        ForeignKeyConstraint(["customer_id", "entry_id"], ["entries.customer_id", "entries.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_plan_items_entry", "customer_id", "entry_id"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    plan_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount_minor: Mapped[int]


class Instalment(Stateful, Base):
    """
    `number` counts from 1 and stays with it. `covered_minor` is what of it has come. `next_try_on` is when it is
    charged (again); none while nothing is tried by itself: the customer has to do something (`waits_for_customer`).
    `grace_until` is the last day on which a missed one can still be put right.
    """

    __tablename__ = "instalments"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "plan_id"], ["plans.customer_id", "plans.id"]),
        UniqueConstraint("customer_id", "plan_id", "number"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("covered_minor between 0 and amount_minor", name="covered_within_amount"),
        Index("ix_instalments_living", "due_on", postgresql_where="state in ('planned', 'due', 'charging', 'missed')"),
    )
    TRANSITIONS: ClassVar = {
        Part.PLANNED: frozenset({Part.DUE, Part.PAID, Part.WAIVED}),
        Part.DUE: frozenset({Part.CHARGING, Part.PAID, Part.MISSED, Part.WAIVED, Part.PLANNED}),
        Part.CHARGING: frozenset({Part.PAID, Part.DUE, Part.MISSED}),
        Part.MISSED: frozenset({Part.CHARGING, Part.PAID, Part.WAIVED, Part.PLANNED}),
        Part.PAID: frozenset({Part.RETURNED}),
        Part.RETURNED: frozenset[InstalmentState](),
        Part.WAIVED: frozenset[InstalmentState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    plan_id: Mapped[int]
    number: Mapped[int]
    due_on: Mapped[date]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    covered_minor: Mapped[int] = mapped_column(server_default="0")
    state: Mapped[InstalmentState] = mapped_column(default=InstalmentState.PLANNED)
    notified_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    next_try_on: Mapped[date | None]
    waits_for_customer: Mapped[bool] = mapped_column(server_default="false")
    decline_code: Mapped[str] = mapped_column(server_default="")
    missed_on: Mapped[date | None]
    grace_until: Mapped[date | None]
    paid_on: Mapped[date | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def left_minor(self) -> int:
        return self.amount_minor - self.covered_minor

    @property
    def left(self) -> Money:
        return Money(self.left_minor, self.currency)

    @property
    def is_living(self) -> bool:
        return self.state in LIVING

    @property
    def source(self) -> str:
        return f"instalments:{self.id}"

    def agree_now(self, on: date, now: datetime, *, by: Actor | None = None) -> None:
        """A customer who has just agreed to a day so near needs no other notice of it; staff agree for nobody."""
        agreed = by is None or by.kind is ActorKind.CONTACT
        self.notified_at = now if agreed and self.due_on <= on + NOTICE else None


class Because(StrEnum):
    """Why a schedule became another one."""

    SIGNED = "signed"
    PAID_OTHERWISE = "paid_otherwise"
    LESS_OWED = "less_owed"
    MORE_OWED = "more_owed"
    RETURNED = "returned"
    MOVED = "moved"
    CHANGED = "changed"
    REVIVED = "revived"


class PlanVersion(Base):
    """
    The schedule as it was from a moment on, never changed: `lines` of [number, due day, left minor, state] of what
    was not paid yet.
    """

    __tablename__ = "plan_versions"
    __table_args__ = (ForeignKeyConstraint(["customer_id", "plan_id"], ["plans.customer_id", "plans.id"]),)

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    plan_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    because: Mapped[Because]
    lines: Mapped[list[Any]]
    made_on: Mapped[date]
    made_at: Mapped[datetime]


def find(customers: Sequence[int], plan_id: int) -> Plan | None:
    """One of these customers' plans."""
    return session.scalar(select(Plan).where(Plan.customer_id.in_(customers), Plan.id == plan_id))


def about(customer_id: int, source: str) -> Plan | None:
    """The plan that a task or a hold names as `Plan.source`."""
    noun, _, number = source.partition(":")
    return find([customer_id], int(number)) if noun == "plans" else None


def of_customers(customers: Sequence[int]) -> Sequence[Plan]:
    """Newest first, drafts left out."""
    query = select(Plan).where(Plan.customer_id.in_(customers), Plan.state != PlanState.DRAFT)
    return session.scalars(query.order_by(Plan.made_at.desc(), Plan.id.desc())).all()


def items_of(plan: Plan) -> Sequence[PlanItem]:
    query = select(PlanItem).where(PlanItem.customer_id == plan.customer_id, PlanItem.plan_id == plan.id)
    return session.scalars(query.order_by(PlanItem.entry_id), execution_options=AS_IT_IS).all()


def instalments_of(plan: Plan) -> Sequence[Instalment]:
    """In the order of their days."""
    query = select(Instalment).where(Instalment.customer_id == plan.customer_id, Instalment.plan_id == plan.id)
    query = query.order_by(Instalment.due_on, Instalment.number)
    return session.scalars(query, execution_options=AS_IT_IS).all()


def find_instalment(customer_id: int, instalment_id: int) -> Instalment | None:
    return session.get(Instalment, (customer_id, instalment_id), populate_existing=True)


def versions_of(plan: Plan) -> Sequence[PlanVersion]:
    """Newest first."""
    query = select(PlanVersion).where(PlanVersion.customer_id == plan.customer_id, PlanVersion.plan_id == plan.id)
    return session.scalars(query.order_by(PlanVersion.number.desc())).all()
