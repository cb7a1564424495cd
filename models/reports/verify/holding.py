"""I15: every hold has its living source, every living source its holds."""

from models.disputes import UNDECIDED
from models.payments import AHEAD, FINAL
from models.reports.verify.proof import Finding, Proof

_MINE = "(cast(:customer as bigint) is null or h.customer_id = :customer)"
_HOLDS = f"from holds h where h.ended_at is null and {_MINE}"
_ID = "h.customer_id || ':' || h.id"
_LINE = f"{_ID} || ':' || l.entry_id"
_IN_FLIGHT, _OPEN, _LIVING = "h.state <> all(:final)", "h.state = 'open'", "h.ended_at is null"
_ACTIVE = "h.state = 'active'"
_TO_COME = "h.state in ('planned', 'charging')"
# Asked for, put before its customer by us, or signed and waiting for its first payment or its card.
_NOT_IN_FORCE = """(h.state = 'requested'
      or h.state = 'offered' and (h.staff_id is not null or h.signed_at is not null))"""

# A case holds what it claims, less what was credited; once decided, until the day from which it is asked for again.
_CASE_LEFT = """(h.claimed_minor - coalesce((
        select sum(d.credited_minor) from dispute_decisions d
        where d.customer_id = h.customer_id and d.dispute_id = h.id and d.state = 'final'), 0)
      - coalesce((
        select sum(g.credit_minor) from goods_returns g
        where g.customer_id = h.customer_id and g.dispute_id = h.id and g.state = 'received'), 0))"""
_CASE_HOLDS = "(h.state = any(:undecided) or h.state = 'decided' and h.resume_on > h.decided_on)"


def _lines(wholes: str, lines: str, key: str, kind: str, living: str) -> str:
    """What the lines of a living source say is to be held."""
    return f"""
    select h.customer_id, '{wholes}:' || h.id as source, '{lines}' as named, '{kind}' as kind, l.entry_id, h.currency,
           l.amount_minor, {_LINE} as line
    from {wholes} h join {lines} l on l.customer_id = h.customer_id and l.{key} = h.id
    where {living}"""


# What every living source says is to be held: an item and an amount, an item whole, or whole accounts. `line` names
# the row that says so.
_WANTED = f"""
wanted as (
    {_lines("attempts", "attempt_lines", "attempt_id", "in_flight", _IN_FLIGHT)}
  union all
    {_lines("promises", "promise_lines", "promise_id", "promise", _OPEN)}
  union all
    {_lines("plans", "plan_items", "plan_id", "plan", _ACTIVE)}
  union all
    {_lines("plans", "plan_items", "plan_id", "plan_asked", _NOT_IN_FORCE)}
  union all
    select h.customer_id, 'autopay_charges:' || h.id, 'autopay_charges', 'autopay', h.entry_id, h.currency,
           h.amount_minor, {_ID}
    from autopay_charges h where {_TO_COME}
  union all
    {_lines("claims", "claim_lines", "claim_id", "already_paid", f"{_OPEN} and h.kind = 'already_paid'")}
  union all
    select h.customer_id, 'disputes:' || h.id, 'disputes', 'dispute', h.entry_id, h.currency, {_CASE_LEFT}, {_ID}
    from disputes h where {_CASE_HOLDS} and {_CASE_LEFT} > 0
  union all
    select h.customer_id, 'claims:' || h.id, 'claims', 'not_ours', null, null, null, {_ID}
    from claims h where {_OPEN} and h.kind = 'not_ours'
  union all
    select h.customer_id, 'pauses:' || h.id, 'pauses', h.kind, h.entry_id, h.currency, null, {_ID}
    from pauses h where {_LIVING}
)"""
_SAID = "exists (select from wanted w where w.customer_id = h.customer_id and w.source = h.source)"
_WITHOUT_SOURCE = f"""
with {_WANTED}, sources as (
    select customer_id, 'attempts:' || id as source, state from attempts
    union all select customer_id, 'promises:' || id, state from promises
    union all select customer_id, 'plans:' || id, state from plans
    union all select customer_id, 'autopay_charges:' || id, state from autopay_charges
    union all select customer_id, 'disputes:' || id, state from disputes
    union all select customer_id, 'claims:' || id, state from claims
    union all select customer_id, 'pauses:' || id, case when ended_at is null then 'open' else 'ended' end from pauses
)
select {_ID} as id, null as currency,
       case when s.source is null then 'a living source' else 'ended with its source' end as expected,
       case when s.source is null then h.source else h.source || ' is ' || s.state end as found
from holds h
left join sources s on s.customer_id = h.customer_id and s.source = h.source
where {_LIVING} and {_MINE} and not {_SAID}
order by h.customer_id, h.id"""
# A hold on what its source says nothing of, or of another kind, amount or currency.
_UNLIKE_ITS_LINE = f"""
with {_WANTED}
select {_ID} as id, h.currency, w.amount_minor as expected, h.amount_minor as found
from holds h
left join wanted w on w.customer_id = h.customer_id and w.source = h.source
    and w.entry_id is not distinct from h.entry_id
where {_LIVING} and {_MINE} and {_SAID}
  and row(w.kind, w.amount_minor, w.currency) is distinct from row(h.kind, h.amount_minor, h.currency)
order by h.customer_id, h.id"""
# A promise is held until the days of grace have passed; a claim and a pause until their own day.
_OTHER_DAYS = f"""
with days as (
    select h.customer_id, 'promises:' || h.id as source, h.answer_on + 1 as until_on from promises h where {_OPEN}
    union all select h.customer_id, 'disputes:' || h.id, h.resume_on from disputes h where {_CASE_HOLDS}
    union all select h.customer_id, 'claims:' || h.id, h.until_on from claims h where {_OPEN}
    union all select h.customer_id, 'pauses:' || h.id, h.until_on from pauses h where {_LIVING}
)
select {_ID} as id, null as currency, d.until_on as expected, h.until_on as found
from holds h join days d on d.customer_id = h.customer_id and d.source = h.source
where {_LIVING} and {_MINE} and d.until_on is distinct from h.until_on
order by h.customer_id, h.id"""


def _without_hold(named: str) -> str:
    return f"""
with {_WANTED}
select h.line as id, h.currency, h.amount_minor as expected, null as found
from wanted h
where h.named = '{named}' and {_MINE}
  and not exists (select from holds held where held.customer_id = h.customer_id and held.source = h.source
                  and held.entry_id is not distinct from h.entry_id and held.ended_at is null)
order by h.customer_id, h.line"""


def _lines_unlike_whole(wholes: str, lines: str, key: str, living: str, whole: str = "h.amount_minor") -> Finding:
    return Finding(
        "I15",
        wholes,
        f"select count(*) from {wholes} h where {living} and {_MINE}",
        f"""
select {_ID} as id, h.currency, {whole} as expected, coalesce(sum(l.amount_minor), 0) as found
from {wholes} h left join {lines} l on l.customer_id = h.customer_id and l.{key} = h.id
where {living} and {_MINE}
group by h.customer_id, h.id
having {whole} <> coalesce(sum(l.amount_minor), 0)
order by h.customer_id, h.id""",
    )


# What is paid ahead is for no item.
_FOR_ITEMS = f"case when h.kind = '{AHEAD}' then 0 else h.amount_minor end"
FINDINGS = (
    Finding("I15", "holds", f"select count(*) {_HOLDS}", _WITHOUT_SOURCE),
    Finding("I15", "holds", "select 0", _UNLIKE_ITS_LINE),
    Finding("I15", "holds", "select 0", _OTHER_DAYS),
    *(
        Finding("I15", lines, "select 0", _without_hold(lines))
        for lines in ("attempt_lines", "promise_lines", "plan_items", "claim_lines")
    ),
    Finding(
        "I15", "disputes", f"select count(*) from disputes h where {_CASE_HOLDS} and {_MINE}", _without_hold("disputes")
    ),
    Finding(
        "I15",
        "autopay_charges",
        f"select count(*) from autopay_charges h where {_TO_COME} and {_MINE}",
        _without_hold("autopay_charges"),
    ),
    Finding("I15", "claims", f"select count(*) from claims h where {_OPEN} and {_MINE}", _without_hold("claims")),
    Finding("I15", "pauses", f"select count(*) from pauses h where {_LIVING} and {_MINE}", _without_hold("pauses")),
    _lines_unlike_whole("attempts", "attempt_lines", "attempt_id", _IN_FLIGHT, _FOR_ITEMS),
    _lines_unlike_whole("promises", "promise_lines", "promise_id", _OPEN),
)


def prove(proof: Proof, customer_id: int | None) -> None:
    for finding in FINDINGS:
        final, undecided = sorted(state.value for state in FINAL), sorted(state.value for state in UNDECIDED)
        finding.prove(proof, customer=customer_id, final=final, undecided=undecided)
