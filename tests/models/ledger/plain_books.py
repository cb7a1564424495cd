"""The ledger once more, in lists and sums: what the real one is compared with. Shares no code with it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

FAR = date(9999, 12, 31)
EVER = datetime(9999, 12, 31, tzinfo=UTC)
GIVEN_UP, GIVEN_BACK, LEFT_AGAIN = "write_off", "reinstated", ("refund", "chargeback")


@dataclass(eq=False)
class Line:
    """An entry. `sign` 1: owed to us; -1: in the customer's favour. `id` is the real entry's."""

    id: int
    sign: int
    kind: str
    amount: int
    on: date
    due: date
    known: datetime


@dataclass(eq=False)
class Use:
    """So much of a credit for so much of a debit, from a day on, perhaps until another."""

    credit: Line
    debit: Line
    amount: int
    on: date
    known: datetime
    back_on: date | None = None
    back_known: datetime | None = None

    def counts(self, on: date, known: datetime) -> bool:
        begun = self.on <= on and self.known <= known
        over = self.back_on is not None and self.back_on <= on and self.back_known <= known
        return begun and not over


@dataclass
class PlainBooks:
    """One customer in one currency."""

    lines: list[Line] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)

    def left(self, line: Line, on: date = FAR, known: datetime = EVER) -> int:
        return line.amount - sum(
            use.amount for use in self.uses if line in (use.credit, use.debit) and use.counts(on, known)
        )

    def there(self, on: date, known: datetime) -> list[Line]:
        return [line for line in self.lines if line.on <= on and line.known <= known]

    def balance(self, on: date, known: datetime) -> int:
        return sum(line.sign * line.amount for line in self.there(on, known))

    def living(self, line: Line) -> list[Use]:
        return [use for use in self.uses if use.back_on is None and line in (use.credit, use.debit)]

    def debits(self) -> list[Line]:
        return [line for line in self.lines if line.sign == 1 and self.left(line)]

    def credits(self) -> list[Line]:
        return [line for line in self.lines if line.sign == -1 and self.left(line)]

    def use(self, credit: Line, debit: Line, amount: int, known: datetime, closed: date | None) -> None:
        days = [credit.on, debit.on]
        days += [use.back_on for use in self.uses if use.back_on and (use.credit is credit or use.debit is debit)]
        days += [closed + timedelta(days=1)] if closed else []
        self.uses.append(Use(credit, debit, amount, max(days), known))

    def take_back(self, use: Use, on: date, known: datetime) -> None:
        use.back_on, use.back_known = max(on, use.on), known

    def oldest_first(self, credit: Line, known: datetime, closed: date | None) -> None:
        for debit in sorted(self.debits(), key=lambda line: (line.due, line.id)):
            amount = min(self.left(credit), self.left(debit))
            if amount:
                self.use(credit, debit, amount, known, closed)

    def can_charge_back(self, receipt: Line) -> int:
        return receipt.amount - sum(use.amount for use in self.living(receipt) if use.debit.kind == "chargeback")

    def charge_back(self, receipt: Line, debit: Line, known: datetime, closed: date | None) -> None:
        newest_first = self.living(receipt)[::-1]
        items = [use for use in newest_first if use.debit.kind not in LEFT_AGAIN]
        refunds = [use for use in newest_first if use.debit.kind == "refund"]
        for use in [*items, *refunds]:
            short = debit.amount - self.left(receipt)
            if short > 0:
                self.take_back(use, debit.on, known)
                if use.amount > short:
                    self.use(receipt, use.debit, use.amount - short, known, closed)
        self.use(receipt, debit, debit.amount, known, closed)

    def give_back(self, use: Use, reinstated: Line, on: date, known: datetime, closed: date | None) -> None:
        """A write-off goes back by the amount of `reinstated`; the rest stays given up."""
        self.take_back(use, on, known)
        reinstated.on = reinstated.due = use.back_on or on
        self.lines.append(reinstated)
        self.use(use.credit, reinstated, reinstated.amount, known, closed)
        if use.amount > reinstated.amount:
            self.use(use.credit, use.debit, use.amount - reinstated.amount, known, closed)
