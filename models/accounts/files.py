"""The statement for spreadsheets and programs."""

import csv
import io
from datetime import date
from typing import Any

from models.accounts.statement import Statement, statements
from models.customers import Customer

COLUMNS = ("number", "kind", "effective_on", "due_on", "amount", "open", "currency", "reference")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def statement_json(statement: Statement, customer: Customer) -> dict[str, Any]:
    """
    One currency: amounts are strings with the currency's decimals, credits negative; `total` is the sum of `open`.
    """
    return {
        "customer": customer.number,
        "as_of": statement.as_of.isoformat(),
        "currency": statement.currency,
        "rows": [
            {
                "number": item.number,
                "kind": item.kind,
                "effective_on": item.effective_on.isoformat(),
                "due_on": item.due_on.isoformat() if item.due_on else None,
                "amount": item.amount.plain(),
                "open": item.left.plain(),
            }
            for item in statement.rows
        ],
        "total": statement.total.plain(),
    }


def statement_csv(customer: Customer, as_of: date) -> str:
    """Every open item and unapplied credit of every currency; UTF-8 with a mark, for spreadsheets."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for statement in statements(customer.id, as_of):
        for item in statement.rows:
            writer.writerow(
                [
                    safe_cell(item.number),
                    item.kind,
                    item.effective_on.isoformat(),
                    item.due_on.isoformat() if item.due_on else "",
                    item.amount.plain(),
                    item.left.plain(),
                    item.left.currency,
                    safe_cell(item.reference),
                ]
            )
    return out.getvalue()


def safe_cell(text: str) -> str:
    """Text that a spreadsheet would run as a formula gets a mark before it; our own amounts need none."""
    return f"'{text}" if text.startswith(FORMULA) else text
