"""Payment methods: made with a payment or a setup, attached to a customer, and what becomes of them later."""

from datetime import UTC, datetime
from typing import Any

from standin import cards, debits, saved, shapes
from standin.account import Account
from standin.cards import Card
from standin.wire import ApiError, Params, only

Method = dict[str, Any]


def of_card(account: Account, card: Card) -> Method:
    """Nobody's yet. What it does at a charge follows from the number, which is kept and never sent."""
    made = saved.card_method(now=account.now(), brand=card.brand, last4=card.last4)
    return account.books.add(made, {"number": card.number})


def of_bank(account: Account, number: str) -> Method:
    """With the mandate that the payer signs."""
    method = saved.debit_method(now=account.now(), number=number)
    mandate = account.books.add(saved.mandate(now=account.now(), method=method))
    return account.books.add(method, {"number": number, "mandate": mandate["id"]})


def mandate_of(account: Account, method: Method) -> dict[str, Any] | None:
    mandate_id = account.books.kept(method["id"]).get("mandate")
    return account.books.get(mandate_id) if mandate_id else None


def attach(account: Account, method: Method, customer: str | None) -> None:
    if customer is None or method["customer"] == customer:
        return
    method["customer"] = customer
    account.books.save(method)
    account.announce("payment_method.attached", method)


def detach(account: Account, method_id: str, params: Params, *, request_id: str, key: str) -> Method:
    only(params, {"expand"})
    method = account.books.get(method_id)
    if method is None or method["object"] != "payment_method":
        raise ApiError(404, f"No such PaymentMethod: '{method_id}'", code="resource_missing", param="payment_method")
    if method["customer"] is None:
        raise ApiError(
            400, "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    method["customer"] = None
    account.books.save(method)
    account.announce("payment_method.detached", method, request_id=request_id, key=key)
    return method


def refusal(account: Account, method: Method) -> Card | None:
    """Why the bank declines a charge that nobody is there for, as a card that declines so; None where it does not."""
    kept = account.books.kept(method["id"])
    card = cards.find(kept["number"])
    like = card or Card("", "", "")
    code = _next_decline(account, method["id"], kept)
    if code:
        return cards.declining(code, like)
    if card is None:
        return None
    ends = method["card"]["exp_year"] * 12 + method["card"]["exp_month"]
    today = datetime.fromtimestamp(account.now(), UTC)
    if ends < today.year * 12 + today.month:
        return cards.declining("expired_card", card)
    if card.error_code:
        return card
    return cards.declining("authentication_required", card) if card.number in cards.CHALLENGED_ALWAYS else None


def _next_decline(account: Account, method_id: str, kept: dict[str, Any]) -> str:
    order = kept.get("declines") or {"times": 0}
    if order["times"] <= 0:
        return ""
    account.books.keep(method_id, kept | {"declines": order | {"times": order["times"] - 1}})
    code: str = order["code"]
    return code


# What tests and others order


def keep(account: Account, order: dict[str, Any]) -> None:
    """
    Somebody who was here before these books began: `customer` and `method` as they are called, and the `number` of a
    test card or account.

    :raises ValueError: no such number, or the method is known.
    """
    now, card, bank = account.now(), cards.find(order["number"]), debits.find(order["number"])
    if (card is None and bank is None) or account.books.get(order["method"]) is not None:
        raise ValueError(f"Cannot be kept: {order}")
    with account.books.transaction():
        if account.books.get(order["customer"]) is None:
            nobody = shapes.customer(now=now, name=None, email=None, metadata={})
            account.books.add(nobody | {"id": order["customer"]})
        if card is not None:
            made, kept = saved.card_method(now=now, brand=card.brand, last4=card.last4), {"number": card.number}
        else:
            made, kept = saved.debit_method(now=now, number=order["number"]), {"number": order["number"]}
        made |= {"id": order["method"], "customer": order["customer"]}
        if card is None:
            kept["mandate"] = account.books.add(saved.mandate(now=now, method=made))["id"]
        account.books.add(made, kept)


def decline(account: Account, order: dict[str, Any]) -> None:
    """The next charges of a method (`method`, `code`, `times`) are declined; no times: from now on well."""
    found(account, order["method"])
    kept = account.books.kept(order["method"])
    told = {"code": order.get("code", ""), "times": order.get("times", 1)}
    account.books.keep(order["method"], kept | {"declines": told})


def replace_card(account: Account, order: dict[str, Any]) -> None:
    """The network tells of another number or date for the same card (`method`, `last4`, `exp_month`, `exp_year`)."""
    with account.books.transaction():
        method = found(account, order["method"])
        method["card"] |= {name: order[name] for name in ("last4", "exp_month", "exp_year") if name in order}
        account.books.save(method)
        account.announce("payment_method.automatically_updated", method)


def expire_card(account: Account, order: dict[str, Any]) -> None:
    """The card runs out (`method`, `exp_month`, `exp_year`), and nobody hears of it."""
    method = found(account, order["method"])
    method["card"] |= {"exp_month": order["exp_month"], "exp_year": order["exp_year"]}
    account.books.save(method)


def end_mandate(account: Account, method_id: str) -> None:
    """
    The payer's bank or the payer takes the permission back.

    :raises ValueError: it has none.
    """
    with account.books.transaction():
        mandate = mandate_of(account, found(account, method_id))
        if mandate is None:
            raise ValueError(f"{method_id} has no mandate")
        mandate["status"] = "inactive"
        account.books.save(mandate)
        account.announce("mandate.updated", mandate)


def found(account: Account, method_id: str) -> Method:
    """:raises ValueError: no such method."""
    method = account.books.get(method_id)
    if method is None or method["object"] != "payment_method":
        raise ValueError(f"No such payment method: {method_id}")
    return method
