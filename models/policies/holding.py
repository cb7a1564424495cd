"""What each kind of hold stops. Payment is never stopped: whoever wants to pay may."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

BREATHING_SPACE = timedelta(days=60)  # England and Wales; a crisis treatment lasts as long as it takes.
AFTER_CRISIS = timedelta(days=30)
LONGEST_PAUSE = timedelta(days=366)  # What is to rest longer is no pause: write it off, or agree on a plan.


@dataclass(frozen=True, slots=True)
class Stops:
    """
    `asking`: what it covers is not asked for, reminded of or called about. `letters`: nothing is sent by post, however
    it is called. `balance`: the amount is not shown to whoever opens the account's link. `charging`: no kept card is
    charged for it while nobody is there.
    """

    asking: bool = True
    letters: bool = False
    balance: bool = False
    charging: bool = True


# By `holds.HoldKind`. Sources: DESIGN.md 'Holds are the one place'; RULES.md on breathing space and ceasing contact.
STOPS: Mapping[str, Stops] = MappingProxyType(
    {
        "in_flight": Stops(),
        "dispute": Stops(),
        "promise": Stops(charging=False),
        "plan": Stops(charging=False),
        "plan_asked": Stops(),
        "autopay": Stops(charging=False),
        "already_paid": Stops(),
        "not_ours": Stops(letters=True, balance=True),
        "pause": Stops(),
        "hardship": Stops(),
        "breathing_space": Stops(letters=True),
        "cease_contact": Stops(letters=True),
        "wrong_address": Stops(letters=True, charging=False),
        "legal_representative": Stops(letters=True),
    }
)
