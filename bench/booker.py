"""One worker that books payments: `python -m bench.booker URL NOW EACH WARM_UP NUMBER`, started by bench.posting."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from models import database, payments
from models.database import session
from models.gateways.stripe_answers import CheckoutSession, GatewayPayment, PaymentState, SessionState
from models.gateways.stripe_returns import Returns
from models.money import Money
from models.payments import Attempt
from models.transactions import release

AMOUNT = Money(12_000, "EUR")
ATTEMPTS = select(Attempt).order_by(Attempt.customer_id)


@dataclass(frozen=True, slots=True)
class InHand:
    """A gateway that asks nobody: what Stripe would say is here."""

    sessions: Mapping[str | None, CheckoutSession]
    live: bool = False

    def open_checkout(self, body: str, *, idempotency_key: str) -> CheckoutSession:
        return CheckoutSession(
            f"cs_{idempotency_key}",
            None,
            SessionState.OPEN,
            AMOUNT,
            None,
            datetime.max.replace(tzinfo=UTC),
            False,
            None,
        )

    def fetch_session(self, session_id: str) -> CheckoutSession:
        return self.sessions[session_id]

    def fetch_returns(self, payment_id: str) -> Returns:
        return Returns()


def paid(attempt: Attempt, now: datetime) -> CheckoutSession:
    """What Stripe says of an attempt once its payer has paid."""
    attempt_id = str(attempt.id)
    payment = GatewayPayment(
        id=f"pi_{attempt_id}",
        state=PaymentState.SUCCEEDED,
        amount=attempt.amount,
        received=attempt.amount,
        charge_id=f"ch_{attempt_id}",
        decline_code="",
        attempt_id=attempt_id,
        livemode=False,
        tried_at=now,
    )
    return CheckoutSession(
        id=attempt.session_id or "",
        url=None,
        state=SessionState.COMPLETE,
        amount=attempt.amount,
        attempt_id=attempt_id,
        expires_at=attempt.expires_at,
        livemode=False,
        payment=payment,
    )


def waiting() -> Sequence[Attempt]:
    """Every attempt, apart from the session: to book one begins as it does in a worker, which has not seen it yet."""
    found = session.scalars(ATTEMPTS).all()
    session.expunge_all()
    session.rollback()
    return found


def main(url: str, moment: str, *numbers: str) -> None:
    now = datetime.fromisoformat(moment)
    each, warm_up, number = map(int, numbers)
    database.connect(url)
    own = waiting()[number * each : (number + 1) * each]
    gateway: Any = InHand({attempt.session_id: paid(attempt, now) for attempt in own})

    def book(attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            payments.sync(attempt.customer_id, attempt.id, gateway=gateway, now=lambda: now)
            release()  # As the worker does between two jobs.

    book(own[:warm_up])
    print("ready", flush=True)
    sys.stdin.readline()
    book(own[warm_up:])
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
