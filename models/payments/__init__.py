"""Payments by Stripe: the attempt is stored before the call, and `sync` is the only writer of what came of it."""

from models.payments.asking import PaymentPageUnreachable, give_up_open, request, submit
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
from models.payments.choices import Choice, all_due, choice, items_and_chosen
from models.payments.credits import unapplied, use_credits
from models.payments.drafts import Draft, keep_choice
from models.payments.inbox import WrongMode, drain, keep_event
from models.payments.payable import NotPayable, PayableItem, check_amount, check_share, payable_item, payable_items
from models.payments.sweeping import sweep
from models.payments.syncing import sync, sync_calmly

__all__ = [
    "FINAL",
    "Attempt",
    "AttemptLine",
    "AttemptState",
    "Choice",
    "Draft",
    "NotPayable",
    "PayableItem",
    "PaymentPageUnreachable",
    "WebhookEvent",
    "WrongMode",
    "all_due",
    "check_amount",
    "check_share",
    "choice",
    "drain",
    "find",
    "find_for",
    "give_up_open",
    "items_and_chosen",
    "keep_choice",
    "keep_event",
    "lines_of",
    "of_customer",
    "payable_item",
    "payable_items",
    "request",
    "shown_lines",
    "submit",
    "sweep",
    "sync",
    "sync_calmly",
    "unapplied",
    "use_credits",
]
