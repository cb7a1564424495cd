"""Who may not be asked for what, and why: the one place that payments, charging, reminders and statements read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKeyConstraint,
    Identity,
    Index,
    SQLColumnExpression,
    any_,
    bindparam,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session
from models.money import LARGEST_MINOR, Money
from models.policies.holding import STOPS


class HoldKind(StrEnum):
    """What each stops is said in `policies.holding`."""

    IN_FLIGHT = "in_flight"  # A payment that may still take money; its source is an attempt.
    DISPUTE = "dispute"
    PROMISE = "promise"
    PLAN = "plan"
    PLAN_ASKED = "plan_asked"  # A plan is asked for, or put before its customer, and not in force yet.
    AUTOPAY = "autopay"  # It was announced that it is charged; its source is that charge.
    ALREADY_PAID = "already_paid"
    NOT_OURS = "not_ours"
    PAUSE = "pause"
    HARDSHIP = "hardship"
    BREATHING_SPACE = "breathing_space"
    CEASE_CONTACT = "cease_contact"
    WRONG_ADDRESS = "wrong_address"
    LEGAL_REPRESENTATIVE = "legal_representative"


class Hold(Base):
    """
    Added and ended, never edited. `entry_id` none: the whole account; `currency` none: all of the customer's
    accounts. `amount_minor` none: all that is open. Dates are business dates: in force from `from_on` until the day
    before `until_on` and before `ended_on`. `source` names the row that lives as long as the hold: 'attempts:<id>'.
    """

    __tablename__ = "holds"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "entry_id"], ["entries.customer_id", "entries.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index(
            "uq_holds_living",
            "customer_id",
            "source",
            "entry_id",
            unique=True,
            postgresql_where="ended_at is null",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_holds_living", "customer_id", "entry_id", postgresql_where="ended_at is null"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[HoldKind]
    entry_id: Mapped[int | None]
    currency: Mapped[str | None]
    amount_minor: Mapped[int | None]
    source: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    added_at: Mapped[datetime]
    ended_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Held:
    """What a hold takes from an item: `least(claimed, open)`."""

    customer_id: int
    kind: HoldKind
    entry_id: int | None
    currency: str | None
    claimed_minor: int | None
    source: str
    from_on: date
    until_on: date | None

    def takes(self, open_amount: Money) -> Money:
        claimed = open_amount.minor if self.claimed_minor is None else self.claimed_minor
        return Money(min(claimed, open_amount.minor), open_amount.currency)


def add(
    customer_id: int,
    kind: HoldKind,
    *,
    source: str,
    currency: str | None,
    on: date,
    now: datetime,
    entry_id: int | None = None,
    amount: Money | None = None,
    until_on: date | None = None,
) -> Hold:
    """Add a hold in its source's own transaction; the account's lock is the caller's."""
    hold = Hold(
        customer_id=customer_id,
        kind=kind,
        entry_id=entry_id,
        currency=currency,
        amount_minor=amount.minor if amount else None,
        source=source,
        from_on=on,
        until_on=until_on,
        added_at=now,
    )
    session.add(hold)
    session.flush()
    return hold


_END = update(Hold).where(
    Hold.customer_id == bindparam("customer"), Hold.source == bindparam("of"), Hold.ended_at.is_(None)
)


def end(customer_id: int, source: str, *, on: date, now: datetime) -> None:
    """End every living hold of a source."""
    session.execute(_END.values(ended_on=on, ended_at=now), {"customer": customer_id, "of": source})


# Made once: to put such a query together takes longer than to run it.
_ON_DAY = (Hold.from_on <= bindparam("day"), Hold.until_on.is_(None) | (Hold.until_on > bindparam("day")))
_HELD = select(
    *(Hold.customer_id, Hold.kind, Hold.entry_id, Hold.currency, Hold.amount_minor),
    *(Hold.source, Hold.from_on, Hold.until_on),
).where(Hold.customer_id == any_(bindparam("customers", type_=ARRAY(BigInteger))), *_ON_DAY)
_LIVING = _HELD.where(Hold.ended_at.is_(None))
_IN_FORCE = _HELD.where(
    Hold.added_at <= bindparam("known_at"),
    Hold.ended_at.is_(None) | (Hold.ended_at > bindparam("known_at")) | (Hold.ended_on > bindparam("day")),
)


def living(customers: Sequence[int], on: date) -> list[Held]:
    """What is held on a day, of these customers."""
    return [Held(*row) for row in session.execute(_LIVING, {"customers": list(customers), "day": on})]


def in_force(customers: Sequence[int], on: date, *, known_at: datetime) -> list[Held]:
    """What was held on a day, as was known at a moment: what was added or ended after it is not counted."""
    asked = {"customers": list(customers), "day": on, "known_at": known_at}
    return [Held(*row) for row in session.execute(_IN_FORCE, asked)]


class Covered:
    """Which holds cover an item, of those that stop asking for it; payments on their way are counted apart."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._of_items: dict[int, list[Held]] = {}
        self._of_accounts: list[Held] = []
        for one in held:
            if one.kind == HoldKind.IN_FLIGHT or not STOPS[one.kind].asking:
                continue
            if one.entry_id is None:
                self._of_accounts.append(one)
            else:
                self._of_items.setdefault(one.entry_id, []).append(one)

    def of(self, customer_id: int, entry_id: int, currency: str) -> tuple[Held, ...]:
        """Those of the item first, and of these the one that takes most: it says why."""
        wide = (one for one in self._of_accounts if one.customer_id == customer_id and one.currency in (None, currency))
        own = sorted(self._of_items.get(entry_id, ()), key=lambda one: -(one.claimed_minor or LARGEST_MINOR))
        return (*own, *wide)

    @property
    def items(self) -> list[int]:
        return list(self._of_items)

    @property
    def accounts(self) -> list[Held]:
        """Holds over whole accounts."""
        return self._of_accounts


def taken(held: Iterable[Held], free: Money) -> Money:
    """What holds take together of an item, of which so much is open and not on its way."""
    return Money(min(sum(one.takes(free).minor for one in held), free.minor), free.currency)


def hides_balance(customer_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """As `balance_is_hidden`, inside another query: of the customer in this column, on the bound `day`."""
    kinds = or_(*(Hold.kind == HoldKind(kind) for kind, stops in STOPS.items() if stops.balance))
    whole = (Hold.customer_id == customer_id, Hold.entry_id.is_(None), Hold.ended_at.is_(None))
    return select(Hold.id).where(*whole, kinds, *_ON_DAY).exists()


_HIDDEN = select(hides_balance(bindparam("customer", type_=BigInteger)))


def balance_is_hidden(customer_id: int, on: date) -> bool:
    """Whether whoever opens the account's link is to see no amounts."""
    return bool(session.scalar(_HIDDEN, {"customer": customer_id, "day": on}))


def in_flight(customer_id: int, on: date) -> dict[int, int]:
    """Minor units of each debit (by entry id) that a payment may still take: open less this is payable."""
    return in_flight_by_item(living([customer_id], on))


def in_flight_by_item(held: Iterable[Held]) -> dict[int, int]:
    taken: dict[int, int] = {}
    for one in held:
        if one.kind == HoldKind.IN_FLIGHT and one.entry_id is not None:
            taken[one.entry_id] = taken.get(one.entry_id, 0) + (one.claimed_minor or 0)
    return taken


def claimed_by_item(held: Iterable[Held]) -> dict[int, int]:
    """Minor units of each debit that something holds, whatever it is: money that nobody meant for it leaves it out."""
    claimed: dict[int, int] = {}
    for one in held:
        if one.entry_id is not None:
            minor = LARGEST_MINOR if one.claimed_minor is None else one.claimed_minor
            claimed[one.entry_id] = claimed.get(one.entry_id, 0) + minor
    return claimed


def total_in_flight(held: Iterable[Held], currency: str) -> Money:
    """What payments on their way may still take, of one currency."""
    taken = (one.claimed_minor or 0 for one in held if one.kind == HoldKind.IN_FLIGHT and one.currency == currency)
    return Money(sum(taken), currency)
