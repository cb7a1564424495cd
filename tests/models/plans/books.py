"""What each instalment should be, kept in plain lists: from sums of the ledger, one rule after another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from models import holds, ledger, plans
from models.ledger import EntryKind
from models.plans import Instalment, InstalmentState, ItemLeft, Plan

S = InstalmentState
ENDED = (S.PAID, S.RETURNED, S.WAIVED)
NEW = 1_000_000  # The number of what was taken back and is to be paid again: after all others of its day.


@dataclass
class Row:
    number: int
    due_on: date
    amount: int
    covered: int
    state: str
    paid_on: date | None

    @property
    def left(self) -> int:
        return self.amount - self.covered

    @property
    def lives(self) -> bool:
        return self.state not in ENDED


def of(plan: Plan) -> dict[int, Row]:
    return {row.number: _row(row) for row in plans.instalments_of(plan)}


def _row(row: Instalment) -> Row:
    return Row(row.number, row.due_on, row.amount_minor, row.covered_minor, row.state.value, row.paid_on)


def items(plan: Plan, today: date) -> dict[int, ItemLeft]:
    """Of each item what came for it, what is left of it, and what of that is disputed, by everybody's simple sums."""
    found = {}
    for item in plans.items_of(plan):
        debit = ledger.entry_of(plan.customer_id, item.entry_id)
        used = [one for one in ledger.allocations_of(plan.customer_id, debit.id) if one.taken_back_on is None]
        came = sum(
            one.amount.minor
            for one in used
            if one.allocation_id > plan.allocated_up_to and one.credit.kind == EntryKind.RECEIPT
        )
        came = min(came, item.amount_minor)
        held = [one for one in holds.living([plan.customer_id], today) if one.entry_id == debit.id]
        disputed = sum(one.takes(debit.left).minor for one in held if one.kind == holds.HoldKind.DISPUTE)
        owed = max(min(item.amount_minor - came, debit.left.minor), 0)
        left = max(min(item.amount_minor - came, debit.left.minor - disputed), 0)
        told = (plan.money(minor) for minor in (came, left, owed - left))
        found[debit.id] = ItemLeft(debit.id, debit.due_on or today, *told)
    return found


def expected(
    before: dict[int, Row], came: int, left: int, own: Iterable[int], *, in_order: bool, today: date
) -> tuple[dict[int, Row], int]:
    """
    The rows as they should have become, and how much more is to be paid in new ones. `own` are the numbers of those
    for which a payment of their own has come.
    """
    rows = {number: replace(row) for number, row in before.items()}
    money = came - sum(row.covered for row in rows.values())
    for row in _by_day(rows[number] for number in own if rows[number].lives):
        money -= _pour(row, max(money, 0), today)
        row.state, row.paid_on = S.PAID, today
    late = Row(NEW, today, _take_back(rows.values(), -money) if money < 0 else 0, 0, S.DUE, None)
    for row in _in_turn(rows.values(), in_order):
        money -= _pour(row, max(money, 0), today)
    living = [late, *(row for row in rows.values() if row.lives)]
    less = sum(row.left for row in living) - left
    for row in reversed(_by_day(row for row in living if row.state != S.CHARGING)):
        less -= _shorten(row, max(less, 0))
    return rows, (late.left if late.lives else 0) + max(-less, 0)


def _pour(row: Row, money: int, today: date) -> int:
    share = min(row.left, money)
    row.covered += share
    if share and not row.left:
        row.state, row.paid_on = S.PAID, today
    return share


def _take_back(rows: Iterable[Row], money: int) -> int:
    """Of the newest paid first; what of it is to be paid again."""
    late = 0
    for row in sorted(rows, key=lambda row: (row.paid_on or date.max, row.number), reverse=True):
        back = min(row.covered, money)
        row.covered -= back
        money -= back
        if back and row.state == S.PAID:
            row.state, late = S.RETURNED, late + back
    return late


def _shorten(row: Row, less: int) -> int:
    off = min(row.left, less)
    if off and off == row.amount:
        row.state = S.WAIVED
    elif off:
        row.amount -= off
        row.state = row.state if row.left else S.PAID
    return off


def _by_day(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.due_on, row.number))


def _in_turn(rows: Iterable[Row], in_order: bool) -> Sequence[Row]:
    """What is late first, oldest first; then the next, or where the rest is charged the last."""
    free = _by_day(row for row in rows if row.state in (S.PLANNED, S.DUE, S.MISSED))
    late = [row for row in free if row.state != S.PLANNED]
    others = [row for row in free if row.state == S.PLANNED]
    return [*late, *(others if in_order else reversed(others))]
