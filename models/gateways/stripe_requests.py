"""What we ask of Stripe, as it is sent: built before the call and kept, so that the same can be sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.money import Money, total

MOST_LINES = 100
# What Stripe's pay page speaks of our languages. Persian readers are told before they leave that it is in English.
PAGE_LANGUAGES = frozenset({"en", "lt", "el", "pl", "cs"})
# Stripe counts these in hundredths although they have none: an amount of ours would arrive as a hundredth of itself.
COUNTED_OTHERWISE = frozenset({"ISK"})


@dataclass(frozen=True, slots=True)
class CheckoutLine:
    name: str
    amount: Money


def checkout_request(
    *,
    attempt_id: str,
    lines: Sequence[CheckoutLine],
    description: str,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    customer_email: str | None = None,
    customer: str | None = None,
    saves: bool = False,
    language: str = "en",
) -> dict[str, Any]:
    """
    Build what `open_checkout` sends, to be stored as JSON before the call and repeated as stored.

    `customer` is Stripe's id of one; with `saves` the page asks to keep what is paid with for charges when nobody is
    there. `success_url` may hold the text {CHECKOUT_SESSION_ID}, which Stripe replaces. Stripe takes an `expires_at`
    from 30 minutes to 24 hours after the session is made.

    :raises ValueError: no lines or too many, an amount of nothing, a currency that Stripe counts otherwise.
    :raises CurrencyMismatch: two currencies.
    """
    if not 1 <= len(lines) <= MOST_LINES:
        raise ValueError(f"{len(lines)} lines: Stripe takes 1 to {MOST_LINES}.")
    asked = total((line.amount for line in lines), lines[0].amount.currency)
    if any(line.amount.minor <= 0 for line in lines) or asked.currency in COUNTED_OTHERWISE:
        raise ValueError(f"Stripe cannot take {asked} as it stands in these lines.")
    request: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": attempt_id,
        "metadata": {"attempt": attempt_id},
        "line_items": [_line_item(line) for line in lines],
        "payment_intent_data": {"metadata": {"attempt": attempt_id}, "description": description},
        # Otherwise Stripe may offer the payer another currency than the one that is owed.
        "adaptive_pricing": {"enabled": False},
        "expires_at": int(expires_at.timestamp()),
        "locale": language if language in PAGE_LANGUAGES else "en",
        "success_url": success_url,
        "cancel_url": cancel_url,
    }
    if saves:
        request["payment_intent_data"]["setup_future_usage"] = "off_session"
    if customer:
        return request | {"customer": customer}
    return request | ({"customer_email": customer_email} if customer_email else {})


def setup_request(
    *,
    attempt_id: str,
    currency: str,
    customer: str,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    language: str = "en",
) -> dict[str, Any]:
    """As `checkout_request`, for a page that takes no money and keeps a card or an account."""
    return {
        "mode": "setup",
        "currency": currency.lower(),
        "customer": customer,
        "client_reference_id": attempt_id,
        "metadata": {"attempt": attempt_id},
        "setup_intent_data": {"metadata": {"attempt": attempt_id}},
        "expires_at": int(expires_at.timestamp()),
        "locale": language if language in PAGE_LANGUAGES else "en",
        "success_url": success_url,
        "cancel_url": cancel_url,
    }


def charge_request(
    *, attempt_id: str, amount: Money, customer: str, method_id: str, method_kind: str, description: str
) -> dict[str, Any]:
    """
    Build what `charge` sends: money by a kept method when nobody is there, made and confirmed in one call.

    :raises ValueError: an amount of nothing, a currency that Stripe counts otherwise.
    """
    if amount.minor <= 0 or amount.currency in COUNTED_OTHERWISE:
        raise ValueError(f"Stripe cannot take {amount}.")
    return {
        "amount": amount.minor,
        "currency": amount.currency.lower(),
        "customer": customer,
        "payment_method": method_id,
        "payment_method_types": [method_kind],
        "off_session": True,
        "confirm": True,
        "description": description,
        "metadata": {"attempt": attempt_id},
        "expand": ["latest_charge"],
    }


def customer_request(*, name: str, email: str | None, account: str) -> dict[str, Any]:
    """Build what `create_customer` sends; `account` is the customer's number with us."""
    request: dict[str, Any] = {"name": name, "metadata": {"account": account}}
    return request | ({"email": email} if email else {})


def refund_request(*, payment_intent_id: str, refund_id: str, attempt_id: str, amount: Money) -> dict[str, Any]:
    """Build what `make_refund` sends, to be stored as JSON before the call and repeated as stored."""
    return {
        "payment_intent": payment_intent_id,
        "amount": amount.minor,
        "metadata": {"attempt": attempt_id, "refund": refund_id},
    }


def _line_item(line: CheckoutLine) -> dict[str, Any]:
    return {
        "quantity": 1,
        "price_data": {
            "currency": line.amount.currency.lower(),
            "unit_amount": line.amount.minor,
            "product_data": {"name": line.name},
        },
    }
