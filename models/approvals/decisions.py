"""What may have to wait for a second person, in words that fit on a form and in a row."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import uuid4

from models.credit_notes import CreditLine, CreditNote
from models.money import Money


class Kind(StrEnum):
    REFUND = "refund"
    CREDIT_NOTE = "credit_note"
    WRITE_OFF = "write_off"
    CASE = "case"
    RETURN = "return"


def _new_key() -> str:
    return uuid4().hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money back from what is unapplied of a credit. `key` names the form: sent twice it is carried out once."""

    customer_id: int
    entry_id: int
    amount: Money
    reason: str
    effective_on: date
    key: str = field(default_factory=_new_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """Give up what is open of a debit, or a part of it."""

    customer_id: int
    entry_id: int
    amount: Money
    reason: str
    effective_on: date
    key: str = field(default_factory=_new_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDecision:
    """The answer to a case, as somebody wrote it down: `amount` is what it credits, which may be nothing."""

    customer_id: int
    decision_id: int
    amount: Money
    reason: str
    effective_on: date

    @property
    def key(self) -> str:
        return f"case:{self.decision_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsBack:
    """Goods of a case that have arrived, in which `condition`: `amount` is credited for them. `key` as of a refund."""

    customer_id: int
    return_id: int
    amount: Money
    reason: str
    effective_on: date
    condition: str = ""
    key: str = field(default_factory=_new_key)


Decision = Refund | WriteOff | CreditNote | CaseDecision | GoodsBack


def kind_of(decision: Decision) -> Kind:
    return _KINDS[type(decision)]


_KINDS: dict[type[Decision], Kind] = {
    Refund: Kind.REFUND,
    WriteOff: Kind.WRITE_OFF,
    CreditNote: Kind.CREDIT_NOTE,
    CaseDecision: Kind.CASE,
    GoodsBack: Kind.RETURN,
}


def payload_of(decision: Decision) -> dict[str, Any]:
    """What a row keeps of it beside kind, amount, reason and key."""
    if isinstance(decision, CaseDecision):
        return {"decision_id": decision.decision_id, "on": decision.effective_on.isoformat()}
    if isinstance(decision, GoodsBack):
        on, condition = decision.effective_on.isoformat(), decision.condition
        return {"return_id": decision.return_id, "condition": condition, "on": on}
    if not isinstance(decision, CreditNote):
        return {"entry_id": decision.entry_id, "on": decision.effective_on.isoformat()}
    lines = [
        {
            **{"description": line.description, "quantity": str(line.quantity), "net_minor": line.net_minor},
            **{"tax_rate": str(line.tax_rate), "tax_minor": line.tax_minor},
        }
        for line in decision.lines
    ]
    return {
        **{"number": decision.number, "invoice_id": decision.invoice_id, "lines": lines},
        "on": decision.issued_on.isoformat(),
    }


def from_payload(
    kind: Kind, payload: dict[str, Any], *, customer_id: int, amount: Money, reason: str, key: str, not_before: date
) -> Decision:
    """The decision again; it takes effect on `not_before` at the earliest."""
    on = max(date.fromisoformat(payload["on"]), not_before)
    if kind == Kind.CREDIT_NOTE:
        return CreditNote(
            customer_id=customer_id,
            number=payload["number"],
            amount=amount,
            reason=reason,
            issued_on=on,
            invoice_id=payload["invoice_id"],
            lines=tuple(_line(line) for line in payload["lines"]),
            key=key,
        )
    whole: dict[str, Any] = {"customer_id": customer_id, "amount": amount, "reason": reason, "effective_on": on}
    if kind == Kind.CASE:
        return CaseDecision(**whole, decision_id=payload["decision_id"])
    if kind == Kind.RETURN:
        return GoodsBack(**whole, return_id=payload["return_id"], condition=payload["condition"], key=key)
    made = Refund if kind == Kind.REFUND else WriteOff
    return made(**whole, entry_id=payload["entry_id"], key=key)


def _line(row: dict[str, Any]) -> CreditLine:
    return CreditLine(
        description=row["description"],
        quantity=Decimal(row["quantity"]),
        net_minor=row["net_minor"],
        tax_rate=Decimal(row["tax_rate"]),
        tax_minor=row["tax_minor"],
    )
