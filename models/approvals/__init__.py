"""Decisions that wait for a second person: money that leaves or is forgiven, above a limit."""

from models.approvals.booking import CreditRefused
from models.approvals.decisions import CreditLine, CreditNote, Decision, Kind, Refund, WriteOff
from models.approvals.reading import Shown, shown
from models.approvals.waiting import (
    PERMISSIONS,
    Approval,
    ApprovalState,
    Done,
    NotYours,
    ReasonMissing,
    Waiting,
    approve,
    decided,
    decision_of,
    decline,
    limit_of,
    may_decide,
    of_customer,
    submit,
    waiting,
    withdraw,
)

__all__ = [
    "PERMISSIONS",
    "Approval",
    "ApprovalState",
    "CreditLine",
    "CreditNote",
    "CreditRefused",
    "Decision",
    "Done",
    "Kind",
    "NotYours",
    "ReasonMissing",
    "Refund",
    "Shown",
    "Waiting",
    "WriteOff",
    "approve",
    "decided",
    "decision_of",
    "decline",
    "limit_of",
    "may_decide",
    "of_customer",
    "shown",
    "submit",
    "waiting",
    "withdraw",
]
