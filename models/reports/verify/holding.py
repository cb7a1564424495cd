"""I15: every hold has its living source, every living source its holds."""

from models.payments import AHEAD, FINAL
from models.reports.verify.proof import Finding, Proof

_MINE = "(cast(:customer as bigint) is null or h.customer_id = :customer)"
_HOLDS = f"from holds h where h.ended_at is null and {_MINE}"
_ATTEMPTS = f"from attempts h where h.state <> all(:final) and {_MINE}"
_ID = "h.customer_id || ':' || h.id"

_WITHOUT_SOURCE = f"""
select {_ID} as id, null as currency,
       case when a.id is null then 'a living source' else 'ended with its source' end as expected,
       case when a.id is null then h.source else h.source || ' is ' || a.state end as found
from holds h
left join attempts a on a.customer_id = h.customer_id and 'attempts:' || a.id = h.source
where h.ended_at is null and {_MINE} and (a.id is null or a.state = any(:final))
order by h.customer_id, h.id"""
# A hold on an entry that its attempt has no line for, or of another amount or currency.
_UNLIKE_ITS_LINE = f"""
select {_ID} as id, h.currency, l.amount_minor as expected, h.amount_minor as found
from holds h
join attempts a on a.customer_id = h.customer_id and 'attempts:' || a.id = h.source
left join attempt_lines l on l.customer_id = h.customer_id and l.attempt_id = a.id and l.entry_id = h.entry_id
where h.ended_at is null and {_MINE} and a.state <> all(:final)
  and row(l.amount_minor, a.currency) is distinct from row(h.amount_minor, h.currency)
order by h.customer_id, h.id"""
_WITHOUT_HOLD = f"""
select h.customer_id || ':' || h.id || ':' || l.entry_id as id, h.currency, l.amount_minor as expected,
       null as found
from attempts h
join attempt_lines l on l.customer_id = h.customer_id and l.attempt_id = h.id
left join holds held on held.customer_id = h.customer_id and held.source = 'attempts:' || h.id
    and held.entry_id = l.entry_id and held.ended_at is null
where h.state <> all(:final) and {_MINE} and held.id is null
order by h.customer_id, h.id, l.entry_id"""
# What is paid ahead is for no item.
_WHOLE = f"case when h.kind = '{AHEAD}' then 0 else h.amount_minor end"
_LINES_UNLIKE_WHOLE = f"""
select {_ID} as id, h.currency, {_WHOLE} as expected, coalesce(sum(l.amount_minor), 0) as found
from attempts h left join attempt_lines l on l.customer_id = h.customer_id and l.attempt_id = h.id
where h.state <> all(:final) and {_MINE}
group by h.customer_id, h.id
having {_WHOLE} <> coalesce(sum(l.amount_minor), 0)
order by h.customer_id, h.id"""

FINDINGS = (
    Finding("I15", "holds", f"select count(*) {_HOLDS}", _WITHOUT_SOURCE),
    Finding("I15", "holds", "select 0", _UNLIKE_ITS_LINE),
    Finding("I15", "attempt_lines", "select 0", _WITHOUT_HOLD),
    Finding("I15", "attempts", f"select count(*) {_ATTEMPTS}", _LINES_UNLIKE_WHOLE),
)


def prove(proof: Proof, customer_id: int | None) -> None:
    for finding in FINDINGS:
        finding.prove(proof, customer=customer_id, final=sorted(state.value for state in FINAL))
