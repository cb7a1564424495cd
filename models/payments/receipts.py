"""The receipt follows from the ledger's insert and from nothing else: once for each payment."""

from datetime import datetime

from models import jobs, messages
from models.ledger import Entry, allocations_of, entry_by_key
from models.payments import mails
from models.payments.attempts import Attempt


def receipt_of(attempt: Attempt) -> Entry | None:
    """What a payment entered into the ledger, once it has."""
    return entry_by_key(attempt.customer_id, f"{attempt.payment_intent_id}:paid") if attempt.payment_intent_id else None


def is_mailed(receipt: Entry) -> bool:
    return messages.is_written(receipt.customer_id, _cause(receipt))


def _cause(receipt: Entry) -> str:
    return f"receipt:{receipt.id}"


def queue(attempt: Attempt, receipt: Entry, *, now: datetime) -> None:
    """Put the receipt into the outbox; where nobody has an address, somebody is asked to find one."""
    used = [
        (part.debit_number or part.debit.reference, part.amount)
        for part in allocations_of(attempt.customer_id, receipt.id)
    ]
    if not mails.write("receipt", attempt, cause=_cause(receipt), now=now, receipt=receipt, used=used):
        jobs.later("worklist.review_address", customer_id=attempt.customer_id)
