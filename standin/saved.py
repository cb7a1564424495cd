"""What is kept to be charged again, as API version 2026-05-27.dahlia shapes it: methods, mandates, setups."""

from typing import Any

from standin.books import new_id
from standin.shapes import methods

Shape = dict[str, Any]

SETUP_UNUSED: Shape = dict.fromkeys(
    (
        *("application", "automatic_payment_methods", "cancellation_reason", "description", "flow_directions"),
        *("last_setup_error", "latest_attempt", "mandate", "next_action", "on_behalf_of", "payment_method"),
        *("payment_method_configuration_details", "single_use_mandate"),
    )
) | {"payment_method_options": {}}
NOBODY: Shape = dict.fromkeys(("address", "email", "name", "phone", "tax_id"))


def card_method(*, now: int, brand: str, last4: str, exp_month: int = 12, exp_year: int = 2034) -> Shape:
    card = {
        "brand": brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": brand,
        "exp_month": exp_month,
        "exp_year": exp_year,
        "fingerprint": f"{brand}{last4}",
        "funding": "credit",
        "generated_from": None,
        "last4": last4,
        "networks": {"available": [brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _method(now=now, kind="card", details=card)


def debit_method(*, now: int, number: str) -> Shape:
    bank = {
        **{"bank_code": number[4:9], "branch_code": "", "country": number[:2], "fingerprint": None},
        **{"generated_from": {"charge": None, "setup_attempt": None}, "last4": number[-4:]},
    }
    return _method(now=now, kind="sepa_debit", details=bank)


def _method(*, now: int, kind: str, details: Shape) -> Shape:
    return {
        "id": new_id("pm_"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": NOBODY,
        "created": now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
        kind: details,
    }


def mandate(*, now: int, method: Shape) -> Shape:
    reference = new_id("", 16).upper()
    details = {"reference": reference, "url": f"https://hooks.stripe.com/adapter/sepa_debit/file/{reference}"}
    online = {"ip_address": "127.0.0.1", "user_agent": "stand-in"}
    return {
        "id": new_id("mandate_"),
        "object": "mandate",
        "customer_acceptance": {"accepted_at": now, "online": online, "type": "online"},
        "livemode": False,
        "multi_use": {},
        "payment_method": method["id"],
        "payment_method_details": {"sepa_debit": details, "type": "sepa_debit"},
        "status": "active",
        "type": "multi_use",
    }


def setup_intent(*, now: int, asked: Shape, wishes: Shape) -> Shape:
    """`asked`: the session; `wishes`: its `setup_intent_data`."""
    intent_id = new_id("seti_")
    return SETUP_UNUSED | {
        "id": intent_id,
        "object": "setup_intent",
        "client_secret": new_id(f"{intent_id}_secret_", 25),
        "created": now,
        "customer": asked["customer"],
        "description": wishes.get("description"),
        "livemode": False,
        "metadata": wishes.get("metadata", {}),
        "payment_method_types": methods(asked["currency"]),
        "status": "requires_payment_method",
        "usage": "off_session",
    }
