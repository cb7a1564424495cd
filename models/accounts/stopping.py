"""What stops reminders on an account, as staff read it: what, why, by whom, until when; payments on their way aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text

from models import autopay, claims, disputes, pauses, plans, promises
from models.autopay import AutopayCharge
from models.claims import Claim
from models.database import session
from models.disputes import Dispute
from models.money import Money
from models.pauses import Pause
from models.plans import Plan
from models.promises import Promise

Source = Dispute | Promise | Claim | Pause | Plan | AutopayCharge | None


@dataclass(frozen=True, slots=True)
class Stopping:
    """
    The holds that one source placed at one moment. `numbers` are those of the items; none where it covers whole
    accounts. `by` is a name; `row` is the source itself.
    """

    customer_id: int
    hold_id: int
    kind: str
    numbers: Sequence[str]
    amount: Money | None
    from_on: date
    until_on: date | None
    placed_at: datetime
    ended_on: date | None
    by: str
    row: Source

    def in_force(self, on: date) -> bool:
        return self.ended_on is None and (self.until_on is None or self.until_on > on)

    @property
    def end_reason(self) -> str:
        return getattr(self.row, "end_reason", "")


_HOLDS = text(
    """
select h.customer_id, h.source, min(h.id) as hold_id, h.kind, h.currency, sum(h.amount_minor)::bigint as amount_minor,
       array_remove(array_agg(case when h.entry_id is null then null
                                   else coalesce(nullif(i.number_as_written, ''), e.kind) end
                              order by e.due_on, e.id), null) as numbers,
       h.from_on, h.until_on, h.added_at, h.ended_on
from holds h
left join entries e on e.customer_id = h.customer_id and e.id = h.entry_id
left join invoices i on i.customer_id = e.customer_id and i.id = e.invoice_id
where h.customer_id = any(:customers) and h.kind <> 'in_flight'
  and (cast(:source as text) is null or h.source = :source)
group by h.customer_id, h.source, h.kind, h.currency, h.from_on, h.until_on, h.added_at, h.ended_on
order by h.ended_on is not null, min(h.id) desc
limit :most
"""
)
_NAMES = text(
    """
select coalesce(s.name, nullif(k.name, ''), k.email, '')
from (select cast(:staff as bigint) as staff_id, cast(:contact as bigint) as contact_id) who
left join staff s on s.id = who.staff_id
left join contacts k on k.id = who.contact_id
"""
)
MOST = 100


def stopping(customers: Sequence[int]) -> list[Stopping]:
    """What is in force or could be again first, then what has ended; newest first."""
    rows = session.execute(_HOLDS, {"customers": list(customers), "source": None, "most": MOST})
    return [_shown(*row) for row in rows]


def stopping_by(customer_id: int, hold_id: int) -> Stopping | None:
    """The one that a hold of the customer belongs to; None for a payment on its way."""
    query = text("select source from holds where customer_id = :customer and id = :id")
    source = session.scalar(query, {"customer": customer_id, "id": hold_id})
    rows = session.execute(_HOLDS, {"customers": [customer_id], "source": source or "none", "most": MOST})
    return next((one for one in (_shown(*row) for row in rows) if one.hold_id == hold_id), None)


def _shown(
    customer_id: int,
    source: str,
    hold_id: int,
    kind: str,
    currency: str | None,
    amount_minor: int | None,
    numbers: Sequence[str],
    from_on: date,
    until_on: date | None,
    placed_at: datetime,
    ended_on: date | None,
) -> Stopping:
    row = _source(customer_id, source)
    staff_id = getattr(row, "staff_id", None)
    who = {"staff": staff_id, "contact": None if staff_id else getattr(row, "contact_id", None)}
    return Stopping(
        customer_id=customer_id,
        hold_id=hold_id,
        kind=kind,
        numbers=numbers,
        amount=Money(amount_minor, currency) if amount_minor is not None and currency else None,
        from_on=from_on,
        until_on=until_on,
        placed_at=placed_at,
        ended_on=ended_on,
        by=session.scalar(_NAMES, who) or "",
        row=row,
    )


def _source(customer_id: int, source: str) -> Source:
    noun, _, number = source.partition(":")
    if noun == "disputes":
        return disputes.find(customer_id, int(number))
    if noun == "promises":
        return promises.find(customer_id, int(number))
    if noun == "plans":
        return plans.about(customer_id, source)
    if noun == "autopay_charges":
        return autopay.about(customer_id, source)
    if noun == "claims":
        return claims.find(customer_id, int(number))
    return pauses.find(customer_id, int(number)) if noun == "pauses" else None
