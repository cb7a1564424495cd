"""Who is reminded of what on a day, and why: values in, frozen decisions out. No session, no clock."""

from models.policies.dunning.deciding import decide
from models.policies.dunning.decisions import Asked, Decision, Raised, Send, Spoke
from models.policies.dunning.facts import Claim, Facts, Item, Person, WentOut
from models.policies.dunning.single import decide_single

__all__ = [
    "Asked",
    "Claim",
    "Decision",
    "Facts",
    "Item",
    "Person",
    "Raised",
    "Send",
    "Spoke",
    "WentOut",
    "decide",
    "decide_single",
]
