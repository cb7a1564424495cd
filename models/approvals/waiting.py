"""The waiting list: asked by one, decided by another, carried out in the transaction that decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, company, disputes, payments, plans
from models.approvals.booking import carry_out, dedupe_key
from models.approvals.decisions import (
    CaseDecision,
    Decision,
    GoodsBack,
    Kind,
    PlanOffer,
    Refund,
    from_payload,
    kind_of,
    payload_of,
)
from models.audit import Actor, ActorKind
from models.credit_notes import CreditNote
from models.customers import Customer, lock_account
from models.database import Base, session
from models.errors import N_, Refused
from models.invoices import Invoice
from models.ledger import Entry
from models.money import Money
from models.policies import limits
from models.policies.limits import Because, SecondPerson
from models.policies.permissions import Permission
from models.policies.plans import Approver
from models.staff import Principal
from models.states import Stateful

PERMISSIONS = {
    Kind.REFUND: Permission.REFUND,
    Kind.CREDIT_NOTE: Permission.CREDIT,
    Kind.WRITE_OFF: Permission.WRITE_OFF,
    Kind.CASE: Permission.DECIDE_DISPUTES,
    Kind.RETURN: Permission.DECIDE_DISPUTES,
    Kind.PLAN: Permission.OFFER_PLAN,
}
SECOND = {**PERMISSIONS, Kind.CASE: Permission.CREDIT, Kind.RETURN: Permission.CREDIT}  # Who may be the second person.
OF_CASES = (Kind.CASE, Kind.RETURN)
OF_PLANS = {Approver.FINANCE: Permission.APPROVE_PLAN, Approver.MANAGER: Permission.APPROVE_PLAN_AS_MANAGER}


class ApprovalState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class NotYours(Refused):
    pass


class ReasonMissing(Refused):
    pass


class Approval(Stateful, Base):
    """`payload` names by id what is meant; `asked_by` and `decided_by` are staff; `entry_id` is what came of it."""

    __tablename__ = "approvals"
    __table_args__ = (
        UniqueConstraint("customer_id", "key"),
        Index("ix_approvals_waiting", "asked_at", postgresql_where="state = 'waiting'"),
        Index("ix_approvals_decided", "decided_at", postgresql_where="state <> 'waiting'"),
    )
    TRANSITIONS: ClassVar = {
        ApprovalState.WAITING: frozenset({ApprovalState.APPROVED, ApprovalState.DECLINED, ApprovalState.WITHDRAWN}),
        ApprovalState.APPROVED: frozenset[ApprovalState](),
        ApprovalState.DECLINED: frozenset[ApprovalState](),
        ApprovalState.WITHDRAWN: frozenset[ApprovalState](),
    }

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[Kind]
    state: Mapped[ApprovalState] = mapped_column(default=ApprovalState.WAITING)
    key: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    payload: Mapped[dict[str, Any]]
    reason: Mapped[str]
    because: Mapped[Because]
    asked_by: Mapped[int]
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    comment: Mapped[str] = mapped_column(server_default="")
    entry_id: Mapped[int | None]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Done:
    """Without an entry: Stripe has the money of it, and it is booked when Stripe has taken it."""

    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Waiting:
    approval: Approval


def limit_of(kind: Kind) -> Money:
    """Up to this one person decides alone. Of plans the rules say it, each for its own cases."""
    counted = Kind.CREDIT_NOTE if kind in OF_CASES else kind  # What a case gives, it gives as a credit note.
    return company.get().limit(counted, limits.DEFAULTS[counted])


def _second_person(decision: Decision, by: Principal, now: datetime) -> SecondPerson:
    if isinstance(decision, PlanOffer):
        decides = decision.because is Because.NOT_ALONE and by.may(OF_PLANS[decision.approver])
        because = None if decides else decision.because
        return SecondPerson(because is not None, because)
    if not decision.amount:
        return SecondPerson(False)
    lately = _decided_alone(decision, now - limits.ADDED_UP_FOR)
    return limits.second_person(decision.amount, limit_of(kind_of(decision)), lately)


def _decided_alone(decision: Decision, since: datetime) -> Money:
    """What staff booked of the same kind for the same customer and currency without a second person."""
    credited = isinstance(decision, CreditNote | CaseDecision | GoodsBack)
    approved = select(Approval.entry_id).where(
        Approval.customer_id == decision.customer_id, Approval.entry_id.is_not(None)
    )
    by_hand = select(Invoice.id).where(Invoice.customer_id == decision.customer_id, Invoice.source == "staff")
    query = select(func.coalesce(func.sum(Entry.amount_minor), 0)).where(
        Entry.customer_id == decision.customer_id,
        Entry.currency == decision.amount.currency,
        Entry.dedupe_key.startswith(f"{'credit_note' if credited else kind_of(decision)}:", autoescape=True),
        Entry.recorded_at >= since,
        Entry.id.not_in(approved),
    )
    if credited:
        query = query.where(Entry.invoice_id.in_(by_hand))
    minor = int(session.scalar(query) or 0)
    if isinstance(decision, Refund):
        minor += _sent_alone(decision, since)
    return Money(minor, decision.amount.currency)


def _sent_alone(decision: Refund, since: datetime) -> int:
    """What goes back through Stripe is counted from the moment that it is asked for."""
    approved = select(Approval.key).where(Approval.customer_id == decision.customer_id)
    query = select(func.coalesce(func.sum(payments.Refund.amount_minor), 0)).where(
        payments.Refund.customer_id == decision.customer_id,
        payments.Refund.currency == decision.amount.currency,
        payments.Refund.state != payments.RefundState.FAILED,
        payments.Refund.asked_at >= since,
        payments.Refund.request_json != "",
        payments.Refund.key.not_in(approved),
    )
    return int(session.scalar(query) or 0)


def submit(decision: Decision, *, by: Principal, now: datetime) -> Done | Waiting:
    """
    Carry it out, or let it wait for a second person. What could not be carried out is refused now, not after
    somebody has looked at it.

    :raises NotYours: the role does not include it.
    :raises ReasonMissing: and whatever the ledger refuses.
    """
    _refuse_role(PERMISSIONS[kind_of(decision)], by)
    if not decision.reason.strip():
        raise ReasonMissing(N_("Say why. Whoever looks at this later will ask."))
    lock_account(decision.customer_id, decision.amount.currency)
    known = _known(decision)
    if known is not None:
        return known
    check = _second_person(decision, by, now)
    if check.because is None:
        return Done(_entry(carry_out(decision, by=by, now=now)))
    with session.begin_nested() as trial:
        carry_out(decision, by=by, now=now)
        trial.rollback()
    if isinstance(decision, GoodsBack):
        on_day = decision.effective_on
        disputes.wait_with(decision.customer_id, decision.return_id, by=by, on=on_day, now=now)
    return Waiting(_ask(decision, check.because, by=by, now=now))


def approve(approval: Approval, *, by: Principal, now: datetime, comment: str = "") -> Entry | None:
    """
    Carry out what was asked for, checked anew under the account's lock, effective today at the earliest. Returns
    what was booked; nothing yet where it goes back through Stripe.

    :raises NotYours: one's own, or the role does not include it.
    """
    _decide(approval, ApprovalState.APPROVED, comment, by=by, now=now)
    entry = _entry(carry_out(decision_of(approval, not_before=company.get().today(now)), by=by, now=now))
    approval.entry_id = entry.id if entry else None
    session.flush()
    return entry


def _entry(done: Entry | payments.Refund | None) -> Entry | None:
    return done if isinstance(done, Entry) else None


def decline(approval: Approval, *, by: Principal, now: datetime, comment: str) -> None:
    """
    :raises ReasonMissing: whoever asked must learn why.
    :raises NotYours: one's own, or the role does not include it.
    """
    if not comment.strip():
        raise ReasonMissing(N_("Say why you decline, so that it can be done better."))
    _decide(approval, ApprovalState.DECLINED, comment, by=by, now=now)
    if approval.kind is Kind.CASE:
        disputes.drop(approval.customer_id, approval.payload["decision_id"], by=by.actor, now=now)


def withdraw(approval: Approval, *, by: Principal, now: datetime) -> None:
    """
    :raises NotYours: only who asked can take it back.
    """
    if approval.asked_by != by.staff_id:
        raise NotYours(N_("Only the person who asked for it can withdraw it."))
    move(approval, ApprovalState.WITHDRAWN, "", by=by.actor, now=now)
    if approval.kind is Kind.CASE:
        disputes.drop(approval.customer_id, approval.payload["decision_id"], by=by.actor, now=now)


def of_customer(customer_id: int, approval_id: int) -> Approval | None:
    return session.get(Approval, (customer_id, approval_id))


def may_decide(approval: Approval, by: Principal) -> bool:
    return approval.asked_by != by.staff_id and by.may(second_of(approval))


def second_of(approval: Approval) -> Permission:
    """What the second person must be allowed to do."""
    if approval.kind is Kind.PLAN:
        return OF_PLANS[Approver(approval.payload["approver"])]
    return SECOND[approval.kind]


def waiting() -> Sequence[Approval]:
    """Whoever waits longest comes first."""
    query = select(Approval).where(Approval.state == ApprovalState.WAITING)
    return session.scalars(query.order_by(Approval.asked_at, Approval.id)).all()


def of_plans(customers: Sequence[int], *, most: int = 20) -> Sequence[Approval]:
    """What somebody was asked about plans for these customers, newest first."""
    query = select(Approval).where(Approval.customer_id.in_(customers), Approval.kind == Kind.PLAN)
    return session.scalars(query.order_by(Approval.asked_at.desc(), Approval.id.desc()).limit(most)).all()


def decided(*, most: int = 20) -> Sequence[Approval]:
    query = select(Approval).where(Approval.state != ApprovalState.WAITING)
    return session.scalars(query.order_by(Approval.decided_at.desc(), Approval.id.desc()).limit(most)).all()


def decision_of(approval: Approval, *, not_before: date = date.min) -> Decision:
    """What was asked for; money moves on `not_before` at the earliest."""
    return from_payload(
        approval.kind,
        approval.payload,
        customer_id=approval.customer_id,
        amount=approval.amount,
        reason=approval.reason,
        key=approval.key,
        not_before=not_before,
    )


def _ask(decision: Decision, because: Because, *, by: Principal, now: datetime) -> Approval:
    approval = Approval(
        customer_id=decision.customer_id,
        kind=kind_of(decision),
        key=decision.key,
        currency=decision.amount.currency,
        amount_minor=decision.amount.minor,
        payload=payload_of(decision),
        reason=decision.reason.strip(),
        because=because,
        asked_by=by.staff_id,
        asked_at=now,
    )
    session.add(approval)
    session.flush()
    _record(approval, "asked", by=by.actor, now=now, words={"reason": approval.reason})
    return approval


def _decide(approval: Approval, state: ApprovalState, comment: str, *, by: Principal, now: datetime) -> None:
    _refuse_role(second_of(approval), by)
    if approval.asked_by == by.staff_id:
        raise NotYours(N_("You asked for this yourself, so somebody else has to decide."))
    move(approval, state, comment, by=by.actor, now=now)


def move(approval: Approval, state: ApprovalState, comment: str, *, by: Actor, now: datetime) -> None:
    """Whoever may is the caller's to know."""
    lock_account(approval.customer_id, approval.currency)
    session.refresh(approval, with_for_update=True)
    approval.move_to(state)
    approval.decided_by = by.id if by.kind == ActorKind.STAFF else None
    approval.decided_at, approval.comment = now, comment.strip()
    session.flush()
    _record(approval, state.value, by=by, now=now, words={"comment": approval.comment} if comment.strip() else None)


def _refuse_role(needed: Permission, by: Principal) -> None:
    if not by.may(needed):
        raise NotYours(N_("Your role does not include this."))


def _known(decision: Decision) -> Done | Waiting | None:
    """What came of the same form when it was sent before."""
    asked = select(Approval).where(Approval.customer_id == decision.customer_id, Approval.key == decision.key)
    approval = session.scalar(asked)
    if approval is not None:
        return Waiting(approval)
    if isinstance(decision, PlanOffer):
        return Done(None) if plans.by_form(decision.customer_id, decision.key) else None
    booked = select(Entry).where(
        Entry.customer_id == decision.customer_id,
        Entry.dedupe_key == dedupe_key(decision),
        Entry.amount_minor == decision.amount.minor,
        Entry.reason == decision.reason.strip(),
    )
    entry = session.scalar(booked)
    if entry is None and isinstance(decision, Refund):
        sent = payments.refund_by_key(decision.customer_id, decision.key)
        same = sent and (sent.amount, sent.reason) == (decision.amount, decision.reason.strip())
        return Done(None) if same else None
    return Done(entry) if entry is not None else None


def _record(approval: Approval, what: str, *, by: Actor, now: datetime, words: dict[str, Any] | None) -> None:
    audit.record(
        approval.customer_id,
        f"approval.{what}",
        by=by,
        now=now,
        about=f"approvals:{approval.id}",
        facts={"kind": approval.kind, "amount": approval.amount},
        words=words,
    )
