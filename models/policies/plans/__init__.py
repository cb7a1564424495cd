"""What may be offered as an instalment plan, and how it runs: values in, frozen answers out. No session, no clock."""

from models.policies.plans.budgets import for_budget
from models.policies.plans.charges import Cap, cap_of, capped, charges_anything, fee_of, interest_of
from models.policies.plans.fitting import schedule_of
from models.policies.plans.offers import Judged, Outside, Within, judge
from models.policies.plans.retrying import Again, AskCustomer, Never, after
from models.policies.plans.schedule import Ask, CannotBeBuilt, Line, Schedule, build, months_after
from models.policies.plans.sentences import Sentence
from models.policies.plans.terms import (
    Applied,
    Approver,
    Case,
    Frequency,
    PastPlans,
    Rule,
    Terms,
    Wanted,
    applies,
)

__all__ = [
    "Again",
    "Applied",
    "Approver",
    "Ask",
    "AskCustomer",
    "CannotBeBuilt",
    "Cap",
    "Case",
    "Frequency",
    "Judged",
    "Line",
    "Never",
    "Outside",
    "PastPlans",
    "Rule",
    "Schedule",
    "Sentence",
    "Terms",
    "Wanted",
    "Within",
    "after",
    "applies",
    "build",
    "cap_of",
    "capped",
    "charges_anything",
    "fee_of",
    "for_budget",
    "interest_of",
    "judge",
    "months_after",
    "schedule_of",
]
