"""When a plan in force is at risk: what speaks against its next payments being made."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Risk(StrEnum):
    """The heaviest first."""

    MISSED = "missed"  # A payment was missed, and has not come yet.
    WAITS = "waits"  # A charge took no money, and nothing is tried again before the customer does something.
    LATE = "late"  # A payment is past its day: it may be on its way, or is charged again by itself.
    NO_CONSENT = "no_consent"  # It is to be charged, and nobody agrees to that any more.
    NO_CARD = "no_card"  # It is to be charged, and there is no card or account that could be.
    CARD_ENDS = "card_ends"  # The card runs out before the last payment.


class Standing(StrEnum):
    GOOD = "good"
    AT_RISK = "at_risk"
    BROKEN = "broken"  # It has defaulted; what was missed can still come, and then it goes on.


@dataclass(frozen=True, slots=True)
class Condition:
    """
    Of a plan: `missed`, `late` and `waiting` count its payments that are not made; `last_on` is the day of the last
    one. What follows `automatic` is of plans that are charged: whether somebody agrees to it, whether there is a card
    or an account that works, and the last day of a card.
    """

    missed: int
    late: int
    waiting: int
    last_on: date | None
    automatic: bool = False
    agreed: bool = False
    chargeable: bool = False
    card_until: date | None = None


def risks(plan: Condition, on: date) -> tuple[Risk, ...]:
    """Whatever speaks against a plan in force on a day; nothing where it is in good order."""
    ends = plan.card_until
    charged = plan.chargeable and (ends is None or on <= ends)
    against = {
        Risk.MISSED: plan.missed > 0,
        Risk.WAITS: plan.waiting > 0,
        Risk.LATE: plan.late > 0,
        Risk.NO_CONSENT: plan.automatic and not plan.agreed,
        Risk.NO_CARD: plan.automatic and not charged,
        Risk.CARD_ENDS: plan.automatic and charged and ends is not None and ends < (plan.last_on or on),
    }
    return tuple(risk for risk in Risk if against[risk])
