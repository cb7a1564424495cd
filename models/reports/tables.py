"""A report as rows: the same for the page's table, for spreadsheets and for programs."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.accounts import safe_cell
from models.money import Money

Cell = str | int | float | Money | None


@dataclass(frozen=True, slots=True)
class Table:
    """`facts` say what was asked; a row has as many cells as there are columns. Amounts are of the row's currency."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    facts: dict[str, str] = field(default_factory=dict)


def as_csv(table: Table) -> str:
    """UTF-8 with a mark, for spreadsheets; what they would take for a formula is made harmless."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(table.columns)
    writer.writerows([_plain(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def as_json(table: Table) -> str:
    """Amounts are strings with the currency's decimals."""
    return json.dumps({"report": table.name, **table.facts, "rows": _objects(table)}, ensure_ascii=False)


def all_as_json(name: str, tables: Sequence[Table]) -> str:
    """Of one report: its tables have their facts in common."""
    rows = {table.name: _objects(table) for table in tables}
    return json.dumps({"report": name, **tables[0].facts, "tables": rows}, ensure_ascii=False)


def _objects(table: Table) -> list[dict[str, Cell]]:
    return [
        {name: cell.plain() if isinstance(cell, Money) else cell for name, cell in zip(table.columns, row, strict=True)}
        for row in table.rows
    ]


def as_text(table: Table) -> str:
    """For a terminal: columns side by side, numbers at their end."""
    rows = [[str(_plain(cell)) for cell in row] for row in table.rows]
    widths = [max(map(len, column)) for column in zip(table.columns, *rows, strict=True)]
    numeric = [all(not isinstance(cell, str) for cell in column) for column in zip(*table.rows, strict=True)] or [
        False
    ] * len(widths)
    lines = [list(table.columns), *rows]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def all_as_text(tables: Sequence[Table]) -> str:
    return "\n\n".join(f"{table.name}\n{as_text(table)}" for table in tables)


def as_workbook(*tables: Table) -> bytes:
    """A sheet for each; amounts are numbers, text is text whatever it begins with."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True})
        money = book.add_format({"num_format": "#,##0.00"})
        for table in tables:
            sheet = book.add_worksheet(table.name[:31])
            for place, name in enumerate(table.columns):
                sheet.write_string(0, place, name, bold)
            for line, row in enumerate(table.rows, start=1):
                for place, cell in enumerate(row):
                    _write(sheet, line, place, cell, money)
            sheet.freeze_panes(1, 0)
            sheet.autofit()
    return out.getvalue()


def _write(sheet: Any, line: int, place: int, cell: Cell, money: Any) -> None:
    if isinstance(cell, Money):
        sheet.write_number(line, place, float(cell.amount), money)
    elif isinstance(cell, str):
        sheet.write_string(line, place, safe_cell(cell))
    elif cell is not None:
        sheet.write_number(line, place, cell)


def _plain(cell: Cell) -> str | int | float:
    if isinstance(cell, Money):
        return cell.plain()
    if isinstance(cell, str):
        return safe_cell(cell)
    return "" if cell is None else cell
