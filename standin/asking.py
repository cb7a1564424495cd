"""What a Checkout request says, read field by field, and refused where Stripe would refuse it."""

from typing import Any

from standin.account import Account
from standin.wire import (
    ApiError,
    Params,
    as_boolean,
    as_dict,
    as_integer,
    as_list,
    as_metadata,
    as_text,
    decimals,
    only,
    required,
    shown,
)

MINUTES_30, HOURS_24 = 1800, 86400
LARGEST_AMOUNT = 99_999_999
# What Stripe publishes as its minimum; anything else has to be worth about 0.50 USD.
SMALLEST = {"usd": 50, "eur": 50, "gbp": 30, "pln": 200, "czk": 1500, "jpy": 50, "huf": 17500, "sek": 300, "kwd": 150}
LOCALES = {
    *("auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr"),
    *("hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl"),
    *("sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW"),
}
CREATE_PARAMS = {
    *("adaptive_pricing", "cancel_url", "client_reference_id", "customer", "customer_email", "expand", "expires_at"),
    *("currency", "line_items", "locale", "metadata", "mode", "payment_intent_data", "setup_intent_data"),
    *("submit_type", "success_url"),
}


def facts_of(account: Account, params: Params) -> dict[str, Any]:
    text = {name: as_text(params[name], name) if name in params else None for name in ("cancel_url", "customer_email")}
    now = account.now()
    facts: dict[str, Any] = text | {
        "success_url": as_text(required(params, "success_url"), "success_url"),
        "client_reference_id": None,
        "customer": None,
        "expires_at": as_integer(params["expires_at"], "expires_at") if "expires_at" in params else now + HOURS_24,
        "metadata": as_metadata(params.get("metadata", {}), "metadata"),
        "locale": params.get("locale"),
        "submit_type": params.get("submit_type"),
        "adaptive_pricing": {"enabled": True},
    }
    if "client_reference_id" in params:
        facts["client_reference_id"] = as_text(params["client_reference_id"], "client_reference_id", 200)
    if "adaptive_pricing" in params:
        facts["adaptive_pricing"] = {"enabled": _enabled(params["adaptive_pricing"])}
    if facts["locale"] not in LOCALES | {None}:
        raise ApiError(400, f"Invalid locale: {facts['locale']}", param="locale")
    if facts["submit_type"] not in ("auto", "pay", None):
        raise ApiError(400, f"Invalid submit_type: {facts['submit_type']}", param="submit_type")
    if not now + MINUTES_30 <= facts["expires_at"] <= now + HOURS_24:
        raise ApiError(
            400,
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from session creation.",
            param="expires_at",
        )
    return facts | {"customer": customer_of(account, params)}


def _enabled(value: object) -> bool:
    settings = as_dict(value, "adaptive_pricing")
    only(settings, {"enabled"}, "adaptive_pricing")
    return as_boolean(required(settings, "enabled"), "adaptive_pricing[enabled]")


def customer_of(account: Account, params: Params) -> str | None:
    if "customer" not in params:
        return None
    if "customer_email" in params:
        raise ApiError(400, "You may only specify one of these parameters: customer, customer_email.")
    customer_id = as_text(params["customer"], "customer")
    if account.books.sequence("customer", customer_id) is None:
        raise ApiError(400, f"No such customer: '{customer_id}'", code="resource_missing", param="customer")
    return customer_id


def payment_wishes(params: Params) -> dict[str, Any]:
    wishes = as_dict(params.get("payment_intent_data", {}), "payment_intent_data")
    only(wishes, {"metadata", "description", "setup_future_usage"}, "payment_intent_data")
    kept: dict[str, Any] = {"metadata": as_metadata(wishes.get("metadata", {}), "payment_intent_data[metadata]")}
    if "description" in wishes:
        kept["description"] = as_text(wishes["description"], "payment_intent_data[description]", 1000)
    if "setup_future_usage" in wishes:
        if wishes["setup_future_usage"] != "off_session" or "customer" not in params:
            wrong = "The stand-in keeps methods for charges off session, and for a customer only."
            raise ApiError(400, wrong, param="payment_intent_data[setup_future_usage]")
        kept["setup_future_usage"] = "off_session"
    return kept


def lines_of(params: Params) -> list[dict[str, Any]]:
    asked = as_list(required(params, "line_items"), "line_items")
    if not 1 <= len(asked) <= 100:
        raise ApiError(400, "A Checkout Session has 1 to 100 line items.", param="line_items")
    read = [_line(as_dict(line, "line_items"), f"line_items[{place}]") for place, line in enumerate(asked)]
    if len({line["currency"] for line in read}) > 1:
        raise ApiError(400, "All line items must have the same currency.", param="line_items")
    return read


def _line(line: Params, name: str) -> dict[str, Any]:
    only(line, {"price_data", "quantity"}, name)
    price = as_dict(required(line, "price_data"), f"{name}[price_data]")
    only(price, {"currency", "unit_amount", "product_data"}, f"{name}[price_data]")
    product = as_dict(required(price, "product_data"), f"{name}[price_data][product_data]")
    only(product, {"name", "description"}, f"{name}[price_data][product_data]")
    currency = as_text(required(price, "currency"), f"{name}[price_data][currency]", 3)
    amount = as_integer(required(price, "unit_amount"), f"{name}[price_data][unit_amount]")
    quantity = as_integer(line.get("quantity", "1"), f"{name}[quantity]")
    if currency != currency.lower() or len(currency) != 3:
        raise ApiError(400, f"Invalid currency: {currency}", param=f"{name}[price_data][currency]")
    if amount < 0 or quantity < 1:
        raise ApiError(400, "This value must be greater than or equal to 0.", param=name)
    if decimals(currency) == 3 and amount % 10:
        raise ApiError(400, f"Amounts in {currency} must end in 0.", param=f"{name}[price_data][unit_amount]")
    return {
        "name": as_text(required(product, "name"), f"{name}[price_data][product_data][name]"),
        "currency": currency,
        "unit_amount": amount,
        "quantity": quantity,
    }


def total_of(lines: list[dict[str, Any]], currency: str) -> int:
    total: int = sum(line["unit_amount"] * line["quantity"] for line in lines)
    refuse_amount(total, currency, "The Checkout Session's total amount due")
    return total


def refuse_amount(amount: int, currency: str, what: str) -> None:
    smallest = SMALLEST.get(currency, 1)
    if amount < smallest:
        raise ApiError(400, f"{what} must add up to at least {shown(smallest, currency)}", code="amount_too_small")
    if amount > LARGEST_AMOUNT:
        raise ApiError(400, f"{what} must be no more than {shown(LARGEST_AMOUNT, currency)}.", code="amount_too_large")
