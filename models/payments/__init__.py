"""Payments by Stripe: the attempt is stored before the call, and `sync` is the only writer of what came of it."""

from models.gateways.stripe_returns import RETURNED_DEBITS, DisputeState
from models.payments import consents, methods
from models.payments.asking import Purpose, give_up_open, request, request_ahead, submit
from models.payments.attempts import (
    AHEAD,
    FINAL,
    GONE,
    OFF_SESSION,
    SETUP,
    Attempt,
    AttemptLine,
    AttemptState,
    WebhookEvent,
    about,
    find,
    find_by_link,
    find_for,
    is_begun_by_link,
    lines_of,
    of_customer,
    of_instalment,
    shown_lines,
)
from models.payments.catching_up import catch_up
from models.payments.charging import request_charge, submit_charge
from models.payments.choices import Choice, all_due, choice, due_by_link, items_and_chosen
from models.payments.consents import Consent, NoConsent
from models.payments.credits import unapplied, use_credits
from models.payments.disputed import give_up_disputed, leave_out
from models.payments.drafts import Draft, choose_also, forget_choice, keep_choice, pay_with
from models.payments.giving_way import give_way, pages_for
from models.payments.inbox import WrongMode, drain, events_of_nobody, keep_event
from models.payments.introducing import GatewayCustomer, introduce
from models.payments.methods import MethodNotUsable, MethodState, SavedMethod
from models.payments.payable import (
    NotPayable,
    PayableItem,
    PaymentPageUnreachable,
    check_amount,
    check_share,
    payable_item,
    payable_items,
    spread,
)
from models.payments.receipts import is_mailed, receipt_of
from models.payments.refunding import payment_of, refundable, request_refund, send_refund, sweep_refunds
from models.payments.returned import (
    UNFINISHED,
    Chargeback,
    Refund,
    RefundState,
    chargebacks_of_customer,
    chargebacks_of_receipt,
    open_chargebacks,
    refund_by_key,
    refund_of,
    refunds_of_customer,
    refunds_of_receipt,
)
from models.payments.setting_up import request_setup
from models.payments.sweeping import sweep
from models.payments.syncing import sync, sync_calmly

__all__ = [
    "AHEAD",
    "FINAL",
    "GONE",
    "OFF_SESSION",
    "RETURNED_DEBITS",
    "SETUP",
    "UNFINISHED",
    "Attempt",
    "AttemptLine",
    "AttemptState",
    "Chargeback",
    "Choice",
    "Consent",
    "DisputeState",
    "Draft",
    "GatewayCustomer",
    "MethodNotUsable",
    "MethodState",
    "NoConsent",
    "NotPayable",
    "PayableItem",
    "PaymentPageUnreachable",
    "Purpose",
    "Refund",
    "RefundState",
    "SavedMethod",
    "WebhookEvent",
    "WrongMode",
    "about",
    "all_due",
    "catch_up",
    "chargebacks_of_customer",
    "chargebacks_of_receipt",
    "check_amount",
    "check_share",
    "choice",
    "choose_also",
    "consents",
    "drain",
    "due_by_link",
    "events_of_nobody",
    "find",
    "find_by_link",
    "find_for",
    "forget_choice",
    "give_up_disputed",
    "give_up_open",
    "give_way",
    "introduce",
    "is_begun_by_link",
    "is_mailed",
    "items_and_chosen",
    "keep_choice",
    "keep_event",
    "leave_out",
    "lines_of",
    "methods",
    "of_customer",
    "of_instalment",
    "open_chargebacks",
    "pages_for",
    "pay_with",
    "payable_item",
    "payable_items",
    "payment_of",
    "receipt_of",
    "refund_by_key",
    "refund_of",
    "refundable",
    "refunds_of_customer",
    "refunds_of_receipt",
    "request",
    "request_ahead",
    "request_charge",
    "request_refund",
    "request_setup",
    "send_refund",
    "shown_lines",
    "spread",
    "submit",
    "submit_charge",
    "sweep",
    "sweep_refunds",
    "sync",
    "sync_calmly",
    "unapplied",
    "use_credits",
]
