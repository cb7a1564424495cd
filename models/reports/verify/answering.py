"""I17: the credit notes of a case are what was decided and what came back; a case claims its lines, and no more."""

from models.disputes import UNDECIDED
from models.reports.verify.proof import Finding, Proof

_MINE = "(cast(:customer as bigint) is null or c.customer_id = :customer)"
_ID = "c.customer_id || ':' || c.id"
# The numbers of our own credit notes: D-12-5 of a decision, D-12-R-3 for goods that came back.
_OURS = "i.number_as_written ~ '^D-[0-9]+-(R-)?[0-9]+$' and i.source = 'staff' and c.reason ~ '^D-[0-9]+$'"


def _booked(table: str, minor: str, done: str) -> Finding:
    """What is done has a credit note of its amount on the account that it belongs to; what is not has none."""
    owed = f"case when c.state = '{done}' then c.{minor} else 0 end"
    return Finding(
        "I17",
        table,
        f"select count(*) from {table} c where {_MINE}",
        f"""
select {_ID} as id, c.currency, {owed} as expected, coalesce(e.amount_minor, 0) as found
from {table} c
left join entries e on e.customer_id = c.customer_id and e.id = c.entry_id and e.kind = 'credit_note'
where {_MINE} and coalesce(e.amount_minor, 0) <> {owed}
order by c.customer_id, c.id""",
    )


_WITHOUT_CASE = f"""
select {_ID} as id, c.currency, 0 as expected, c.amount_minor as found
from entries c join invoices i on i.customer_id = c.customer_id and i.id = c.invoice_id
where c.kind = 'credit_note' and {_OURS} and {_MINE}
  and not exists (select from dispute_decisions d where d.customer_id = c.customer_id and d.entry_id = c.id)
  and not exists (select from goods_returns g where g.customer_id = c.customer_id and g.entry_id = c.id)
order by c.customer_id, c.id"""
_OTHER_LINES = f"""
select {_ID} as id, c.currency, c.credited_minor as expected, coalesce(sum(l.credited_minor), 0) as found
from dispute_decisions c
left join dispute_decision_lines l on l.customer_id = c.customer_id and l.decision_id = c.id
where {_MINE} group by c.customer_id, c.id
having c.credited_minor <> coalesce(sum(l.credited_minor), 0)
order by c.customer_id, c.id"""
_CLAIMS = f"""
select {_ID} as id, c.currency, c.claimed_minor as expected, coalesce(sum(l.claimed_minor), 0) as found
from disputes c left join dispute_lines l on l.customer_id = c.customer_id and l.dispute_id = c.id
where {_MINE} group by c.customer_id, c.id
having c.claimed_minor <> coalesce(sum(l.claimed_minor), 0)
order by c.customer_id, c.id"""
# Of one line of an invoice all cases together claim no more than was billed for it.
_MORE_THAN_BILLED = f"""
select {_ID} as id, c.currency, c.net_minor + c.tax_minor as expected, sum(l.claimed_minor) as found
from dispute_lines l
join disputes d on d.customer_id = l.customer_id and d.id = l.dispute_id and d.state = any(:undecided)
join invoice_lines c on c.customer_id = l.customer_id and c.id = l.invoice_line_id
where {_MINE} group by c.customer_id, c.id
having sum(l.claimed_minor) > c.net_minor + c.tax_minor
order by c.customer_id, c.id"""
# What is decided has an answer that counts; what was never decided has none.
_ANSWERED = f"""
select {_ID} as id, null as currency, 'an answer that counts' as expected, c.state as found
from disputes c
where c.state in ('decided', 'closed') and {_MINE}
  and not exists (select from dispute_decisions d
                  where d.customer_id = c.customer_id and d.dispute_id = c.id and d.state = 'final')
order by c.customer_id, c.id"""
FINDINGS = (
    _booked("dispute_decisions", "credited_minor", "final"),
    _booked("goods_returns", "credit_minor", "received"),
    Finding("I17", "entries", "select 0", _WITHOUT_CASE),
    Finding("I17", "dispute_decisions", "select 0", _OTHER_LINES),
    Finding("I17", "disputes", f"select count(*) from disputes c where {_MINE}", _CLAIMS),
    Finding("I17", "disputes", "select 0", _ANSWERED),
    Finding("I17", "invoice_lines", "select 0", _MORE_THAN_BILLED),
)


def prove(proof: Proof, customer_id: int | None) -> None:
    undecided = sorted(state.value for state in UNDECIDED)
    for finding in FINDINGS:
        finding.prove(proof, customer=customer_id, undecided=undecided)
