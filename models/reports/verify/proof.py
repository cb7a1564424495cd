"""What a proof says: how much was looked at, and every row that is not as it must be."""

from dataclasses import dataclass, field

from sqlalchemy import text

from models.database import session
from models.money import EXPONENTS, Money


@dataclass(frozen=True, slots=True)
class Broken:
    """`id` is the primary key, its parts joined by ':'; amounts are text with the currency's decimals."""

    invariant: str
    table: str
    id: str
    expected: str
    found: str


@dataclass(slots=True)
class Proof:
    """`checked` counts the rows looked at per invariant."""

    checked: dict[str, int] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.broken

    def add(self, invariant: str, checked: int, broken: list[Broken]) -> None:
        self.checked[invariant] = self.checked.get(invariant, 0) + checked
        self.broken.extend(broken)


@dataclass(frozen=True, slots=True)
class Finding:
    """
    A look at one table: `count` selects how many rows are looked at, `broken` selects (id, currency, expected, found)
    of those that are not as they must be. Where a currency is given the two values are minor units.
    """

    invariant: str
    table: str
    count: str
    broken: str

    def prove(self, proof: Proof, **values: object) -> None:
        checked = session.scalar(text(self.count), values) or 0
        rows = session.execute(text(self.broken), values)
        proof.add(
            self.invariant,
            checked,
            [
                Broken(
                    self.invariant,
                    self.table,
                    row.id,
                    _plain(row.expected, row.currency),
                    _plain(row.found, row.currency),
                )
                for row in rows
            ],
        )


def _plain(value: object, currency: str | None) -> str:
    if value is None:
        return "nothing"
    if currency is None or currency not in EXPONENTS:
        return str(value)
    return Money(int(str(value)), currency).plain()
