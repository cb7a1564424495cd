"""
Autopay: invoices to come are charged to a kept card or account, each announced before. `review` is the only writer of
what came of a charge, as `payments.sync` is of a payment.
"""

from models.autopay.announcing import announce
from models.autopay.charging import charge
from models.autopay.ending import remove_method, turn_off
from models.autopay.following import review, settle
from models.autopay.records import (
    Autopay,
    AutopayCharge,
    AutopayState,
    ChargeState,
    about,
    find,
    find_charge,
    living,
    living_charges,
    of_customers,
)
from models.autopay.sums import Coming, coming, free
from models.autopay.switching import Agreed, Terms, check, turn_on
from models.autopay.warning import warn_of_cards
from models.autopay.wording import consent_words

__all__ = [
    "Agreed",
    "Autopay",
    "AutopayCharge",
    "AutopayState",
    "ChargeState",
    "Coming",
    "Terms",
    "about",
    "announce",
    "charge",
    "check",
    "coming",
    "consent_words",
    "find",
    "find_charge",
    "free",
    "living",
    "living_charges",
    "of_customers",
    "remove_method",
    "review",
    "settle",
    "turn_off",
    "turn_on",
    "warn_of_cards",
]
