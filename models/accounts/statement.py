"""The statement: per currency what is open and what is unapplied on a day, adding up to the ledger's balance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from models import holds, ledger, payments
from models.customers.merges import family
from models.holds import Held
from models.ledger import Balance, OpenItem
from models.money import Money, total

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class StatementRow:
    """
    An open item with what other payments may still take of it; `payable` is 0 for a credit. `held` is why it, or a
    part of it, is not asked for.
    """

    item: OpenItem
    days_late: int
    in_flight: Money
    payable: Money
    held: Sequence[Held] = ()

    @property
    def on_hold(self) -> Money:
        return holds.taken(self.held, self.payable)

    @property
    def disputed(self) -> Money:
        """Of what is on hold, what need not be paid until a case about it is answered."""
        return holds.taken((one for one in self.held if one.kind == holds.HoldKind.DISPUTE), self.payable)

    @property
    def status(self) -> str:
        """The item's derived state: 'credit', 'in_flight', 'on_hold', 'late' or 'not_due'."""
        if self.item.side == ledger.Side.CREDIT:
            return "credit"
        if self.in_flight and not self.payable:
            return "in_flight"
        if self.on_hold and self.on_hold == self.payable:
            return "on_hold"
        if self.days_late:
            return "late"
        return "not_due"


@dataclass(frozen=True, slots=True)
class Statement:
    """One currency, whole. `total` is the sum of the rows and equals the ledger's balance on the day."""

    currency: str
    as_of: date
    known_at: datetime | None
    balance: Balance
    rows: Sequence[OpenItem]

    @property
    def total(self) -> Money:
        return self.balance.owed


@dataclass(frozen=True, slots=True)
class StatementPage:
    """
    What the customer sees: one currency, one page of open items, every unapplied credit. `balances` are those of all
    currencies, `balance` is the one that is shown. `on_hold` is not asked for now, though due; `rests` not even when it
    falls due; `disputed` is what a case is about, of both. `held` are the holds over whole accounts.
    """

    balances: Sequence[Balance]
    balance: Balance | None
    rows: Sequence[StatementRow]
    credits: Sequence[OpenItem]
    in_flight: Money | None
    page: int
    pages: int
    on_hold: Money | None = None
    rests: Money | None = None
    disputed: Money | None = None
    held: Sequence[Held] = ()

    @property
    def currencies(self) -> list[str]:
        return [balance.currency for balance in self.balances]


def statement_page(
    customer_id: int,
    today: date,
    *,
    page: int = 1,
    currency: str | None = None,
    size: int = PAGE_SIZE,
    alone: bool = False,
) -> StatementPage:
    """
    One page (from 1) of one currency, of the first where none is named; a page that is not there has no rows.

    :param alone: nobody is joined to it, as the caller knows already.
    """
    members = [customer_id] if alone else family(customer_id, today)
    balances = {balance.currency: balance for balance in ledger.balances(members, today)}
    shown = currency if currency in balances else next(iter(balances), None)
    if shown is None:
        return StatementPage((), None, (), (), None, 1, 1)
    balance = balances[shown]
    pages = max(-(-balance.open_items // size), 1)
    held = holds.living(members, today)
    taken, covered = holds.in_flight_by_item(held), holds.Covered(held)
    on_hold, rests, disputed = _on_hold(customer_id, covered, shown, today)
    items = ledger.page_of_open_items(members, today, shown, page=page, size=size) if 1 <= page <= pages else ()
    return StatementPage(
        balances=list(balances.values()),
        balance=balance,
        rows=[_row(item, today, taken, covered) for item in items],
        credits=ledger.unapplied_credits(members, today, shown) if balance.credits else (),
        in_flight=holds.total_in_flight(held, shown),
        page=page,
        pages=pages,
        on_hold=on_hold,
        rests=rests,
        disputed=disputed,
        held=covered.accounts,
    )


def _on_hold(customer_id: int, covered: holds.Covered, currency: str, today: date) -> tuple[Money, ...]:
    """What is not asked for of what is due, and of what is not due yet; what is disputed of both: over all pages."""
    held: list[payments.PayableItem] = []
    if covered.accounts or covered.items:
        among = None if covered.accounts else covered.items
        held = payments.payable_items(customer_id, today, currency=currency, among=among)
    due, later = ([item.on_hold for item in held if (item.due_on < today) == due] for due in (True, False))
    disputed = (item.disputed for item in held)
    return total(due, currency), total(later, currency), total(disputed, currency)


def statements(customer_id: int, as_of: date, *, known_at: datetime | None = None) -> list[Statement]:
    """The whole statement, one per currency: for paper, files and the command line."""
    rows: dict[str, list[OpenItem]] = {}
    for item in ledger.items_as_of(family(customer_id, as_of, known_at=known_at), as_of, known_at=known_at):
        rows.setdefault(item.amount.currency, []).append(item)
    return [
        Statement(currency, as_of, known_at, _balance(currency, items, as_of), items)
        for currency, items in sorted(rows.items())
    ]


def currencies_of(customer_id: int, as_of: date) -> list[str]:
    return [balance.currency for balance in ledger.balances(family(customer_id, as_of), as_of)]


def _balance(currency: str, items: Sequence[OpenItem], as_of: date) -> Balance:
    """Of the rows themselves: a second question to the ledger could be answered after the next payment."""
    debits = [item for item in items if item.side == ledger.Side.DEBIT]
    credits = [item for item in items if item.side == ledger.Side.CREDIT]
    return Balance(
        currency=currency,
        open=total((item.left for item in debits), currency),
        unapplied=-total((item.left for item in credits), currency),
        overdue=total((item.left for item in debits if item.days_late(as_of)), currency),
        open_items=len(debits),
        credits=len(credits),
        oldest_due_on=min((item.due_on for item in debits if item.due_on), default=None),
    )


def _row(item: OpenItem, today: date, taken: dict[int, int], covered: holds.Covered) -> StatementRow:
    in_flight = Money(min(taken.get(item.entry_id, 0), item.left.minor), item.left.currency)
    held = covered.of(item.customer_id, item.entry_id, item.left.currency)
    return StatementRow(item, item.days_late(today), in_flight, item.left - in_flight, held)
