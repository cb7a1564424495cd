"""What is due on which day, for calendar programs (iCalendar, RFC 5545)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from models import ledger, plans, words
from models.company import Company
from models.customers.merges import family
from models.ledger import OpenItem
from models.money import Money, total
from models.plans import Plan, PlanState
from models.words import gettext as _

MOST_NUMBERS = 20  # In one entry of the calendar; its amount holds all.
LINE_BYTES = 75


@dataclass(frozen=True, slots=True)
class Day:
    """An entry over a whole day. `uid` stays with what it is about, `sequence` grows with each change of it."""

    uid: str
    on: date
    summary: str
    description: str = ""
    sequence: int = 0


def calendar(customer_id: int, company: Company, *, host: str, now: datetime) -> str:
    """
    One entry for each day and currency in which something open is or was due. What a plan in force pays is due on the
    days of the plan.
    """
    today, members = company.today(now), family(customer_id, company.today(now))
    in_force = [plan for plan in plans.of_customers(members) if plan.state is PlanState.ACTIVE]
    by_plan = {one.entry_id: one.left for plan in in_force for one in plans.items_left(plan, today)}
    asked = [
        (item, left)
        for item in ledger.items_as_of(members, today, side=ledger.Side.DEBIT)
        if item.due_on and (left := item.left - by_plan.get(item.entry_id, Money(0, item.left.currency)))
    ]
    days = []
    for (currency, due_on), due in groupby(asked, key=lambda one: (one[1].currency, one[0].due_on)):
        uid = f"due-{customer_id}-{currency}-{due_on}@{host}"
        days.append(_due(uid, due_on or today, list(due), company))
    return _written((*days, *(day for plan in in_force for day in _days(plan, company, host))), company, now)


def plan_calendar(plan: Plan, company: Company, *, host: str, now: datetime) -> str:
    """One entry for each instalment that is still to come, or missing."""
    return _written(_days(plan, company, host), company, now)


def _due(uid: str, on: date, due: Sequence[tuple[OpenItem, Money]], company: Company) -> Day:
    amount = total((left for _item, left in due), due[0][1].currency)
    numbers = [item.number for item, _left in due if item.number]
    named = words.list_of(numbers[:MOST_NUMBERS]) if numbers else ""
    return Day(uid, on, _("%(amount)s is due to %(company)s", amount=amount, company=company.name), named)


def _days(plan: Plan, company: Company, host: str) -> Iterator[Day]:
    """A schedule that became another one has one version more."""
    sequence = max(len(plans.versions_of(plan)) - 1, 0)
    for row in plans.instalments_of(plan):
        if not row.is_living:
            continue
        told = {"amount": row.left, "company": company.name}
        what = _("%(company)s takes %(amount)s", **told) if plan.is_automatic else ""
        yield Day(
            f"instalment-{plan.customer_id}-{row.id}@{host}",
            row.due_on,
            what or _("%(amount)s is due to %(company)s", **told),
            _("Payment %(number)s of the instalment plan %(plan)s", number=row.number, plan=plan.number),
            sequence,
        )


def _written(days: Iterable[Day], company: Company, now: datetime) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Duewell//EN", f"X-WR-CALNAME:{_text(company.name)}"]
    for day in days:
        lines += _entry(day, now)
    return "".join(f"{folded}\r\n" for line in [*lines, "END:VCALENDAR"] for folded in _folded(line))


def _entry(day: Day, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{day.uid}"
    yield f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{day.on:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{day.on + timedelta(days=1):%Y%m%d}"
    yield f"SEQUENCE:{day.sequence}"
    yield "TRANSP:TRANSPARENT"
    yield f"SUMMARY:{_text(day.summary)}"
    if day.description:
        yield f"DESCRIPTION:{_text(day.description)}"
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
