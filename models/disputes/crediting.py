"""The credit note of a case: its lines are those of the invoice, in their proportion of tax."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from models import credit_notes
from models.credit_notes import CreditLine, CreditNote
from models.database import session
from models.disputes.records import Dispute, DisputeLine, lines_of
from models.invoices import InvoiceLine
from models.ledger import Entry, entry_of
from models.money import Money, total
from models.policies import splitting


def book(dispute: Dispute, number: str, credits: Mapping[int, Money], *, on: date, now: datetime) -> Entry | None:
    """
    In the caller's transaction, under the account's lock; None where nothing is credited.

    :param credits: by the position of the case's line, tax included.
    """
    whole = total(credits.values(), dispute.currency)
    if not whole:
        return None
    lines = {line.position: line for line in lines_of(dispute)}
    note = CreditNote(
        customer_id=dispute.customer_id,
        number=number,
        amount=whole,
        reason=dispute.number,
        issued_on=on,
        invoice_id=entry_of(dispute.customer_id, dispute.entry_id).invoice_id,
        lines=tuple(
            _credit_line(lines[position], amount)
            for position, amount in credits.items()
            if lines[position].invoice_line_id
        ),
        key=number,
    )
    return credit_notes.book(note, now=now)


def _credit_line(line: DisputeLine, credited: Money) -> CreditLine:
    billed = session.get_one(InvoiceLine, (line.customer_id, line.invoice_line_id))
    net, tax = splitting.net_and_tax(credited, billed.net, billed.tax)
    quantity = billed.quantity if credited == billed.net + billed.tax else Decimal(1)
    return CreditLine(
        description=billed.description,
        quantity=quantity,
        net_minor=net.minor,
        tax_rate=billed.tax_rate,
        tax_minor=tax.minor,
    )
