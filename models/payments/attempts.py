"""An attempt to take money: what was asked, what it may still take, and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from models import jobs
from models.customers import merges
from models.database import Base, session
from models.invoices import Invoice
from models.ledger import Entry
from models.money import Money
from models.states import Stateful

CHECKOUT, AHEAD, OFF_SESSION, SETUP = "checkout", "ahead", "off_session", "setup"
PAGED = (CHECKOUT, AHEAD, SETUP)  # What happens on a page of Stripe's.


class AttemptState(StrEnum):
    CREATED = "created"
    SUBMITTED = "submitted"
    OPEN = "open"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


FINAL = frozenset({AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.CANCELED, AttemptState.EXPIRED})
GONE = FINAL - {AttemptState.SUCCEEDED}  # Ended without money.
_RISE = {
    AttemptState.CREATED: 0,
    AttemptState.SUBMITTED: 1,
    AttemptState.OPEN: 2,
    AttemptState.PROCESSING: 3,
    **dict.fromkeys(FINAL, 4),
}


class Attempt(Stateful, Base):
    """
    `id` is also Stripe's idempotency key, and `request_json` the exact body sent: a retry repeats both byte for
    byte. `submitted` without an answer means unknown. `sync_no` counts the times that somebody set out to fetch.
    A contact made it, or whoever holds a link (`link_id`). Of kind AHEAD it pays no item and has no lines; of kind
    OFF_SESSION it has no page, is charged to a kept method while nobody is there, and names the consent to that; of
    kind SETUP it takes no money and keeps a method. `about` names what it serves ('plans:7'), `instalment_id` the one
    instalment that it may pay: no two that may take money do so for the same.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("customer_id", "session_id"),
        UniqueConstraint("customer_id", "payment_intent_id"),
        UniqueConstraint("customer_id", "setup_intent_id"),
        ForeignKeyConstraint(["customer_id", "method_id"], ["saved_methods.customer_id", "saved_methods.id"]),
        ForeignKeyConstraint(["customer_id", "consent_id"], ["consents.customer_id", "consents.id"]),
        Index(
            "uq_attempts_instalment",
            "customer_id",
            "instalment_id",
            unique=True,
            postgresql_where="instalment_id is not null and state not in ('failed', 'canceled', 'expired')",
        ),
        Index(
            "ix_attempts_not_final",
            "state",
            "next_try_at",
            postgresql_where="state not in ('succeeded', 'failed', 'canceled', 'expired')",
        ),
    )
    # What is final stays so, but that money which arrives after all is believed: `succeeded` may follow any state.
    TRANSITIONS: ClassVar = {
        state: frozenset(
            later
            for later in AttemptState
            if state is not AttemptState.SUCCEEDED
            and (later is AttemptState.SUCCEEDED or (state not in FINAL and _RISE[later] > _RISE[state]))
        )
        for state in AttemptState
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[int | None]
    link_id: Mapped[int | None]
    kind: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    state: Mapped[AttemptState]
    request_json: Mapped[str]
    session_id: Mapped[str | None]
    session_url: Mapped[str | None]
    payment_intent_id: Mapped[str | None]
    setup_intent_id: Mapped[str | None]
    about: Mapped[str] = mapped_column(server_default="")
    instalment_id: Mapped[int | None]
    method_id: Mapped[int | None]
    consent_id: Mapped[int | None]
    decline_code: Mapped[str] = mapped_column(server_default="")
    sync_no: Mapped[int] = mapped_column(server_default="0")
    asked_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    synced_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default="0")

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def source(self) -> str:
        """Its name in `holds`."""
        return f"attempts:{self.id}"


class AttemptLine(Base):
    """How much of which open item; the lines add up to the attempt."""

    __tablename__ = "attempt_lines"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "attempt_id"], ["attempts.customer_id", "attempts.id"]),
        ForeignKeyConstraint(["customer_id", "entry_id"], ["entries.customer_id", "entries.id"]),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    attempt_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount_minor: Mapped[int]


class GatewayObject(Base):
    """The registry of Stripe's object ids: what arrives names an object and no customer."""

    __tablename__ = "gateway_objects"

    object_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[int]
    attempt_id: Mapped[UUID]


class WebhookEvent(Base):
    """The inbox, and its own queue: what has no `done_at` waits. Real time."""

    __tablename__ = "webhook_events"
    __table_args__ = (Index("ix_webhook_events_waiting", "next_try_at", postgresql_where="done_at is null"),)

    event_id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    object_id: Mapped[str]
    livemode: Mapped[bool]
    api_version: Mapped[str]
    payload: Mapped[str]
    received_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str] = mapped_column(server_default="")


def find(customer_id: int, attempt_id: UUID) -> Attempt | None:
    return session.get(Attempt, (customer_id, attempt_id))


def find_for(customer_id: int, attempt_id: UUID) -> Attempt | None:
    """An attempt that this customer may see: their own, or of an account that is read as part of theirs."""
    query = select(Attempt).where(Attempt.customer_id.in_(merges.family(customer_id)), Attempt.id == attempt_id)
    return session.scalar(query.execution_options(populate_existing=True))


def find_by_link(customer_id: int, link_id: int, attempt_id: UUID) -> Attempt | None:
    """As `find_for`, of whoever pays by a link: what was paid by this link and by nobody else."""
    attempt = find_for(customer_id, attempt_id)
    return attempt if attempt and attempt.link_id == link_id else None


def is_begun_by_link(customer_id: int, link_id: int) -> bool:
    """Whether a payment by this link has an open page on which nobody has paid yet."""
    query = select(Attempt.id).where(
        Attempt.customer_id.in_(merges.family(customer_id)),
        Attempt.link_id == link_id,
        Attempt.state == AttemptState.OPEN,
    )
    return session.scalar(query.limit(1)) is not None


def lines_of(attempt: Attempt) -> Sequence[AttemptLine]:
    query = select(AttemptLine).where(
        AttemptLine.customer_id == attempt.customer_id, AttemptLine.attempt_id == attempt.id
    )
    return session.scalars(query.order_by(AttemptLine.entry_id)).all()


def of_customer(customer_id: int, *, most: int = 50) -> Sequence[Attempt]:
    """Of money; the newest first."""
    query = select(Attempt).where(Attempt.customer_id == customer_id, Attempt.kind != SETUP)
    return session.scalars(query.order_by(Attempt.asked_at.desc()).limit(most)).all()


def by_object(object_id: str) -> Attempt | None:
    """The attempt that an object of Stripe's belongs to."""
    known = session.get(GatewayObject, object_id)
    return find(known.customer_id, known.attempt_id) if known else None


# Made once: to put such a query together takes longer than to run it.
_OF_INSTALMENT = (
    select(Attempt)
    .where(Attempt.customer_id == bindparam("customer"), Attempt.instalment_id == bindparam("instalment"))
    .order_by(Attempt.asked_at.desc(), Attempt.id)
    .execution_options(populate_existing=True)
)


def of_instalment(customer_id: int, instalment_id: int) -> Sequence[Attempt]:
    """Every attempt to take money for an instalment, the newest first."""
    return session.scalars(_OF_INSTALMENT, {"customer": customer_id, "instalment": instalment_id}).all()


def about(customer_id: int, source: str, instalments: Sequence[int]) -> Sequence[Attempt]:
    """What was tried for something ('plans:7') and its instalments, cards that were given included, newest first."""
    mine = (Attempt.about == source) | Attempt.instalment_id.in_(instalments)
    query = (
        select(Attempt).where(Attempt.customer_id == customer_id, mine).order_by(Attempt.asked_at.desc(), Attempt.id)
    )
    return session.scalars(query.execution_options(populate_existing=True)).all()


def tell_plans(attempt: Attempt) -> None:
    """Whatever this attempt was for looks at what came of it, in the same transaction's wake."""
    if attempt.about or attempt.instalment_id is not None:
        jobs.later("plans.review", customer_id=attempt.customer_id)


@dataclass(frozen=True, slots=True)
class ShownLine:
    number: str
    amount: Money


def shown_lines(attempt: Attempt) -> list[ShownLine]:
    """What an attempt pays, as people read it."""
    rows = session.execute(
        select(Invoice.number_as_written, AttemptLine.amount_minor)
        .join(Entry, (Entry.customer_id == AttemptLine.customer_id) & (Entry.id == AttemptLine.entry_id))
        .outerjoin(Invoice, (Invoice.customer_id == Entry.customer_id) & (Invoice.id == Entry.invoice_id))
        .where(AttemptLine.customer_id == attempt.customer_id, AttemptLine.attempt_id == attempt.id)
        .order_by(Entry.due_on, Entry.id)
    )
    return [ShownLine(number or "", Money(minor, attempt.currency)) for number, minor in rows]
