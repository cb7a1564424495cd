"""The shapes in which rows travel: checked rows as plain tuples, and rejects with their reason."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Problem(NamedTuple):
    column: str
    value: str
    reason: str
    values: dict[str, object]


class Reject(NamedTuple):
    row: int
    problem: Problem
    cells: Sequence[str]


class LineRow(NamedTuple):
    """What a row says of one line. `quantity` and `tax_rate` none: the file does not say."""

    row: int
    description: str
    product: str
    supplier: str
    site: str
    quantity: Decimal | None
    net_minor: int
    tax_rate: Decimal | None
    tax_minor: int


class InvoiceRow(NamedTuple):
    """
    The columns that are staged for an invoice file, in order. Plain tuples of this shape are passed around. `lines`
    come last: where there are any, each is a row of the file, the first of them this one.
    """

    row: int
    number: str
    number_as_written: str
    customer: str
    customer_as_written: str
    name: str
    amount_minor: int
    currency: str
    issued_on: date
    due_on: date
    terms: str
    reference: str
    settled_minor: int | None
    settled_on: date | None
    email: str
    contact: str
    language: str
    country: str
    kind: str
    lines: tuple[LineRow, ...] = ()


class CustomerRow(NamedTuple):
    row: int
    customer: str
    customer_as_written: str
    name: str
    email: str
    contact: str
    phone: str
    language: str
    country: str
    timezone: str
    address: str
    tax_number: str
    terms: str
    kind: str


class PaymentRow(NamedTuple):
    """
    `key` names the payment wherever it is met again. What may be an invoice number or an RF reference: `cells`
    whole, and the `words` in them, for when no cell as a whole is one.
    """

    row: int
    key: str
    customer: str
    payer: str
    amount_minor: int
    currency: str
    received_on: date
    reference: str
    cells: tuple[str, ...]
    words: tuple[str, ...]


class Checked(NamedTuple):
    rows: list[tuple[object, ...]]
    rejects: list[Reject]
    rounded: int  # Rows whose amount changed when it was rounded to the currency.
    flagged: int  # Rows due before they were issued.
