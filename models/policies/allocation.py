"""Which open items a receipt clears first, when the payer did not say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Claim:
    """A debit with something open. `kind` is the ledger's word; `open_minor` leaves out what is disputed."""

    entry_id: int
    document: int
    kind: str
    due_on: date
    open_minor: int


@dataclass(frozen=True, slots=True)
class Share:
    entry_id: int
    amount_minor: int


COSTS_FIRST = ("fee", "interest", "invoice")


def oldest_due_first(
    amount_minor: int, claims: Sequence[Claim], *, order: Sequence[str] = COSTS_FIRST
) -> tuple[list[Share], int]:
    """
    Share an amount over claims of one currency, oldest due first; inside an item by `order` (costs, interest,
    principal unless the country's pack says otherwise). Returns the shares and what is left unapplied.
    """
    rank = {kind: place for place, kind in enumerate(order)}
    oldest: dict[int, tuple[date, int]] = {}
    for claim in claims:
        place = (claim.due_on, claim.entry_id)
        oldest[claim.document] = min(place, oldest.get(claim.document, place))
    shares, left = [], amount_minor
    for claim in sorted(claims, key=lambda c: (oldest[c.document], rank.get(c.kind, len(rank)), c.due_on, c.entry_id)):
        taken = min(left, claim.open_minor)
        if taken > 0:
            shares.append(Share(claim.entry_id, taken))
            left -= taken
    return shares, left
