"""Find a customer by whatever somebody has at hand: a name in any script, a number, an invoice, a mail address."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from models.customers.customers import normal_number, search_key
from models.database import session

# Below this a name is not what was meant. `word_similarity` compares the typed words with the best part of the name.
CLOSE_ENOUGH = 0.45


@dataclass(frozen=True, slots=True)
class Found:
    id: int
    number: str
    name: str
    country: str
    why: str


_BY_NAME = """
select c.id, c.number_as_written as number, c.name, c.country, c.name_key,
       case when c.number = :number then 'number' when i.number is not null then 'invoice'
            when m.customer_id is not null then 'mail' else 'name' end as why,
       greatest(case when c.number = :number or i.number is not null or m.customer_id is not null then 2.0 else 0 end,
                case when c.search_name like :prefix then 1.5 when c.search_name like :inside then 1.2 else 0 end,
                word_similarity(:key, c.search_name), coalesce(n.close, 0)) as closeness
from customers c
left join (select max(number) as number, customer_id from invoice_numbers where number = :number group by customer_id) i
    on i.customer_id = c.id
left join (select distinct customer_id from contacts where email like :mail) m on m.customer_id = c.id
left join (select customer_id, max(word_similarity(:key, search_name)) as close from customer_names
           where :key <% search_name group by customer_id) n on n.customer_id = c.id
where c.id <> 0 and (c.number = :number or c.number like :number_prefix or i.number is not null
    or m.customer_id is not null or n.customer_id is not null
    or (:key <> '' and (:key <% c.search_name or c.search_name like :inside)))
"""
_PAGE = text(
    "with found as (" + _BY_NAME + ") select id, number, name, country, why, count(*) over () as hits from found"
    " order by closeness desc, name_key, id limit :most offset :skip"
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
    typed = query.strip()
    values: dict[str, object] = {"most": most, "skip": skip}
    if typed:
        key = search_key(typed)
        number = normal_number(typed)
        values |= {
            "key": key,
            "prefix": f"{_plain(key)}%",
            "inside": f"%{_plain(key)}%",
            "number": number,
            "number_prefix": f"{_plain(number)}%",
            "mail": f"%{_plain(typed.lower())}%" if "@" in typed else typed.lower(),
        }
        session.execute(
            text("select set_config('pg_trgm.word_similarity_threshold', :close, true)"), {"close": str(CLOSE_ENOUGH)}
        )
    rows = session.execute(_PAGE if typed else _ALL, values).all()
    return [Found(row.id, row.number, row.name, row.country, row.why) for row in rows], rows[0].hits if rows else 0


def _plain(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
