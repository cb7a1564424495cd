"""The ledger that is measured: invented invoices as a file, the same for the same size."""

import csv
import random
from datetime import date, timedelta
from pathlib import Path

from bench.sizes import LONG_PAGE, Size

FIRST_CUSTOMER = "C0000001"  # has exactly LONG_PAGE open items, the others about 20 invoices each
SETTLED_SHARE = 0.3  # of the others' invoices: each brings a receipt and an allocation
COLUMNS = ("customer", "name", "number", "amount", "currency", "issued", "due", "reference", "settled", "settled_on")


def write(file: Path, size: Size, today: date) -> Path:
    """The plain form of an invoice file, in the order in which a company writes invoices."""
    chance = random.Random(1)
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(COLUMNS)
        for place in range(size.invoices):
            rows.writerow(_row(place, size, today, chance))
    return file


def _row(place: int, size: Size, today: date, chance: random.Random) -> tuple[str, ...]:
    first = place % (size.invoices // LONG_PAGE) == 0
    customer = 1 if first else chance.randrange(2, size.customers + 1)
    issued = today - timedelta(days=500 - 480 * place // size.invoices)
    amount = f"{chance.randrange(1_000, 500_000) / 100:.2f}"
    settled = not first and chance.random() < SETTLED_SHARE
    return (
        f"C{customer:07d}",
        f"Virtuvės reikmenys {customer} UAB",
        f"INV-{place:08d}",
        amount,
        "EUR",
        issued.isoformat(),
        (issued + timedelta(days=30)).isoformat(),
        f"PO {place % 9_973}",
        amount if settled else "",
        min(issued + timedelta(days=chance.randrange(10, 60)), today).isoformat() if settled else "",
    )
