"""What is decided: one message or none, tasks, and always every rule that spoke."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from models.money import Money
from models.policies.dunning.facts import Item
from models.policies.sequences import Channel, Step

NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Spoke:
    """A rule and its values; `rules.SENTENCES` has its words for staff and for the customer."""

    rule: str
    values: Mapping[str, object] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What is asked for of an item: open, less what holds and credits take. `step` none: it is listed with the others, its
    own step went before.
    """

    item: Item
    minor: int
    step: Step | None = None
    occurrence: int = 1


@dataclass(frozen=True, slots=True)
class Send:
    """`step` none: a statement. `opens_at` is the moment from which it may go; `person_id` none: by post."""

    step: Step | None
    channel: Channel
    person_id: int | None
    asked: tuple[Asked, ...]
    pay_by: date | None
    opens_at: datetime

    @property
    def totals(self) -> tuple[Money, ...]:
        sums: dict[str, int] = {}
        for one in self.asked:
            sums[one.item.currency] = sums.get(one.item.currency, 0) + one.minor
        return tuple(Money(minor, currency) for currency, minor in sorted(sums.items()))


@dataclass(frozen=True, slots=True)
class Raised:
    """A task for staff. `kind` is a step's purpose, 'sequence_ended', 'no_address' or 'no_due_date'."""

    kind: str
    step: Step | None
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    send: Send | None
    tasks: tuple[Raised, ...]
    rules: tuple[Spoke, ...]
