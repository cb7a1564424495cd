"""Checkout sessions from opening to paid, and the payment behind them."""

from typing import Any

from standin import cards, disputes, shapes
from standin.account import Account
from standin.cards import Card
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
    *("line_items", "locale", "metadata", "mode", "payment_intent_data", "submit_type", "success_url"),
}


class NotOpen(Exception):
    """The session has been paid or has expired."""


def create(account: Account, params: Params, *, origin: str) -> dict[str, Any]:
    """`origin`: where the pay page is served from, as the caller sees it."""
    only(params, CREATE_PARAMS)
    if required(params, "mode") != "payment":
        raise ApiError(400, "The stand-in plays mode=payment only.", param="mode")
    lines = _lines(params)
    wishes = _payment_wishes(params)
    facts = _facts(account, params)
    currency = lines[0]["currency"]
    session = shapes.checkout_session(now=account.now(), total=_total(lines, currency), currency=currency, facts=facts)
    session["url"] = f"{account.public_url or origin}/pay/{session['id']}"
    return account.books.add(session, {"lines": lines, "payment_intent_data": wishes})


def current(account: Account, session_id: str) -> dict[str, Any] | None:
    """The session as it is now: one whose time has run out is expired by looking at it."""
    with account.books.transaction():
        session = account.books.get(session_id)
        if session is None or session["object"] != "checkout.session":
            return None
        if session["status"] == "open" and session["expires_at"] <= account.now():
            return _close(account, session)
        return session


def expire_overdue(account: Account) -> None:
    overdue = account.books.run(
        "select id from objects where kind = 'checkout.session' and json_extract(body, '$.status') = 'open'"
        " and json_extract(body, '$.expires_at') <= ?",
        account.now(),
    )
    for row in overdue:
        current(account, row["id"])


def expire(account: Account, session_id: str, *, request_id: str, key: str) -> dict[str, Any]:
    session = current(account, session_id)
    if session is None:
        raise ApiError(404, f"No such checkout.session: '{session_id}'", code="resource_missing", param="session")
    if session["status"] != "open":
        raise ApiError(
            400,
            f'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of {session['status']}.",
        )
    return _close(account, session, request_id=request_id, key=key)


def pay(account: Account, session_id: str, card: Card) -> dict[str, Any]:
    """
    The payer presses 'Pay'. Answers with the session: complete, or still open because the card was declined.

    :raises NotOpen: nothing can be paid here any more; nothing was taken.
    """
    with account.books.transaction():
        session = open_session(account, session_id)
        intent = intent_of(account, session)
        charge = shapes.charge(now=account.now(), intent=intent, card=card, email=payer_email(account, session))
        intent["latest_charge"] = charge["id"]
        account.books.add(charge)
        if card.error_code:
            _decline(account, intent, charge, card)
        else:
            _succeed(account, session, intent, charge)
            _trouble(account, charge, card)
        return session


def challenge(account: Account, session_id: str, card: Card) -> None:
    """
    The card's bank wants to see who pays: nothing is charged before that.

    :raises NotOpen: nothing can be paid here any more.
    """
    with account.books.transaction():
        intent = intent_of(account, open_session(account, session_id))
        intent |= {"status": "requires_action", "last_payment_error": None}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        account.books.save(intent)
        account.books.set(f"challenge:{session_id}", card.number)
        account.announce("payment_intent.requires_action", intent)


def fail_challenge(account: Account, session_id: str) -> None:
    """:raises NotOpen: nothing can be paid here any more."""
    with account.books.transaction():
        intent = intent_of(account, open_session(account, session_id))
        intent |= {"status": "requires_payment_method", "next_action": None}
        intent["last_payment_error"] = {
            "type": "invalid_request_error",
            "code": "payment_intent_authentication_failure",
            "message": "Your bank could not confirm that it is you.",
            "doc_url": "https://docs.stripe.com/error-codes/payment-intent-authentication-failure",
        }
        account.books.save(intent)
        account.announce("payment_intent.payment_failed", intent)


def open_session(account: Account, session_id: str) -> dict[str, Any]:
    """:raises NotOpen: it is paid, expired or unknown."""
    session = current(account, session_id)
    if session is None or session["status"] != "open":
        raise NotOpen
    return session


def lines(account: Account, session_id: str) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = account.books.kept(session_id)["lines"]
    return kept


def intent_of(account: Account, session: dict[str, Any]) -> dict[str, Any]:
    """The session has no payment intent before the first try; later tries use the same one."""
    if session["payment_intent"]:
        return account.books.get(session["payment_intent"]) or {}
    wishes = account.books.kept(session["id"])["payment_intent_data"]
    intent = account.books.add(shapes.payment_intent(now=account.now(), session=session, wishes=wishes))
    session["payment_intent"] = intent["id"]
    account.books.save(session)
    account.announce("payment_intent.created", intent)
    return intent


def payer_email(account: Account, session: dict[str, Any]) -> str | None:
    customer = account.books.get(session["customer"]) if session["customer"] else None
    email: str | None = customer["email"] if customer else session["customer_email"]
    return email


def _decline(account: Account, intent: dict[str, Any], charge: dict[str, Any], card: Card) -> None:
    intent |= {"status": "requires_payment_method", "next_action": None}
    intent["last_payment_error"] = shapes.payment_error(charge=charge, card=card)
    account.books.save(intent)
    account.announce("charge.failed", charge)
    account.announce("payment_intent.payment_failed", intent)


def _succeed(account: Account, session: dict[str, Any], intent: dict[str, Any], charge: dict[str, Any]) -> None:
    take(account, intent, charge)
    complete(account, session, paid=True)
    account.announce("checkout.session.completed", session)


def take(account: Account, intent: dict[str, Any], charge: dict[str, Any]) -> None:
    """The money is there."""
    money = account.books.add(
        shapes.balance_transaction(now=account.now(), charge=charge, fee=_fee(charge["amount"], charge["currency"]))
    )
    charge |= {"balance_transaction": money["id"], "paid": True, "status": "succeeded"}
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "next_action": None,
        "payment_method": charge["payment_method"],
    }
    for body in (charge, intent):
        account.books.save(body)
    account.announce("charge.succeeded", charge)
    account.announce("payment_intent.succeeded", intent)


def complete(account: Account, session: dict[str, Any], *, paid: bool) -> None:
    session |= {
        "status": "complete",
        "payment_status": "paid" if paid else "unpaid",
        "url": None,
        "customer_details": {
            **dict.fromkeys(("address", "business_name", "individual_name", "name", "phone", "tax_exempt")),
            "email": payer_email(account, session),
            "tax_ids": [],
        },
    }
    account.books.save(session)


def _trouble(account: Account, charge: dict[str, Any], card: Card) -> None:
    """Some cards stand for a payer whose bank asks for the money back."""
    if card.last4 in (cards.DISPUTED, cards.INQUIRED):
        disputes.begin(account, charge["id"], inquiry=card.last4 == cards.INQUIRED)


def _close(account: Account, session: dict[str, Any], *, request_id: str = "", key: str = "") -> dict[str, Any]:
    session |= {"status": "expired", "url": None}
    account.books.save(session)
    if session["payment_intent"]:
        intent = account.books.get(session["payment_intent"]) or {}
        intent |= {"status": "canceled", "canceled_at": account.now(), "cancellation_reason": "expired"}
        account.books.save(intent)
        account.announce("payment_intent.canceled", intent)
    account.announce("checkout.session.expired", session, request_id=request_id, key=key)
    return session


def _fee(amount: int, currency: str) -> int:
    """1.5 % and a quarter of the main unit, in minor units: Stripe's European shape of fee."""
    quarter: int = 10 ** decimals(currency) // 4
    return min(amount, (amount * 15 + 500) // 1000 + quarter)


def _facts(account: Account, params: Params) -> dict[str, Any]:
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
    return facts | {"customer": _customer(account, params)}


def _enabled(value: object) -> bool:
    settings = as_dict(value, "adaptive_pricing")
    only(settings, {"enabled"}, "adaptive_pricing")
    return as_boolean(required(settings, "enabled"), "adaptive_pricing[enabled]")


def _customer(account: Account, params: Params) -> str | None:
    if "customer" not in params:
        return None
    if "customer_email" in params:
        raise ApiError(400, "You may only specify one of these parameters: customer, customer_email.")
    customer_id = as_text(params["customer"], "customer")
    if account.books.sequence("customer", customer_id) is None:
        raise ApiError(400, f"No such customer: '{customer_id}'", code="resource_missing", param="customer")
    return customer_id


def _payment_wishes(params: Params) -> dict[str, Any]:
    wishes = as_dict(params.get("payment_intent_data", {}), "payment_intent_data")
    only(wishes, {"metadata", "description"}, "payment_intent_data")
    kept: dict[str, Any] = {"metadata": as_metadata(wishes.get("metadata", {}), "payment_intent_data[metadata]")}
    if "description" in wishes:
        kept["description"] = as_text(wishes["description"], "payment_intent_data[description]", 1000)
    return kept


def _lines(params: Params) -> list[dict[str, Any]]:
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


def _total(lines: list[dict[str, Any]], currency: str) -> int:
    total: int = sum(line["unit_amount"] * line["quantity"] for line in lines)
    smallest = SMALLEST.get(currency, 1)
    if total < smallest:
        raise ApiError(
            400,
            f"The Checkout Session's total amount due must add up to at least {shown(smallest, currency)}",
            code="amount_too_small",
        )
    if total > LARGEST_AMOUNT:
        raise ApiError(
            400,
            f"The Checkout Session's total amount due must be no more than {shown(LARGEST_AMOUNT, currency)}.",
            code="amount_too_large",
        )
    return total
