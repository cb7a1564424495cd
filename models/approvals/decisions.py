"""What may have to wait for a second person, in words that fit on a form and in a row."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import uuid4

from models import plans
from models.credit_notes import CreditLine, CreditNote
from models.money import Money
from models.plans import Idea, Proposal
from models.policies.limits import Because
from models.policies.plans import Approver


class Kind(StrEnum):
    REFUND = "refund"
    CREDIT_NOTE = "credit_note"
    WRITE_OFF = "write_off"
    CASE = "case"
    RETURN = "return"
    PLAN = "plan"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOffer:
    """
    A plan that is put before a customer to be signed, new or in answer to a request (`plan_id`). `amount` is all that
    is paid by it; `offered_by` who worked it out. `because` none: a rule lets it start by itself.
    """

    customer_id: int
    contact_id: int
    plan_id: int | None
    proposal: Proposal
    amount: Money
    reason: str
    effective_on: date
    offered_by: int
    approver: Approver = Approver.FINANCE
    because: Because | None = None
    key: str = field(default_factory=_new_key)

    @classmethod
    def of(
        cls, idea: Idea, customer_id: int, contact_id: int, plan_id: int | None, *, reason: str, by: int, key: str
    ) -> "PlanOffer":
        """What was worked out: beyond the rules, above what starts by itself, or neither."""
        proposal, terms = idea.proposal(), idea.terms
        alone = Because.NOT_ALONE if terms and not idea.reasons else Because.OUTSIDE_RULES
        return cls(
            customer_id=customer_id,
            contact_id=contact_id,
            plan_id=plan_id,
            proposal=proposal,
            amount=proposal.balance + proposal.fee,
            reason=reason,
            effective_on=idea.today,
            offered_by=by,
            approver=terms.approver if terms else Approver.FINANCE,
            because=None if idea.starts_alone else alone,
            key=key,
        )


Decision = Refund | WriteOff | CreditNote | CaseDecision | GoodsBack | PlanOffer


def kind_of(decision: Decision) -> Kind:
    return _KINDS[type(decision)]


_KINDS: dict[type[Decision], Kind] = {
    Refund: Kind.REFUND,
    WriteOff: Kind.WRITE_OFF,
    CreditNote: Kind.CREDIT_NOTE,
    CaseDecision: Kind.CASE,
    GoodsBack: Kind.RETURN,
    PlanOffer: Kind.PLAN,
}


def payload_of(decision: Decision) -> dict[str, Any]:
    """What a row keeps of it beside kind, amount, reason and key."""
    if isinstance(decision, CaseDecision):
        return {"decision_id": decision.decision_id, "on": decision.effective_on.isoformat()}
    if isinstance(decision, GoodsBack):
        on, condition = decision.effective_on.isoformat(), decision.condition
        return {"return_id": decision.return_id, "condition": condition, "on": on}
    if isinstance(decision, PlanOffer):
        return {
            **{"contact_id": decision.contact_id, "plan_id": decision.plan_id, "offered_by": decision.offered_by},
            **{"approver": decision.approver.value, "proposal": plans.written(decision.proposal)},
            "on": decision.effective_on.isoformat(),
        }
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
    if kind == Kind.PLAN:
        named = {name: payload[name] for name in ("contact_id", "plan_id", "offered_by")}
        asked: dict[str, Any] = {"approver": Approver(payload["approver"]), "proposal": plans.read(payload["proposal"])}
        return PlanOffer(**whole, **named, **asked, key=key)
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
