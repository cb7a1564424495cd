"""What staff place on an account or an item so that nothing is asked for: each with its reason and, mostly, an end."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKeyConstraint, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, holds
from models.audit import Actor
from models.customers import lock_all
from models.database import Base, session
from models.errors import N_, Refused
from models.holds import HoldKind
from models.ledger import Entry, Side
from models.policies.holding import AFTER_CRISIS, BREATHING_SPACE, LONGEST_PAUSE
from models.states import changed_meanwhile

PLACED = (
    *(HoldKind.PAUSE, HoldKind.HARDSHIP, HoldKind.BREATHING_SPACE, HoldKind.CEASE_CONTACT),
    *(HoldKind.WRONG_ADDRESS, HoldKind.LEGAL_REPRESENTATIVE),
)
OF_ITEMS = (HoldKind.PAUSE,)  # All others are about the customer as a whole.


class CannotPause(Refused):
    pass


class PauseDay(CannotPause):
    pass


class Pause(Base):
    """
    `entry_id` none: all accounts of the customer. `until_on` is the first day on which we may ask again; none: until
    somebody ends it. `crisis`: a breathing space that lasts as long as a treatment, and 30 days longer.
    `representative` is who acts for the customer, and where to write.
    """

    __tablename__ = "pauses"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "entry_id"], ["entries.customer_id", "entries.id"]),
        Index("ix_pauses_living", "customer_id", postgresql_where="ended_at is null"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[HoldKind]
    entry_id: Mapped[int | None]
    currency: Mapped[str | None]
    reason: Mapped[str]
    representative: Mapped[str] = mapped_column(server_default="")
    crisis: Mapped[bool] = mapped_column(server_default="false")
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    staff_id: Mapped[int | None]
    placed_at: Mapped[datetime]
    ended_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    end_reason: Mapped[str] = mapped_column(server_default="")

    @property
    def source(self) -> str:
        """Its name in `holds`."""
        return f"pauses:{self.id}"

    @property
    def is_living(self) -> bool:
        return self.ended_at is None


def place(
    customer_id: int,
    kind: HoldKind,
    reason: str,
    *,
    by: Actor,
    on: date,
    now: datetime,
    until_on: date | None = None,
    entry_id: int | None = None,
    representative: str = "",
    crisis: bool = False,
) -> Pause:
    """
    Stop asking, from today.

    :raises CannotPause: no reason, no representative, an item that is not open, or the same is in force already.
    :raises PauseDay: a pause without an end, or one that has passed or lies too far ahead.
    """
    _check(kind, reason, representative)
    lock_all(customer_id)
    entry = _open_item(customer_id, kind, entry_id) if entry_id is not None else None
    _not_twice(customer_id, kind, entry_id, on)
    pause = Pause(
        customer_id=customer_id,
        kind=kind,
        entry_id=entry_id,
        currency=entry.currency if entry else None,
        reason=reason.strip(),
        representative=representative.strip(),
        crisis=crisis and kind is HoldKind.BREATHING_SPACE,
        from_on=on,
        until_on=_until(kind, until_on, on, crisis=crisis),
        staff_id=by.id,
        placed_at=now,
    )
    session.add(pause)
    session.flush()
    _hold(pause, on=on, now=now)
    facts = {"kind": kind.value, "entry": entry_id, "until": pause.until_on, "crisis": pause.crisis}
    words = {"reason": pause.reason, "representative": pause.representative}
    audit.record(customer_id, f"hold.{kind.value}", by=by, now=now, about=pause.source, facts=facts, words=words)
    return pause


def _check(kind: HoldKind, reason: str, representative: str) -> None:
    if kind not in PLACED:
        raise ValueError(f"{kind} is not placed by staff")
    if not reason.strip():
        raise CannotPause(N_("Write down why."))
    if kind is HoldKind.LEGAL_REPRESENTATIVE and not representative.strip():
        raise CannotPause(N_("Write down who acts for them, and the address."))


def _open_item(customer_id: int, kind: HoldKind, entry_id: int) -> Entry:
    entry = session.get(Entry, (customer_id, entry_id), populate_existing=True)
    if entry is None or entry.side != Side.DEBIT or not entry.left or kind not in OF_ITEMS:
        raise CannotPause(N_("This item is not open."))
    return entry


def _not_twice(customer_id: int, kind: HoldKind, entry_id: int | None, on: date) -> None:
    same = (one.kind is kind and one.entry_id == entry_id for one in living(customer_id, on))
    if any(same):
        raise CannotPause(N_("This is in force already. End it first."))


def _until(kind: HoldKind, until_on: date | None, on: date, *, crisis: bool) -> date | None:
    if kind is HoldKind.BREATHING_SPACE:
        return None if crisis else on + BREATHING_SPACE
    if kind is HoldKind.PAUSE and until_on is None:
        raise PauseDay(N_("A pause needs a last day."))
    if until_on is not None and not on < until_on <= on + LONGEST_PAUSE:
        raise PauseDay(N_("Choose a day from tomorrow to %(last)s."), last=on + LONGEST_PAUSE)
    return until_on


def _hold(pause: Pause, *, on: date, now: datetime) -> None:
    holds.add(
        pause.customer_id,
        pause.kind,
        source=pause.source,
        currency=pause.currency,
        on=on,
        now=now,
        entry_id=pause.entry_id,
        until_on=pause.until_on,
    )


def end_treatment(pause: Pause, treated_until: date, *, by: Actor, on: date, now: datetime) -> None:
    """
    The treatment of a crisis has ended: the breathing space lasts 30 days longer, and then ends by itself.

    :raises PauseDay: a day that has not come, or before it began.
    """
    _lock(pause)
    if not pause.crisis or pause.until_on is not None:
        raise changed_meanwhile()
    if not pause.from_on <= treated_until <= on:
        raise PauseDay(N_("Choose a day from %(first)s to %(last)s."), first=pause.from_on, last=on)
    pause.until_on = treated_until + AFTER_CRISIS
    holds.end(pause.customer_id, pause.source, on=on, now=now)
    _hold(pause, on=on, now=now)
    facts = {"treated_until": treated_until, "until": pause.until_on}
    audit.record(pause.customer_id, "hold.treatment_ended", by=by, now=now, about=pause.source, facts=facts)


def end(pause: Pause, reason: str, *, by: Actor, on: date, now: datetime) -> None:
    """
    :raises CannotPause: no reason.
    :raises models.states.IllegalTransition: it has ended.
    """
    if not reason.strip():
        raise CannotPause(N_("Write down why."))
    _lock(pause)
    pause.ended_on, pause.ended_at, pause.ended_by, pause.end_reason = on, now, by.id, reason.strip()
    holds.end(pause.customer_id, pause.source, on=on, now=now)
    facts = {"kind": pause.kind.value}
    words = {"reason": pause.end_reason}
    audit.record(pause.customer_id, "hold.ended", by=by, now=now, about=pause.source, facts=facts, words=words)


def _lock(pause: Pause) -> None:
    lock_all(pause.customer_id)
    session.refresh(pause)
    if not pause.is_living:
        raise changed_meanwhile()


def find(customer_id: int, pause_id: int) -> Pause | None:
    return session.get(Pause, (customer_id, pause_id), populate_existing=True)


def living(customer_id: int, on: date) -> list[Pause]:
    """What is in force on a day."""
    return [one for one in of_customers([customer_id]) if one.is_living and (not one.until_on or one.until_on > on)]


def of_customers(customers: Sequence[int], *, most: int = 100) -> Sequence[Pause]:
    """Newest first, ended ones too."""
    query = select(Pause).where(Pause.customer_id.in_(customers)).order_by(Pause.id.desc()).limit(most)
    return session.scalars(query).all()
