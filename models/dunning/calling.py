"""May this customer be called now? Asked before staff dial; a call that was made is written down all the same."""

from datetime import date, datetime

from models import company, worklist
from models.customers import lock_all
from models.dunning.loading import FOREVER, load, whole_at
from models.policies.dunning import calling
from models.policies.dunning.calling import NotNow
from models.staff import Principal
from models.worklist import Call, CallOutcome, Task

__all__ = ["NotNow", "not_now", "record"]


def not_now(customer_id: int, *, now: datetime) -> NotNow | None:
    """Why not, and when again; None where nothing is against it."""
    creditor = company.get()
    whole = whole_at(creditor, None, creditor.bank_money_until)
    return calling.not_now(load([customer_id], creditor.today(now), FOREVER, whole)[customer_id], now)


def record(
    customer_id: int,
    outcome: CallOutcome,
    *,
    by: Principal,
    now: datetime,
    note: str = "",
    contact_id: int | None = None,
    task: Task | None = None,
    again_on: date | None = None,
) -> Call:
    """As `worklist.record`; the call says where it was made outside the limits."""
    lock_all(customer_id)
    against = not_now(customer_id, now=now)
    outside = against.spoke.rule if against else ""
    return worklist.record(
        customer_id,
        outcome,
        by=by,
        now=now,
        note=note,
        contact_id=contact_id,
        task=task,
        again_on=again_on,
        outside=outside,
    )
