"""I8: every step at most once for an item, one message per customer and run. I9: none while something speaks."""

from datetime import timedelta

from models.policies.contact_limits import OURS
from models.policies.holding import STOPS
from models.reports.verify.proof import Finding, Proof
from models.worklist import CONVERSATIONS

# A mail is checked when it is handed to the server, and noted as sent when the server has answered: who speaks against
# it in between comes too late.
WHILE_SENDING = timedelta(minutes=15)
_MINE = "(cast(:customer as bigint) is null or l.customer_id = :customer)"
_TWICE = f"""
select l.customer_id || ':' || l.entry_id || ':' || l.step_id || ':' || l.occurrence as id, null as currency,
       'one line that lives' as expected, count(*)::text as found
from reminder_lines l where l.state in ('selected', 'sent') and {_MINE}
group by l.customer_id, l.entry_id, l.step_id, l.occurrence having count(*) > 1
order by 1"""
_OF_THEIR_MESSAGE = f"""
select l.customer_id || ':' || l.id as id, null as currency,
       'as its message, ' || coalesce(m.state, 'which is none') as expected, l.state as found
from reminder_lines l
left join messages m on m.customer_id = l.written_to and m.id = l.message_id
where l.message_id is not null and {_MINE}
  and case l.state when 'sent' then m.state is distinct from 'sent'
                   when 'skipped' then m.state is distinct from 'skipped'
                   when 'selected' then m.state is null or m.state in ('sent', 'refused', 'skipped')
                   else m.state is distinct from 'refused' and m.bounced_at is null end
order by l.customer_id, l.id"""
_OFTEN = f"""
select l.customer_id || ':' || (l.made_from ->> 'run') as id, null as currency,
       'one message of a run' as expected, count(*)::text as found
from messages l where l.made_from ? 'run' and {_MINE}
group by l.customer_id, l.made_from ->> 'run' having count(*) > 1
order by 1"""
# What was in force when it was sent, as the records say now: a hold is added and ended, never edited.
_SENT = f"""
from messages l where l.kind in ('reminder', 'statement_mail', 'invoice_mail') and l.state = 'sent' and {_MINE}"""
_HELD = f"""
select distinct l.customer_id || ':' || l.id as id, null as currency, 'no hold' as expected,
       h.kind || ' ' || h.id as found
from messages l
cross join lateral jsonb_array_elements(l.made_from -> 'asked') as a
join holds h on h.amount_minor is null and (
    (h.customer_id = l.customer_id and h.entry_id is null and h.currency is null)
    or (h.customer_id = cast(a ->> 0 as bigint) and h.entry_id = cast(a ->> 1 as bigint)))
where l.kind in ('reminder', 'statement_mail', 'invoice_mail') and l.state = 'sent' and {_MINE}
  and h.kind = any(:stopping) and h.added_at < l.sent_at - :while_sending
  and (h.ended_at is null or h.ended_at > l.sent_at)
  and h.from_on <= (l.sent_at at time zone :zone)::date
  and (h.until_on is null or h.until_on > (l.sent_at at time zone :zone)::date)
order by 1"""
_OPTED_OUT = f"""
select l.customer_id || ':' || l.id as id, null as currency, 'no opt-out' as expected, 'since ' || o.from_at as found
from messages l
join opt_outs o on o.customer_id = l.customer_id and o.contact_id = l.contact_id
where l.kind in ('reminder', 'statement_mail') and l.state = 'sent' and l.channel = 'email' and {_MINE}
  and o.from_at < l.sent_at - :while_sending and (o.ended_at is null or o.ended_at > l.sent_at)
order by l.customer_id, l.id"""
# Our own smallest gap and most per week, as they were when a mail went; a law's are never wider. A letter is a contact
# from when it may go, and a call when somebody spoke: each counts once a mail could know of it.
_SPOKEN_TO = f"""
with felt as (
    select m.customer_id, m.id, m.queued_at as known_at, m.bounced_at,
           case m.channel when 'letter' then cast(m.made_from ->> 'goes_at' as timestamptz) else m.sent_at end as at
    from messages m where m.kind in ('reminder', 'statement_mail') and m.state = 'sent'
  union all
    select c.customer_id, null, c.called_at, null, c.called_at from calls c where c.outcome = any(:conversations)
), kept as (
    select l.customer_id, l.id, l.sent_at, (l.sent_at at time zone :zone)::date as on, coalesce(
        (select f.facts -> 'limits' from former_facts f
         where f.customer_id = 0 and f.about like 'company:%' and f.until_at > l.sent_at
         order by f.until_at, f.id limit 1), (select limits from company)) as limits
    from messages l
    where l.kind in ('reminder', 'statement_mail') and l.state = 'sent' and l.channel = 'email' and {_MINE}
), near as (
    select k.*, k.on - (f.at at time zone :zone)::date as days
    from kept k
    join felt f on f.customer_id = k.customer_id and f.id is distinct from k.id
    where f.known_at < k.sent_at - :while_sending and f.at < k.sent_at
      and (f.bounced_at is null or f.bounced_at > k.sent_at)
)"""
_TOO_SOON = f"""{_SPOKEN_TO}
select customer_id || ':' || id as id, null as currency,
       coalesce(cast(limits ->> 'gap_days' as int), :gap_days) || ' days between two' as expected,
       min(days)::text as found
from near where days < coalesce(cast(limits ->> 'gap_days' as int), :gap_days)
group by customer_id, id, limits order by customer_id, id"""
_TOO_OFTEN = f"""{_SPOKEN_TO}
select customer_id || ':' || id as id, null as currency,
       coalesce(cast(limits ->> 'per_week' as int), :per_week) || ' in seven days' as expected,
       count(*) + 1 || '' as found
from near where days < 7
group by customer_id, id, limits having count(*) >= coalesce(cast(limits ->> 'per_week' as int), :per_week)
order by customer_id, id"""
_COUNT = f"select count(*) from reminder_lines l where {_MINE}"

FINDINGS = (
    Finding("I8", "reminder_lines", _COUNT, _TWICE),
    Finding("I8", "messages", "select 0", _OFTEN),
    Finding("I8", "reminder_lines", "select 0", _OF_THEIR_MESSAGE),
    Finding("I9", "messages", f"select count(*) {_SENT}", _HELD),
    Finding("I9", "messages", "select 0", _OPTED_OUT),
    Finding("I9", "messages", "select 0", _TOO_SOON),
    Finding("I9", "messages", "select 0", _TOO_OFTEN),
)


def prove(proof: Proof, customer_id: int | None, zone: str) -> None:
    for finding in FINDINGS:
        finding.prove(
            proof,
            customer=customer_id,
            zone=zone,
            stopping=sorted(kind for kind, stops in STOPS.items() if stops.asking),
            while_sending=WHILE_SENDING,
            conversations=[outcome.value for outcome in CONVERSATIONS],
            gap_days=OURS.gap_days,
            per_week=OURS.per_week,
        )
