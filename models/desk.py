"""What staff enter by hand: invoices, receipts, allocations. Each is one operation, refused aloud or audited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from sqlalchemy import select

from models import audit, company, holds, invoices, ledger, plans
from models.audit import Actor
from models.customers import Customer, lock_account, lock_accounts
from models.database import session
from models.errors import N_, Refused
from models.invoices import Invoice, InvoiceLine
from models.ledger import Allocation, Entry, EntryKind, Side
from models.money import LARGEST_MINOR, Money, exponent, total
from models.states import changed_meanwhile


class Method(StrEnum):
    TRANSFER = "transfer"
    CHEQUE = "cheque"
    CASH = "cash"


class DeskRefused(Refused):
    pass


class DueTooEarly(DeskRefused):
    pass


@dataclass(frozen=True, slots=True)
class Line:
    """A line as typed: `price` is for one, without tax; `tax_rate` in per cent."""

    description: str
    quantity: Decimal
    price: Decimal
    tax_rate: Decimal
    product: str = ""
    supplier: str = ""
    site: str = ""

    def net(self, currency: str) -> Money:
        return Money.rounded(self.quantity * self.price, currency)

    def tax(self, currency: str) -> Money:
        one = Decimal(1).scaleb(-exponent(currency))
        return Money.of((self.net(currency).amount * self.tax_rate / 100).quantize(one, ROUND_HALF_UP), currency)


def sum_of(lines: Sequence[Line], currency: str) -> Money:
    """What a document with these lines comes to, tax included; tax is rounded half-up per line."""
    return total((line.net(currency) + line.tax(currency) for line in lines), currency)


def document_lines(lines: Sequence[Line], currency: str) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            description=line.description,
            quantity=line.quantity,
            net_minor=line.net(currency).minor,
            tax_rate=line.tax_rate,
            tax_minor=line.tax(currency).minor,
            currency=currency,
            product=line.product,
            supplier=line.supplier,
            site=line.site,
        )
        for line in lines
    ]


def write_invoice(
    customer: Customer,
    *,
    number: str,
    currency: str,
    lines: Sequence[Line],
    issued_on: date,
    due_on: date,
    reference: str,
    by: Actor,
    now: datetime,
) -> Invoice:
    """
    Bill by hand: the document, its lines and its debit.

    :raises DeskRefused: it comes to nothing or less, or is due before it is issued.
    :raises models.invoices.DuplicateInvoice: the number is in use.
    :raises models.ledger.BooksClosed: it is issued in closed books.
    """
    lock_account(customer.id, currency)
    amount = sum_of(lines, currency)
    if amount.minor <= 0:
        raise DeskRefused(N_("The lines come to nothing. For a negative amount write a credit note."))
    if amount.minor > LARGEST_MINOR:
        raise DeskRefused(N_("The lines come to more than can be booked."))
    if due_on < issued_on:
        raise DueTooEarly(N_("An invoice cannot be due before it is issued."))
    invoice = invoices.add(
        customer,
        number=number,
        amount=amount,
        issued_on=issued_on,
        due_on=due_on,
        source="staff",
        terms=customer.terms,
        reference=reference,
        lines=document_lines(lines, currency),
        now=now,
    )
    entry = _bill(invoice, now)
    facts = {"number": invoice.number, "amount": amount, "issued_on": issued_on, "due_on": due_on}
    audit.record(customer.id, "invoice.written", by=by, now=now, about=f"entries:{entry.id}", facts=facts)
    return invoice


def _bill(invoice: Invoice, now: datetime) -> Entry:
    return ledger.bill(
        invoice.customer_id,
        invoice.amount,
        effective_on=invoice.issued_on,
        due_on=invoice.due_on,
        dedupe_key=f"invoice:{invoice.number}",
        invoice_id=invoice.id,
        now=now,
    )


def enter_receipt(
    customer_id: int,
    amount: Money,
    *,
    method: Method,
    paid_on: date,
    reference: str,
    payer: str,
    key: str,
    by: Actor,
    now: datetime,
    shares: Sequence[tuple[int, Money]] = (),
    oldest_first: bool = False,
) -> Entry:
    """
    Enter money that came by bank, cheque or cash. It goes where the payer said (`shares`: debit entry and amount), or
    where money goes that names the account alone (`oldest_first`), or stays unapplied. `key` is the form's own: sent
    twice it enters once.

    :raises models.ledger.AllocationRefused: a share is more than its item has open, or all are more than the receipt.
    """
    lock_account(customer_id, amount.currency)
    known = _entered(customer_id, [f"{one.value}:{key}" for one in Method], amount)
    if known is not None:
        return known
    _refuse_tomorrow(paid_on, company.get(), now)
    receipt = ledger.receive(
        customer_id,
        amount,
        effective_on=paid_on,
        dedupe_key=f"{method.value}:{key}",
        reference=reference,
        payer=payer,
        now=now,
    )
    if oldest_first:
        _share_out(receipt, now)
    for debit_id, share in shares:
        ledger.allocate(receipt, ledger.entry_of(customer_id, debit_id), share, now=now)
    facts = {"amount": amount, "method": method.value, "paid_on": paid_on, "shares": len(shares)}
    words = {"payer": payer, "reference": reference}
    audit.record(
        customer_id, "receipt.entered", by=by, now=now, about=f"entries:{receipt.id}", facts=facts, words=words
    )
    return receipt


def _share_out(receipt: Entry, now: datetime) -> None:
    """As money that a bank file brings for an account."""
    customer_id, currency, today = receipt.customer_id, receipt.currency, company.get().today(now)
    debits, held = ledger.open_debits(customer_id, currency), holds.living([customer_id], today)
    waits = plans.awaited([customer_id], today).get((customer_id, currency))
    claimed = holds.claimed_by_item(held)
    shares = plans.share_out(receipt.left.minor, receipt.effective_on, debits, claimed, waits)
    for debit_id, minor in shares.items():
        ledger.allocate(receipt, ledger.entry_of(customer_id, debit_id), Money(minor, currency), now=now)


def _refuse_tomorrow(day: date, creditor: company.Company, now: datetime) -> None:
    if day > creditor.today(now):
        raise DeskRefused(N_("Money cannot have arrived after today."))


def allocate(
    credit: Entry, shares: Sequence[tuple[int, Money]], *, by: Actor, now: datetime, seen: Money | None = None
) -> list[Allocation]:
    """
    Use what is unapplied of a credit for open items (debit entry and amount each).

    :param seen: what was unapplied when it was decided; where that has changed, it has to be decided anew.
    :raises IllegalTransition: it has changed.
    :raises models.ledger.AllocationRefused: a share is more than its item has open, or all are more than is unapplied.
    """
    lock_account(credit.customer_id, credit.currency)
    session.refresh(credit)
    if seen is not None and credit.left != seen:
        raise changed_meanwhile()
    rows = [
        ledger.allocate(credit, ledger.entry_of(credit.customer_id, debit_id), share, now=now)
        for debit_id, share in shares
    ]
    audit.record(
        credit.customer_id,
        "allocation.made",
        by=by,
        now=now,
        about=f"entries:{credit.id}",
        facts={"shares": [[debit_id, share] for debit_id, share in shares]},
    )
    return rows


def take_back(allocation: Allocation, *, reason: str, by: Actor, now: datetime) -> Allocation:
    """Reverse an allocation on today's business date; the item is open again with its old due date."""
    lock_account(allocation.customer_id, allocation.currency)
    row = ledger.reverse(allocation, on=company.get().today(now), now=now)
    audit.record(
        allocation.customer_id,
        "allocation.taken_back",
        by=by,
        now=now,
        about=f"allocations:{allocation.id}",
        facts={"amount": allocation.amount, "credit": allocation.credit_id, "debit": allocation.debit_id},
        words={"reason": reason},
    )
    return row


def move_receipt(
    receipt: Entry, to: Customer, amount: Money, *, reason: str, by: Actor, now: datetime, key: str = ""
) -> Entry:
    """
    Move what is unapplied of a receipt to the customer whose money it is: a transfer takes it out here and a receipt
    of the same business date enters it there, under one cause. `key` is a form's own: sent twice it moves once.

    :raises models.ledger.AllocationRefused: more than is unapplied; take allocations back first.
    """
    if to.id == receipt.customer_id:
        raise DeskRefused(N_("The money is on this account already."))
    lock_accounts([(receipt.customer_id, receipt.currency), (to.id, receipt.currency)])
    cause = uuid5(NAMESPACE_OID, f"{receipt.customer_id}:{receipt.id}:{key or uuid4()}")
    known = _entered(to.id, [f"transfer:{cause}"], amount)
    if known is not None:
        return known
    session.refresh(receipt)
    if receipt.kind != EntryKind.RECEIPT or receipt.side != Side.CREDIT:
        raise DeskRefused(N_("Only a receipt can be moved."))
    if amount > receipt.left:
        raise ledger.AllocationRefused(N_("Only %(left)s of this credit is unapplied."), left=receipt.left)
    moved = _transfer(receipt, to, amount, cause=cause, reason=reason, now=now)
    for customer_id in sorted((receipt.customer_id, to.id)):
        audit.record(
            customer_id,
            "receipt.moved",
            by=by,
            now=now,
            about=f"entries:{receipt.id if customer_id == receipt.customer_id else moved.id}",
            facts={"amount": amount, "from": receipt.customer_id, "to": to.id, "cause": str(cause)},
            words={"reason": reason},
        )
    return moved


def _transfer(receipt: Entry, to: Customer, amount: Money, *, cause: UUID, reason: str, now: datetime) -> Entry:
    """On the receipt's own business day, which in closed books is today."""
    closed = company.books_closed_on()
    today = company.get().today(now)
    day = receipt.effective_on if not closed or receipt.effective_on > closed else today
    debit = ledger.bill(
        receipt.customer_id,
        amount,
        kind=EntryKind.TRANSFER,
        effective_on=day,
        due_on=day,
        dedupe_key=f"transfer:{cause}",
        reason=reason,
        reference=to.number_as_written,
        now=now,
    )
    ledger.allocate(receipt, debit, amount, now=now)
    return ledger.receive(
        to.id,
        amount,
        effective_on=day,
        dedupe_key=f"transfer:{cause}",
        reference=receipt.reference,
        payer=receipt.payer,
        cause_id=cause,
        now=now,
    )


def _entered(customer_id: int, keys: Sequence[str], amount: Money) -> Entry | None:
    """
    What a form entered when it was sent before, perhaps by another method.

    :raises models.ledger.EntryRefused: with another amount: no repetition, but a correction that wants its opposite.
    """
    known = session.scalar(select(Entry).where(Entry.customer_id == customer_id, Entry.dedupe_key.in_(keys)))
    if known is not None and known.amount != amount:
        raise ledger.EntryRefused(N_("This was entered before with %(amount)s."), amount=known.amount)
    return known


def record_bank_day(day: date, *, by: Actor, now: datetime) -> None:
    """State up to which day bank money is in; it never goes back."""
    row = company.locked()
    _refuse_tomorrow(day, row, now)
    if row.bank_money_until and day < row.bank_money_until:
        raise DeskRefused(N_("Bank money is in up to %(day)s already."), day=row.bank_money_until)
    before, row.bank_money_until = row.bank_money_until, day
    facts = {"before": before, "after": day}
    audit.record(company.HOLDING_ACCOUNT, "bank_day.recorded", by=by, now=now, about="company:1", facts=facts)


def close_books(day: date, *, by: Actor, now: datetime) -> None:
    """From now on nothing may be effective on or before the day. Closed books are never opened again."""
    row = company.locked()
    if day >= row.today(now):
        raise DeskRefused(N_("Books can be closed up to yesterday at most."))
    if row.books_closed_on and day < row.books_closed_on:
        raise DeskRefused(N_("The books are closed up to %(day)s. Choose a later date."), day=row.books_closed_on)
    before, row.books_closed_on = row.books_closed_on, day
    facts = {"before": before, "after": day}
    audit.record(company.HOLDING_ACCOUNT, "books.closed", by=by, now=now, about="company:1", facts=facts)
