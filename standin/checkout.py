"""Checkout sessions from opening to paid, and the payment behind them."""

from typing import Any

from standin import cards, disputes, methods, shapes
from standin.account import Account
from standin.asking import CREATE_PARAMS, facts_of, lines_of, payment_wishes, total_of
from standin.cards import Card
from standin.wire import ApiError, Params, decimals, only, required


class NotOpen(Exception):
    """The session has been paid or has expired."""


def create(account: Account, params: Params, *, origin: str) -> dict[str, Any]:
    """`origin`: where the pay page is served from, as the caller sees it."""
    only(params, CREATE_PARAMS)
    if required(params, "mode") != "payment":
        raise ApiError(400, "The stand-in plays mode=payment and mode=setup only.", param="mode")
    for name in ("currency", "setup_intent_data"):
        if name in params:
            raise ApiError(400, f"The stand-in takes `{name}` in `setup` mode only.", param=name)
    lines = lines_of(params)
    wishes = payment_wishes(params)
    facts = facts_of(account, params)
    currency = lines[0]["currency"]
    total = total_of(lines, currency)
    session = shapes.checkout_session(now=account.now(), total=total, currency=currency, facts=facts)
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
        method, email = methods.of_card(account, card), payer_email(account, session)
        charge = shapes.charge(now=account.now(), intent=intent, card=card, email=email, method=method)
        intent["latest_charge"] = charge["id"]
        account.books.add(charge)
        if card.error_code:
            decline(account, intent, charge, card)
        else:
            _succeed(account, session, intent, charge)
            trouble(account, charge, card)
        return session


def challenge(account: Account, session_id: str, card: Card) -> None:
    """
    The card's bank wants to see who pays: nothing is charged before that.

    :raises NotOpen: nothing can be paid here any more.
    """
    with account.books.transaction():
        session = open_session(account, session_id)
        kind = "setup" if session["mode"] == "setup" else "payment"
        intent = (account.books.get(session["setup_intent"]) or {}) if kind == "setup" else intent_of(account, session)
        intent |= {"status": "requires_action", f"last_{kind}_error": None}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        account.books.save(intent)
        account.books.set(f"challenge:{session_id}", card.number)
        account.announce(f"{kind}_intent.requires_action", intent)


def fail_challenge(account: Account, session_id: str) -> None:
    """:raises NotOpen: nothing can be paid here any more."""
    with account.books.transaction():
        intent = intent_of(account, open_session(account, session_id))
        intent |= {"status": "requires_payment_method", "next_action": None}
        intent["last_payment_error"] = shapes.challenge_error("payment_intent_authentication_failure")
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
    amount = session["amount_total"]
    intent = account.books.add(shapes.payment_intent(now=account.now(), asked=session, amount=amount, wishes=wishes))
    session["payment_intent"] = intent["id"]
    account.books.save(session)
    account.announce("payment_intent.created", intent)
    return intent


def payer_email(account: Account, session: dict[str, Any]) -> str | None:
    customer = account.books.get(session["customer"]) if session["customer"] else None
    email: str | None = customer["email"] if customer else session["customer_email"]
    return email


def decline(account: Account, intent: dict[str, Any], charge: dict[str, Any], card: Card) -> None:
    intent |= {"status": "requires_payment_method", "next_action": None}
    intent["last_payment_error"] = shapes.payment_error(charge=charge, card=card)
    account.books.save(intent)
    account.announce("charge.failed", charge)
    account.announce("payment_intent.payment_failed", intent)


def _succeed(account: Account, session: dict[str, Any], intent: dict[str, Any], charge: dict[str, Any]) -> None:
    take(account, intent, charge)
    keep_method(account, intent, charge["payment_method"])
    complete(account, session, "paid")
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


def keep_method(account: Account, intent: dict[str, Any], method_id: str) -> None:
    """Where whoever asked for the payment wants to charge the same method again."""
    if intent["setup_future_usage"]:
        methods.attach(account, methods.found(account, method_id), intent["customer"])


def complete(account: Account, session: dict[str, Any], payment_status: str) -> None:
    session |= {
        "status": "complete",
        "payment_status": payment_status,
        "url": None,
        "customer_details": {
            **dict.fromkeys(("address", "business_name", "individual_name", "name", "phone", "tax_exempt")),
            "email": payer_email(account, session),
            "tax_ids": [],
        },
    }
    account.books.save(session)


def trouble(account: Account, charge: dict[str, Any], card: Card) -> None:
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
    if session["setup_intent"]:
        intent = account.books.get(session["setup_intent"]) or {}
        intent |= {"status": "canceled", "cancellation_reason": "abandoned", "next_action": None}
        account.books.save(intent)
        account.announce("setup_intent.canceled", intent)
    account.announce("checkout.session.expired", session, request_id=request_id, key=key)
    return session


def _fee(amount: int, currency: str) -> int:
    """1.5 % and a quarter of the main unit, in minor units: Stripe's European shape of fee."""
    quarter: int = 10 ** decimals(currency) // 4
    return min(amount, (amount * 15 + 500) // 1000 + quarter)
