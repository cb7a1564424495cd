"""Promises to pay: what a customer will pay on which day. Kept or broken is judged by the money that came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    bindparam,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, company, holds
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer, lock_account, lock_accounts, mails
from models.database import Base, session
from models.errors import N_, Refused
from models.holds import HoldKind
from models.invoices import Invoice
from models.ledger import Entry
from models.money import Money, total
from models.payments import PayableItem, payable_items
from models.policies.promising import Promising
from models.states import Stateful
from models.transactions import transaction


class CannotPromise(Refused):
    pass


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


class Promise(Stateful, Base):
    """
    So much of some items of one account by a day. Reminders rest until `answer_on` has passed: until then the money
    may arrive. `contact_id` or `staff_id` is who wrote it down.
    """

    __tablename__ = "promises"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_promises_open", "customer_id", "id", postgresql_where="state = 'open'"),
    )
    TRANSITIONS: ClassVar = {
        PromiseState.OPEN: frozenset({PromiseState.KEPT, PromiseState.BROKEN, PromiseState.WITHDRAWN}),
        PromiseState.KEPT: frozenset[PromiseState](),
        PromiseState.BROKEN: frozenset[PromiseState](),
        PromiseState.WITHDRAWN: frozenset[PromiseState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    currency: Mapped[str]
    amount_minor: Mapped[int]
    pay_on: Mapped[date]
    answer_on: Mapped[date]
    state: Mapped[PromiseState]
    moves: Mapped[int] = mapped_column(server_default="0")
    contact_id: Mapped[int | None]
    staff_id: Mapped[int | None]
    made_on: Mapped[date]
    made_at: Mapped[datetime]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(server_default="")

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def source(self) -> str:
        """Its name in `holds`."""
        return f"promises:{self.id}"

    @property
    def is_open(self) -> bool:
        return self.state is PromiseState.OPEN


class PromiseLine(Base):
    """How much of which item; the lines add up to the promise."""

    __tablename__ = "promise_lines"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "promise_id"], ["promises.customer_id", "promises.id"]),
        ForeignKeyConstraint(["customer_id", "entry_id"], ["entries.customer_id", "entries.id"]),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_promise_lines_entry", "customer_id", "entry_id"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    promise_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount_minor: Mapped[int]


def limits() -> Promising:
    return Promising.of(company.get().limits)


def check_day(pay_on: date, today: date) -> None:
    """:raises CannotPromise: the day has passed, or lies too far ahead."""
    last = limits().last_day(today)
    if not today <= pay_on <= last:
        raise CannotPromise(N_("Choose a day from %(first)s to %(last)s."), first=today, last=last)


def make(customer_id: int, shares: Mapping[int, Money], *, pay_on: date, by: Actor, on: date, now: datetime) -> Promise:
    """
    Write down what is promised of which items (by entry id) of one account, and hold it.

    :raises CannotPromise: nothing, more than is payable and not promised yet, a day that is not allowed, or, for a
        customer, an item whose last promise was not kept.
    """
    if not shares:
        raise CannotPromise(N_("There is nothing to promise now."))
    check_day(pay_on, on)
    whole = total(shares.values(), next(iter(shares.values())).currency)
    lock_account(customer_id, whole.currency)
    _check_shares(customer_id, shares, by=by, on=on)
    promise = Promise(
        customer_id=customer_id,
        currency=whole.currency,
        amount_minor=whole.minor,
        pay_on=pay_on,
        answer_on=limits().answer_on(pay_on),
        state=PromiseState.OPEN,
        contact_id=by.id if by.kind == ActorKind.CONTACT else None,
        staff_id=by.id if by.kind == ActorKind.STAFF else None,
        made_on=on,
        made_at=now,
    )
    session.add(promise)
    session.flush()
    for entry_id, share in shares.items():
        line = PromiseLine(customer_id=customer_id, promise_id=promise.id, entry_id=entry_id, amount_minor=share.minor)
        session.add(line)
    session.flush()
    _hold(promise, on=on, now=now)
    facts = {"amount": whole, "pay_on": pay_on, "entries": list(shares)}
    audit.record(customer_id, "promise.made", by=by, now=now, about=promise.source, facts=facts)
    return promise


def make_for(
    customer: Customer,
    contact: Contact | None,
    shares: Sequence[tuple[PayableItem, Money]],
    *,
    pay_on: date,
    by: Actor,
    on: date,
    now: datetime,
) -> list[Promise]:
    """
    `make` for a customer's statement, on which items of joined accounts stand too: one promise for each account, and
    one mail that says what was promised.
    """
    if not shares:
        raise CannotPromise(N_("There is nothing to promise now."))
    of_accounts: dict[int, dict[int, Money]] = {}
    for item, share in shares:
        of_accounts.setdefault(item.customer_id, {})[item.entry_id] = share
    lock_accounts((owner_id, shares[0][1].currency) for owner_id in of_accounts)
    made = [
        make(owner_id, of_accounts[owner_id], pay_on=pay_on, by=by, on=on, now=now) for owner_id in sorted(of_accounts)
    ]
    confirm(made[0], customer, contact, amount=total((one.amount for one in made), made[0].currency), now=now)
    return made


def confirm(
    promise: Promise, customer: Customer, contact: Contact | None, *, now: datetime, amount: Money | None = None
) -> None:
    """Write to who promised what is true now: made, moved or withdrawn."""
    if contact is None or not contact.email:
        return
    mails.write(
        "promise",
        customer,
        contact,
        address=contact.email,
        cause=f"{promise.customer_id}:{promise.id}:{promise.state.value}:{promise.moves}",
        now=now,
        promise=promise,
        amount=amount or promise.amount,
    )


def _check_shares(customer_id: int, shares: Mapping[int, Money], *, by: Actor, on: date) -> None:
    items = {item.entry_id: item for item in payable_items(customer_id, on, among=list(shares))}
    for entry_id, share in shares.items():
        item = items.get(entry_id)
        if item is None or item.customer_id != customer_id or not item.promisable:
            raise CannotPromise(N_("There is nothing to promise now."))
        if not 0 < share.minor <= item.promisable.minor:
            raise CannotPromise(N_("Enter an amount up to %(most)s."), most=item.promisable)
    if by.kind == ActorKind.CONTACT and not_kept(customer_id, list(shares), on):
        raise CannotPromise(
            N_("You promised this before and it did not work out. Please talk to us: we will find a way.")
        )


def not_kept(customer_id: int, entries: Sequence[int], on: date) -> set[int]:
    """Items whose promise was broken or withdrawn lately: they are not promised again without a person."""
    since = on - timedelta(days=limits().again)
    query = (
        select(PromiseLine.entry_id)
        .join(Promise, (Promise.customer_id == PromiseLine.customer_id) & (Promise.id == PromiseLine.promise_id))
        .where(
            Promise.customer_id == customer_id,
            Promise.state.in_((PromiseState.BROKEN, PromiseState.WITHDRAWN)),
            Promise.ended_on > since,
            PromiseLine.entry_id.in_(entries),
        )
    )
    return set(session.scalars(query))


def move(promise: Promise, pay_on: date, *, by: Actor, on: date, now: datetime) -> None:
    """
    Another day, as often as policy allows. What was held until the old one is held until the new one.

    :raises CannotPromise: it was moved before, or the day is not allowed.
    :raises IllegalTransition: it is no longer open.
    """
    _locked(promise)
    check_day(pay_on, on)
    if not can_move(promise):
        raise CannotPromise(N_("This promise was moved before. Please talk to us: we will find a way."))
    before = promise.pay_on
    promise.pay_on, promise.answer_on = pay_on, limits().answer_on(pay_on)
    promise.moves += 1
    holds.end(promise.customer_id, promise.source, on=on, now=now)
    _hold(promise, on=on, now=now)
    facts = {"before": before, "after": pay_on}
    audit.record(promise.customer_id, "promise.moved", by=by, now=now, about=promise.source, facts=facts)


def can_move(promise: Promise) -> bool:
    return promise.is_open and promise.moves < limits().moves


def withdraw(promise: Promise, *, by: Actor, on: date, now: datetime, reason: str = "") -> None:
    """
    :raises IllegalTransition: it is no longer open.
    """
    _locked(promise)
    _end(promise, PromiseState.WITHDRAWN, by=by, on=on, now=now, reason=reason)


def _locked(promise: Promise) -> None:
    lock_account(promise.customer_id, promise.currency)
    session.refresh(promise)
    if not promise.is_open:
        promise.move_to(PromiseState.OPEN)  # Says what has happened meanwhile.


def _hold(promise: Promise, *, on: date, now: datetime) -> None:
    for line in lines_of(promise):
        holds.add(
            promise.customer_id,
            HoldKind.PROMISE,
            source=promise.source,
            currency=promise.currency,
            on=on,
            now=now,
            entry_id=line.entry_id,
            amount=Money(line.amount_minor, promise.currency),
            until_on=promise.answer_on + timedelta(days=1),
        )


def _end(promise: Promise, state: PromiseState, *, by: Actor, on: date, now: datetime, reason: str = "") -> None:
    promise.move_to(state)
    promise.ended_on, promise.end_reason = on, reason
    holds.end(promise.customer_id, promise.source, on=on, now=now)
    audit.record(
        promise.customer_id,
        f"promise.{state.value}",
        by=by,
        now=now,
        about=promise.source,
        facts={"amount": promise.amount, "pay_on": promise.pay_on},
        words={"reason": reason} if reason else None,
    )


def find(customer_id: int, promise_id: int) -> Promise | None:
    return session.get(Promise, (customer_id, promise_id), populate_existing=True)


def find_for(customers: Sequence[int], promise_id: int) -> Promise | None:
    """One of these customers' promises."""
    query = select(Promise).where(Promise.customer_id.in_(customers), Promise.id == promise_id)
    return session.scalar(query.execution_options(populate_existing=True))


@dataclass(frozen=True, slots=True)
class ShownLine:
    number: str
    amount: Money


def shown_lines(promise: Promise) -> list[ShownLine]:
    """What is promised, as people read it, oldest due first."""
    rows = session.execute(
        select(Invoice.number_as_written, PromiseLine.amount_minor)
        .join(Entry, (Entry.customer_id == PromiseLine.customer_id) & (Entry.id == PromiseLine.entry_id))
        .outerjoin(Invoice, (Invoice.customer_id == Entry.customer_id) & (Invoice.id == Entry.invoice_id))
        .where(PromiseLine.customer_id == promise.customer_id, PromiseLine.promise_id == promise.id)
        .order_by(Entry.due_on, Entry.id)
    )
    return [ShownLine(number or "", Money(minor, promise.currency)) for number, minor in rows]


def lines_of(promise: Promise) -> Sequence[PromiseLine]:
    query = select(PromiseLine).where(
        PromiseLine.customer_id == promise.customer_id, PromiseLine.promise_id == promise.id
    )
    return session.scalars(query.order_by(PromiseLine.entry_id)).all()


def of_customers(customers: Sequence[int], *, state: PromiseState | None = None, most: int = 50) -> Sequence[Promise]:
    """Newest first."""
    query = select(Promise).where(Promise.customer_id.in_(customers)).order_by(Promise.id.desc()).limit(most)
    return session.scalars(query if state is None else query.where(Promise.state == state)).all()


# What came since the promise was made: used for its items, or not used yet. A write-off is no money. What is written
# off is not waited for either: nothing is left to pay.
_CAME = text(
    """
select p.customer_id, p.id, p.currency, p.amount_minor, p.answer_on,
       coalesce(used.minor, 0) as used_minor, coalesce(free.minor, 0) as free_minor, lines.open_minor
from promises p
cross join lateral (
    select sum(e.open_minor) as open_minor
    from promise_lines l join entries e on e.customer_id = l.customer_id and e.id = l.entry_id
    where l.customer_id = p.customer_id and l.promise_id = p.id
) lines
cross join lateral (
    select sum(case when a.reverses_id is null then a.amount_minor else -a.amount_minor end) as minor
    from promise_lines l
    join allocations a on a.customer_id = l.customer_id and a.debit_id = l.entry_id
    join entries c on c.customer_id = a.customer_id and c.id = a.credit_id
    where l.customer_id = p.customer_id and l.promise_id = p.id and a.recorded_at >= p.made_at
      and c.kind <> 'write_off'
) used
cross join lateral (
    select sum(c.unapplied_minor) as minor from entries c
    where c.customer_id = p.customer_id and c.currency = p.currency and c.unapplied_minor > 0
      and c.kind = 'receipt' and c.recorded_at >= p.made_at
) free
where p.state = 'open' and (cast(:customers as bigint[]) is null or p.customer_id = any(:customers))
order by p.customer_id, p.id
"""
).bindparams(bindparam("customers", type_=ARRAY(BigInteger)))


def judge(as_of: date, *, now: datetime, customers: Sequence[int] | None = None) -> int:
    """
    Kept as soon as the promised money is there, broken once the last day has passed without it. Each promise is
    judged in a transaction of its own, again under the account's lock. Returns how many came to an end.
    """
    due = _verdicts(as_of, customers)
    session.rollback()
    return sum(_judge_one(*key, as_of=as_of, now=now) for key in due)


def _judge_one(customer_id: int, promise_id: int, currency: str, *, as_of: date, now: datetime) -> bool:
    with transaction():
        lock_account(customer_id, currency)
        verdict = _verdicts(as_of, [customer_id]).get((customer_id, promise_id, currency))
        promise = find(customer_id, promise_id)
        if verdict is None or promise is None:
            return False
        _end(promise, verdict, by=audit.JOB, on=as_of, now=now)
    return True


def _verdicts(as_of: date, customers: Sequence[int] | None) -> dict[tuple[int, int, str], PromiseState]:
    """What is to be said of which promise. While money waits that nothing has used yet, nobody is called a breaker."""
    asked = {"customers": list(customers) if customers is not None else None}
    found: dict[tuple[int, int, str], PromiseState] = {}
    for row in session.execute(_CAME, asked):
        missing = row.amount_minor - row.used_minor
        if missing <= 0 or (row.used_minor > 0 and not row.open_minor):
            found[row.customer_id, row.id, row.currency] = PromiseState.KEPT
        elif as_of > row.answer_on and row.free_minor < missing:
            found[row.customer_id, row.id, row.currency] = PromiseState.BROKEN
    return found
