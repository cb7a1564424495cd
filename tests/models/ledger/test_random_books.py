"""Random business against a plain model, after every step; and what was printed once is printed the same again."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run
from sqlalchemy import Engine, select, text, update

from models import accounts, audit, customers, ledger
from models.company import Company
from models.database import session
from models.ledger import Allocation, AllocationRefused, BooksClosed, Entry
from models.money import Money
from models.reports.verify import verify
from models.transactions import transaction
from tests.making import day_of
from tests.models.ledger.plain_books import GIVEN_BACK, GIVEN_UP, Line, PlainBooks, Use

CURRENCIES = ("EUR", "JPY", "KWD")
MONEY_IN = ("receipt", "credit_note")
AMOUNTS = some.integers(1, 300) | some.integers(1, 100_000_00)
SHARES = some.sampled_from((1, 2, 3))  # The whole, a half, a third of what there is: so whole amounts meet often.
BACK = some.just(0) | some.integers(0, 120)
Key = tuple[int, str]


class RandomBooks(RuleBasedStateMachine):
    """A few customers with books in three currencies. Time only goes on; business dates go back as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
        self.chance = Random(0)
        self.busy: list[Key] = []
        self.moments: list[datetime] = []
        self.closed: date | None = None
        self.books: dict[Key, PlainBooks] = {}
        self.told: list[tuple[int, Callable[[], Entry]]] = []
        self.printed: list[tuple[int, date, datetime, list[accounts.Statement]]] = []

    def teardown(self) -> None:
        for customer_id in self.customers():
            for day in self.days(customer_id):
                self.compare(customer_id, day, self.now)
            assert verify(customer_id, now=self.now).broken == []

    # What happens

    @initialize(count=some.integers(2, 3), chance=some.integers(0, 2**32))
    def customers_come(self, count: int, chance: int) -> None:
        """A few of their accounts are busy, so that what happens meets what happened."""
        self.chance = Random(chance)
        with transaction():
            session.execute(update(Company).values(books_closed_on=None))
            first = session.scalar(text("select count(*) from customers"))
            for number in range(first, first + count):
                found = customers.add(number=str(number), name="Customer", by=audit.COMMAND, now=self.now)
                self.books |= {(found.id, currency): PlainBooks() for currency in CURRENCIES}
        self.busy = self.chance.sample(list(self.books), 3)

    @rule(hours=some.integers(1, 24 * 20))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(data=some.data(), amounts=some.lists(AMOUNTS, min_size=1, max_size=3), back=BACK, terms=some.integers(-5, 60))
    def bill(self, data: some.DataObject, amounts: list[int], back: int, terms: int) -> None:
        key, day = self.any_of(data, self.busy), self.day(back)
        due_on = day + timedelta(days=terms)
        facts = {"effective_on": day, "due_on": due_on}
        for minor in amounts:
            self.enter(
                key, "invoice", minor, day, due_on, lambda money, told: ledger.bill(key[0], money, **facts, **told)
            )

    @rule(data=some.data(), minor=AMOUNTS, back=BACK)
    def receive(self, data: some.DataObject, minor: int, back: int) -> None:
        key, day = self.any_of(data, self.busy), self.day(back)
        facts = {"effective_on": day}
        self.enter(key, "receipt", minor, day, day, lambda money, told: ledger.receive(key[0], money, **facts, **told))

    @rule(data=some.data(), minor=AMOUNTS, back=BACK)
    def credit(self, data: some.DataObject, minor: int, back: int) -> None:
        key, day = self.any_of(data, self.busy), self.day(back)
        facts = {"effective_on": day, "reason": "returned"}
        self.enter(
            key, "credit_note", minor, day, day, lambda money, told: ledger.credit(key[0], money, **facts, **told)
        )

    @precondition(lambda self: self.with_both())
    @rule(data=some.data(), share=SHARES)
    def allocate(self, data: some.DataObject, share: int) -> None:
        key, books = self.any_of(data, self.with_both())
        credit, debit = self.any_of(data, books.credits()), self.any_of(data, books.debits())
        minor = max(min(books.left(credit), books.left(debit)) // share, 1)
        with transaction():
            ledger.allocate(self.real(key, credit), self.real(key, debit), Money(minor, key[1]), now=self.now)
        books.use(credit, debit, minor, self.now, self.closed)
        too_much = Money(min(books.left(credit), books.left(debit)) + 1, key[1])
        with pytest.raises(AllocationRefused), transaction():
            ledger.allocate(self.real(key, credit), self.real(key, debit), too_much, now=self.now)

    @precondition(lambda self: self.with_both())
    @rule(data=some.data())
    def allocate_oldest_first(self, data: some.DataObject) -> None:
        key, books = self.any_of(data, self.with_both())
        credit = self.any_of(data, books.credits())
        with transaction():
            ledger.allocate_oldest_first(self.real(key, credit), now=self.now)
        books.oldest_first(credit, self.now, self.closed)

    @precondition(lambda self: self.in_use())
    @rule(data=some.data(), back=BACK)
    def take_back(self, data: some.DataObject, back: int) -> None:
        key, books, use = self.any_of(data, self.in_use())
        day, allocation = self.day(back), self.real_use(key, use)
        if use.debit.kind == GIVEN_BACK:
            with pytest.raises(AllocationRefused), transaction():
                ledger.reverse(allocation, on=day_of(self.now), now=self.now)
        elif self.decide(day, lambda: ledger.reverse(allocation, on=day, now=self.now)):
            if use.credit.kind == GIVEN_UP:
                books.give_back(use, self.reinstated(key, use.amount), day, self.now, self.closed)
            else:
                books.take_back(use, day, self.now)
            with pytest.raises(AllocationRefused), transaction():
                ledger.reverse(allocation, on=day_of(self.now), now=self.now)

    @precondition(lambda self: self.lines(*MONEY_IN))
    @rule(data=some.data(), share=SHARES, back=BACK)
    def refund(self, data: some.DataObject, share: int, back: int) -> None:
        key, books, line = self.any_of(data, self.lines(*MONEY_IN))
        day, minor = max(self.day(back), line.on), books.left(line) // share
        credit = self.real(key, line)
        debit = self.enter(
            key, "refund", minor, day, day,
            lambda money, told: ledger.refund(credit, money, effective_on=day, reason="asked", **told),
        )  # fmt: skip
        if debit:
            books.use(line, debit, minor, self.now, self.closed)

    @precondition(lambda self: self.lines("receipt"))
    @rule(data=some.data(), share=SHARES, back=BACK, won=some.booleans())
    def charge_back(self, data: some.DataObject, share: int, back: int, won: bool) -> None:
        key, books, line = self.any_of(data, self.lines("receipt"))
        day, minor = max(self.day(back), line.on), books.can_charge_back(line) // share
        receipt = self.real(key, line)
        debit = self.enter(
            key, "chargeback", minor, day, day,
            lambda money, told: ledger.charge_back(receipt, money, on=day, reason="fraud", **told),
        )  # fmt: skip
        if debit:
            books.charge_back(line, debit, self.now, self.closed)
        if debit and won:
            taken = self.real(key, debit)
            self.enter(key, "receipt", minor, day, day, lambda _, told: ledger.win_back(taken, on=day, **told))

    @precondition(lambda self: self.open_lines())
    @rule(data=some.data(), share=SHARES, back=BACK)
    def write_off(self, data: some.DataObject, share: int, back: int) -> None:
        key, books, line = self.any_of(data, self.open_lines())
        day, minor = max(self.day(back), line.on), max(books.left(line) // share, 1)
        debit = self.real(key, line)
        given_up = self.enter(
            key, GIVEN_UP, minor, day, day,
            lambda money, told: ledger.write_off(debit, money, effective_on=day, reason="gone", **told),
        )  # fmt: skip
        if given_up:
            books.use(given_up, line, minor, self.now, self.closed)

    @precondition(lambda self: self.recoverable())
    @rule(data=some.data(), share=SHARES, back=BACK)
    def recover(self, data: some.DataObject, share: int, back: int) -> None:
        key, books, use = self.any_of(data, self.recoverable())
        line = self.any_of(data, [line for line in books.credits() if line.kind == "receipt"])
        day, minor = self.day(back), max(min(books.left(line), use.amount) // share, 1)
        receipt, allocation = self.real(key, line), self.real_use(key, use)
        if self.decide(day, lambda: ledger.recover(receipt, allocation, Money(minor, key[1]), on=day, now=self.now)):
            books.give_back(use, self.reinstated(key, minor), day, self.now, self.closed)
            books.use(line, use.debit, minor, self.now, self.closed)

    @precondition(lambda self: self.told)
    @rule(data=some.data())
    def the_same_is_told_again(self, data: some.DataObject) -> None:
        """Whatever happened in between, it changes nothing."""
        entry_id, tell = self.any_of(data, self.told[-8:])
        with transaction():
            assert tell().id == entry_id

    @rule(days=some.integers(20, 120))
    def books_are_closed(self, days: int) -> None:
        day = self.day(days)
        if self.closed is None or day > self.closed:
            with transaction():
                session.execute(update(Company).values(books_closed_on=day))
            self.closed = day

    @rule(data=some.data(), back=some.integers(-10, 200))
    def a_statement_is_printed(self, data: some.DataObject, back: int) -> None:
        customer_id, day = self.any_of(data, self.customers()), self.day(back)
        self.printed.append((customer_id, day, self.now, accounts.statements(customer_id, day, known_at=self.now)))

    # What must be true

    @invariant()
    def every_amount_is_as_in_the_plain_books(self) -> None:
        self.now += timedelta(seconds=1)
        query = select(Entry.id, Entry.open_minor, Entry.unapplied_minor).where(Entry.customer_id.in_(self.customers()))
        real = {entry_id: amounts for entry_id, *amounts in session.execute(query)}
        session.rollback()
        assert real == {
            line.id: [books.left(line), None] if line.sign == 1 else [None, books.left(line)]
            for books in self.books.values()
            for line in books.lines
        }

    @invariant()
    def a_day_in_the_past_is_as_in_the_plain_books(self) -> None:
        """As known now, or after one of the steps."""
        key = self.chance.choice(self.busy or [(0, "")])
        known = self.chance.choice([self.now, self.chance.choice([self.now, *self.moments])])
        self.moments.append(self.now)
        self.compare(key[0], self.chance.choice(self.days(key[0])), known)

    @precondition(lambda self: self.printed)
    @rule(data=some.data())
    def what_was_printed_is_printed_the_same_again(self, data: some.DataObject) -> None:
        customer_id, day, known, printed = self.any_of(data, self.printed)
        assert accounts.statements(customer_id, day, known_at=known) == printed
        for statement in printed:
            assert statement.total.minor == self.books[customer_id, statement.currency].balance(day, known)

    # How the two are brought together

    def compare(self, customer_id: int, day: date, known: datetime) -> None:
        items = {item.entry_id: item.left.minor for item in ledger.items_as_of([customer_id], day, known_at=known)}
        owed = {one.currency: one.owed.minor for one in ledger.balances([customer_id], day, known_at=known)}
        plain: dict[int, int] = {}
        for currency in CURRENCIES:
            books = self.books.get((customer_id, currency), PlainBooks())
            lefts = {line.id: line.sign * books.left(line, day, known) for line in books.there(day, known)}
            assert all(line.sign * lefts[line.id] >= 0 for line in books.there(day, known))
            assert owed.get(currency, 0) == sum(lefts.values()) == books.balance(day, known)
            plain |= {entry_id: left for entry_id, left in lefts.items() if left}
        assert items == plain

    def days(self, customer_id: int) -> list[date]:
        """Every day on which something happened, the day before, and today."""
        uses = [use for key, books in self.books.items() if key[0] == customer_id for use in books.uses]
        happened = {self.day(0), *(use.on for use in uses), *(use.back_on for use in uses if use.back_on)}
        return sorted(happened | {day - timedelta(days=1) for day in happened})

    def enter(
        self, key: Key, kind: str, minor: int, on: date, due: date, tell: Callable[[Money, dict[str, object]], Entry]
    ) -> Line | None:
        """Tell the ledger, and the plain books where the day is not in closed books."""
        if not minor:
            return None
        money, told = Money(minor, key[1]), {"dedupe_key": f"cause {len(self.told)}", "now": self.now}
        entry = self.decide(on, lambda: tell(money, told))
        if entry is None:
            return None
        sign = -1 if kind in (*MONEY_IN, GIVEN_UP) else 1
        line = Line(entry.id, sign, kind, minor, on, due, self.now)
        self.books[key].lines.append(line)
        self.told.append((entry.id, lambda: tell(money, told)))
        return line

    def decide(self, day: date, act: Callable[[], object]) -> object:
        if self.closed and day <= self.closed:
            with pytest.raises(BooksClosed), transaction():
                act()
            return None
        with transaction():
            return act()

    def day(self, back: int) -> date:
        return day_of(self.now) - timedelta(days=back)

    def customers(self) -> list[int]:
        return sorted({customer_id for customer_id, _ in self.books})

    def any_of(self, data: some.DataObject, things: list) -> object:
        return data.draw(some.sampled_from(things))

    def with_both(self) -> list[tuple[Key, PlainBooks]]:
        return [(key, books) for key, books in self.books.items() if books.credits() and books.debits()]

    def lines(self, *kinds: str) -> list[tuple[Key, PlainBooks, Line]]:
        return [(*pair, line) for pair in self.books.items() for line in pair[1].lines if line.kind in kinds]

    def open_lines(self) -> list[tuple[Key, PlainBooks, Line]]:
        return [(*pair, line) for pair in self.books.items() for line in pair[1].debits()]

    def in_use(self) -> list[tuple[Key, PlainBooks, Use]]:
        return [(*pair, use) for pair in self.books.items() for use in pair[1].uses if use.back_on is None]

    def recoverable(self) -> list[tuple[Key, PlainBooks, Use]]:
        return [
            (key, books, use)
            for key, books, use in self.in_use()
            if use.credit.kind == GIVEN_UP
            and use.debit.kind != GIVEN_BACK
            and any(line.kind == "receipt" for line in books.credits())
        ]

    def real(self, key: Key, line: Line) -> Entry:
        return ledger.entry_of(key[0], line.id)

    def real_use(self, key: Key, use: Use) -> Allocation:
        """One with the same content, which nobody took back."""
        taken_back = select(Allocation.reverses_id).where(Allocation.reverses_id.is_not(None))
        return session.scalars(
            select(Allocation)
            .filter_by(customer_id=key[0], credit_id=use.credit.id, debit_id=use.debit.id, amount_minor=use.amount)
            .filter_by(effective_on=use.on, recorded_at=use.known, reverses_id=None)
            .where(Allocation.id.not_in(taken_back))
        ).first()

    def reinstated(self, key: Key, minor: int) -> Line:
        query = select(Entry.id).filter_by(customer_id=key[0], currency=key[1], kind=GIVEN_BACK)
        newest = session.scalars(query.order_by(Entry.id.desc())).first()
        return Line(newest, 1, GIVEN_BACK, minor, date.max, date.max, self.now)


# The examples follow from the test's name, so that a run can be repeated; nothing is kept on the disk. A failing one is
# told as it happened: making it shorter would take minutes.
SAME_EVERY_TIME = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_random_business_ends_as_in_the_plain_books(engine: Engine) -> None:
    run(RandomBooks, settings=settings(SAME_EVERY_TIME, max_examples=16, stateful_step_count=50))


@pytest.mark.prove
@pytest.mark.parametrize("number", range(1, 6))
def test_much_random_business_ends_as_in_the_plain_books(engine: Engine, number: int) -> None:
    seeded = seed(number)(type(f"RandomBooks{number}", (RandomBooks,), {}))
    much = settings(SAME_EVERY_TIME, derandomize=False, max_examples=60, stateful_step_count=60)
    run(seeded, settings=much)
