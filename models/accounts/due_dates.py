"""What is due on which day, for calendar programs (iCalendar, RFC 5545)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from models import ledger, words
from models.company import Company
from models.customers.merges import family
from models.ledger import OpenItem
from models.money import total
from models.words import gettext as _

MOST_NUMBERS = 20  # In one entry of the calendar; its amount holds all.
LINE_BYTES = 75


def calendar(customer_id: int, company: Company, *, host: str, now: datetime) -> str:
    """One all-day entry for each day and currency in which something open is or was due."""
    today = company.today(now)
    items = ledger.items_as_of(family(customer_id, today), today, side=ledger.Side.DEBIT)
    dated = [item for item in items if item.due_on]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Duewell//EN", f"X-WR-CALNAME:{_text(company.name)}"]
    for (currency, due_on), due in groupby(dated, key=lambda item: (item.amount.currency, item.due_on)):
        uid = f"due-{customer_id}-{currency}-{due_on}@{host}"
        lines += _entry(uid, due_on or today, list(due), company, now)
    return "".join(f"{folded}\r\n" for line in [*lines, "END:VCALENDAR"] for folded in _folded(line))


def _entry(uid: str, due_on: date, items: Sequence[OpenItem], company: Company, now: datetime) -> Iterator[str]:
    amount = total((item.left for item in items), items[0].left.currency)
    summary = _("%(amount)s is due to %(company)s", amount=amount, company=company.name)
    numbers = [item.number for item in items if item.number]
    named = words.list_of(numbers[:MOST_NUMBERS]) if numbers else ""
    yield "BEGIN:VEVENT"
    yield f"UID:{uid}"
    yield f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{due_on:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{due_on + timedelta(days=1):%Y%m%d}"
    yield "TRANSP:TRANSPARENT"
    yield f"SUMMARY:{_text(summary)}"
    if named:
        yield f"DESCRIPTION:{_text(named)}"
    yield "END:VEVENT"


def _text(value: str) -> str:
    """Text in a calendar: what would end a value or a line is marked."""
    marked = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(marked.splitlines())


def _folded(line: str) -> Iterator[str]:
    """Long lines go on in the next, after a space; no letter is cut in two."""
    part = ""
    for letter in line:
        if len((part + letter).encode()) > LINE_BYTES:
            yield part
            part = " "
        part += letter
    yield part
