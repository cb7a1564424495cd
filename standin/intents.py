"""Payments that nobody is there for: created and confirmed in one call with a saved method, cancelled, declined."""

from typing import Any

from standin import asking, cards, checkout, debits, methods, shapes
from standin.account import Account
from standin.cards import Card
from standin.wire import ApiError, Params, as_integer, as_list, as_metadata, as_text, only, required

CREATE_PARAMS = {
    *("amount", "confirm", "currency", "customer", "description", "expand", "metadata", "off_session"),
    *("payment_method", "payment_method_types"),
}
CANCELABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


def create(account: Account, params: Params, *, request_id: str, key: str) -> dict[str, Any]:
    """The payment intent; where the bank says no, an error that holds it, which is kept like any other answer."""
    only(params, CREATE_PARAMS)
    if (params.get("confirm"), params.get("off_session")) != ("true", "true"):
        raise ApiError(400, "The stand-in plays confirmed payments off session only.", param="confirm")
    asked = _asked(account, params)
    method = _method(account, params, asked)
    wishes = {"metadata": as_metadata(params.get("metadata", {}), "metadata")}
    if "description" in params:
        wishes["description"] = as_text(params["description"], "description", 1000)
    intent = shapes.payment_intent(now=account.now(), asked=asked, amount=asked["amount"], wishes=wishes)
    intent |= {"payment_method_types": [method["type"]], "payment_method": method["id"]}
    account.books.add(intent)
    account.announce("payment_intent.created", intent, request_id=request_id, key=key)
    refused = methods.refusal(account, method)
    if method["type"] == "sepa_debit":
        return debits.instruct_again(account, intent, method, refused)
    return _charge(account, intent, method, refused)


def _charge(account: Account, intent: dict[str, Any], method: dict[str, Any], refused: Card | None) -> dict[str, Any]:
    card = refused or cards.find(account.books.kept(method["id"])["number"]) or Card("", "", "")
    email = checkout.payer_email(account, intent | {"customer_email": None})
    charge = shapes.charge(now=account.now(), intent=intent, card=card, email=email, method=method)
    intent["latest_charge"] = charge["id"]
    account.books.add(charge)
    if refused is None:
        checkout.take(account, intent, charge)
        checkout.trouble(account, charge, card)
        return intent
    checkout.decline(account, intent, charge, card)
    intent["payment_method"] = None
    account.books.save(intent)
    error = shapes.payment_error(charge=charge, card=card)
    return {"error": error | {"payment_intent": intent, "payment_method": method}}


def cancel(account: Account, intent_id: str, params: Params, *, request_id: str, key: str) -> dict[str, Any]:
    only(params, {"cancellation_reason", "expand"})
    reason = params.get("cancellation_reason")
    if reason not in (None, *REASONS):
        raise ApiError(400, f"Invalid cancellation_reason: {reason}", param="cancellation_reason")
    intent = account.books.get(intent_id)
    if intent is None or intent["object"] != "payment_intent":
        raise ApiError(404, f"No such payment_intent: '{intent_id}'", code="resource_missing", param="intent")
    if intent["status"] not in CANCELABLE:
        raise ApiError(
            400,
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    intent |= {"status": "canceled", "canceled_at": account.now(), "cancellation_reason": reason, "next_action": None}
    account.books.save(intent)
    account.announce("payment_intent.canceled", intent, request_id=request_id, key=key)
    return intent


def _asked(account: Account, params: Params) -> dict[str, Any]:
    currency = as_text(required(params, "currency"), "currency", 3)
    amount = as_integer(required(params, "amount"), "amount")
    asking.refuse_amount(amount, currency, "Amount")
    return {"amount": amount, "currency": currency, "customer": asking.customer_of(account, params)}


def _method(account: Account, params: Params, asked: dict[str, Any]) -> dict[str, Any]:
    """The saved method: the customer's own, of a type that was named, and with a mandate that lives."""
    method_id = as_text(required(params, "payment_method"), "payment_method")
    method = account.books.get(method_id)
    if method is None or method["object"] != "payment_method":
        raise ApiError(400, f"No such PaymentMethod: '{method_id}'", code="resource_missing", param="payment_method")
    if method["customer"] is None or method["customer"] != asked["customer"]:
        raise ApiError(
            400,
            f"The customer does not have a payment method with the ID {method_id}. "
            "The payment method must be attached to the customer.",
            code="resource_missing",
            param="payment_method",
        )
    types = as_list(params.get("payment_method_types", {"0": "card"}), "payment_method_types")
    euro = asked["currency"] == "eur" or method["type"] != "sepa_debit"
    if method["type"] not in types or not euro:
        said = f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent."
        raise ApiError(400, said, param="payment_method")
    mandate = methods.mandate_of(account, method)
    if mandate and mandate["status"] != "active":
        raise ApiError(
            400, f"The mandate {mandate['id']} is {mandate['status']}.", code="payment_intent_mandate_invalid"
        )
    return method
