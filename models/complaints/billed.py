"""What was billed: the measure that complaints are held against."""

from datetime import date, timedelta

from sqlalchemy import text

from models.complaints.counted import Scope
from models.database import session

# An invoice that came without lines counts as one line of no product in particular.
_LINES = text(
    """
select i.issued_on, count(*) from invoices i
left join invoice_lines l on l.customer_id = i.customer_id and l.invoice_id = i.id
where i.amount_minor > 0 and i.issued_on between :from_on and :until_on
    and (:product = '' or l.product = :product)
    and (:supplier = '' or l.supplier = :supplier)
    and (:site = '' or l.site = :site)
group by i.issued_on
"""
)
_MONEY = text(
    """
select currency, sum(amount_minor)::bigint from invoices
where amount_minor > 0 and issued_on between :from_on and :until_on group by currency
"""
)


class LinesBilled:
    """How many invoice lines were billed on each day of a time, in a scope."""

    def __init__(self, from_on: date, until_on: date, scope: Scope) -> None:
        asked = {"product": scope.product, "supplier": scope.supplier, "site": scope.site}
        rows = session.execute(_LINES, {"from_on": from_on, "until_on": until_on, **asked})
        self._of_day: dict[date, int] = {day: count for day, count in rows}

    def between(self, from_on: date, until_on: date) -> int:
        """Both days included."""
        days = (until_on - from_on).days + 1
        return sum(self._of_day.get(from_on + timedelta(days=day), 0) for day in range(days))


def money_billed(from_on: date, until_on: date) -> dict[str, int]:
    """Minor units of each currency."""
    rows = session.execute(_MONEY, {"from_on": from_on, "until_on": until_on})
    return {currency: minor for currency, minor in rows}
