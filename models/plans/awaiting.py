"""What plans that are paid by transfer wait for: money that names an account and no item is for them first."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from sqlalchemy import select

from models.database import session
from models.plans.records import Plan, PlanState, Way, instalments_of
from models.plans.sums import items_left
from models.policies.allocation import Claim, oldest_due_first

SOON = timedelta(days=3)  # The days of the notice: from then on it may be on its way.


@dataclass
class Awaited:
    """
    Of one account and currency: `parts` are days and minor units of what is not paid yet, in the order of their days,
    `items` how much of which item that is, oldest due first.
    """

    parts: list[tuple[date, int]]
    items: dict[int, int]

    def meant(self, minor: int, received_on: date) -> int:
        """How much of so much money is for the plan before anything else: what is due, or exactly what comes next."""
        due = sum(left for due_on, left in self.parts if due_on <= received_on + SOON)
        exactly = minor if self.parts and minor == self.parts[0][1] else 0
        return min(minor, max(due, exactly))

    def use(self, minor: int, free: dict[int, int]) -> list[tuple[int, int]]:
        """Items and minor units, no more than is `free` of each; what is used is awaited no longer."""
        shares = []
        for entry_id, left in self.items.items():
            share = min(left, free.get(entry_id, 0), minor)
            if share > 0:
                shares.append((entry_id, share))
                minor -= share
        for entry_id, share in shares:
            self.items[entry_id] -= share
            self._less(share)
        return shares

    def _less(self, minor: int) -> None:
        while minor and self.parts:
            due_on, left = self.parts.pop(0)
            if left > minor:
                self.parts.insert(0, (due_on, left - minor))
            minor -= min(left, minor)


class Debit(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def invoice_id(self) -> int | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def due_on(self) -> date | None: ...
    @property
    def open_minor(self) -> int | None: ...


def share_out(
    minor: int, received_on: date, debits: Collection[Debit], held: Mapping[int, int], waits: Awaited | None
) -> dict[int, int]:
    """
    Where money goes that names an account and no item, by the item: what a plan by transfer waits for; then the oldest
    due, leaving out what is held; then the plan again, before money lies unused.
    """
    used, left = Counter[int](), minor

    def take(shares: Iterable[tuple[int, int]]) -> None:
        nonlocal left
        for entry_id, share in shares:
            used[entry_id] += share
            left -= share

    def plan(minor: int, waits: Awaited) -> None:
        take(waits.use(minor, {debit.id: (debit.open_minor or 0) - used[debit.id] for debit in debits}))

    if waits:
        plan(waits.meant(left, received_on), waits)
    claims = [claim(one, (one.open_minor or 0) - max(held.get(one.id, 0), used[one.id])) for one in debits]
    take((share.entry_id, share.amount_minor) for share in oldest_due_first(left, claims)[0])
    if waits:
        plan(left, waits)
    return dict(used)


def claim(debit: Debit, minor: int) -> Claim:
    document = debit.invoice_id or -debit.id
    return Claim(debit.id, document, str(debit.kind), debit.due_on or date.min, max(minor, 0))


def awaited(customers: Iterable[int], on: date) -> dict[tuple[int, str], Awaited]:
    """By customer and currency; the accounts' locks are the caller's."""
    query = select(Plan).where(
        Plan.customer_id.in_(set(customers)), Plan.state == PlanState.ACTIVE, Plan.way == Way.TRANSFER
    )
    found: dict[tuple[int, str], Awaited] = {}
    for plan in session.scalars(query.order_by(Plan.id)).all():
        mine = found.setdefault((plan.customer_id, plan.currency), Awaited([], {}))
        mine.parts += [(row.due_on, row.left_minor) for row in instalments_of(plan) if row.is_living]
        mine.parts.sort()
        mine.items |= {item.entry_id: item.left.minor for item in items_left(plan, on) if item.left}
    return found
