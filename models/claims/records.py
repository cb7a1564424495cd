"""Claims as rows: what was said, what it covers, where it stands."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, holds, jobs
from models.audit import Actor
from models.customers import Contact, Customer, lock_all, mails
from models.database import Base, session
from models.money import Money
from models.states import Stateful

PURPOSE = "claim"  # Of files that are to prove a payment, before they are sent.


class ClaimKind(StrEnum):
    ALREADY_PAID = "already_paid"
    NOT_OURS = "not_ours"


class ClaimState(StrEnum):
    OPEN = "open"
    SETTLED = "settled"  # The money was found on the account and is used.
    LAPSED = "lapsed"  # The days of its pause are over.
    CLOSED = "closed"  # A person decided.


class Claim(Stateful, Base):
    """
    `how` and `why` are words of `WAYS` and `WHYS`; `text` is what the customer wrote. `until_on` is the first day after
    the pause. `asked_on`: the day on which a person was asked to look. `receipt_id` of `receipt_customer_id` is the
    money that the customer recognised: their own, or money without a name.
    """

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_claims_open", "customer_id", "id", postgresql_where="state = 'open'"),
    )
    TRANSITIONS: ClassVar = {
        ClaimState.OPEN: frozenset({ClaimState.SETTLED, ClaimState.LAPSED, ClaimState.CLOSED}),
        ClaimState.SETTLED: frozenset[ClaimState](),
        ClaimState.LAPSED: frozenset[ClaimState](),
        ClaimState.CLOSED: frozenset[ClaimState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[ClaimKind]
    state: Mapped[ClaimState]
    contact_id: Mapped[int | None]
    currency: Mapped[str | None]
    amount_minor: Mapped[int | None]
    paid_on: Mapped[date | None]
    how: Mapped[str] = mapped_column(server_default="")
    payer: Mapped[str] = mapped_column(server_default="")
    why: Mapped[str] = mapped_column(server_default="")
    text: Mapped[str] = mapped_column(server_default="")
    until_on: Mapped[date | None]
    made_on: Mapped[date]
    made_at: Mapped[datetime]
    asked_on: Mapped[date | None]
    receipt_customer_id: Mapped[int | None]
    receipt_id: Mapped[int | None]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(server_default="")

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor or 0, self.currency or "")

    @property
    def source(self) -> str:
        """Its name in `holds`."""
        return f"claims:{self.id}"

    @property
    def is_open(self) -> bool:
        return self.state is ClaimState.OPEN


class ClaimLine(Base):
    """How much of which item is said to be paid, and not asked for meanwhile."""

    __tablename__ = "claim_lines"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "claim_id"], ["claims.customer_id", "claims.id"]),
        ForeignKeyConstraint(["customer_id", "entry_id"], ["entries.customer_id", "entries.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_claim_lines_entry", "customer_id", "entry_id"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    claim_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount_minor: Mapped[int]


def find(customer_id: int, claim_id: int) -> Claim | None:
    return session.get(Claim, (customer_id, claim_id), populate_existing=True)


def find_for(customers: Sequence[int], claim_id: int) -> Claim | None:
    """One of these customers' claims."""
    query = select(Claim).where(Claim.customer_id.in_(customers), Claim.id == claim_id)
    return session.scalar(query.execution_options(populate_existing=True))


def of_customers(
    customers: Sequence[int], *, kind: ClaimKind | None = None, state: ClaimState | None = None, most: int = 50
) -> Sequence[Claim]:
    """Newest first."""
    query = select(Claim).where(Claim.customer_id.in_(customers)).order_by(Claim.id.desc()).limit(most)
    if kind is not None:
        query = query.where(Claim.kind == kind)
    return session.scalars(query if state is None else query.where(Claim.state == state)).all()


def lines_of(claim: Claim) -> Sequence[ClaimLine]:
    query = select(ClaimLine).where(ClaimLine.customer_id == claim.customer_id, ClaimLine.claim_id == claim.id)
    return session.scalars(query.order_by(ClaimLine.entry_id)).all()


def close(claim: Claim, reason: str, *, by: Actor, on: date, now: datetime) -> None:
    """
    A person has looked, and says what came of it.

    :raises models.states.IllegalTransition: it is no longer open.
    """
    lock(claim)
    end(claim, ClaimState.CLOSED, by=by, on=on, now=now, reason=reason)


def lock(claim: Claim) -> None:
    """Whoever decides reads the claim as it is now, while it is open."""
    lock_as_it_is(claim)
    if not claim.is_open:
        claim.move_to(ClaimState.OPEN)  # Says what has happened meanwhile.


def lock_as_it_is(claim: Claim) -> None:
    lock_all(claim.customer_id)
    session.refresh(claim)


def end(claim: Claim, state: ClaimState, *, by: Actor, on: date, now: datetime, reason: str = "") -> None:
    claim.move_to(state)
    claim.ended_on, claim.end_reason = on, reason
    holds.end(claim.customer_id, claim.source, on=on, now=now)
    session.flush()
    words = {"reason": reason} if reason else None
    audit.record(claim.customer_id, f"claim.{state.value}", by=by, now=now, about=claim.source, words=words)


def ask_a_person(claim: Claim, due_on: date, on: date) -> None:
    """Once for each claim, however often it is asked for."""
    if claim.asked_on is None:
        claim.asked_on = on
        session.flush()
        jobs.later(
            "worklist.add",
            customer_id=claim.customer_id,
            kind="check_payment" if claim.kind is ClaimKind.ALREADY_PAID else "not_ours",
            about=claim.source,
            due_on=due_on.isoformat(),
        )


def confirm(claim: Claim, customer: Customer, contact: Contact | None, *, now: datetime) -> None:
    """Write to who said it what happens now."""
    if contact is not None and contact.email:
        cause = f"{claim.customer_id}:{claim.id}:{claim.state.value}"
        mails.write("claim", customer, contact, address=contact.email, cause=cause, now=now, claim=claim)
