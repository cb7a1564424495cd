"""Disputes: what a payer's bank takes back, what is won back, and debits that are returned after they succeeded."""

from typing import Any

from standin import shapes
from standin.account import Account
from standin.refunds import charge_of
from standin.wire import ApiError

FEE = 1500  # What Stripe keeps for a dispute, won or lost.
# A bank's word for a debit that it gives back although it had succeeded. Such a dispute is lost when it begins.
RETURNS = ("insufficient_funds", "incorrect_account_details", "bank_cannot_process", "debit_not_authorized")
REASONS = (
    *("credit_not_processed", "duplicate", "fraudulent", "general", "product_not_received", "product_unacceptable"),
    *("subscription_canceled", "unrecognized"),
)


def begin(
    account: Account, payment: str, *, reason: str = "fraudulent", amount: int | None = None, inquiry: bool = False
) -> dict[str, Any]:
    """
    The payer's bank disputes a payment (charge, payment intent or session), whole or in part. An inquiry moves no
    money until it is escalated.

    :raises ValueError: nothing was paid, it is disputed already, or no such reason or amount.
    """
    with account.books.transaction():
        try:
            charge = charge_of(account, payment)
        except ApiError as error:
            raise ValueError(str(error)) from error
        amount = charge["amount"] if amount is None else amount
        if charge["disputed"] or reason not in (*REASONS, *RETURNS) or not 0 < amount <= charge["amount"]:
            raise ValueError(f"{charge['id']} cannot be disputed for {reason} and {amount}")
        returned = reason in RETURNS
        status = "warning_needs_response" if inquiry else "lost" if returned else "needs_response"
        dispute = shapes.dispute(now=account.now(), charge=charge, amount=amount, reason=reason, status=status)
        account.books.add(dispute)
        charge["disputed"] = True
        account.books.save(charge)
        account.announce("charge.dispute.created", dispute)
        if not inquiry:
            _withdraw(account, dispute)
        if returned:
            account.announce("charge.dispute.closed", dispute)
        return dispute


def escalate(account: Account, dispute_id: str) -> dict[str, Any]:
    """
    An inquiry becomes a chargeback.

    :raises ValueError: it is no open inquiry.
    """
    with account.books.transaction():
        dispute = _of_status(account, dispute_id, "warning_needs_response")
        dispute["status"] = "needs_response"
        _withdraw(account, dispute)
        account.announce("charge.dispute.updated", dispute)
        return dispute


def close(account: Account, dispute_id: str, *, won: bool) -> dict[str, Any]:
    """
    The bank decides.

    :raises ValueError: it has been decided.
    """
    with account.books.transaction():
        dispute = _of_status(account, dispute_id, "needs_response", "warning_needs_response")
        inquiry = dispute["status"].startswith("warning")
        dispute["status"] = "warning_closed" if inquiry else "won" if won else "lost"
        if won and not inquiry:
            _move(account, dispute, dispute["amount"], fee=0)
            account.announce("charge.dispute.funds_reinstated", dispute)
        account.books.save(dispute)
        account.announce("charge.dispute.closed", dispute)
        return dispute


def _of_status(account: Account, dispute_id: str, *statuses: str) -> dict[str, Any]:
    dispute = account.books.get(dispute_id)
    if dispute is None or dispute["object"] != "dispute" or dispute["status"] not in statuses:
        raise ValueError(f"{dispute_id} is no dispute that is {' or '.join(statuses)}")
    return dispute


def _withdraw(account: Account, dispute: dict[str, Any]) -> None:
    _move(account, dispute, -dispute["amount"], fee=FEE)
    account.announce("charge.dispute.funds_withdrawn", dispute)


def _move(account: Account, dispute: dict[str, Any], amount: int, *, fee: int) -> None:
    money = shapes.movement(
        now=account.now(), source=dispute, kind="adjustment", amount=amount, description="Chargeback", fee=fee
    )
    account.books.add(money)
    dispute["balance_transactions"].append(money)
    account.books.save(dispute)
