"""A chunk of payments: each finds its invoice, else its customer, else waits as money without a name."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import text
from stdnum import iso11649

from models import holds, invoices, plans
from models.company import HOLDING_ACCOUNT
from models.customers import lock_accounts
from models.database import session
from models.errors import N_
from models.imports.outcomes import BOOKS_CLOSED, Circumstances, Outcome, Refusal
from models.imports.rows import PaymentRow
from models.imports.staging import copy_rows, temporary
from models.ledger import bulk
from models.money import Money
from models.plans import Awaited
from models.policies.allocation import oldest_due_first

DIFFERS = N_("Payment %(number)s is booked with %(booked)s, the file says %(said)s. Take it back and enter it again.")

CUSTOMERS = "select number, id from customers where number = any(:numbers)"
REGISTER = """
insert into imported_payments (key, run_id, customer_id, entry_id)
select key, :run, customer_id, id from receipts_to_book order by key
"""
RECEIPTS = """
customer_id bigint, id bigint, currency text, amount_minor bigint, used_minor bigint, received_on date, key text,
reference text, payer text, place bigint
"""
SHARES = "customer_id bigint, credit_id bigint, debit_id bigint, currency text, amount_minor bigint"
NEW_ENTRIES = """
select customer_id, id, currency, cast(-1 as smallint) as side, 'receipt' as kind, amount_minor, used_minor,
    received_on as effective_on, cast(null as date) as due_on, cast(null as bigint) as invoice_id,
    'payment:' || key as dedupe_key, reference, payer, place
from receipts_to_book
"""
NEW_ALLOCATIONS = "select * from shares_to_book"
USED = "select customer_id, debit_id as id, amount_minor as minor from shares_to_book"


class Debit(NamedTuple):
    customer_id: int
    id: int
    invoice_id: int | None
    kind: str
    due_on: date
    open_minor: int


class Booking(NamedTuple):
    """A payment, whose it is, and the invoices it names in the order in which it names them."""

    payment: PaymentRow
    customer_id: int
    invoices: list[int]


def apply(rows: Sequence[tuple[object, ...]], at: Circumstances) -> Outcome:
    """Book a chunk in the caller's transaction. In a dry run nothing but temporary tables is written."""
    outcome = Outcome()
    fresh = _unknown([PaymentRow(*row) for row in rows], outcome, at)  # type: ignore[arg-type]
    bookings = _find_owners(fresh)
    for booking in bookings:
        outcome.new += 1
        outcome.sums[booking.payment.currency] += booking.payment.amount_minor
    if bookings and not at.dry:
        _book(bookings, at)
    return outcome


def _unknown(payments: list[PaymentRow], outcome: Outcome, at: Circumstances) -> list[PaymentRow]:
    """Those that no run has booked yet. The same number with another amount or day is refused."""
    booked: dict[str, tuple[Money, date]] = {
        key: (Money(minor, currency), day)
        for key, minor, currency, day in session.execute(
            text(
                "select p.key, e.amount_minor, e.currency, e.effective_on from imported_payments p"
                " join entries e on e.customer_id = p.customer_id and e.id = p.entry_id where p.key = any(:keys)"
            ),
            {"keys": [payment.key for payment in payments]},
        )
    }
    fresh = []
    for payment in payments:
        amount = Money(payment.amount_minor, payment.currency)
        known = booked.get(payment.key)
        if known == (amount, payment.received_on):
            outcome.unchanged += 1
        elif known:
            values = {"number": payment.key.partition(":")[2], "booked": known[0], "said": amount}
            outcome.refusals.append(Refusal(payment.row, "amount", DIFFERS, values))
        elif at.closed_on and payment.received_on <= at.closed_on:
            outcome.refusals.append(Refusal(payment.row, "received", BOOKS_CLOSED, {"day": at.closed_on}))
        else:
            booked[payment.key] = (amount, payment.received_on)
            fresh.append(payment)
    return fresh


def _find_owners(payments: Sequence[PaymentRow]) -> list[Booking]:
    named_invoices, named_accounts = _invoices_named(payments), _accounts_named(payments)
    numbers = {payment.customer for payment in payments if payment.customer}
    known = session.execute(text(CUSTOMERS), {"numbers": list(numbers)})
    customers = {number: customer_id for number, customer_id in known}
    bookings = []
    for payment in payments:
        named = [named_invoices[cell] for cell in payment.cells if cell in named_invoices]
        named = named or [named_invoices[word] for word in payment.words if word in named_invoices]
        owners = (named_accounts[word] for word in (*payment.cells, *payment.words) if word in named_accounts)
        bookings.append(_booking(payment, customers.get(payment.customer) or next(owners, None), named))
    return bookings


def _booking(payment: PaymentRow, customer_id: int | None, named: Sequence[tuple[int, int]]) -> Booking:
    """The invoice decides whose it is, then the customer's number; invoices of several customers decide nothing."""
    owners = {owner for owner, _ in named}
    if len(owners) == 1:
        customer_id = owners.pop()
    if customer_id is None:
        # An unknown number is kept with the text, for whoever finds out whose money it is.
        text_given = " ".join(part for part in (payment.reference, payment.customer) if part)
        return Booking(payment._replace(reference=text_given), HOLDING_ACCOUNT, [])
    chosen = dict.fromkeys(invoice_id for owner, invoice_id in named if owner == customer_id)
    return Booking(payment, customer_id, list(chosen))


def _accounts_named(payments: Sequence[PaymentRow]) -> dict[str, int]:
    """Candidate → customer, by the RF reference of an account, as statements print it."""
    candidates = {candidate for payment in payments for candidate in (*payment.cells, *payment.words)}
    found = {
        candidate: customer_id
        for candidate in candidates
        if candidate.startswith("RF") and (customer_id := invoices.customer_of_reference(candidate))
    }
    known = set(session.scalars(text("select id from customers where id = any(:ids)"), {"ids": list(found.values())}))
    return {candidate: customer_id for candidate, customer_id in found.items() if customer_id in known}


def _invoices_named(payments: Sequence[PaymentRow]) -> dict[str, tuple[int, int]]:
    """Candidate → (customer, invoice), found by invoice number or by an RF reference whose check digits are right."""
    candidates = {candidate for payment in payments for candidate in (*payment.cells, *payment.words)}
    places = {candidate: int(core) for candidate in candidates if (core := _rf_core(candidate)).isdigit()}
    found = session.execute(
        text(
            "select number, id, customer_id, invoice_id from invoice_numbers"
            " where number = any(:candidates) or id = any(:places)"
        ),
        {"candidates": list(candidates), "places": list(places.values())},
    ).all()
    by_number = {number: (customer_id, invoice_id) for number, _, customer_id, invoice_id in found}
    by_place = {place: (customer_id, invoice_id) for _, place, customer_id, invoice_id in found}
    named = {candidate: by_place[place] for candidate, place in places.items() if place in by_place}
    return named | {candidate: by_number[candidate] for candidate in candidates if candidate in by_number}


def _rf_core(candidate: str) -> str:
    if not candidate.startswith("RF") or not iso11649.is_valid(candidate):
        return ""
    core = iso11649.compact(candidate)[4:]
    return core if len(core) < 19 else ""


def _book(bookings: list[Booking], at: Circumstances) -> None:
    lock_accounts((booking.customer_id, booking.payment.currency) for booking in bookings)
    debits = _open_debits(bookings)
    ids = session.scalars(
        text("select nextval('entries_id_seq') from generate_series(1, :count)"), {"count": len(bookings)}
    ).all()
    held = holds.claimed_by_item(holds.living(sorted({booking.customer_id for booking in bookings}), at.today))
    waits = plans.awaited({booking.customer_id for booking in bookings}, at.today)
    receipts, shares = [], []
    for place, (booking, entry_id) in enumerate(zip(bookings, ids, strict=True)):
        payment, mine = booking.payment, debits.get((booking.customer_id, booking.payment.currency), {})
        chosen = _shares(booking, mine, held, waits.get((booking.customer_id, payment.currency)))
        for debit_id, minor in chosen:
            shares.append((booking.customer_id, entry_id, debit_id, payment.currency, minor))
            debit = mine.pop(debit_id)
            if debit.open_minor > minor:
                mine[debit_id] = debit._replace(open_minor=debit.open_minor - minor)
        receipts.append(
            (
                *(booking.customer_id, entry_id, payment.currency, payment.amount_minor),
                *(sum(minor for _, minor in chosen), payment.received_on, payment.key),
                *(payment.reference, payment.payer, place),
            )
        )
    _write(receipts, shares, at)


def _write(receipts: Sequence[tuple[object, ...]], shares: Sequence[tuple[object, ...]], at: Circumstances) -> None:
    temporary("receipts_to_book", RECEIPTS)
    temporary("shares_to_book", SHARES)
    copy_rows("receipts_to_book", _names(RECEIPTS), receipts)
    copy_rows("shares_to_book", _names(SHARES), shares)
    bulk.enter(NEW_ENTRIES, now=at.now)
    bulk.use(USED)
    bulk.allocate(NEW_ALLOCATIONS, now=at.now)
    session.execute(text(REGISTER), {"run": at.run_id})


def _names(columns: str) -> list[str]:
    return [column.split()[0] for column in columns.split(",")]


def _open_debits(bookings: Sequence[Booking]) -> dict[tuple[int, str], dict[int, Debit]]:
    found: dict[tuple[int, str], dict[int, Debit]] = defaultdict(dict)
    rows = session.execute(
        text(
            "select currency, customer_id, id, invoice_id, kind, due_on, open_minor from entries"
            " where customer_id = any(:customers) and open_minor > 0 order by due_on, id"
        ),
        {"customers": list({booking.customer_id for booking in bookings} - {HOLDING_ACCOUNT})},
    )
    for currency, *rest in rows:
        debit = Debit(*rest)
        found[debit.customer_id, currency][debit.id] = debit
    return found


def _shares(
    booking: Booking, debits: dict[int, Debit], held: dict[int, int], waits: Awaited | None
) -> list[tuple[int, int]]:
    """Named invoices in the payer's order; without any, where money goes that names an account."""
    payment = booking.payment
    if not booking.invoices:
        return list(plans.share_out(payment.amount_minor, payment.received_on, debits.values(), held, waits).items())
    left, used = payment.amount_minor, Counter[int]()
    for invoice_id in booking.invoices:
        claims = [plans.claim(debit, debit.open_minor) for debit in debits.values() if debit.invoice_id == invoice_id]
        for share in oldest_due_first(left, claims)[0]:
            used[share.entry_id] += share.amount_minor
            left -= share.amount_minor
    return list(used.items())
