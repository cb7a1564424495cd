"""The till of the demonstration's past: it answers at once, as Stripe would have on the day."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from models.gateways.stripe_answers import GatewayPayment, PaymentState, SessionState
from models.gateways.stripe_methods import Declined, GatewayMethod, GatewaySetup, SetupState
from models.money import Money
from models.payments import Attempt
from models.payments.looking import Told

# What each is, and the test number that behaves so.
CARD = ("card", "visa", "4242424242424242", 2034)
ASKING = ("card", "visa", "4000002760003184", 2034)
ACCOUNT = ("sepa_debit", "", "AT611904300234573201", None)


class DemoTill:
    """
    `asking` are customers whose banks want to see them; `day` is when it is asked; `kept` is what was given to be
    charged again, as a stand-in for Stripe is told of it.
    """

    live = False

    def __init__(self) -> None:
        self.asking: set[str] = set()
        self.kept: list[dict[str, str]] = []
        self.day: datetime | None = None

    def create_customer(self, body: str, *, idempotency_key: str) -> str:
        account = json.loads(body)["metadata"]["account"]
        return f"cus_demo{account}"

    def charge(self, body: str, *, idempotency_key: str) -> GatewayPayment | Declined:
        asked: Mapping[str, Any] = json.loads(body)
        if asked["customer"] in self.asking:
            return Declined("", "authentication_required")
        amount = Money(asked["amount"], asked["currency"].upper())
        name = f"demo{UUID(idempotency_key).hex}"
        return GatewayPayment(
            id=f"pi_{name}",
            state=PaymentState.SUCCEEDED,
            amount=amount,
            received=amount,
            charge_id=f"ch_{name}",
            decline_code="",
            attempt_id=asked["metadata"]["attempt"],
            livemode=False,
            tried_at=self.day,
        )

    def given(self, attempt: Attempt, kind: str, *, asks: bool) -> Told:
        """What a card or an account is, given on the page of a setup."""
        what, brand, number, year = (ASKING if asks else CARD) if kind == CARD[0] else ACCOUNT
        customer, name = json.loads(attempt.request_json)["customer"], f"demo{attempt.id.hex}"
        ends = {"exp_month": 12 if year else None, "exp_year": year}
        method = GatewayMethod(f"pm_{name}", what, brand, number[-4:], **ends, customer_id=customer)
        self.kept.append({"customer": customer, "method": method.id, "number": number})
        setup = GatewaySetup(f"seti_{name}", SetupState.SUCCEEDED, "", str(attempt.id), method)
        return Told(SessionState.COMPLETE, str(attempt.id), False, None, f"cs_{name}", setup=setup)
