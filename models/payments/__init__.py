"""Payments by Stripe: the attempt is stored before the call, and `sync` is the only writer of what came of it."""

from models.payments.asking import (
    NotPayable,
    PayableItem,
    PaymentPageUnreachable,
    check_amount,
    give_up_open,
    payable_item,
    request,
    submit,
)
from models.payments.attempts import (
    FINAL,
    Attempt,
    AttemptLine,
    AttemptState,
    WebhookEvent,
    find,
    find_for,
    lines_of,
    of_customer,
    shown_lines,
)
from models.payments.inbox import WrongMode, drain, keep_event
from models.payments.sweeping import sweep
from models.payments.syncing import sync, sync_calmly

__all__ = [
    "FINAL",
    "Attempt",
    "AttemptLine",
    "AttemptState",
    "NotPayable",
    "PayableItem",
    "PaymentPageUnreachable",
    "WebhookEvent",
    "WrongMode",
    "check_amount",
    "drain",
    "find",
    "find_for",
    "give_up_open",
    "keep_event",
    "lines_of",
    "of_customer",
    "payable_item",
    "request",
    "shown_lines",
    "submit",
    "sweep",
    "sync",
    "sync_calmly",
]
