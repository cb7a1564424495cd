"""Long statements on paper, each of another customer, against the same rows drawn on a bare canvas."""

import csv
import io
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from bench import causes
from bench.databases import Databases
from bench.figures import Figure, best
from bench.sample import COLUMNS as FILED
from bench.sizes import LONG_PAGE, Size
from models import accounts, company, customers, database, imports
from models.accounts import Statement
from models.audit import COMMAND
from models.customers import Customer
from models.imports import Kind
from models.transactions import release

OWED = "owed"
FONT, SIZE, LEADING = "Helvetica", 8, 14  # A font that every reader brings: nothing of it goes into the file.
TOP, BOTTOM, LEFT = 780, 60, 50
COLUMNS = (0, 90, 150, 220, 290, 370, 450)


def measured(databases: Databases, size: Size, now: datetime) -> Figure:
    """typst remembers what it laid out: the same statement twice would cost next to nothing the second time."""
    engine = database.connect(databases.make(OWED))
    file = _written(databases.home / "owed.csv", size.papers + 1, now.date())
    imports.run(Kind.INVOICES, [file], home=databases.home, by=COMMAND, now=now)
    databases.sql(OWED, "vacuum analyze")
    creditor = company.of_request()
    today = creditor.today(now)

    def ours(customer: Customer) -> bytes:
        return accounts.statement_pdf(customer, today, creditor, now=now, language="en")

    def plain(customer: Customer) -> bytes:
        return drawn(creditor.name, customer.name, accounts.statements(customer.id, today), today)

    papers, limits = [], []
    for number in range(size.papers + 1):
        customer = customers.by_number(f"L{number:04d}")
        if customer is None:
            raise RuntimeError("the file was not booked")
        limits.append(_seconds(plain, customer))
        papers.append(_seconds(ours, customer))
    release()
    engine.dispose()
    return _figure(best(papers[1:]), best(limits[1:]))  # The first ones load fonts.


def _figure(ours: float, limit: float) -> Figure:
    return Figure(
        what=f"PDF of a statement of {LONG_PAGE} rows, tagged, for archives",
        against="reportlab's canvas: the same rows as bare text",
        ratio=limit / ours,
        gate=0.15,
        stretch=0.19,
        less_is_better=False,
        ours=f"{1 / ours:,.1f} statements/s",
        limit=f"{1 / limit:,.1f} statements/s",
        cause=causes.PAPER,
    )


def _written(file: Path, many: int, today: date) -> Path:
    """A file of so many customers with a long page each."""
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(FILED)
        for place in range(many * LONG_PAGE):
            customer, issued = place // LONG_PAGE, today - timedelta(days=20 + place % 480)
            amount = f"{1_000 + place * 7_919 % 499_000}.{place % 100:02d}"
            rows.writerow(
                [
                    *(f"L{customer:04d}", f"Virtuvės reikmenys {customer} UAB", f"INV-{place:08d}", amount, "EUR"),
                    *(issued, issued + timedelta(days=30), f"PO {place}", "", ""),
                ]
            )
    return file


def drawn(sender: str, recipient: str, parts: list[Statement], today: date) -> bytes:
    """The statement's words in their places; no tags, no archive, no language, no second line."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    height = 0
    for part in parts:
        for item in part.rows:
            if height < BOTTOM:
                height = _page_begun(canvas, sender, recipient, today, first=not height)
            due, amount, left = item.due_on or today, item.amount.minor, item.left.minor
            cells = (
                *(item.number or "", item.kind, str(item.effective_on), str(due)),
                *(f"{amount // 100:,}.{amount % 100:02d}", f"{left // 100:,}.{left % 100:02d}"),
                f"{max((today - due).days, 0)} days late",
            )
            for place, cell in zip(COLUMNS, cells, strict=True):
                canvas.drawString(LEFT + place, height, cell)
            height -= LEADING
    canvas.save()
    return file.getvalue()


def _page_begun(canvas: Canvas, sender: str, recipient: str, today: date, *, first: bool) -> int:
    if not first:
        canvas.showPage()
    canvas.setFont(FONT, SIZE)
    canvas.drawString(LEFT, TOP + 2 * LEADING, f"{sender}, {today}")
    canvas.drawString(LEFT, TOP + LEADING, recipient)
    return TOP


def _seconds(paper: Callable[[Customer], bytes], customer: Customer) -> float:
    """
    Of CPU, without PostgreSQL's.

    :raises RuntimeError: no PDF came of it.
    """
    began = time.process_time()
    if not paper(customer).startswith(b"%PDF"):
        raise RuntimeError("what came of it is no PDF")
    return time.process_time() - began
