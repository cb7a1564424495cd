"""Amounts above which a second person decides. A company's own settings stand in `company.limits`."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from models.errors import N_
from models.money import Money

# In units of the company's currency. Money that leaves or is forgiven is checked; money that comes in is not.
DEFAULTS: dict[str, Decimal] = {
    "refund": Decimal(500),
    "credit_note": Decimal(500),
    "write_off": Decimal(100),
}
REASONS: dict[str, str] = {
    "refund": N_("A refund leaves the bank account and cannot be called back."),
    "credit_note": N_("A credit note takes back income that was booked."),
    "write_off": N_("A write-off gives up money that is owed; even small ones add up."),
}
ADDED_UP_FOR = timedelta(days=30)  # Or a large amount would need no second person, only several forms.


class Because(StrEnum):
    ABOVE_LIMIT = "above_limit"
    ADDED_UP = "added_up"
    OTHER_CURRENCY = "other_currency"
    OUTSIDE_RULES = "outside_rules"  # A plan that no rule allows.
    NOT_ALONE = "not_alone"  # A plan that a rule allows, and that its approver decides.


@dataclass(frozen=True, slots=True)
class SecondPerson:
    needed: bool
    because: Because | None = None


def second_person(amount: Money, limit: Money, lately: Money) -> SecondPerson:
    """
    A limit is an amount in one currency; an amount in any other cannot be compared, so it is always looked at.

    :param lately: what was decided for the customer by one person alone within `ADDED_UP_FOR`, in the same currency.
    """
    if amount.currency != limit.currency:
        return SecondPerson(True, Because.OTHER_CURRENCY)
    if amount > limit:
        return SecondPerson(True, Because.ABOVE_LIMIT)
    if amount + lately > limit:
        return SecondPerson(True, Because.ADDED_UP)
    return SecondPerson(False)
