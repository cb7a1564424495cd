"""
What follows a charge that failed: try again on a day, ask the customer, or leave this card or account alone.

A bank that wants to see its customer (`authentication_required`) is asked through the customer, and the plan is not
broken by it. Dead cards and closed accounts are never tried again, as card networks demand and fine. Banks count
attempts, and each costs a fee, so a debit is tried again twice at most.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from models.policies.public_holidays import after_working_days

ASK = frozenset({"authentication_required", "authentication_not_handled", "payment_intent_authentication_failure"})
# Ours: whoever was to send it died, or something was said to be wrong just then. No bank was asked, and it is no try.
NEVER_ASKED = frozenset({"never_sent", "never_made", "disputed"})
NEVER = frozenset(
    {
        # Of cards.
        *("expired_card", "lost_card", "stolen_card", "pickup_card", "restricted_card", "fraudulent", "blocked"),
        *("merchant_blacklist", "do_not_try_again", "stop_payment_order", "revocation_of_authorization"),
        *("revocation_of_all_authorizations", "invalid_account", "invalid_number", "incorrect_number"),
        *("invalid_expiry_month", "invalid_expiry_year", "card_not_supported", "currency_not_supported"),
        *("new_account_information_available", "security_violation", "transaction_not_allowed"),
        *("service_not_allowed", "not_permitted", "testmode_decline"),
        # Of debits.
        *("account_closed", "bank_account_closed", "no_account", "debit_not_authorized", "bank_account_restricted"),
        *("bank_ownership_changed", "debit_disputed", "invalid_account_number", "invalid_currency"),
        *(
            "recipient_deceased",
            "branch_does_not_exist",
            "debit_authorization_not_match",
            "incorrect_account_holder_name",
        ),
    }
)
DEBITS = frozenset({"sepa_debit", "bacs_debit", "us_bank_account", "acss_debit"})
MOST_DEBIT_RETRIES = 2
CARD_DAYS, DEBIT_DAYS = 2, 3  # Both tries again of a card lie within the grace of five days.


@dataclass(frozen=True, slots=True)
class Again:
    on: date


@dataclass(frozen=True, slots=True)
class AskCustomer:
    """A link to pay or confirm; the same card or account may work then."""


@dataclass(frozen=True, slots=True)
class Never:
    """This card or account is dead (`NEVER`: it is charged for nothing any more), or the tries are used up."""


def after(
    code: str, method_type: str, tries: int, retries: int, *, failed_on: date, country: str
) -> Again | AskCustomer | Never:
    """
    :param code: Stripe's decline code or failure code; empty or unknown counts as a failure that may pass.
    :param method_type: 'card', 'sepa_debit' …
    :param tries: how often this payment was charged, the failed one included.
    :param retries: how often a charge that failed is tried again, as was agreed.
    """
    if code in ASK:
        return AskCustomer()
    if code in NEVER:
        return Never()
    is_debit = method_type in DEBITS
    if tries > (min(retries, MOST_DEBIT_RETRIES) if is_debit else retries):
        return Never()
    if is_debit:
        return Again(after_working_days(country, failed_on, DEBIT_DAYS))
    return Again(failed_on + timedelta(days=CARD_DAYS))
