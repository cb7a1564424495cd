"""What of an invoice may be disputed: each line, less what is in a case already or was credited by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text

from models.database import session
from models.disputes.records import LIVING
from models.invoices import Invoice, InvoiceLine, lines_of
from models.ledger import Entry, EntryKind, Side
from models.money import Money

BILLED = (EntryKind.INVOICE, EntryKind.FEE, EntryKind.INTEREST, EntryKind.OPENING)


@dataclass(frozen=True, slots=True)
class DisputableLine:
    """
    A line as it was billed, tax included. `left` is what no other case claims or has credited. `line_id` none: the
    item as a whole, where the invoice came without lines.
    """

    line_id: int | None
    description: str
    quantity: Decimal | None
    gross: Money
    left: Money


@dataclass(frozen=True, slots=True)
class Disputable:
    """`left` bounds all lines together: an invoice's lines need not add up to it to the cent."""

    customer_id: int
    entry_id: int
    number: str
    invoice_id: int | None
    open: Money
    left: Money
    lines: Sequence[DisputableLine]

    def line(self, line_id: int | None) -> DisputableLine | None:
        return next((one for one in self.lines if one.line_id == line_id), None)


# A living case claims what it says; once decided it has taken what was credited, and what comes back.
_TAKEN = text(
    """
select l.invoice_line_id,
    sum(case when d.state = any(:undecided) then l.claimed_minor else coalesce(c.minor, 0) + coalesce(b.minor, 0) end)
from disputes d
join dispute_lines l on l.customer_id = d.customer_id and l.dispute_id = d.id
left join lateral (
    select sum(x.credited_minor) as minor from dispute_decision_lines x
    join dispute_decisions r on r.customer_id = x.customer_id and r.id = x.decision_id and r.state = 'final'
    where x.customer_id = d.customer_id and r.dispute_id = d.id and x.position = l.position
) c on true
left join lateral (
    select sum(g.credit_minor) as minor from goods_returns g
    where g.customer_id = d.customer_id and g.dispute_id = d.id and g.position = l.position and g.state <> 'cancelled'
) b on true
where d.customer_id = :customer_id and d.entry_id = :entry_id and d.state <> 'withdrawn'
group by l.invoice_line_id
"""
)
_UNDECIDED = [state.value for state in LIVING if state != "decided"]


def disputable(customer_id: int, entry_id: int) -> Disputable | None:
    """
    One item that was billed to this customer; None for anybody else's, and for what is no bill: a refund, a
    chargeback. Once the account is locked it stays true until the transaction ends.
    """
    entry = session.get(Entry, (customer_id, entry_id), populate_existing=True)
    if entry is None or entry.side != Side.DEBIT or entry.kind not in BILLED:
        return None
    asked = {"customer_id": customer_id, "entry_id": entry_id, "undecided": _UNDECIDED}
    taken = {line_id: int(minor) for line_id, minor in session.execute(_TAKEN, asked)}
    paper = session.get(Invoice, (customer_id, entry.invoice_id)) if entry.invoice_id else None
    left = Money(max(entry.amount_minor - sum(taken.values()), 0), entry.currency)
    billed = [line for line in lines_of(paper) if line.net_minor + line.tax_minor > 0] if paper else []
    lines = [_line(line, taken.get(line.id, 0), left) for line in billed]
    if not lines:
        lines = [DisputableLine(None, "", None, entry.amount, left)]
    number = paper.number_as_written if paper else entry.reference
    return Disputable(customer_id, entry_id, number, entry.invoice_id, entry.left, left, lines)


def _line(line: InvoiceLine, taken: int, most: Money) -> DisputableLine:
    gross = line.net + line.tax
    left = min(Money(max(gross.minor - taken, 0), gross.currency), most)
    return DisputableLine(line.id, line.description, line.quantity.normalize(), gross, left)
