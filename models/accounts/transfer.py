"""How to pay by bank transfer: to whom, where, under which reference, and a code for banking apps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from stdnum import iso11649

from models import invoices
from models.company import Company
from models.gateways import qr
from models.money import Money
from models.words import gettext as _

Drawing = TypeVar("Drawing")


@dataclass(frozen=True, slots=True)
class Transfer:
    """`reference` is printed in groups of four."""

    holder: str
    iban: str
    bic: str
    reference: str
    amount: Money

    @property
    def has_code(self) -> bool:
        """The code's standard knows euro only."""
        return self.amount.currency == qr.LARGEST.currency and self.amount.minor <= qr.LARGEST.minor

    @property
    def caption(self) -> str:
        return _("Scan to pay %(amount)s", amount=self.amount)

    def code(self) -> str:
        """An SVG for banking apps. Drawing takes longer than a page: done only where it is looked at."""
        return self._drawn(qr.transfer)

    def picture(self) -> bytes:
        """The same as a PNG, for a mail."""
        return self._drawn(qr.transfer_picture)

    def _drawn(self, draw: Callable[..., Drawing]) -> Drawing:
        return draw(
            payee=self.holder,
            iban=self.iban,
            bic=self.bic,
            amount=self.amount,
            reference=self.reference,
            title=self.caption,
        )


def transfer_for_account(company: Company, customer_id: int, amounts: Sequence[Money]) -> Transfer | None:
    """
    How to pay what is owed on an account; money with its reference goes to the oldest items first. The code is for the
    first amount in euro. None where the company names no bank account, or nothing is owed.
    """
    owed = [amount for amount in amounts if amount.minor > 0]
    chosen = next((amount for amount in owed if amount.currency == qr.LARGEST.currency), owed[0] if owed else None)
    return _transfer(company, invoices.account_reference(customer_id), chosen)


def transfer_for_invoice(company: Company, customer_id: int, invoice_id: int | None, amount: Money) -> Transfer | None:
    """How to pay one item: an invoice under its own reference, what has no document under the account's."""
    return _transfer(company, invoices.reference_for(customer_id, invoice_id), amount)


def reference_of_account(customer_id: int) -> str:
    """As it is printed, in groups of four."""
    return iso11649.format(invoices.account_reference(customer_id))


def _transfer(company: Company, reference: str, amount: Money | None) -> Transfer | None:
    if not company.iban or amount is None or amount.minor <= 0:
        return None
    holder = company.account_holder or company.name
    return Transfer(holder, company.iban, company.bic, iso11649.format(reference), amount)
