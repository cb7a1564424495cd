"""Kept or broken: judged by the money that came."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, bindparam, text

from models import audit
from models.customers import lock_account
from models.database import session
from models.promises.making import end
from models.promises.records import PromiseState, find
from models.transactions import transaction

# What came since the promise was made: used for its items, or not used yet. A write-off is no money. What is written
# off is not waited for either: nothing is left to pay.
_CAME = text(
    """
select p.customer_id, p.id, p.currency, p.amount_minor, p.answer_on,
       coalesce(used.minor, 0) as used_minor, coalesce(free.minor, 0) as free_minor, lines.open_minor
from promises p
cross join lateral (
    select sum(e.open_minor) as open_minor
    from promise_lines l join entries e on e.customer_id = l.customer_id and e.id = l.entry_id
    where l.customer_id = p.customer_id and l.promise_id = p.id
) lines
cross join lateral (
    select sum(case when a.reverses_id is null then a.amount_minor else -a.amount_minor end) as minor
    from promise_lines l
    join allocations a on a.customer_id = l.customer_id and a.debit_id = l.entry_id
    join entries c on c.customer_id = a.customer_id and c.id = a.credit_id
    where l.customer_id = p.customer_id and l.promise_id = p.id and a.recorded_at >= p.made_at
      and c.kind <> 'write_off'
) used
cross join lateral (
    select sum(c.unapplied_minor) as minor from entries c
    where c.customer_id = p.customer_id and c.currency = p.currency and c.unapplied_minor > 0
      and c.kind = 'receipt' and c.recorded_at >= p.made_at
) free
where p.state = 'open' and (cast(:customers as bigint[]) is null or p.customer_id = any(:customers))
order by p.customer_id, p.id
"""
).bindparams(bindparam("customers", type_=ARRAY(BigInteger)))


def judge(as_of: date, *, now: datetime, customers: Sequence[int] | None = None) -> int:
    """
    Kept as soon as the promised money is there, broken once the last day has passed without it. Each promise is
    judged in a transaction of its own, again under the account's lock. Returns how many came to an end.
    """
    due = _verdicts(as_of, customers)
    session.rollback()
    return sum(_judge_one(*key, as_of=as_of, now=now) for key in due)


def _judge_one(customer_id: int, promise_id: int, currency: str, *, as_of: date, now: datetime) -> bool:
    with transaction():
        lock_account(customer_id, currency)
        verdict = _verdicts(as_of, [customer_id]).get((customer_id, promise_id, currency))
        promise = find(customer_id, promise_id)
        if verdict is None or promise is None:
            return False
        end(promise, verdict, by=audit.JOB, on=as_of, now=now)
    return True


def _verdicts(as_of: date, customers: Sequence[int] | None) -> dict[tuple[int, int, str], PromiseState]:
    """What is to be said of which promise. While money waits that nothing has used yet, nobody is called a breaker."""
    asked = {"customers": list(customers) if customers is not None else None}
    found: dict[tuple[int, int, str], PromiseState] = {}
    for row in session.execute(_CAME, asked):
        missing = row.amount_minor - row.used_minor
        if missing <= 0 or (row.used_minor > 0 and not row.open_minor):
            found[row.customer_id, row.id, row.currency] = PromiseState.KEPT
        elif as_of > row.answer_on and row.free_minor < missing:
            found[row.customer_id, row.id, row.currency] = PromiseState.BROKEN
    return found
