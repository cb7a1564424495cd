"""What Stripe says of money that leaves again, in our types: refunds and disputes. No call is made here."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from models.money import Money, exponent

# A bank's word for a debit that it gave back although it had succeeded: Stripe tells it as a dispute that is lost.
RETURNED_DEBITS = frozenset(
    {"insufficient_funds", "incorrect_account_details", "bank_cannot_process", "debit_not_authorized"}
)


class RefundState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeState(StrEnum):
    INQUIRY = "inquiry"
    OPEN = "open"
    CLOSED = "closed"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class GatewayRefund:
    """`refund_id`: our own name for it, empty where somebody refunded in Stripe's dashboard."""

    id: str
    state: RefundState
    amount: Money
    refund_id: str
    failure_code: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class GatewayDispute:
    """`withdrawn_at`, `reinstated_at`: when money moved, if it did. `answer_by`: until when Stripe takes evidence."""

    id: str
    state: DisputeState
    amount: Money
    reason: str
    began_at: datetime
    answer_by: datetime | None
    withdrawn_at: datetime | None
    reinstated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Returns:
    """Whatever left, or tried to leave, of one payment; in no order."""

    refunds: tuple[GatewayRefund, ...] = ()
    disputes: tuple[GatewayDispute, ...] = ()


def money_of(minor: int, currency: str) -> Money:
    """:raises UnknownCurrency: we never asked for it."""
    code = currency.upper()
    exponent(code)
    return Money(minor, code)


def refund_of(body: dict[str, Any]) -> GatewayRefund:
    states = {"succeeded": RefundState.SUCCEEDED, "failed": RefundState.FAILED, "canceled": RefundState.FAILED}
    return GatewayRefund(
        id=body["id"],
        state=states.get(body["status"], RefundState.PENDING),
        amount=money_of(body["amount"], body["currency"]),
        refund_id=(body["metadata"] or {}).get("refund", ""),
        failure_code=body.get("failure_reason") or ("canceled" if body["status"] == "canceled" else ""),
        made_at=_moment(body["created"]),
    )


def dispute_of(body: dict[str, Any]) -> GatewayDispute:
    moves = body["balance_transactions"]
    due_by = body["evidence_details"]["due_by"]
    return GatewayDispute(
        id=body["id"],
        state=_dispute_state(body["status"]),
        amount=money_of(body["amount"], body["currency"]),
        reason=body["reason"],
        began_at=_moment(body["created"]),
        answer_by=_moment(due_by) if due_by else None,
        withdrawn_at=next((_moment(one["created"]) for one in moves if one["amount"] < 0), None),
        reinstated_at=next((_moment(one["created"]) for one in moves if one["amount"] > 0), None),
    )


def _dispute_state(status: str) -> DisputeState:
    if status in ("won", "lost"):
        return DisputeState(status)
    if status in ("warning_closed", "prevented"):
        return DisputeState.CLOSED
    return DisputeState.INQUIRY if status.startswith("warning") else DisputeState.OPEN


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
