"""All that is known of one customer when it is decided whether to write; nothing here depends on the day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from models.policies.calling_hours import Quiet
from models.policies.contact_limits import Contacted, ContactLimits
from models.policies.sequences import Sequence


@dataclass(frozen=True, slots=True)
class Item:
    """
    A debit still open. `customer_id` is whose it is: of a merged account the joined one's. `complete`: it has lines, so
    that its invoice can be sent.
    """

    customer_id: int
    entry_id: int
    number: str
    currency: str
    open_minor: int
    due_on: date | None
    recorded_on: date
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A hold. `entry_id` none: the whole account; `currency` none: every currency; `minor` none: all that is open."""

    kind: str
    entry_id: int | None
    currency: str | None
    minor: int | None
    from_on: date
    until_on: date | None

    def holds(self, day: date) -> bool:
        return self.from_on <= day and (self.until_on is None or day < self.until_on)

    @property
    def of_all(self) -> bool:
        return self.entry_id is None and self.minor is None


@dataclass(frozen=True, slots=True)
class WentOut:
    """A reminder line that lives: this step went for this item. Step 0 is the task at the end of a sequence."""

    entry_id: int
    step_id: int
    occurrence: int
    on: date


@dataclass(frozen=True, slots=True)
class Person:
    """A contact with an address. `stopped`: mails to it come back for good. `by_letter`: asked for paper."""

    id: int
    email: str
    opted_out: bool = False
    stopped: bool = False
    by_letter: bool = False
    quiet: Quiet | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """
    `people` are asked in their order. `zones` none: not known. `credits` are unapplied minor units by currency.
    `grace_days` after its first delivery an item is not reminded of. `statements`: whether statement mails go.
    """

    customer_id: int
    kind: str
    country: str
    zones: tuple[str, ...]
    postal: bool
    items: tuple[Item, ...]
    credits: Mapping[str, int]
    claims: tuple[Claim, ...]
    lines: tuple[WentOut, ...]
    log: tuple[Contacted, ...]
    people: tuple[Person, ...]
    sequence: Sequence | None
    limits: ContactLimits
    company_currency: str
    company_zone: str
    holidays: frozenset[date] = frozenset()
    grace_days: int = 7
    statements: bool = False
    words: frozenset[int] | None = None  # Templates with approved words; None: all of them.
    bank_money_until: date | None = None
    bank_money_days: int | None = None
