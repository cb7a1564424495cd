"""How far a customer's word reaches: when a promise may fall due, how often it moves, how long a claim pauses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from models.errors import N_
from models.policies.settings import number

DEFAULTS: dict[str, int] = {
    "promise_days": 14,
    "promise_grace": 3,
    "promise_moves": 1,
    "promise_again": 30,
    "paid_pause": 7,
    "paid_again": 30,
    "claims_a_day": 5,
}
REASONS: dict[str, str] = {
    "promise_days": N_("A promise further ahead is a plan, which a person should look at."),
    "promise_grace": N_("A transfer that is made on the day arrives a few days later."),
    "promise_moves": N_("One change of mind is human; a second one is a conversation."),
    "promise_again": N_("What was promised and not kept is promised again to a person, not to a page."),
    "paid_pause": N_("A payment that was made is found within a week, or it went elsewhere."),
    "paid_again": N_("The same item pauses once; a second time a person looks without a new pause."),
    "claims_a_day": N_("Whoever asks more often is looking for somebody else's money."),
}


@dataclass(frozen=True, slots=True)
class Promising:
    """Days; `again` is how long a promise that was not kept stands in the way of the next one online."""

    ahead: int
    grace: int
    moves: int
    again: int

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> "Promising":
        return cls(*(number(settings, f"promise_{name}", DEFAULTS) for name in ("days", "grace", "moves", "again")))

    def last_day(self, today: date) -> date:
        return today + timedelta(days=self.ahead)

    def answer_on(self, pay_on: date) -> date:
        """The last day on which the money may arrive."""
        return pay_on + timedelta(days=self.grace)
