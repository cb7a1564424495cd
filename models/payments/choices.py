"""What somebody has chosen to pay, held against what is payable now."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from models.money import Money, total
from models.payments.drafts import chosen_by
from models.payments.payable import PayableItem, payable_items


@dataclass(frozen=True, slots=True)
class Line:
    """A chosen item: what was asked for, and how much of that can be paid now."""

    item: PayableItem
    asked: Money
    share: Money

    @property
    def changed(self) -> bool:
        return self.asked != self.share


@dataclass(frozen=True, slots=True)
class Choice:
    """
    What one payment would pay: chosen items of one account and currency, oldest due first. `next_time` counts those
    of joined accounts, which are paid apart.
    """

    lines: Sequence[Line]
    next_time: int

    @property
    def customer_id(self) -> int:
        return self.lines[0].item.customer_id

    @property
    def currency(self) -> str:
        return self.lines[0].share.currency

    @property
    def total(self) -> Money:
        return total((line.share for line in self.lines), self.currency)

    @property
    def changes(self) -> list[Line]:
        return [line for line in self.lines if line.changed]

    @property
    def seen(self) -> str:
        """Names exactly these items and amounts, and what of them is disputed: still the same when it is sent back."""
        shares = ",".join(f"{line.item.entry_id}:{line.share.minor}:{line.item.disputed.minor}" for line in self.lines)
        return hashlib.sha256(shares.encode()).hexdigest()[:16]

    @property
    def disputed(self) -> dict[int, int]:
        """Minor units by entry of what whoever looks at it is told to be disputed."""
        return {line.item.entry_id: line.item.disputed.minor for line in self.lines}

    @property
    def shares(self) -> list[tuple[int, Money]]:
        """Entry and amount, of what can be paid."""
        return [(line.item.entry_id, line.share) for line in self.lines if line.share]


def items_and_chosen(
    customer_id: int, contact_id: int, currency: str, on: date
) -> tuple[list[PayableItem], dict[int, int]]:
    """All open items of a currency, and what is chosen of them: minor units by entry id. At first: all that is due."""
    items = payable_items(customer_id, on, currency=currency, contact_id=contact_id)
    chosen = chosen_by(customer_id, contact_id, currency)
    return items, all_due(items, on) if chosen is None else chosen


def all_due(items: Sequence[PayableItem], on: date) -> dict[int, int]:
    """What may be asked for: nothing that is promised, said to be paid or paused."""
    return {item.entry_id: item.collectable.minor for item in items if item.due_on < on and item.collectable}


def due_by_link(customer_id: int, link_id: int, currency: str, on: date) -> Choice | None:
    """
    What whoever holds a link would pay now: all that is due, and where nothing is, all that can be paid, less what is
    disputed. None where nothing is open.
    """
    items = payable_items(customer_id, on, currency=currency, link_id=link_id)
    return _of_one_account(
        customer_id, items, all_due(items, on) or {item.entry_id: item.undisputed.minor for item in items}
    )


def choice(customer_id: int, contact_id: int, currency: str, on: date) -> Choice | None:
    """
    What a contact would pay now. An item that was paid meanwhile stands in it with nothing to pay; None where
    nothing is chosen.
    """
    chosen = chosen_by(customer_id, contact_id, currency) or {}
    if not chosen:
        return None
    items = payable_items(customer_id, on, currency=currency, among=list(chosen), contact_id=contact_id)
    return _of_one_account(customer_id, items, chosen)


def _of_one_account(customer_id: int, items: Sequence[PayableItem], chosen: Mapping[int, int]) -> Choice | None:
    wanted = [item for item in items if item.entry_id in chosen]
    if not wanted:
        return None
    owners = {item.customer_id for item in wanted}
    owner = customer_id if customer_id in owners else min(owners)
    mine = [_line(item, chosen) for item in wanted if item.customer_id == owner]
    return Choice(mine, len(wanted) - len(mine))


def _line(item: PayableItem, chosen: Mapping[int, int]) -> Line:
    asked = Money(chosen[item.entry_id], item.open.currency)
    return Line(item, asked, min(asked, item.payable))
