"""The words of cases, as staff read them."""

from backoffice import backoffice
from models.disputes import REASONS, REMEDIES, Dispute, DisputeState, Outcome, Reason, Remedy, ReturnState
from models.errors import N_
from models.words import gettext

# In the order of the board's columns: the state, its word and its tone.
STATES = {
    DisputeState.NEW: (N_("New"), "info"),
    DisputeState.LOOKING: (N_("Looked at"), "info"),
    DisputeState.WAITING_CUSTOMER: (N_("Waits for the customer"), "warn"),
    DisputeState.WAITING_DEPARTMENT: (N_("Waits for a department"), "warn"),
    DisputeState.DECIDED: (N_("Decided"), "ok"),
    DisputeState.CLOSED: (N_("Closed"), ""),
    DisputeState.WITHDRAWN: (N_("Withdrawn"), ""),
}
MOVES = {
    DisputeState.LOOKING: N_("Look at it"),
    DisputeState.WAITING_CUSTOMER: N_("Wait for the customer"),
    DisputeState.WAITING_DEPARTMENT: N_("Wait for a department"),
}
OUTCOMES = {
    Outcome.UPHELD: (N_("Upheld"), "ok"),
    Outcome.IN_PART: (N_("Upheld in part"), "warn"),
    Outcome.REFUSED: (N_("Refused"), "bad"),
}
RETURNS = {
    ReturnState.OFFERED: (N_("On its way"), "info"),
    ReturnState.RECEIVED: (N_("Arrived"), "ok"),
    ReturnState.CANCELLED: (N_("Cancelled"), ""),
}


@backoffice.app_template_global()
def case_state(dispute: Dispute) -> tuple[str, str]:
    word, tone = STATES[dispute.state]
    return gettext(word), tone


@backoffice.app_template_global()
def case_reason(reason: Reason) -> str:
    return gettext(REASONS[reason])


@backoffice.app_template_global()
def case_remedy(remedy: Remedy) -> str:
    return gettext(REMEDIES[remedy])


@backoffice.app_template_global()
def case_outcome(outcome: Outcome) -> tuple[str, str]:
    word, tone = OUTCOMES[outcome]
    return gettext(word), tone


@backoffice.app_template_global()
def return_state(state: ReturnState) -> tuple[str, str]:
    word, tone = RETURNS[state]
    return gettext(word), tone


@backoffice.app_template_global()
def move_word(state: DisputeState) -> str:
    return gettext(MOVES[state])
