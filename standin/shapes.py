"""Objects as API version 2026-05-27.dahlia shapes them, reduced to what one-off payments by card fill in."""

from typing import Any

from standin.books import new_id
from standin.cards import Card

Shape = dict[str, Any]


# What one-off payments by card leave empty. Stripe sends these fields all the same.
CUSTOMER_UNUSED: Shape = dict.fromkeys(
    ("address", "currency", "default_source", "description", "phone", "shipping", "test_clock")
)
SESSION_UNUSED: Shape = dict.fromkeys(
    (
        *("after_expiration", "allow_promotion_codes", "billing_address_collection", "client_secret"),
        *("collected_information", "consent", "consent_collection", "currency_conversion", "invoice"),
        *("invoice_creation", "origin_context", "payment_link", "payment_method_configuration_details"),
        *("permissions", "recovered_from", "saved_payment_method_options", "setup_intent"),
        *("shipping_address_collection", "shipping_cost", "subscription", "wallet_options"),
    )
) | {
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "custom_fields": [],
    "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
    "discounts": [],
    "payment_method_options": {},
    "phone_number_collection": {"enabled": False},
    "shipping_options": [],
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
}
INTENT_UNUSED: Shape = dict.fromkeys(
    (
        *("application", "application_fee_amount", "automatic_payment_methods", "next_action", "on_behalf_of"),
        *("payment_method_configuration_details", "processing", "receipt_email", "review", "setup_future_usage"),
        *("shipping", "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group"),
    )
) | {"amount_details": {"tip": {}}, "payment_method_options": {}}
CHARGE_UNUSED: Shape = dict.fromkeys(
    (
        *("application", "application_fee", "application_fee_amount", "failure_balance_transaction"),
        *("on_behalf_of", "receipt_email", "receipt_number", "receipt_url", "review", "shipping", "source_transfer"),
        *("statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group"),
    )
) | {"fraud_details": {}}


def methods(currency: str) -> list[str]:
    return ["card", "sepa_debit"] if currency == "eur" else ["card"]


def customer(*, now: int, name: str | None, email: str | None, metadata: dict[str, str]) -> Shape:
    settings = dict.fromkeys(("custom_fields", "default_payment_method", "footer", "rendering_options"))
    return CUSTOMER_UNUSED | {
        "id": new_id("cus_", 14),
        "object": "customer",
        "balance": 0,
        "created": now,
        "delinquent": False,
        "email": email,
        "invoice_settings": settings,
        "livemode": False,
        "metadata": metadata,
        "name": name,
        "preferred_locales": [],
        "tax_exempt": "none",
    }


def checkout_session(*, now: int, total: int, currency: str, facts: Shape) -> Shape:
    """`facts`: what the request says, in the fields of the same names."""
    return (
        SESSION_UNUSED
        | facts
        | {
            "id": new_id("cs_test_", 58),
            "object": "checkout.session",
            "amount_subtotal": total,
            "amount_total": total,
            "created": now,
            "currency": currency,
            "customer_creation": None if facts["customer"] else "if_required",
            "customer_details": None,
            "livemode": False,
            "mode": "payment",
            "payment_intent": None,
            "payment_method_collection": "if_required",
            "payment_method_types": methods(currency),
            "payment_status": "unpaid",
            "status": "open",
            "ui_mode": "hosted_page",
            "url": None,
        }
    )


def payment_intent(*, now: int, asked: Shape, amount: int, wishes: Shape) -> Shape:
    """`asked`: whatever names currency and customer; `wishes`: a session's `payment_intent_data`, or as much."""
    intent_id = new_id("pi_")
    return INTENT_UNUSED | {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": new_id(f"{intent_id}_secret_", 25),
        "confirmation_method": "automatic",
        "created": now,
        "currency": asked["currency"],
        "customer": asked["customer"],
        "description": wishes.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": wishes.get("metadata", {}),
        "payment_method": None,
        "payment_method_types": methods(asked["currency"]),
        "setup_future_usage": wishes.get("setup_future_usage"),
        "status": "requires_payment_method",
    }


def charge(*, now: int, intent: Shape, card: Card, email: str | None, method: Shape) -> Shape:
    paid = card.error_code is None
    return CHARGE_UNUSED | {
        "id": new_id("ch_"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": {"address": None, "email": email, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "STAND-IN",
        "captured": paid,
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": card.error_code,
        "failure_message": card.message,
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": _outcome(card),
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"type": "card", "card": _card_of(method)},
        "refunded": False,
        "status": "succeeded" if paid else "failed",
    }


def _card_of(method: Shape) -> Shape:
    shown = ("brand", "exp_month", "exp_year", "funding", "last4")
    return {name: method["card"][name] for name in shown} if "card" in method else {}


def debit(*, now: int, intent: Shape, email: str | None, method: Shape, mandate: str) -> Shape:
    """A charge by SEPA Direct Debit that waits for the payer's bank."""
    details = {name: method["sepa_debit"][name] for name in ("bank_code", "branch_code", "country", "fingerprint")}
    details |= {"last4": method["sepa_debit"]["last4"], "mandate": mandate}
    any_card = Card("", "", "")
    return charge(now=now, intent=intent, card=any_card, email=email, method=method) | {
        "paid": False,
        "payment_method_details": {"type": "sepa_debit", "sepa_debit": details},
        "status": "pending",
    }


def _outcome(card: Card) -> Shape:
    paid = card.error_code is None
    return {
        "network_status": "approved_by_network" if paid else "declined_by_network",
        "reason": card.reason,
        "risk_level": "normal",
        "seller_message": card.message or "Payment complete.",
        "type": "authorized" if paid else "issuer_declined",
    }


def balance_transaction(*, now: int, charge: Shape, fee: int) -> Shape:
    """Money of a charge as it reaches the balance: gross, fee, net, in the currency of the charge."""
    return {
        "id": new_id("txn_"),
        "object": "balance_transaction",
        "amount": charge["amount"],
        "available_on": now + 2 * 86400,
        "balance_type": "payments",
        "created": now,
        "currency": charge["currency"],
        "description": charge["description"],
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [
            {
                "amount": fee,
                "application": None,
                "currency": charge["currency"],
                "description": "Stripe processing fees (stand-in)",
                "type": "stripe_fee",
            }
        ],
        "net": charge["amount"] - fee,
        "reporting_category": "charge",
        "source": charge["id"],
        "status": "pending",
        "type": "charge",
    }


def movement(*, now: int, source: Shape, kind: str, amount: int, description: str, fee: int = 0) -> Shape:
    """Money of a refund or a dispute as it leaves the balance (negative) or comes back."""
    fees = [
        {
            "amount": fee,
            "application": None,
            "currency": source["currency"],
            "description": "Dispute fee (stand-in)",
            "type": "stripe_fee",
        }
    ]
    return {
        "id": new_id("txn_"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now,
        "balance_type": "payments",
        "created": now,
        "currency": source["currency"],
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": fees if fee else [],
        "net": amount - fee,
        "reporting_category": "dispute" if kind == "adjustment" else kind,
        "source": source["id"],
        "status": "available",
        "type": kind,
    }


def refund(*, now: int, charge: Shape, amount: int, reason: str | None, metadata: dict[str, str], status: str) -> Shape:
    return {
        "id": new_id("re_"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "destination_details": {"type": "card", "card": {"type": "refund"}},
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    } | ({"pending_reason": "processing"} if status == "pending" else {})


# What the stand-in's payers and their creditor never hand in.
EVIDENCE: Shape = dict.fromkeys(
    (
        *("access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure"),
        *("cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name"),
        *("customer_purchase_ip", "customer_signature", "duplicate_charge_documentation"),
        *("duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt", "refund_policy"),
        *("refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation"),
        *("shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation"),
        *("shipping_tracking_number", "uncategorized_file", "uncategorized_text"),
    )
) | {"enhanced_evidence": {}}


def dispute(*, now: int, charge: Shape, amount: int, reason: str, status: str) -> Shape:
    return {
        "id": new_id("du_"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": EVIDENCE,
        "evidence_details": {
            "due_by": None if status == "lost" else now + 7 * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": status.startswith("warning"),
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": status,
    }


def payment_error(*, charge: Shape, card: Card) -> Shape:
    return card_error(card=card) | {"charge": charge["id"]}


def challenge_error(code: str) -> Shape:
    """The bank's question was answered wrongly."""
    return {
        "type": "invalid_request_error",
        "code": code,
        "message": "Your bank could not confirm that it is you.",
        "doc_url": f"https://docs.stripe.com/error-codes/{code.replace('_', '-')}",
    }


def card_error(*, card: Card) -> Shape:
    error: Shape = {
        "type": "card_error",
        "code": card.error_code,
        "message": card.message,
        "doc_url": f"https://docs.stripe.com/error-codes/{str(card.error_code).replace('_', '-')}",
    }
    return error | ({"decline_code": card.decline_code} if card.decline_code else {})


def page(*, url: str, items: list[Shape], has_more: bool) -> Shape:
    return {"object": "list", "data": items, "has_more": has_more, "url": url}
