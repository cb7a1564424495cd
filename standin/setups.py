"""Checkout sessions that take no money: a card or an account is kept, to be charged when nobody is there."""

from typing import Any

from standin import asking, cards, checkout, methods, saved, shapes
from standin.account import Account
from standin.cards import Card
from standin.wire import ApiError, Params, as_dict, as_metadata, as_text, only, required


def create(account: Account, params: Params, *, origin: str) -> dict[str, Any]:
    for name in ("line_items", "payment_intent_data", "submit_type"):
        if name in params:
            raise ApiError(400, f"You can not pass `{name}` in `setup` mode.", param=name)
    currency = as_text(required(params, "currency"), "currency", 3)
    facts = asking.facts_of(account, params)
    if facts["customer"] is None:
        raise ApiError(400, "The stand-in keeps methods for a customer only.", param="customer")
    session = shapes.checkout_session(now=account.now(), total=0, currency=currency, facts=facts)
    wishes = _wishes(params)
    intent = account.books.add(saved.setup_intent(now=account.now(), asked=session, wishes=wishes))
    session |= {
        **dict.fromkeys(("amount_subtotal", "amount_total", "customer_creation", "total_details")),
        **{"mode": "setup", "payment_status": "no_payment_required", "setup_intent": intent["id"]},
        **{"payment_method_collection": "always", "url": f"{account.public_url or origin}/pay/{session['id']}"},
    }
    account.announce("setup_intent.created", intent)
    return account.books.add(session, {"lines": []})


def _wishes(params: Params) -> dict[str, Any]:
    wishes = as_dict(params.get("setup_intent_data", {}), "setup_intent_data")
    only(wishes, {"description", "metadata"}, "setup_intent_data")
    kept: dict[str, Any] = {"metadata": as_metadata(wishes.get("metadata", {}), "setup_intent_data[metadata]")}
    if "description" in wishes:
        kept["description"] = as_text(wishes["description"], "setup_intent_data[description]", 1000)
    return kept


def keep_card(account: Account, session_id: str, card: Card) -> dict[str, Any]:
    """
    The payer gives a card. The session is complete, or still open because the card's bank would not have it.

    :raises checkout.NotOpen: nothing can be kept here any more.
    """
    with account.books.transaction():
        session = checkout.open_session(account, session_id)
        if card.error_code and card.number not in cards.SAVED_ALL_THE_SAME:
            error = shapes.card_error(card=card)
            return _fail(account, session, error)
        return _succeed(account, session, methods.of_card(account, card))


def keep_bank(account: Account, session_id: str, number: str) -> dict[str, Any]:
    """
    The payer signs a mandate.

    :raises checkout.NotOpen: nothing can be kept here any more; or not in euro.
    """
    with account.books.transaction():
        session = checkout.open_session(account, session_id)
        if session["currency"] != "eur":
            raise checkout.NotOpen
        return _succeed(account, session, methods.of_bank(account, number))


def fail_challenge(account: Account, session_id: str) -> None:
    """:raises checkout.NotOpen: nothing can be kept here any more."""
    with account.books.transaction():
        session = checkout.open_session(account, session_id)
        _fail(account, session, shapes.challenge_error("setup_intent_authentication_failure"))


def _succeed(account: Account, session: dict[str, Any], method: dict[str, Any]) -> dict[str, Any]:
    intent = account.books.get(session["setup_intent"]) or {}
    mandate = methods.mandate_of(account, method)
    methods.attach(account, method, session["customer"])
    intent |= {"status": "succeeded", "payment_method": method["id"], "last_setup_error": None, "next_action": None}
    intent["mandate"] = mandate["id"] if mandate else None
    account.books.save(intent)
    account.announce("setup_intent.succeeded", intent)
    checkout.complete(account, session, "no_payment_required")
    account.announce("checkout.session.completed", session)
    return session


def _fail(account: Account, session: dict[str, Any], error: dict[str, Any]) -> dict[str, Any]:
    intent = account.books.get(session["setup_intent"]) or {}
    intent |= {"status": "requires_payment_method", "last_setup_error": error, "next_action": None}
    account.books.save(intent)
    account.announce("setup_intent.setup_failed", intent)
    return session
