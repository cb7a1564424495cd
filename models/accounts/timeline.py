"""Everything that happened with a customer, newest first, as one list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text

from models.database import session
from models.money import Money


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """
    `what` is a word of the ledger ('receipt'; 'won_back' and 'refund_came_back' for receipts of that cause), of the
    outbox ('mail.receipt'), of payments ('payment.expired'), of calls ('call.no_answer') or of the audit trail
    ('contact.added'); `by` who did it, where somebody did; `text` a note or a reason.
    """

    customer_id: int
    what: str
    at: datetime
    effective_on: date | None
    amount: Money | None
    number: str
    by: str
    text: str
    entry_id: int | None


# The ledger, the outbox, notes, calls and audit each know their own part. What the ledger shows is left out of the
# audit's part; the audit says who entered it. The company's own stream (customer 0) is for those who read the audit.
# What was recorded at one moment stands in the order in which it follows: an item before what uses it (`rank`).
_EVENTS = text(
    """
with events as (
    select e.customer_id,
           case when e.dedupe_key like '%reinstated' then 'won_back'
                when e.dedupe_key like '%refund_failed' then 'refund_came_back' else e.kind end as what,
           e.recorded_at as at, e.effective_on, e.amount_minor, e.currency,
           coalesce(nullif(i.number_as_written, ''), e.reference) as number, '' as by, e.reason as text,
           e.id as entry_id, 1 as rank, e.id as place, 'entries:' || e.id as about
    from entries e left join invoices i on i.customer_id = e.customer_id and i.id = e.invoice_id
    where e.customer_id = any(:customers)
  union all
    select a.customer_id, case when a.reverses_id is null then 'allocated' else 'taken_back' end, a.recorded_at,
           a.effective_on, a.amount_minor, a.currency, coalesce(nullif(i.number_as_written, ''), d.reference), '', '',
           a.credit_id, 2, a.id, 'allocations:' || coalesce(a.reverses_id, a.id)
    from allocations a
    join entries d on d.customer_id = a.customer_id and d.id = a.debit_id
    left join invoices i on i.customer_id = d.customer_id and i.id = d.invoice_id
    where a.customer_id = any(:customers)
  union all
    select m.customer_id, 'mail.' || m.kind, m.queued_at, null, null, null, m.state, m.address, m.subject, null,
           3, m.id, ''
    from messages m where m.customer_id = any(:customers) and m.customer_id <> 0
  union all
    select n.customer_id, 'note', n.written_at, null, null, null, '', n.author, n.text, null, 3, n.id, ''
    from notes n where n.customer_id = any(:customers)
  union all
    select k.customer_id, 'call.' || k.outcome, k.called_at, null, null, null, '', k.author, k.note, null, 3, k.id, ''
    from calls k where k.customer_id = any(:customers)
  union all
    select v.customer_id, v.action, v.recorded_at, null, null, null, '', '', '', null, 0, v.id, 'event:' || v.id
    from audit_events v
    where v.customer_id = any(:customers) and v.customer_id <> 0
      and v.about not like 'entries:%' and v.about not like 'allocations:%'
      and v.action not in ('note.written', 'call.recorded')
), page as (
    select * from events order by at desc, rank desc, place desc, what, customer_id limit :most offset :skip
)
select page.*, coalesce(nullif(page.by, ''), s.name, nullif(c.name, ''), c.email, d.name,
                        case when v.actor_kind in ('job', 'command', 'link') then v.actor_kind end, '') as who
from page
left join lateral (
    select v.actor_kind, v.actor_id, v.action from audit_events v
    where v.customer_id = page.customer_id and page.about <> ''
      and (v.about = page.about or v.id = case when page.about like 'event:%' then substr(page.about, 7)::bigint end)
    order by v.id limit 1
) v on true
left join staff s on v.actor_kind = 'staff' and s.id = v.actor_id
left join contacts c on v.actor_kind = 'contact' and c.customer_id = page.customer_id and c.id = v.actor_id
left join dispute_questions q
    on v.actor_kind = 'link' and v.action = 'dispute.note' and q.customer_id = page.customer_id and q.id = v.actor_id
left join departments d on d.id = q.department_id
order by page.at desc, page.rank desc, page.place desc, page.what, page.customer_id
"""
)


def timeline(customers: Sequence[int], *, most: int = 50, skip: int = 0) -> list[TimelineEvent]:
    rows = session.execute(_EVENTS, {"customers": list(customers), "most": most, "skip": skip}).mappings()
    return [
        TimelineEvent(
            customer_id=row["customer_id"],
            what=row["what"],
            at=row["at"],
            effective_on=row["effective_on"],
            amount=Money(row["amount_minor"], row["currency"]) if row["currency"] else None,
            number=row["number"] or "",
            by=row["who"],
            text=row["text"],
            entry_id=row["entry_id"],
        )
        for row in rows
    ]
