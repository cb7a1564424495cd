"""A long statement on paper, against the same words drawn on a bare canvas."""

import io
import time
from collections.abc import Callable
from datetime import date, datetime

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from bench import causes
from bench.figures import Figure, best
from bench.sample import FIRST_CUSTOMER
from bench.sizes import LONG_PAGE, Size
from models import accounts, company, customers
from models.accounts import Statement
from models.gateways.glyphs import FONTS
from models.transactions import release

FONT, SIZE, LEADING = "Inter", 8, 14
TOP, BOTTOM, LEFT = 780, 60, 50
COLUMNS = (0, 90, 150, 220, 290, 370, 450)


def measured(size: Size, now: datetime) -> Figure:
    """Needs the session bound to a database with the sample in it."""
    pdfmetrics.registerFont(TTFont(FONT, FONTS / "Inter-Regular.ttf"))
    creditor = company.of_request()
    customer = customers.by_number(FIRST_CUSTOMER)
    if customer is None:
        raise RuntimeError("the sample is not in this database")
    today = creditor.today(now)

    def ours() -> bytes:
        return accounts.statement_pdf(customer, today, creditor, now=now, language="en")

    def plain() -> bytes:
        return drawn(creditor.name, customer.name, accounts.statements(customer.id, today), today)

    papers, limits = [], []
    plain(), ours()  # The first ones load fonts.
    for _ in range(size.papers):
        limits.append(_seconds(plain))
        papers.append(_seconds(ours))
    release()
    return Figure(
        what=f"PDF of a statement of {LONG_PAGE} rows, tagged, for archives",
        against="reportlab's canvas: the same rows as plain text",
        ratio=best(limits) / best(papers),
        gate=0.15,
        stretch=0.19,
        less_is_better=False,
        ours=f"{1 / best(papers):,.1f} statements/s",
        limit=f"{1 / best(limits):,.1f} statements/s",
        cause=causes.PAPER,
    )


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
                *(item.number or "", item.kind.value, str(item.effective_on), str(due)),
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


def _seconds(paper: Callable[[], bytes]) -> float:
    """:raises RuntimeError: no PDF came of it."""
    began = time.perf_counter()
    if not paper().startswith(b"%PDF"):
        raise RuntimeError("what came of it is no PDF")
    return time.perf_counter() - began
