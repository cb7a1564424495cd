"""Paid online, and what banks and finance took back of it: entered as if Stripe had told it."""

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from models import ledger
from models.customers import Customer
from models.database import session
from models.gateways.stripe_returns import DisputeState, GatewayDispute, GatewayRefund, RefundState, Returns
from models.ledger import Entry
from models.money import Money
from models.payments import Attempt, AttemptLine, AttemptState
from models.payments.attempts import GatewayObject
from models.payments.returning import merge

if TYPE_CHECKING:
    from commandline.demo.building import Builder


def pay_online(builder: "Builder", customer: Customer, debit: Entry, day: date) -> tuple[Attempt, Entry]:
    now, name = builder.at(day), f"demo{builder.draw.getrandbits(64):016x}"
    attempt = Attempt(
        customer_id=customer.id,
        id=UUID(int=builder.draw.getrandbits(128), version=4),
        kind="checkout",
        currency=debit.currency,
        amount_minor=debit.amount_minor,
        state=AttemptState.SUCCEEDED,
        request_json="{}",
        session_id=f"cs_{name}",
        payment_intent_id=f"pi_{name}",
        asked_at=now,
        sent_at=now,
        synced_at=now,
        expires_at=now,
        next_try_at=now,
    )
    session.add(attempt)
    session.flush()
    session.add(
        AttemptLine(customer_id=customer.id, attempt_id=attempt.id, entry_id=debit.id, amount_minor=debit.amount_minor)
    )
    for object_id in (attempt.session_id, attempt.payment_intent_id):
        session.add(GatewayObject(object_id=object_id, customer_id=customer.id, attempt_id=attempt.id))
    key, reference = f"{attempt.payment_intent_id}:paid", attempt.payment_intent_id or ""
    receipt = ledger.receive(customer.id, debit.amount, effective_on=day, dedupe_key=key, reference=reference, now=now)
    ledger.allocate(receipt, debit, debit.amount, now=now)
    return attempt, receipt


def charged_back(
    builder: "Builder", paid: tuple[Attempt, Entry], reason: str, state: DisputeState, days_ago: int
) -> None:
    """`days_ago`: when the bank took the money; what was won came back yesterday."""
    taken_at, now = builder.at(builder.today - timedelta(days=days_ago)), builder.at(builder.today)
    told = GatewayDispute(
        id=f"du_{_name(paid)}",
        state=state,
        amount=paid[0].amount,
        reason=reason,
        began_at=taken_at,
        answer_by=now + timedelta(days=5) if state is DisputeState.OPEN else None,
        withdrawn_at=taken_at,
        reinstated_at=now - timedelta(days=1) if state is DisputeState.WON else None,
    )
    merge(*paid, Returns(disputes=(told,)), now=now)


def refunded(builder: "Builder", paid: tuple[Attempt, Entry], minor: int, *, failure: str = "") -> None:
    """In Stripe's dashboard, two days ago; `failure`: why the payer's bank would not have it."""
    now = builder.at(builder.today)
    told = GatewayRefund(
        id=f"re_{_name(paid)}",
        state=RefundState.FAILED if failure else RefundState.SUCCEEDED,
        amount=Money(minor, paid[0].currency),
        refund_id="",
        failure_code=failure,
        made_at=now - timedelta(days=2),
    )
    merge(*paid, Returns(refunds=(told,)), now=now)


def _name(paid: tuple[Attempt, Entry]) -> str:
    return (paid[0].payment_intent_id or "").removeprefix("pi_")
