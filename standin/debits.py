"""SEPA direct debits: the payer's part is done at once, the bank answers later."""

from dataclasses import dataclass
from typing import Any

from standin import checkout, shapes
from standin.account import Account

BANK_SECONDS = 60  # Days, at real banks.


@dataclass(frozen=True)
class Debit:
    """A bank account that Stripe publishes for tests, and what becomes of a debit on it."""

    iban: str
    effect: str
    error_code: str | None = None
    decline_code: str | None = None
    message: str | None = None

    @property
    def spaced(self) -> str:
        return " ".join(self.iban[place : place + 4] for place in range(0, len(self.iban), 4))


DEBITS = (
    Debit("AT611904300234573201", "On its way at once, and succeeds a minute later"),
    Debit(
        "AT861904300235473202",
        "On its way at once, and fails a minute later",
        "insufficient_funds",
        None,
        "The bank account has insufficient funds.",
    ),
)
BY_IBAN = {debit.iban: debit for debit in DEBITS}


def find(iban: str) -> Debit | None:
    return BY_IBAN.get("".join(iban.split()).upper())


def offered(session: dict[str, Any]) -> bool:
    return session["currency"] == "eur"


def begin(account: Account, session_id: str, debit: Debit) -> dict[str, Any]:
    """
    The payer agrees to a debit. The session is complete then, and not paid.

    :raises checkout.NotOpen: nothing can be paid here any more; nothing was taken.
    """
    with account.books.transaction():
        session = checkout.current(account, session_id)
        if session is None or session["status"] != "open" or not offered(session):
            raise checkout.NotOpen
        intent = checkout.intent_of(account, session)
        charge = shapes.debit_charge(
            now=account.now(), intent=intent, iban=debit.iban, email=checkout.payer_email(account, session)
        )
        account.books.add(charge, {"session": session_id, "iban": debit.iban, "due": account.now() + BANK_SECONDS})
        intent |= {
            "status": "processing",
            "latest_charge": charge["id"],
            "payment_method": charge["payment_method"],
            "last_payment_error": None,
            "next_action": None,
        }
        account.books.save(intent)
        account.announce("charge.pending", charge)
        account.announce("payment_intent.processing", intent)
        checkout.complete(account, session, paid=False)
        return session


def finish_overdue(account: Account) -> None:
    """The bank answers."""
    due = account.books.run(
        "select id from objects where kind = 'charge' and json_extract(body, '$.status') = 'pending'"
        " and json_extract(kept, '$.due') <= ?",
        account.now(),
    )
    for row in due:
        _finish(account, row["id"])


def _finish(account: Account, charge_id: str) -> None:
    with account.books.transaction():
        charge = account.books.get(charge_id) or {}
        if charge["status"] != "pending":
            return
        kept = account.books.kept(charge_id)
        debit = BY_IBAN[kept["iban"]]
        intent = account.books.get(charge["payment_intent"]) or {}
        session = account.books.get(kept["session"]) or {}
        if debit.error_code is None:
            charge |= {"status": "succeeded", "paid": True}
            session["payment_status"] = "paid"
            checkout.money_in(account, intent, charge)
            account.books.save(session)
            account.announce("checkout.session.async_payment_succeeded", session)
        else:
            charge |= {"status": "failed", "failure_code": debit.error_code, "failure_message": debit.message}
            account.books.save(charge)
            checkout.decline(account, intent, charge, debit)
            account.announce("checkout.session.async_payment_failed", session)
