"""Making a promise, moving it to another day, taking it back: each with what it holds and a mail that says so."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from models import audit, company, holds
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer, lock_account, lock_accounts, mails
from models.database import session
from models.errors import N_, Refused
from models.holds import HoldKind
from models.money import Money, total
from models.payments import PayableItem, payable_items
from models.policies.promising import Promising
from models.promises.records import Promise, PromiseLine, PromiseState, lines_of


class CannotPromise(Refused):
    pass


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
    end(promise, PromiseState.WITHDRAWN, by=by, on=on, now=now, reason=reason)


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


def end(promise: Promise, state: PromiseState, *, by: Actor, on: date, now: datetime, reason: str = "") -> None:
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
