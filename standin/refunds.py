"""Refunds: asked for by the API or in the dashboard, taken at once, and with some cards refused by the bank later."""

from contextlib import suppress
from typing import Any

from standin import cards, shapes
from standin.account import Account
from standin.wire import ApiError, Params, as_integer, as_metadata, as_text, only, required, shown

LATER_SECONDS = 60  # 'Some time later', as Stripe says of these cards.
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
ENDS = ("succeeded", "failed", "canceled")


def create(account: Account, params: Params, *, request_id: str = "", key: str = "") -> dict[str, Any]:
    only(params, {"amount", "charge", "expand", "metadata", "payment_intent", "reason"})
    reason = params.get("reason")
    if reason not in (None, *REASONS):
        raise ApiError(400, f"Invalid reason: {reason}", param="reason")
    charge = charge_of(account, _paid_object(params))
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = as_integer(params["amount"], "amount") if "amount" in params else left
    _refuse(charge, amount, left)
    details = charge["payment_method_details"]
    fate = cards.REFUNDS.get(details[details["type"]]["last4"], cards.Fate("succeeded", None))
    refund = shapes.refund(
        now=account.now(),
        charge=charge,
        amount=amount,
        reason=reason,
        metadata=as_metadata(params.get("metadata", {}), "metadata"),
        status=fate.at_first,
    )
    money = account.books.add(
        shapes.movement(now=account.now(), source=refund, kind="refund", amount=-amount, description="Refund")
    )
    refund["balance_transaction"] = money["id"]
    account.books.add(refund, {"then": fate.later, "due": account.now() + LATER_SECONDS if fate.later else None})
    _count(account, charge, amount)
    account.announce("refund.created", refund, request_id=request_id, key=key)
    account.announce("charge.refunded", charge, request_id=request_id, key=key)
    return refund


def finish(account: Account, refund_id: str, status: str) -> dict[str, Any]:
    """
    What the bank says later.

    :raises ValueError: there is no such refund, no such end, or it has ended so that nothing can follow.
    """
    with account.books.transaction():
        refund = account.books.get(refund_id)
        if refund is None or refund["object"] != "refund" or status not in ENDS:
            raise ValueError(f"{refund_id} is no refund, or {status} no end of one")
        if refund["status"] in ("failed", "canceled") or refund["status"] == status:
            raise ValueError(f"{refund_id} is {refund['status']}")
        refund["status"] = status
        if status != "succeeded":
            _give_back(account, refund, status)
        account.books.save(refund)
        account.announce("refund.failed" if status == "failed" else "refund.updated", refund)
        return refund


def finish_overdue(account: Account) -> None:
    due = account.books.run(
        "select id, json_extract(kept, '$.then') as status from objects where kind = 'refund'"
        " and json_extract(kept, '$.due') <= ?"
        " and json_extract(body, '$.status') not in ('failed', 'canceled', json_extract(kept, '$.then'))",
        account.now(),
    )
    for row in due:
        with suppress(ValueError):  # Somebody's order was quicker.
            finish(account, row["id"], row["status"])


def charge_of(account: Account, object_id: str) -> dict[str, Any]:
    """The paid charge of a charge, a payment intent or a checkout session."""
    found = account.books.get(object_id)
    if found and found["object"] == "checkout.session" and found["payment_intent"]:
        found = account.books.get(found["payment_intent"])
    if found and found["object"] == "payment_intent":
        if found["status"] != "succeeded":
            raise ApiError(400, f"This PaymentIntent ({found['id']}) does not have a successful charge to refund.")
        found = account.books.get(found["latest_charge"])
    if found is None or found["object"] != "charge":
        raise ApiError(404, f"No such charge: '{object_id}'", code="resource_missing", param="charge")
    if not found["paid"]:
        raise ApiError(400, f"Charge {found['id']} was not paid.")
    return found


def _paid_object(params: Params) -> str:
    if ("charge" in params) == ("payment_intent" in params):
        raise ApiError(400, "One of these parameters must be specified: charge, payment_intent.")
    name = "charge" if "charge" in params else "payment_intent"
    return as_text(required(params, name), name)


def _refuse(charge: dict[str, Any], amount: int, left: int) -> None:
    if charge["disputed"]:
        raise ApiError(
            400, f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if charge["refunded"]:
        raise ApiError(
            400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", param="charge"
        )
    if amount < 1:
        raise ApiError(400, "Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        currency = charge["currency"]
        raise ApiError(
            400,
            f"Refund amount ({shown(amount, currency)}) is greater than unrefunded amount on charge "
            f"({shown(left, currency)})",
            param="amount",
        )


def _count(account: Account, charge: dict[str, Any], amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    account.books.save(charge)


def _give_back(account: Account, refund: dict[str, Any], status: str) -> None:
    """The bank would not have it: the money is in the balance again, and the charge can be refunded again."""
    money = shapes.movement(
        now=account.now(), source=refund, kind="refund_failure", amount=refund["amount"], description="Refund failure"
    )
    account.books.add(money)
    refund["failure_balance_transaction"] = money["id"]
    if status == "failed":
        refund["failure_reason"] = "expired_or_canceled_card"
    _count(account, account.books.get(refund["charge"]) or {}, -refund["amount"])
