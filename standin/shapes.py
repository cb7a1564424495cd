"""Objects as API version 2026-05-27.dahlia shapes them, reduced to what one-off payments by card fill in."""

from typing import Any

from standin.books import new_id
from standin.cards import Card

Shape = dict[str, Any]


def customer(*, now: int, name: str | None, email: str | None, metadata: dict[str, str]) -> Shape:
    return {
        "id": new_id("cus_", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": email,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": metadata,
        "name": name,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def checkout_session(*, now: int, total: int, currency: str, facts: Shape) -> Shape:
    """`facts`: what the request says in the same words: customer, metadata, addresses, expiry …"""
    return {
        "id": new_id("cs_test_", 58),
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": facts["adaptive_pricing"]},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": facts["cancel_url"],
        "client_reference_id": facts["client_reference_id"],
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": now,
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": facts["customer"],
        "customer_creation": None if facts["customer"] else "if_required",
        "customer_details": None,
        "customer_email": facts["customer_email"],
        "discounts": [],
        "expires_at": facts["expires_at"],
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": facts["locale"],
        "metadata": facts["metadata"],
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": facts["submit_type"],
        "subscription": None,
        "success_url": facts["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": None,
        "wallet_options": None,
    }


def payment_intent(*, now: int, session: Shape, wishes: Shape) -> Shape:
    """`wishes`: the session's `payment_intent_data`."""
    intent_id = new_id("pi_")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": new_id(f"{intent_id}_secret_", 25),
        "confirmation_method": "automatic",
        "created": now,
        "currency": session["currency"],
        "customer": session["customer"],
        "description": wishes.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": wishes.get("metadata", {}),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def charge(*, now: int, intent: Shape, card: Card, email: str | None) -> Shape:
    paid = card.error_code is None
    return {
        "id": new_id("ch_"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {"address": None, "email": email, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "STAND-IN",
        "captured": paid,
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": card.error_code,
        "failure_message": card.message,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": {
            "network_status": "approved_by_network" if paid else "declined_by_network",
            "reason": None if paid else card.reason,
            "risk_level": "normal",
            "seller_message": "Payment complete." if paid else card.message,
            "type": "authorized" if paid else "issuer_declined",
        },
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": new_id("pm_"),
        "payment_method_details": {
            "type": "card",
            "card": {"brand": card.brand, "exp_month": 12, "exp_year": 2034, "funding": "credit", "last4": card.last4},
        },
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if paid else "failed",
        "transfer_data": None,
        "transfer_group": None,
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


def payment_error(*, charge: Shape, card: Card) -> Shape:
    error: Shape = {
        "type": "card_error",
        "code": card.error_code,
        "charge": charge["id"],
        "message": card.message,
        "doc_url": f"https://docs.stripe.com/error-codes/{str(card.error_code).replace('_', '-')}",
    }
    return error | ({"decline_code": card.decline_code} if card.decline_code else {})


def page(*, url: str, items: list[Shape], has_more: bool) -> Shape:
    return {"object": "list", "data": items, "has_more": has_more, "url": url}
