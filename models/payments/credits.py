"""A payer's own credits, used for what they chose to pay."""

from collections.abc import Mapping
from datetime import date, datetime

from models import audit, ledger
from models.audit import Actor
from models.customers import lock_account
from models.money import Money, total
from models.payments.payable import payable_items


def unapplied(customer_id: int, currency: str, on: date) -> Money:
    """What `use_credits` could use."""
    return -total((credit.left for credit in ledger.unapplied_credits([customer_id], on, currency)), currency)


def use_credits(
    customer_id: int, chosen: Mapping[int, int], currency: str, *, by: Actor, on: date, now: datetime
) -> dict[int, int]:
    """
    Allocate what is unapplied on the account to chosen items of the same account (minor units by entry id), oldest
    due first, to no more than was chosen and is payable. Returns what each item got; staff can take it back.
    """
    lock_account(customer_id, currency)
    items = [item for item in payable_items(customer_id, on, currency=currency, among=list(chosen))]
    wanted = {item.entry_id: min(chosen[item.entry_id], item.payable.minor) for item in items}
    own = {item.entry_id for item in items if item.customer_id == customer_id}
    got: dict[int, int] = {}
    for credit in ledger.unapplied_credits([customer_id], on, currency):
        source = ledger.entry_of(customer_id, credit.entry_id)
        for debit_id in [one for one in wanted if one in own]:
            share = min(source.left.minor, wanted[debit_id] - got.get(debit_id, 0))
            if share > 0:
                ledger.allocate(source, ledger.entry_of(customer_id, debit_id), Money(share, currency), now=now)
                got[debit_id] = got.get(debit_id, 0) + share
    if got:
        facts = {
            "amount": total((Money(minor, currency) for minor in got.values()), currency),
            "shares": [[debit_id, Money(minor, currency)] for debit_id, minor in got.items()],
        }
        audit.record(customer_id, "credit.used", by=by, now=now, about=f"customers:{customer_id}", facts=facts)
    return got
