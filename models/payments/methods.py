"""Cards and accounts that a customer lets us keep: what Stripe keeps, and no more of it than somebody can recognise."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from sqlalchemy import Identity, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, jobs
from models.audit import Actor
from models.customers import lock_all
from models.database import Base, session
from models.errors import N_, Refused
from models.gateways.stripe import RefusedByGateway, Unanswered, UnknownToGateway
from models.gateways.stripe_methods import GatewayMethod, MethodKind
from models.payments.attempts import Attempt, GatewayObject
from models.payments.introducing import stripe_id_of
from models.policies.plans import retrying
from models.states import Stateful
from models.transactions import transaction

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway

WARN_BEFORE = timedelta(days=30)
# What banks say of a card or an account that is not to be charged again, for anything.
DEAD = retrying.NEVER | {"payment_intent_mandate_invalid"}


class MethodNotUsable(Refused):
    """It was removed, has run out, or its bank will have no more charges."""


class MethodState(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    FAILED = "failed"
    REMOVED = "removed"


class SavedMethod(Stateful, Base):
    """
    `stripe_id` is what is charged. `attempt_id` is the payment or the setup by which it was given, `contact_id` who
    gave it. Never the number of a card or an account: brand and last four digits, so that its owner knows it again.
    `removed` is final; `detached_at` is when Stripe forgot it as well.
    """

    __tablename__ = "saved_methods"
    __table_args__ = (
        UniqueConstraint("customer_id", "stripe_id"),
        Index("ix_saved_methods_expiring", "exp_year", "exp_month", postgresql_where="state = 'active'"),
        Index("ix_saved_methods_attached", "ended_at", postgresql_where="state = 'removed' and detached_at is null"),
    )
    TRANSITIONS: ClassVar = {
        MethodState.ACTIVE: frozenset({MethodState.EXPIRED, MethodState.FAILED, MethodState.REMOVED}),
        MethodState.EXPIRED: frozenset({MethodState.ACTIVE, MethodState.FAILED, MethodState.REMOVED}),
        MethodState.FAILED: frozenset({MethodState.REMOVED}),
        MethodState.REMOVED: frozenset(),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    contact_id: Mapped[int | None]
    attempt_id: Mapped[UUID]
    stripe_id: Mapped[str]
    kind: Mapped[MethodKind]
    brand: Mapped[str]
    last4: Mapped[str]
    exp_month: Mapped[int | None]
    exp_year: Mapped[int | None]
    mandate_id: Mapped[str | None]
    state: Mapped[MethodState]
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    detached_at: Mapped[datetime | None]

    @property
    def source(self) -> str:
        """Its name in the audit trail."""
        return f"saved_methods:{self.id}"

    @property
    def name(self) -> str:
        """As its owner knows it."""
        brand = "IBAN" if self.kind is MethodKind.SEPA_DEBIT else self.brand.replace("_", " ").title()
        return f"{brand} •••• {self.last4}".strip()

    @property
    def last_day(self) -> date | None:
        """The last day on which a card is good."""
        if self.exp_year is None or self.exp_month is None:
            return None
        return date(self.exp_year, self.exp_month, monthrange(self.exp_year, self.exp_month)[1])

    def is_usable(self, on: date) -> bool:
        return self.state is MethodState.ACTIVE and (self.last_day is None or on <= self.last_day)


def save(attempt: Attempt, told: GatewayMethod, *, now: datetime) -> SavedMethod | None:
    """
    Keep what Stripe keeps for this customer; called by `sync` under the account's lock. None for what was paid with
    and not kept, or cannot be charged by us.
    """
    if told.customer_id is None or told.customer_id != stripe_id_of(attempt.customer_id) or told.kind not in _KINDS:
        return None
    known = session.get(GatewayObject, told.id)
    if known is not None:
        return by_stripe_id(known.customer_id, told.id) if known.customer_id == attempt.customer_id else None
    method = SavedMethod(
        customer_id=attempt.customer_id,
        contact_id=attempt.contact_id,
        attempt_id=attempt.id,
        stripe_id=told.id,
        kind=MethodKind(told.kind),
        brand=told.brand,
        last4=told.last4,
        exp_month=told.exp_month,
        exp_year=told.exp_year,
        mandate_id=told.mandate_id,
        state=MethodState.ACTIVE,
        added_at=now,
    )
    session.add(method)
    for object_id in filter(None, (told.id, told.mandate_id)):
        session.add(GatewayObject(object_id=object_id, customer_id=attempt.customer_id, attempt_id=attempt.id))
    session.flush()
    _record(method, "method.kept", by=audit.JOB, now=now)
    return method


_KINDS = frozenset(kind.value for kind in MethodKind)


def find(customer_id: int, method_id: int) -> SavedMethod | None:
    return session.get(SavedMethod, (customer_id, method_id), populate_existing=True)


def by_stripe_id(customer_id: int, stripe_id: str) -> SavedMethod | None:
    query = select(SavedMethod).where(SavedMethod.customer_id == customer_id)
    told = (SavedMethod.stripe_id == stripe_id) | (SavedMethod.mandate_id == stripe_id)
    return session.scalar(query.where(told).execution_options(populate_existing=True))


def of_customer(customer_id: int) -> Sequence[SavedMethod]:
    """What is kept for a customer, also what can no longer be charged; the newest first."""
    query = select(SavedMethod).where(SavedMethod.customer_id == customer_id, SavedMethod.state != MethodState.REMOVED)
    return session.scalars(query.order_by(SavedMethod.id.desc())).all()


def expiring(on: date) -> Sequence[SavedMethod]:
    """Cards that are good on this day and will have run out 30 days later."""
    until = on + WARN_BEFORE
    month = SavedMethod.exp_year * 12 + SavedMethod.exp_month
    query = select(SavedMethod).where(
        SavedMethod.state == MethodState.ACTIVE,
        month >= on.year * 12 + on.month,
        month <= until.year * 12 + until.month,
    )
    found = session.scalars(query.order_by(SavedMethod.customer_id, SavedMethod.id)).all()
    return [method for method in found if method.last_day and method.last_day < until]


def usable(customer_id: int, method_id: int, on: date) -> SavedMethod:
    """
    Under the account's lock.

    :raises MethodNotUsable: see there.
    """
    method = session.get(SavedMethod, (customer_id, method_id), with_for_update=True, populate_existing=True)
    if method is None or not method.is_usable(on):
        raise MethodNotUsable(N_("This card or account can no longer be charged."))
    return method


def remove(method: SavedMethod, *, by: Actor, now: datetime) -> None:
    """
    From now on it is charged no more; what is on its way arrives. A job has Stripe forget it. Twice is once.
    """
    lock_all(method.customer_id)
    session.refresh(method, with_for_update=True)
    if method.state is MethodState.REMOVED:
        return
    _end(method, MethodState.REMOVED, now)
    _record(method, "method.removed", by=by, now=now)
    jobs.later("methods.detach", customer_id=method.customer_id, method_id=method.id)


def detach(customer_id: int, method_id: int, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> None:
    """
    Have Stripe forget what was removed here. No transaction is open across the call.

    :raises models.gateways.stripe.Unanswered: the sweep asks again.
    """
    method = session.get_one(SavedMethod, (customer_id, method_id), populate_existing=True)
    stripe_id, wanted = method.stripe_id, method.state is MethodState.REMOVED and method.detached_at is None
    session.rollback()
    if not wanted:
        return
    with suppress(RefusedByGateway):  # It is nobody's there already.
        gateway.detach_method(stripe_id)
    with transaction():
        method = session.get_one(SavedMethod, (customer_id, method_id), with_for_update=True, populate_existing=True)
        method.detached_at = method.detached_at or now()


def sweep(*, gateway: "StripeGateway", now: Callable[[], datetime], most: int = 100) -> None:
    """Detach what was removed and is still known to Stripe; one that does not answer is asked at the next sweep."""
    query = select(SavedMethod.customer_id, SavedMethod.id).where(
        SavedMethod.state == MethodState.REMOVED, SavedMethod.detached_at.is_(None)
    )
    waiting = session.execute(query.order_by(SavedMethod.ended_at).limit(most)).all()
    session.rollback()
    with suppress(Unanswered):
        for customer_id, method_id in waiting:
            detach(customer_id, method_id, gateway=gateway, now=now)


def refresh(customer_id: int, object_id: str, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> None:
    """
    Ask Stripe what became of a method, by its id or its mandate's: a card that its network replaced is followed, one
    that was detached there is removed here, a mandate that ended can no longer be charged.

    :raises models.gateways.stripe.Unanswered: ask again later.
    """
    method = by_stripe_id(customer_id, object_id)
    if method is None:
        return
    method_id, stripe_id, mandate_id = method.id, method.stripe_id, method.mandate_id
    session.rollback()
    try:
        told = gateway.fetch_method(stripe_id)
    except UnknownToGateway:
        told = None
    lives = mandate_id is None or gateway.mandate_lives(mandate_id)
    with transaction():
        method = session.get_one(SavedMethod, (customer_id, method_id), with_for_update=True, populate_existing=True)
        _follow(method, told, lives=lives, now=now())


def _follow(method: SavedMethod, told: GatewayMethod | None, *, lives: bool, now: datetime) -> None:
    if method.state is MethodState.REMOVED:
        method.detached_at = method.detached_at or (now if told is None or told.customer_id is None else None)
        return
    if told is None or told.customer_id is None:
        _end(method, MethodState.REMOVED, now)
        method.detached_at = now
        _record(method, "method.removed", by=audit.JOB, now=now)
        return
    if not lives and method.state is not MethodState.FAILED:
        fail(method.customer_id, method.id, "mandate_inactive", now=now)
    before = (method.brand, method.last4, method.exp_month, method.exp_year)
    after = (told.brand, told.last4, told.exp_month, told.exp_year)
    if before != after:
        method.brand, method.last4, method.exp_month, method.exp_year = after
        if method.state is MethodState.EXPIRED:
            method.move_to(MethodState.ACTIVE)
            method.ended_at = None
        _record(method, "method.replaced", by=audit.JOB, now=now)


def note_decline(customer_id: int, method_id: int, code: str, *, now: datetime) -> None:
    """A bank's no that means this card or account, and not this charge."""
    method = session.get_one(SavedMethod, (customer_id, method_id), with_for_update=True, populate_existing=True)
    if method.state is not MethodState.ACTIVE:
        return
    if code == "expired_card":
        _end(method, MethodState.EXPIRED, now)
        _record(method, "method.expired", by=audit.JOB, now=now)
    elif code in DEAD:
        fail(customer_id, method_id, code, now=now)


def fail(customer_id: int, method_id: int, reason: str, *, now: datetime) -> None:
    """Its bank will have no more charges, or whoever it belongs to took one back."""
    method = session.get_one(SavedMethod, (customer_id, method_id), with_for_update=True, populate_existing=True)
    if method.state in (MethodState.ACTIVE, MethodState.EXPIRED):
        _end(method, MethodState.FAILED, now)
        _record(method, "method.failed", by=audit.JOB, now=now, reason=reason)


def _end(method: SavedMethod, state: MethodState, now: datetime) -> None:
    method.move_to(state)
    method.ended_at = now
    session.flush()


def _record(method: SavedMethod, action: str, *, by: Actor, now: datetime, reason: str = "") -> None:
    facts = {"kind": method.kind, "brand": method.brand, "last4": method.last4}
    if reason:
        facts["reason"] = reason
    audit.record(method.customer_id, action, by=by, now=now, about=method.source, facts=facts)
