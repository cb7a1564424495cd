"""SEPA Direct Debit: instructed on the pay page, decided by the bank later, and sometimes returned after that."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from standin import cards, checkout, disputes, shapes
from standin.account import Account

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
        charge = shapes.debit(
            now=account.now(),
            intent=intent,
            number=bank.number,
            email=checkout.payer_email(account, session),
        )
        fate = {"then": bank.then, "due": account.now() + bank.seconds, "returned": bank.returned}
        account.books.add(charge, fate | {"session": session_id})
        intent |= {"latest_charge": charge["id"], "status": "processing", "payment_method": charge["payment_method"]}
        intent["last_payment_error"] = None
        account.books.save(intent)
        account.announce("charge.pending", charge)
        account.announce("payment_intent.processing", intent)
        checkout.complete(account, session, paid=False)
        account.announce("checkout.session.completed", session)
        return session


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
        session = account.books.get(kept["session"]) or {}
        if status != "succeeded":
            _fail(account, session, intent, charge)
            return
        checkout.take(account, intent, charge)
        session["payment_status"] = "paid"
        account.books.save(session)
        account.announce("checkout.session.async_payment_succeeded", session)
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


def _fail(account: Account, session: dict[str, Any], intent: dict[str, Any], charge: dict[str, Any]) -> None:
    card = cards.Card("", "", "", "payment_intent_payment_attempt_failed", "insufficient_funds", "The debit failed.")
    charge |= {"status": "failed", "failure_code": card.decline_code, "failure_message": card.message}
    charge |= {"captured": False, "amount_captured": 0}
    intent["status"] = "requires_payment_method"
    intent["last_payment_error"] = shapes.payment_error(charge=charge, card=card)
    for body in (charge, intent):
        account.books.save(body)
    account.announce("charge.failed", charge)
    account.announce("payment_intent.payment_failed", intent)
    account.announce("checkout.session.async_payment_failed", session)
