"""Find a customer by whatever somebody has at hand: a name in any script, a number, an invoice, a mail address."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from models.customers.customers import normal_number, search_key
from models.database import session

# Below this a name is not what was meant. `word_similarity` compares the typed words with the best part of the name.
CLOSE_ENOUGH = 0.45
LONGEST_PADDED = 12
SHORTEST_OF_A_MAIL = 3  # Less would find everybody.


@dataclass(frozen=True, slots=True)
class Found:
    id: int
    number: str
    name: str
    country: str
    why: str


# Each way to find somebody is a query of its own, so that each can use its own index.
_PAGE = text(
    """
with hits as (
    select id, 'number' as why, case when number = :number then 2.0 else 1.9 end as closeness
    from customers where number = any(:numbers)
  union all
    select id, 'number', 1.6 from customers where number like :number_prefix
  union all
    select customer_id, 'invoice', 2.0 from invoice_numbers where number = :number
  union all
    select customer_id, 'mail', case when :address then 2.0 else 1.0 end from contacts where email like any(:mails)
  union all
    select id, 'name', case when search_name like :prefix then 1.5 else 1.2 end
    from customers where :key <> '' and search_name like :inside
  union all
    select id, 'name', word_similarity(:key, search_name) from customers where :key <> '' and :key <% search_name
  union all
    select customer_id, 'name', word_similarity(:key, search_name)
    from customer_names where :key <> '' and :key <% search_name
), best as (
    select distinct on (id) id, why, closeness from hits where id <> 0 order by id, closeness desc
)
select c.id, c.number_as_written as number, c.name, c.country, best.why, count(*) over () as hits
from best join customers c on c.id = best.id
order by best.closeness desc, c.name_key, c.id limit :most offset :skip
"""
)
_ALL = text(
    "select id, number_as_written as number, name, country, '' as why, count(*) over () as hits from customers"
    " where id <> 0 order by name_key, id limit :most offset :skip"
)


def search(query: str, *, most: int = 50, skip: int = 0) -> tuple[Sequence[Found], int]:
    """
    The best matches first (an exact number, invoice or address before any name), and how many there are in all.
    An empty query gives every customer by name.
    """
    typed = query.replace("\0", "").strip()
    values: dict[str, object] = {"most": most, "skip": skip}
    if typed:
        key = search_key(typed)
        number = normal_number(typed)
        values |= {
            "key": key,
            "prefix": f"{_plain(key)}%",
            "inside": f"%{_plain(key)}%",
            "number": number,
            "numbers": _with_zeros(number),
            "number_prefix": f"{_plain(number)}%",
            "address": "@" in typed,
            "mails": _mails(typed.lower()),
        }
        session.execute(
            text("select set_config('pg_trgm.word_similarity_threshold', :close, true)"), {"close": str(CLOSE_ENOUGH)}
        )
    rows = session.execute(_PAGE if typed else _ALL, values).all()
    return [Found(row.id, row.number, row.name, row.country, row.why) for row in rows], rows[0].hits if rows else 0


def _with_zeros(number: str) -> list[str]:
    """A number as it was typed, and with other counts of leading zeros, which people leave out."""
    bare = number.lstrip("0")
    padded = [bare.zfill(length) for length in range(len(bare), LONGEST_PADDED + 1)] if bare.isdecimal() else []
    return [number, *padded]


def _mails(typed: str) -> list[str]:
    """Patterns of mail addresses: any part that holds an @, else how the name or the domain begins."""
    if "@" in typed:
        return [f"%{_plain(typed)}%"]
    return [f"{_plain(typed)}%", f"%@{_plain(typed)}%"] if len(typed) >= SHORTEST_OF_A_MAIL else []


def _plain(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
