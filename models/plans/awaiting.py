"""What plans that are paid by transfer wait for: money that names an account and no item is for them first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from models.database import session
from models.plans.records import Plan, PlanState, Way, instalments_of
from models.plans.sums import items_left

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
