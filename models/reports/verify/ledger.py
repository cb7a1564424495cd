"""I1 to I5: the ledger recomputed from its rows, by SQL that shares nothing with the code that wrote them."""

from models.reports.verify.proof import Finding, Proof

_LIVING = """
with living as (
    select a.customer_id, a.credit_id, a.debit_id, a.amount_minor
    from allocations a
    left join allocations r on r.customer_id = a.customer_id and r.reverses_id = a.id
    where a.reverses_id is null and r.id is null
      and (cast(:customer as bigint) is null or a.customer_id = :customer)
)
"""
_MINE = "(cast(:customer as bigint) is null or e.customer_id = :customer)"
_ID = "e.customer_id || ':' || e.id"


def _recomputed(side: int, key: str, column: str) -> str:
    """Entries whose projection is not their amount less what is allocated, or that are allocated beyond it."""
    return f"""{_LIVING}, used as (
    select customer_id, {key} as id, sum(amount_minor) as minor from living group by 1, 2
)
select {_ID} as id, e.currency, greatest(e.amount_minor - coalesce(used.minor, 0), 0) as expected,
       case when used.minor > e.amount_minor then e.amount_minor - used.minor else e.{column} end as found
from entries e left join used on used.customer_id = e.customer_id and used.id = e.id
where e.side = {side} and {_MINE}
  and (e.{column} is distinct from e.amount_minor - coalesce(used.minor, 0) or used.minor > e.amount_minor)
order by e.customer_id, e.id"""


def _over_on_a_day(key: str) -> str:
    """
    Entries of which more than the whole was used on some day in the past. Without a reversal what is used only grows,
    so that today's figure speaks for every day: only entries with a reversal are looked at.
    """
    return f"""
with moves as (
    select a.customer_id, a.{key} as id, a.effective_on,
           sum(case when a.reverses_id is null then a.amount_minor else -a.amount_minor end) as minor
    from allocations a
    where (cast(:customer as bigint) is null or a.customer_id = :customer) and exists (
        select 1 from allocations r
        where r.customer_id = a.customer_id and r.{key} = a.{key} and r.reverses_id is not null)
    group by 1, 2, 3
), running as (
    select customer_id, id, sum(minor) over (partition by customer_id, id order by effective_on) as minor from moves
)
select {_ID} as id, e.currency, 0 as expected, e.amount_minor - max(running.minor) as found
from running join entries e on e.customer_id = running.customer_id and e.id = running.id
where running.minor > e.amount_minor
group by e.customer_id, e.id"""


def _fingerprints(table: str, function: str) -> str:
    return f"""
select {_ID} as id, null as currency, e.fingerprint as expected, {function}(e) as found
from {table} e
where {_MINE} and e.fingerprint is distinct from {function}(e)
order by e.customer_id, e.id"""


_CREDITS = f"select count(*) from entries e where e.side = -1 and {_MINE}"
_DEBITS = f"select count(*) from entries e where e.side = 1 and {_MINE}"
_ENTRIES = f"select count(*) from entries e where {_MINE}"
_ACCOUNTS = f"select count(*) from accounts e where {_MINE}"
_ALLOCATIONS = f"select count(*) from allocations e where {_MINE}"
_REVERSALS = f"select count(*) from allocations e where e.reverses_id is not null and {_MINE}"
_NONE = "select 0"  # The rows are counted by another finding of the same invariant.

_BOUNDS = f"""
select {_ID} as id, e.currency, least(greatest(e.open_minor, 0), e.amount_minor) as expected, e.open_minor as found
from entries e
where e.side = 1 and {_MINE} and (e.open_minor between 0 and e.amount_minor) is not true
order by e.customer_id, e.id"""
_BALANCES = f"""
select e.customer_id || ':' || e.currency as id, e.currency,
       sum(e.side * e.amount_minor) as expected,
       sum(coalesce(e.open_minor, 0) - coalesce(e.unapplied_minor, 0)) as found
from entries e
where {_MINE}
group by e.customer_id, e.currency
having sum(e.side * e.amount_minor) <> sum(coalesce(e.open_minor, 0) - coalesce(e.unapplied_minor, 0))
order by e.customer_id, e.currency"""
# An allocation before one of its entries would make the two sums differ on the days between.
_TOO_EARLY = f"""
select {_ID} as id, null as currency, 'from ' || greatest(c.effective_on, d.effective_on) as expected,
       'from ' || e.effective_on as found
from allocations e
join entries c on c.customer_id = e.customer_id and c.id = e.credit_id
join entries d on d.customer_id = e.customer_id and d.id = e.debit_id
where {_MINE} and e.effective_on < greatest(c.effective_on, d.effective_on)
order by e.customer_id, e.id"""
_NUMBERS = f"""
with numbers as (
    select e.customer_id, e.currency, e.seq, count(*) as entries from entries e where {_MINE} group by 1, 2, 3
), seen as (
    select customer_id, currency, max(seq) as last, sum(entries) as entries, count(*) as numbers
    from numbers group by 1, 2
), doubtful as (
    select e.customer_id, e.currency, greatest(e.entries, coalesce(seen.last, 0)) as last
    from accounts e left join seen on seen.customer_id = e.customer_id and seen.currency = e.currency
    where {_MINE} and not (e.entries = coalesce(seen.last, 0) and e.entries = coalesce(seen.entries, 0)
                           and e.entries = coalesce(seen.numbers, 0))
)
select d.customer_id || ':' || d.currency || ':' || wanted.seq as id, null as currency,
       '1 entry with this number' as expected, coalesce(n.entries, 0) as found
from doubtful d cross join lateral generate_series(1, d.last) as wanted (seq)
left join numbers n on n.customer_id = d.customer_id and n.currency = d.currency and n.seq = wanted.seq
where coalesce(n.entries, 0) <> 1
order by d.customer_id, d.currency, wanted.seq"""
_COUNTERS = f"""
select e.customer_id || ':' || e.currency as id, null as currency,
       coalesce(seen.last, 0) as expected, e.entries as found
from accounts e left join (
    select customer_id, currency, max(seq) as last from entries e where {_MINE} group by 1, 2
) seen on seen.customer_id = e.customer_id and seen.currency = e.currency
where {_MINE} and e.entries <> coalesce(seen.last, 0)
order by e.customer_id, e.currency"""
_OPPOSITES = f"""
select {_ID} as id, null as currency,
       coalesce('the opposite of ' || o.customer_id || ':' || o.id || case when o.reverses_id is null then '' else
           ', which is a reversal itself' end || ': ' || o.credit_id || ' to ' || o.debit_id || ', ' || o.amount_minor
           || ' ' || o.currency || ', not before ' || o.effective_on, 'an allocation ' || e.reverses_id) as expected,
       case when e.times > 1 then 'taken back ' || e.times || ' times: ' else '' end || e.credit_id || ' to '
           || e.debit_id || ', ' || e.amount_minor || ' ' || e.currency || ', on ' || e.effective_on as found
from (
    select e.*, count(*) over (partition by e.customer_id, e.reverses_id) as times
    from allocations e where e.reverses_id is not null and {_MINE}
) e
left join allocations o on o.customer_id = e.customer_id and o.id = e.reverses_id
where o.id is null or o.reverses_id is not null or e.times > 1 or e.effective_on < o.effective_on
   or row(o.credit_id, o.debit_id, o.currency, o.amount_minor)
      is distinct from row(e.credit_id, e.debit_id, e.currency, e.amount_minor)
order by e.customer_id, e.id"""

FINDINGS = (
    Finding("I1", "entries", _CREDITS, _recomputed(-1, "credit_id", "unapplied_minor")),
    Finding("I1", "entries", _NONE, _over_on_a_day("credit_id")),
    Finding("I2", "entries", _DEBITS, _BOUNDS),
    Finding("I2", "entries", _NONE, _over_on_a_day("debit_id")),
    Finding("I3", "entries", _DEBITS, _recomputed(1, "debit_id", "open_minor")),
    Finding("I4", "accounts", _ACCOUNTS, _BALANCES),
    Finding("I4", "allocations", _NONE, _TOO_EARLY),
    Finding("I5", "entries", _ENTRIES, _fingerprints("entries", "entry_fingerprint")),
    Finding("I5", "allocations", _ALLOCATIONS, _fingerprints("allocations", "allocation_fingerprint")),
    Finding("I5", "entries", _NONE, _NUMBERS),
    Finding("I5", "accounts", _NONE, _COUNTERS),
    Finding("I5", "allocations", _REVERSALS, _OPPOSITES),
)


def prove(proof: Proof, customer_id: int | None) -> None:
    for finding in FINDINGS:
        finding.prove(proof, customer=customer_id)
