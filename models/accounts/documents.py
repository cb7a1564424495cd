"""One item of a customer's account, an invoice or a payment: what it says, and where each cent went or came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models import holds, ledger
from models.customers.merges import family
from models.holds import Held
from models.invoices import Invoice, InvoiceLine
from models.ledger import Entry, Side, Used
from models.money import Money, total


@dataclass(frozen=True, slots=True)
class Document:
    """
    An entry as its customer reads it, with what it was used for or paid by. `in_flight` is what payments on their way
    may still take of it. `customer_id` is whose it is: the reader's, or of an account that is read as part of theirs.
    """

    customer_id: int
    entry: Entry
    invoice: Invoice | None
    lines: Sequence[InvoiceLine]
    used: Sequence[Used]
    in_flight: Money
    on: date
    held: Sequence[Held] = ()

    @property
    def number(self) -> str:
        return self.invoice.number_as_written if self.invoice else ""

    @property
    def left(self) -> Money:
        """What is open or unapplied on the day, as the statement of the day says."""
        return self.entry.amount - total((use.amount for use in self.living), self.entry.currency)

    @property
    def living(self) -> list[Used]:
        """What was not taken back by the day."""
        return [use for use in self.used if use.taken_back_on is None or use.taken_back_on > self.on]

    @property
    def payable(self) -> Money:
        free = min(self.left.minor, self.entry.left.minor) - self.in_flight.minor
        return Money(max(free, 0), self.entry.currency)

    @property
    def on_hold(self) -> Money:
        """What is not asked for now."""
        return holds.taken(self.held, self.payable)

    @property
    def disputed(self) -> Money:
        """Of what is on hold, what need not be paid until a case about it is answered."""
        return holds.taken((one for one in self.held if one.kind == holds.HoldKind.DISPUTE), self.payable)

    @property
    def days_late(self) -> int:
        due = self.entry.due_on
        return max((self.on - due).days, 0) if due and self.left else 0

    @property
    def has_tax(self) -> bool:
        """Whether the lines say anything of tax: what an import brought without a rate is one amount."""
        return any(line.tax_rate or line.tax_minor for line in self.lines)

    @property
    def net(self) -> Money:
        return total((line.net for line in self.lines), self.entry.currency)

    @property
    def tax(self) -> Money:
        return total((line.tax for line in self.lines), self.entry.currency)


def debit_document(customer_id: int, entry_id: int, today: date) -> Document | None:
    """What is or was owed; None for anybody else's, for a credit, and before its day."""
    return _document(customer_id, entry_id, Side.DEBIT, today)


def credit_document(customer_id: int, entry_id: int, today: date) -> Document | None:
    """Money received or credited, and where each cent of it went."""
    return _document(customer_id, entry_id, Side.CREDIT, today)


def _document(customer_id: int, entry_id: int, side: Side, today: date) -> Document | None:
    found = (ledger.shown_entry(member, entry_id) for member in family(customer_id, today))
    shown = next((one for one in found if one), None)
    if shown is None or shown.entry.side != side or shown.entry.effective_on > today:
        return None
    entry = shown.entry
    held = holds.living([entry.customer_id], today) if side == Side.DEBIT else []
    taken = holds.in_flight_by_item(held).get(entry.id, 0)
    return Document(
        customer_id=entry.customer_id,
        entry=entry,
        invoice=shown.invoice,
        lines=shown.lines,
        used=[use for use in ledger.allocations_of(entry.customer_id, entry.id) if use.effective_on <= today],
        in_flight=Money(min(taken, entry.left.minor), entry.currency),
        on=today,
        held=holds.Covered(held).of(entry.customer_id, entry.id, entry.currency),
    )
