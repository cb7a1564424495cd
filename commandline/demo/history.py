"""Two years of invoices as a file, such as an accounting program exports: who was billed what, and when it was paid."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from commandline.demo import names

HISTORY = timedelta(days=730)
TERM = timedelta(days=30)
COLUMNS = (
    *("customer", "name", "country", "language", "kind", "contact", "email"),
    *("number", "currency", "amount", "issued", "due", "terms", "reference", "settled", "settled_on"),
)
MANY = 500
TELLING = (8, 1, 2, 2, 2, 2, 2, 2) * 2  # Open invoices of each customer of `telling`.
FIRST_TELLING = 30_001  # Their numbers begin here.
TEMPERS = (5, 5, 12, 25, 60)  # Days late on average: most are nearly prompt, some are very late.


def write(file: Path, draw: Random, count: int, today: date) -> None:
    """
    `count` customers, one more with 500 open items, and those who tell something. Names and amounts follow from `draw`,
    dates from `today`.
    """
    with file.open("w", newline="", encoding="utf-8") as out:
        rows = csv.DictWriter(out, COLUMNS)
        rows.writeheader()
        number = 2_000
        for place in range(count):
            for row in _history(draw, place, today):
                number += 1
                rows.writerow({"number": f"BS-{number}", **row})
        canteens = _party(draw, "LT", 10_000 + count + 1) | {"name": "Vilniaus miesto valgyklos UAB"}
        for place in range(MANY):
            number += 1
            rows.writerow(
                {"number": f"BS-{number}", **canteens, **_invoice(draw, "LT", today - timedelta(MANY - place))}
            )
        for row in _telling(draw, today):
            number += 1
            rows.writerow({"number": f"BS-{number}", **row})


def _telling(draw: Random, today: date) -> Iterator[dict[str, str]]:
    """Firms whose bills are overdue, about which they say something."""
    for place, count in enumerate(TELLING):
        firm = {"name": names.firm(draw, "LT"), "kind": "business"}
        party = _party(draw, "LT", FIRST_TELLING + place) | firm
        for day in range(count):
            yield party | _invoice(draw, "LT", today - timedelta(days=60 - day))


def _history(draw: Random, place: int, today: date) -> Iterator[dict[str, str]]:
    """One customer; every seventh pays everything, the others as their temper is."""
    country = names.COUNTRIES[place % len(names.COUNTRIES)]
    party = _party(draw, country, 10_001 + place)
    prompt = place % 7 == 0
    temper = 0 if prompt else draw.choice(TEMPERS)
    day = today - HISTORY + timedelta(days=draw.randint(0, 40))
    while day < today:
        row = party | _invoice(draw, country, day)
        paid_on = day + TERM + timedelta(days=draw.randint(-8, 4) + temper)
        if prompt:
            paid_on = min(paid_on, today)
        if paid_on <= today and draw.random() < (0.85 if temper == TEMPERS[-1] else 0.97 if temper else 1):
            row |= {"settled": row["amount"], "settled_on": paid_on.isoformat()}
        yield row
        day += timedelta(days=draw.randint(18, 75))


def _party(draw: Random, country: str, number: int) -> dict[str, str]:
    business = draw.random() < 0.8
    return {
        "customer": str(number),
        "name": names.firm(draw, country) if business else names.person(draw, country),
        "country": country,
        "language": names.LANGUAGES[country],
        "kind": "business" if business else "consumer",
        "contact": names.person(draw, country),
        "email": f"accounts.{number}@customers.example",
        "terms": str(TERM.days),
    }


def _invoice(draw: Random, country: str, day: date) -> dict[str, str]:
    cents = sum(price * draw.randint(1, 12) for _, price in draw.sample(names.GOODS, draw.randint(1, 3)))
    return {
        "currency": names.CURRENCIES[country],
        "amount": f"{cents / 100:.2f}",
        "issued": day.isoformat(),
        "due": (day + TERM).isoformat(),
        "reference": f"PO {draw.randint(100, 999)}",
    }
