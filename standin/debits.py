"""SEPA Direct Debit: instructed on the pay page, decided by the bank later, and sometimes returned after that."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from standin import checkout, disputes, methods, shapes
from standin.account import Account
from standin.cards import Card

SOON_SECONDS, LATER_SECONDS = 10, 180


@dataclass(frozen=True)
class BankAccount:
    """One of the account numbers that Stripe publishes for tests."""

    number: str
    effect: str
    then: str
    seconds: int = SOON_SECONDS
    returned: bool = False

    @property
    def spaced(self) -> str:
        return " ".join(self.number[place : place + 4] for place in range(0, len(self.number), 4))


ACCOUNTS = (
    BankAccount("AT611904300234573201", "Succeeds in a moment", "succeeded"),
    BankAccount("AT321904300235473204", "Succeeds after three minutes", "succeeded", LATER_SECONDS),
    BankAccount("AT861904300235473202", "Fails in a moment", "failed"),
    BankAccount("AT051904300235473205", "Fails after three minutes", "failed", LATER_SECONDS),
    BankAccount("AT591904300235473203", "Succeeds, and is returned at once", "succeeded", returned=True),
)
BY_NUMBER = {one.number: one for one in ACCOUNTS}


def find(number: str) -> BankAccount | None:
    return BY_NUMBER.get("".join(number.split()).upper())


def instruct(account: Account, session_id: str, bank: BankAccount) -> dict[str, Any]:
    """
    The payer signs the mandate. The session is complete, and nothing is paid yet.

    :raises checkout.NotOpen: nothing can be paid here any more; or not in euro.
    """
    with account.books.transaction():
        session = checkout.open_session(account, session_id)
        if session["currency"] != "eur":
            raise checkout.NotOpen
        intent = checkout.intent_of(account, session)
        method = methods.of_bank(account, bank.number)
        _send(account, intent, method, _fate(account, bank) | {"session": session_id})
        checkout.keep_method(account, intent, method["id"])
        checkout.complete(account, session, "unpaid")
        account.announce("checkout.session.completed", session)
        return session


def instruct_again(
    account: Account, intent: dict[str, Any], method: dict[str, Any], refused: Card | None
) -> dict[str, Any]:
    """A debit that nobody is there for, by a mandate that was signed before. A bank's no comes later as well."""
    bank = find(account.books.kept(method["id"])["number"]) or ACCOUNTS[0]
    fate = _fate(account, bank)
    _send(account, intent, method, fate | ({"then": "failed", "code": refused.reason} if refused else {}))
    return intent


def _fate(account: Account, bank: BankAccount) -> dict[str, Any]:
    return {"then": bank.then, "due": account.now() + bank.seconds, "returned": bank.returned}


def _send(account: Account, intent: dict[str, Any], method: dict[str, Any], fate: dict[str, Any]) -> None:
    email = checkout.payer_email(account, {"customer_email": None} | intent)
    mandate = methods.mandate_of(account, method) or {}
    charge = shapes.debit(now=account.now(), intent=intent, email=email, method=method, mandate=mandate["id"])
    account.books.add(charge, fate)
    intent |= {"latest_charge": charge["id"], "status": "processing", "payment_method": method["id"]}
    intent["last_payment_error"] = None
    account.books.save(intent)
    account.announce("charge.pending", charge)
    account.announce("payment_intent.processing", intent)


def finish(account: Account, charge_id: str, status: str) -> None:
    """
    The bank answers.

    :raises ValueError: no debit that waits for its bank.
    """
    with account.books.transaction():
        charge = account.books.get(charge_id)
        if charge is None or charge["object"] != "charge" or charge["status"] != "pending":
            raise ValueError(f"{charge_id} is no debit that waits for its bank")
        kept = account.books.kept(charge_id)
        intent = account.books.get(charge["payment_intent"]) or {}
        session = account.books.get(kept["session"]) if "session" in kept else None
        if status != "succeeded":
            _fail(account, intent, charge, kept.get("code") or "insufficient_funds")
        else:
            checkout.take(account, intent, charge)
        if session and status == "succeeded":
            session["payment_status"] = "paid"
            account.books.save(session)
        if session:
            account.announce(f"checkout.session.async_payment_{status}", session)
        if status != "succeeded":
            return
        if kept["returned"]:
            disputes.begin(account, charge_id, reason="insufficient_funds")


def finish_overdue(account: Account) -> None:
    due = account.books.run(
        "select id, json_extract(kept, '$.then') as status from objects where kind = 'charge'"
        " and json_extract(body, '$.status') = 'pending' and json_extract(kept, '$.due') <= ?",
        account.now(),
    )
    for row in due:
        with suppress(ValueError):  # Somebody's order was quicker.
            finish(account, row["id"], row["status"])


def _fail(account: Account, intent: dict[str, Any], charge: dict[str, Any], code: str) -> None:
    card = Card("", "", "", "payment_intent_payment_attempt_failed", code, "The debit failed.")
    charge |= {"status": "failed", "failure_code": card.decline_code, "failure_message": card.message}
    charge |= {"captured": False, "amount_captured": 0}
    intent["status"] = "requires_payment_method"
    intent["last_payment_error"] = shapes.payment_error(charge=charge, card=card)
    for body in (charge, intent):
        account.books.save(body)
    account.announce("charge.failed", charge)
    account.announce("payment_intent.payment_failed", intent)
