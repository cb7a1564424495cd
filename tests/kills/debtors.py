"""Thousands who owe, brought in by files; and what each of them should get, by the way they were made."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from models import audit, imports, pauses
from models.customers import Customer
from models.database import session
from models.holds import HoldKind
from models.imports import Kind
from models.transactions import release, transaction

MAIL, LETTER, TASK, CALL, QUIET, HELD = "mail", "letter", "task", "call", "quiet", "held"
# Of fifty customers; all others get a mail. Days from the due date, amount, whether there is an address to write to.
SPECIAL = {1: LETTER, 2: TASK, 3: CALL, 4: QUIET, 5: QUIET, 6: HELD}
DUE = {CALL: -1, QUIET: -20}
LATE = 8
SECOND_ITEM = 7  # Every seventh owes a second item.
RECORDED = timedelta(days=60)  # Long ago, so that no grace holds.
FOUR_WEEKS, MONDAY = 4, date(1970, 1, 5)


@dataclass(frozen=True)
class Debtor:
    id: int
    number: str
    what: str
    items: int

    def should_get(self, day: date) -> str:
        """Whoever hears nothing else gets a statement once in four weeks, in the week of a quarter of all accounts."""
        if self.what in (CALL, QUIET):
            quarter = self.id * 2_654_435_761 % 2**32 // 2**30
            return f"{self.what} and mail" if (day - MONDAY).days // 7 % FOUR_WEEKS == quarter else self.what
        return self.what


def make(many: int, day: date, now: datetime, home: Path) -> list[Debtor]:
    """By `flask import`'s own way in, as it was weeks ago."""
    whats = {f"C{place:06}": SPECIAL.get(place % 50, MAIL) for place in range(many)}
    people = _file(home / "customers.csv", _people(whats))
    owed = _file(home / "invoices.csv", _owed(whats, day))
    for kind, file in ((Kind.CUSTOMERS, people), (Kind.INVOICES, owed)):
        summary = imports.run(kind, [file], home=home, by=audit.COMMAND, now=now - RECORDED)
        assert summary.rejected == 0, summary.rejected_file
    ids = {row.number: row.id for row in session.execute(select(Customer.id, Customer.number))}
    debtors = [
        Debtor(ids[number], number, what, 2 if place % SECOND_ITEM == 0 and what == MAIL else 1)
        for place, (number, what) in enumerate(whats.items())
    ]
    for one in debtors:
        if one.what == HELD:
            with transaction():
                pauses.place(
                    *(one.id, HoldKind.PAUSE, "The warehouse looks for the pallet."),
                    **{"by": audit.COMMAND, "on": day, "now": now, "until_on": day + timedelta(days=20)},
                )
    release()
    return debtors


def address_of(number: str) -> str:
    return f"{number.lower()}@example.test"


def _people(whats: dict[str, str]) -> Iterable[tuple[str, ...]]:
    yield "customer", "name", "kind", "country", "timezone", "language", "address", "email"
    for number, what in whats.items():
        address = "" if what == TASK else f"Gedimino pr. {number[1:]}, Vilnius"
        email = "" if what in (LETTER, TASK) else address_of(number)
        yield number, f"Žalias Namas {number} UAB", "business", "LT", "Europe/Vilnius", "lt", address, email


def _owed(whats: dict[str, str], day: date) -> Iterable[tuple[str, ...]]:
    yield "customer", "number", "amount", "currency", "issued", "due"

    def written(days: int) -> str:
        return (day - timedelta(days=days)).isoformat()

    for place, (number, what) in enumerate(whats.items()):
        late = DUE.get(what, LATE)
        yield number, f"A-{place}", "6000.00" if what == CALL else "120.00", "EUR", written(late + 30), written(late)
        if place % SECOND_ITEM == 0 and what == MAIL:
            yield number, f"B-{place}", "35.00", "EUR", written(31), written(1)


def _file(path: Path, rows: Iterable[tuple[str, ...]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)
    return path
