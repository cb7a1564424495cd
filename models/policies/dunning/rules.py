"""Every rule that can speak, in words."""

from dataclasses import dataclass

from models.policies.dunning.decisions import Spoke
from models.policies.dunning.for_customers import CUSTOMERS
from models.policies.dunning.for_staff import STAFF


@dataclass(frozen=True, slots=True)
class Said:
    """Message ids, for the rule's values."""

    staff: str
    customer: str


def said(spoke: Spoke) -> Said:
    """A hold says until when where that is known, and a promise that it is not where it is not."""
    ending = ".until" if "until" in spoke.values else ".open"
    rule = spoke.rule + ending if spoke.rule + ending in STAFF else spoke.rule
    return Said(STAFF[rule], CUSTOMERS[rule])
