"""The words of money that left again: refunds through Stripe, chargebacks, returned debits."""

from backoffice import backoffice
from models.errors import N_
from models.ledger import Entry, EntryKind
from models.payments import RETURNED_DEBITS, Chargeback, DisputeState, Refund, RefundState
from models.words import gettext

CHARGED_BACK, RETURNED = N_("Charged back by the bank"), N_("The debit was returned")
WON_BACK, CAME_BACK = N_("Won back from the bank"), N_("The refund came back")
# Stripe's words for why, of disputes and of refunds that failed, and our own.
REASONS = {
    "bank_cannot_process": N_("The payer's bank could not process the debit."),
    "canceled": N_("It was cancelled at Stripe."),
    "charge_already_refunded": N_("The payment had been refunded already."),
    "charge_disputed": N_("The payer's bank has asked the payment back."),
    "charge_for_pending_refund_disputed": N_("The payer's bank asked the payment back meanwhile."),
    "credit_not_processed": N_("The payer says that a promised credit never came."),
    "debit_not_authorized": N_("The payer says that they did not authorise the debit."),
    "declined": N_("The payer's bank declined it."),
    "duplicate": N_("The payer says that they paid twice."),
    "expired_or_canceled_card": N_("The card has expired or was cancelled."),
    "fraudulent": N_("The payer says that they did not make this payment."),
    "general": N_("The payer's bank gives no particular reason."),
    "incorrect_account_details": N_("The account details were wrong."),
    "insufficient_funds": N_("There was not enough money on the account."),
    "lost_or_stolen_card": N_("The card was reported lost or stolen."),
    "merchant_request": N_("It was cancelled at Stripe."),
    "never_made": N_("Stripe did not answer, and never made it. Nothing was sent."),
    "product_not_received": N_("The payer says that nothing was delivered."),
    "product_unacceptable": N_("The payer says that it was not as agreed."),
    "refused": N_("Stripe would not make it. Nothing was sent."),
    "subscription_canceled": N_("The payer says that they had cancelled."),
    "unknown": N_("Stripe gives no reason."),
    "unrecognized": N_("The payer does not recognise the payment."),
}
REFUNDS = {
    RefundState.WAITING: (N_("Waiting to be sent"), "info"),
    RefundState.SUBMITTED: (N_("Sent, no answer yet"), "info"),
    RefundState.SENT: (N_("On its way to the payer"), "info"),
    RefundState.SUCCEEDED: (N_("Sent back"), "ok"),
    RefundState.FAILED: (N_("Failed"), "bad"),
}
DISPUTES = {
    DisputeState.INQUIRY: (N_("The bank asks"), "warn"),
    DisputeState.OPEN: (N_("Money taken, not decided"), "bad"),
    DisputeState.CLOSED: (N_("Closed without money"), ""),
    DisputeState.WON: (N_("Won back"), "ok"),
    DisputeState.LOST: (N_("Lost"), "bad"),
}


@backoffice.app_template_global()
def return_reason(code: str) -> str:
    """Why money left or came back; what Stripe says in a word that nobody translated is shown as it came."""
    return gettext(REASONS[code]) if code in REASONS else code


@backoffice.app_template_global()
def refund_state(refund: Refund) -> tuple[str, str]:
    word, tone = REFUNDS[refund.state]
    return gettext(word), tone


@backoffice.app_template_global()
def chargeback_state(chargeback: Chargeback) -> tuple[str, str]:
    if chargeback.returned_debit:
        return gettext(RETURNED), "bad"
    word, tone = DISPUTES[chargeback.state]
    return gettext(word), tone


@backoffice.app_template_global()
def entry_reason(entry: Entry) -> str:
    """What staff wrote, or what the bank said."""
    return return_reason(entry.reason) if said_by_bank(entry.kind, entry.dedupe_key) else entry.reason


def chargeback_word(reason: str) -> str:
    return gettext(RETURNED if reason in RETURNED_DEBITS else CHARGED_BACK)


def said_by_bank(kind: str, dedupe_key: str) -> bool:
    return kind == EntryKind.CHARGEBACK or dedupe_key.endswith(":refund_failed")
