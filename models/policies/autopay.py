"""What autopay does with an invoice: when its customer is told, on which day it is charged, and how much of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from models.errors import N_, Refused
from models.money import Money
from models.policies import payment_limits

FEWEST_DAYS, USUAL_DAYS, MOST_DAYS = 3, 7, 30  # Of notice.
# Days before its due date on which an invoice is announced, where no more were agreed: before it is reminded of.
TOLD_BEFORE = 7
RETRIES = 2
CONFIRM_WITHIN = timedelta(days=5)  # Who has to see their bank; after it the invoice is asked for as any other.
# Whoever said that something is wrong, or agreed on another way, is charged nothing of it. These say no such thing.
NO_OBJECTION = frozenset({"autopay", "in_flight", "wrong_address"})


class NotWithinBounds(Refused):
    pass


class Why(StrEnum):
    """Why nothing is charged."""

    PAID = "paid"
    HELD = "held"
    LIMIT = "limit"
    AMOUNT = "amount"  # Too small or too large for a card.
    METHOD = "method"
    DECLINED = "declined"
    NOT_CONFIRMED = "not_confirmed"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Part:
    """An open item: what could be paid of it, and what of that is spoken for."""

    entry_id: int
    open_minor: int
    held_minor: int


@dataclass(frozen=True, slots=True)
class Announced:
    amount: Money
    charge_on: date


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Nothing is charged for it: whoever agreed to less is told, and pays it themselves."""

    why: Why


def check(limit: Money, notice_days: int) -> None:
    """
    :raises NotWithinBounds: too few days, or too many.
    :raises models.policies.payment_limits.AmountOutsideLimits: no card takes such an amount.
    """
    payment_limits.check(limit)
    if not FEWEST_DAYS <= notice_days <= MOST_DAYS:
        raise NotWithinBounds(N_("Choose between %(fewest)s and %(most)s days."), fewest=FEWEST_DAYS, most=MOST_DAYS)


def told_on(due_on: date, notice_days: int) -> date:
    """The day on which an invoice is announced, if it is known by then."""
    return due_on - timedelta(days=max(notice_days, TOLD_BEFORE))


def free(parts: Sequence[Part], credit_minor: int) -> dict[int, int]:
    """
    Minor units by entry that nothing speaks against: the customer's own money with us is counted to the oldest first.

    :param parts: oldest due first.
    """
    found = {}
    for part in parts:
        left = max(part.open_minor - part.held_minor, 0)
        own = min(left, credit_minor)
        credit_minor -= own
        found[part.entry_id] = left - own
    return found


def announce(amount: Money, due_on: date, *, limit: Money, notice_days: int, today: date) -> Announced | LeftOut | None:
    """
    On its due day, and never earlier than was agreed after the mail. None: not yet, or there is nothing to charge.

    :param amount: what is free of it.
    """
    if not amount or today < told_on(due_on, notice_days):
        return None
    if amount > limit:
        return LeftOut(Why.LIMIT)
    try:
        payment_limits.check(amount)
    except payment_limits.AmountOutsideLimits:
        return LeftOut(Why.AMOUNT)
    return Announced(amount, max(due_on, today + timedelta(days=notice_days)))


def take(announced: Money, amount: Money, *, limit: Money) -> Money | LeftOut:
    """
    What is charged on the day: never more than was announced, nor than is free of it then, nor than was agreed.

    :param amount: what is free of it.
    """
    whole = min(announced, amount)
    if not whole:
        return LeftOut(Why.HELD)
    if whole > limit:
        return LeftOut(Why.LIMIT)
    try:
        payment_limits.check(whole)
    except payment_limits.AmountOutsideLimits:
        return LeftOut(Why.AMOUNT)
    return whole


def objects(kind: str) -> bool:
    """Whether a hold of this kind keeps autopay from charging what it takes."""
    return kind not in NO_OBJECTION
