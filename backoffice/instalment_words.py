"""Instalment plans in words for staff: where they stand, what became of a payment, why a schedule changed."""

from collections.abc import Mapping

from backoffice import backoffice
from backoffice.plan_words import FREQUENCIES
from models import plans
from models.errors import N_
from models.payments import Attempt, AttemptState, MethodState, SavedMethod
from models.plans import Because, Idea, Instalment, InstalmentState, Plan, PlanState, PlanVersion, Way
from models.policies.plans import Approver
from models.words import gettext

STATES: Mapping[PlanState, tuple[str, str]] = {
    PlanState.DRAFT: (N_("Being tried"), ""),
    PlanState.REQUESTED: (N_("Asked for"), "warn"),
    PlanState.OFFERED: (N_("Waits for the signature"), "info"),
    PlanState.ACTIVE: (N_("In force"), "ok"),
    PlanState.COMPLETED: (N_("All paid"), "ok"),
    PlanState.DEFAULTED: (N_("Failed"), "bad"),
    PlanState.CANCELLED: (N_("Ended"), ""),
}
PARTS: Mapping[InstalmentState, tuple[str, str]] = {
    InstalmentState.PLANNED: (N_("To come"), ""),
    InstalmentState.DUE: (N_("Due"), "info"),
    InstalmentState.CHARGING: (N_("Payment on its way"), "info"),
    InstalmentState.PAID: (N_("Paid"), "ok"),
    InstalmentState.MISSED: (N_("Missed"), "bad"),
    InstalmentState.RETURNED: (N_("Taken back by the bank"), "warn"),
    InstalmentState.WAIVED: (N_("No longer needed"), ""),
}
WAYS: Mapping[Way, str] = {
    Way.AUTOMATIC: N_("Charged automatically, by card or from a bank account"),
    Way.TRANSFER: N_("By bank transfer"),
}
CHANGES: Mapping[Because, str] = {
    Because.SIGNED: N_("As it was signed"),
    Because.PAID_OTHERWISE: N_("Something was paid besides: it ends sooner"),
    Because.LESS_OWED: N_("Less is owed: it ends sooner"),
    Because.MORE_OWED: N_("More is owed again: payments were added"),
    Because.RETURNED: N_("A payment was taken back by the bank"),
    Because.MOVED: N_("A payment was moved to another day"),
    Because.CHANGED: N_("The payments were changed"),
    Because.REVIVED: N_("What was missed came, and it went on"),
}
ENDS: Mapping[str, str] = {
    "lapsed": N_("It was not signed in time."),
    "without_card": N_("It was signed, but no card or bank account was added."),
    plans.REPLACED: N_("The customer asked for another plan instead."),
    plans.DECLINED: N_("The customer declined the offer."),
    plans.LEFT: N_("The customer ended it."),
}
ATTEMPTS: Mapping[AttemptState, tuple[str, str]] = {
    AttemptState.SUCCEEDED: (N_("Succeeded"), "ok"),
    AttemptState.FAILED: (N_("Failed"), "bad"),
    AttemptState.CANCELED: (N_("Cancelled"), ""),
    AttemptState.EXPIRED: (N_("Not finished"), ""),
}
METHODS: Mapping[MethodState, tuple[str, str]] = {
    MethodState.ACTIVE: (N_("Can be charged"), "ok"),
    MethodState.EXPIRED: (N_("Has expired"), "bad"),
    MethodState.FAILED: (N_("Its bank refuses it"), "bad"),
    MethodState.REMOVED: (N_("Removed by the customer"), ""),
}
PERSONS: Mapping[Approver, str] = {
    Approver.FINANCE: N_("somebody else in finance, or a manager"),
    Approver.MANAGER: N_("another manager"),
}


@backoffice.app_template_global()
def plan_state(plan: Plan) -> tuple[str, str]:
    """A word and its tone."""
    if plan.state is PlanState.OFFERED and plan.signed_at:
        return gettext("Waits for a card"), "warn"
    word, tone = STATES[plan.state]
    return gettext(word), tone


@backoffice.app_template_global()
def part_state(row: Instalment) -> tuple[str, str]:
    word, tone = PARTS[row.state]
    return gettext(word), tone


def part_word(state: str) -> str:
    """Of a version, which keeps states as they are written."""
    return gettext(PARTS[InstalmentState(state)][0])


@backoffice.app_template_global()
def plan_way(way: Way) -> str:
    return gettext(WAYS[way])


@backoffice.app_template_global()
def plan_rhythm(plan: Plan) -> str:
    return gettext(FREQUENCIES[plan.frequency])


@backoffice.app_template_global()
def schedule_change(version: PlanVersion) -> str:
    return gettext(CHANGES[version.because])


@backoffice.app_template_global()
def plan_end_reason(plan: Plan) -> str:
    """Why it ended; what is not known here was written by a person."""
    return gettext(ENDS[plan.end_reason]) if plan.end_reason in ENDS else plan.end_reason


@backoffice.app_template_global()
def tried_state(attempt: Attempt) -> tuple[str, str]:
    word, tone = ATTEMPTS.get(attempt.state, (N_("On its way"), "info"))
    return gettext(word), tone


@backoffice.app_template_global()
def second_person_word(idea: Idea) -> str:
    """Who has to agree to what a rule does not let start by itself."""
    return gettext(PERSONS[idea.terms.approver if idea.terms else Approver.FINANCE])


@backoffice.app_template_global()
def method_state_word(method: SavedMethod) -> tuple[str, str]:
    word, tone = METHODS[method.state]
    return gettext(word), tone
