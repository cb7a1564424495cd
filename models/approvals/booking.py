"""Carrying a decision out: one ledger operation, audited."""

from datetime import datetime

from models import audit, customers, invoices, ledger, payments
from models.approvals.decisions import CreditLine, CreditNote, Decision, Refund, kind_of
from models.customers import lock_account
from models.database import session
from models.errors import N_, Refused
from models.invoices import Invoice, InvoiceLine, normal_number
from models.ledger import Entry
from models.staff import Principal


class CreditRefused(Refused):
    pass


def dedupe_key(decision: Decision) -> str:
    """A credit note is known by its number, as one that was imported; the others by the form that asked."""
    cause = normal_number(decision.number) if isinstance(decision, CreditNote) else decision.key
    return f"{kind_of(decision)}:{cause}"


def carry_out(decision: Decision, *, by: Principal, now: datetime) -> Entry | payments.Refund:
    """Book it. What came through Stripe goes back through Stripe, and is booked when Stripe has taken it."""
    lock_account(decision.customer_id, decision.amount.currency)
    if isinstance(decision, CreditNote):
        entry = _credit(decision, now=now)
    else:
        on = ledger.entry_of(decision.customer_id, decision.entry_id)
        if isinstance(decision, Refund) and payments.payment_of(on):
            reason, key = decision.reason.strip(), decision.key
            return payments.request_refund(on, decision.amount, reason=reason, key=key, by=by.actor, now=now)
        operation = ledger.refund if isinstance(decision, Refund) else ledger.write_off
        entry = operation(
            on,
            decision.amount,
            effective_on=decision.effective_on,
            dedupe_key=dedupe_key(decision),
            reason=decision.reason.strip(),
            now=now,
        )
    audit.record(
        decision.customer_id,
        f"{kind_of(decision)}.booked",
        by=by.actor,
        now=now,
        about=f"entries:{entry.id}",
        facts={"amount": decision.amount, "effective_on": entry.effective_on},
        words={"reason": decision.reason.strip()},
    )
    return entry


def _credit(decision: CreditNote, *, now: datetime) -> Entry:
    """The document first, then what it is worth, then the invoice it names."""
    named = session.get(Invoice, (decision.customer_id, decision.invoice_id)) if decision.invoice_id else None
    if decision.invoice_id and (named is None or named.currency != decision.amount.currency):
        raise CreditRefused(N_("A credit note and its invoice belong to one customer and one currency."))
    if named is not None and decision.amount > named.amount:
        raise CreditRefused(
            N_("Invoice %(number)s is over %(amount)s: no more than that can be credited."),
            number=named.number_as_written,
            amount=named.amount,
        )
    customer = customers.find(decision.customer_id)
    if customer is None:
        raise CreditRefused(N_("A credit note and its invoice belong to one customer and one currency."))
    document = invoices.add(
        customer,
        number=decision.number,
        amount=-decision.amount,
        issued_on=decision.issued_on,
        due_on=decision.issued_on,
        reference=named.number_as_written if named else "",
        lines=[_line(line, decision.amount.currency) for line in decision.lines],
        source="staff",
        now=now,
    )
    entry = ledger.credit(
        customer.id,
        decision.amount,
        effective_on=decision.issued_on,
        dedupe_key=dedupe_key(decision),
        invoice_id=document.id,
        reference=document.reference,
        reason=decision.reason.strip(),
        now=now,
    )
    if named is not None:
        debits = ledger.open_debits_of_invoice(customer.id, named.id)
        ledger.allocate_oldest_first(entry, only=[debit.id for debit in debits], now=now)
    return entry


def _line(line: CreditLine, currency: str) -> InvoiceLine:
    return InvoiceLine(
        description=line.description,
        quantity=line.quantity,
        net_minor=-line.net_minor,
        tax_rate=line.tax_rate,
        tax_minor=-line.tax_minor,
        currency=currency,
    )
