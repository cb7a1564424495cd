"""Complaints: what they come from, what is done about it, and whether it helped."""

from models.complaints.acting import (
    CannotAct,
    OwnerUnfit,
    TooEarly,
    again,
    agree,
    begin,
    drop,
    finish,
    hand_over,
    may_own,
    propose,
)
from models.complaints.actions import (
    OPEN,
    STATES,
    ActionState,
    CorrectiveAction,
    every,
    of_cause,
    of_owner,
    with_state,
)
from models.complaints.actions import find as find_action
from models.complaints.alerts import (
    AlertBecause,
    AlertState,
    ComplaintAlert,
    ReasonMissing,
    close,
    ended,
    rules,
    waiting,
)
from models.complaints.alerts import find as find_alert
from models.complaints.counted import Asked, By, Case, Known, Scope, cases
from models.complaints.figures import Measure, Pareto, pareto, sum_of
from models.complaints.judging import AGAIN_WITHIN, blocks, next_look, watched
from models.complaints.reviewing import review
from models.complaints.thanking import tell, to_tell, words_of_it
from models.complaints.trends import Direction, Span, Trend, first_day, trend

__all__ = [
    "AGAIN_WITHIN",
    "OPEN",
    "STATES",
    "ActionState",
    "AlertBecause",
    "AlertState",
    "Asked",
    "By",
    "CannotAct",
    "Case",
    "ComplaintAlert",
    "CorrectiveAction",
    "Direction",
    "Known",
    "Measure",
    "OwnerUnfit",
    "Pareto",
    "ReasonMissing",
    "Scope",
    "Span",
    "TooEarly",
    "Trend",
    "again",
    "agree",
    "begin",
    "blocks",
    "cases",
    "close",
    "drop",
    "ended",
    "every",
    "find_action",
    "find_alert",
    "finish",
    "first_day",
    "hand_over",
    "may_own",
    "next_look",
    "of_cause",
    "of_owner",
    "pareto",
    "propose",
    "review",
    "rules",
    "sum_of",
    "tell",
    "to_tell",
    "trend",
    "waiting",
    "watched",
    "with_state",
    "words_of_it",
]
