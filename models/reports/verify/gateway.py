"""I6, I7, I9, I13: what Stripe told us of and what the ledger says of it are the same, once each, and agreed on."""

from models.payments import OFF_SESSION, SETUP, AttemptState, RefundState
from models.reports.verify.proof import Finding, Proof

_MINE = "(cast(:customer as bigint) is null or w.customer_id = :customer)"

# Every object of Stripe's that we know of; a session and a payment, a refund and a dispute never share an id.
_OBJECTS = """
select w.customer_id, w.id as attempt_id, 'attempts' as "table", w.customer_id || ':' || w.id as id,
       unnest(array_remove(array[w.session_id, w.payment_intent_id, w.setup_intent_id], null)) as object_id
from attempts w
union all
select w.customer_id, w.attempt_id, 'refunds', w.customer_id || ':' || w.id, w.stripe_id
from refunds w where w.stripe_id is not null
union all
select w.customer_id, w.attempt_id, 'chargebacks', w.customer_id || ':' || w.id, w.id
from chargebacks w
union all
select w.customer_id, w.attempt_id, 'saved_methods', w.customer_id || ':' || w.id,
       unnest(array_remove(array[w.stripe_id, w.mandate_id], null))
from saved_methods w"""
# The rows of one customer are looked for among those of all: an id may not belong to two.
_TWICE = f"""
select string_agg(w.id, ', ' order by w.id) as id, null as currency, 'once: ' || w.object_id as expected,
       count(*) || ' times' as found
from ({_OBJECTS}) w
group by w.object_id having count(*) > 1 and bool_or({_MINE})
order by 1"""
_UNREGISTERED = f"""
select w.id, null as currency, w.object_id || ' registered for it' as expected,
       coalesce(o.customer_id || ':' || o.attempt_id, 'nothing') as found
from ({_OBJECTS}) w left join gateway_objects o on o.object_id = w.object_id
where {_MINE} and row(o.customer_id, o.attempt_id) is distinct from row(w.customer_id, w.attempt_id)
order by w.id, w.object_id"""
_SUCCEEDED_TWICE = f"""
select w.customer_id || ':' || min(w.id::text) as id, null as currency, '1 success for ' || w.session_id as expected,
       count(*) as found
from attempts w
where w.state = :succeeded and w.session_id is not null and {_MINE}
group by w.customer_id, w.session_id having count(*) > 1
order by 1"""

_INSTALMENT_TWICE = f"""
select w.customer_id || ':' || min(w.id::text) as id, null as currency,
       '1 success for instalment ' || w.instalment_id as expected, count(*) as found
from attempts w
where w.state = :succeeded and w.instalment_id is not null and {_MINE}
group by w.customer_id, w.instalment_id having count(*) > 1
order by 1"""
_CHARGES = f"from attempts w where w.kind = '{OFF_SESSION}' and {_MINE}"
_NOT_AGREED = f"""
select w.customer_id || ':' || w.id as id, null as currency,
       'a consent that lived at ' || to_char(w.asked_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') as expected,
       coalesce('consent ' || c.id || ' of another time, purpose or method', 'none') as found
from attempts w
left join consents c on c.customer_id = w.customer_id and c.id = w.consent_id
where w.kind = '{OFF_SESSION}' and {_MINE}
  and (c.id is null or c.given_at > w.asked_at or c.withdrawn_at < w.asked_at or c.about <> w.about
       or c.method_id <> w.method_id)
order by 1"""
_TEXT_UNLIKE_HASH = f"""
select w.customer_id || ':' || w.id as id, null as currency, encode(w.text_sha256, 'hex') as expected,
       encode(sha256(convert_to(w.text, 'UTF8')), 'hex') as found
from consents w where {_MINE} and w.text_sha256 <> sha256(convert_to(w.text, 'UTF8'))
order by 1"""

# What must stand in the ledger for what Stripe said.
_WANTED = f"""
select w.customer_id, 'attempts' as "table", w.customer_id || ':' || w.id as id, w.currency, w.amount_minor,
       'receipt' as kind, coalesce(w.payment_intent_id, '') || ':' || 'paid' as dedupe_key
from attempts w where w.state = :succeeded and w.kind <> '{SETUP}' and {_MINE}
union all
select w.customer_id, 'refunds', w.customer_id || ':' || w.id, w.currency, w.amount_minor,
       'refund', w.stripe_id || ':' || 'refund'
from refunds w where w.stripe_id is not null and {_MINE}
union all
select w.customer_id, 'refunds', w.customer_id || ':' || w.id, w.currency, w.amount_minor,
       'receipt', w.stripe_id || ':' || 'refund_failed'
from refunds w where w.stripe_id is not null and w.state = :failed and {_MINE}
union all
select w.customer_id, 'chargebacks', w.customer_id || ':' || w.id, w.currency, w.amount_minor,
       'chargeback', w.id || ':' || 'withdrawn'
from chargebacks w where w.withdrawn_at is not null and {_MINE}
union all
select w.customer_id, 'chargebacks', w.customer_id || ':' || w.id, w.currency, w.amount_minor,
       'receipt', w.id || ':' || 'reinstated'
from chargebacks w where w.reinstated_at is not null and {_MINE}"""


def _unlike_its_entry(table: str) -> str:
    return f"""
select w.id, null as currency, w.kind || ' ' || w.dedupe_key || ' ' || w.amount_minor || ' ' || w.currency as expected,
       coalesce(e.kind || ' ' || e.amount_minor || ' ' || e.currency, 'nothing') as found
from ({_WANTED}) w
left join entries e on e.customer_id = w.customer_id and e.dedupe_key = w.dedupe_key
where w."table" = '{table}'
  and row(e.kind, e.amount_minor, e.currency) is distinct from row(w.kind, w.amount_minor, w.currency)
order by w.id, w.dedupe_key"""


_WITHOUT_OBJECT = f"""
select w.customer_id || ':' || w.id as id, w.currency, null as expected, w.amount_minor as found
from entries w
left join ({_WANTED}) wanted on wanted.customer_id = w.customer_id and wanted.dedupe_key = w.dedupe_key
where {_MINE} and wanted.id is null and w.kind in ('receipt', 'refund', 'chargeback')
  and split_part(w.dedupe_key, ':', 2) in ('paid', 'refund', 'refund_failed', 'withdrawn', 'reinstated')
order by w.customer_id, w.id"""
_REFUNDED_BEYOND = f"""
select w.customer_id || ':' || w.attempt_id as id, w.currency,
       max(case when a.state = :succeeded then a.amount_minor else 0 end) as expected, sum(w.amount_minor) as found
from refunds w
left join attempts a on a.customer_id = w.customer_id and a.id = w.attempt_id and a.currency = w.currency
where w.stripe_id is not null and w.state <> :failed and {_MINE}
group by w.customer_id, w.attempt_id, w.currency
having sum(w.amount_minor) > coalesce(max(case when a.state = :succeeded then a.amount_minor end), 0)
order by 1"""

FINDINGS = (
    Finding("I6", "gateway_objects", f"select count(*) from ({_OBJECTS}) w where {_MINE}", _UNREGISTERED),
    Finding("I6", "gateway_objects", "select 0", _TWICE),
    Finding("I6", "attempts", "select 0", _SUCCEEDED_TWICE),
    Finding("I6", "attempts", "select 0", _INSTALMENT_TWICE),
    Finding("I9", "attempts", f"select count(*) {_CHARGES}", _NOT_AGREED),
    Finding("I9", "consents", f"select count(*) from consents w where {_MINE}", _TEXT_UNLIKE_HASH),
    *(
        Finding(
            "I7",
            table,
            f"""select count(*) from ({_WANTED}) w where w."table" = '{table}'""",
            _unlike_its_entry(table),
        )
        for table in ("attempts", "refunds", "chargebacks")
    ),
    Finding("I7", "entries", "select 0", _WITHOUT_OBJECT),
    Finding("I13", "refunds", f"select count(*) from refunds w where {_MINE}", _REFUNDED_BEYOND),
)


def prove(proof: Proof, customer_id: int | None) -> None:
    words = {"succeeded": AttemptState.SUCCEEDED.value, "failed": RefundState.FAILED.value}
    for finding in FINDINGS:
        finding.prove(proof, customer=customer_id, **words)
