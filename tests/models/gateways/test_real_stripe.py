"""Stripe itself, in test mode: the one proof that the stand-in cannot give. It moves no money."""

import json
import os
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from models.gateways.stripe import StripeGateway
from models.gateways.stripe_answers import SessionState
from models.gateways.stripe_requests import CheckoutLine, checkout_request
from models.money import Money

KEY = os.environ.get("STRIPE_TEST_KEY", "")


@pytest.fixture
def gateway() -> StripeGateway:
    if not KEY:
        pytest.skip("NOT PROVED AGAINST STRIPE ITSELF: set STRIPE_TEST_KEY=sk_test_… to try")
    if not KEY.startswith(("sk_test_", "rk_test_")):
        pytest.fail("STRIPE_TEST_KEY must be one of test mode: nothing here may move money")
    return StripeGateway(KEY, [])


def test_a_page_is_opened_once_found_by_its_attempt_and_closed(gateway: StripeGateway) -> None:
    attempt_id, now = str(uuid4()), datetime.now(UTC)
    request = json.dumps(
        checkout_request(
            attempt_id=attempt_id,
            lines=[CheckoutLine("Invoice 1", Money(1_234, "EUR")), CheckoutLine("Invoice 2", Money(100, "EUR"))],
            description="Invoices",
            success_url="https://example.test/done?cs={CHECKOUT_SESSION_ID}",
            cancel_url="https://example.test/back",
            expires_at=now + timedelta(minutes=35),
            language="lt",
        )
    )
    opened = gateway.open_checkout(request, attempt_id)
    assert gateway.open_checkout(request, attempt_id).id == opened.id
    found = gateway.find_session_by_attempt(attempt_id, now - timedelta(minutes=5))
    assert found is not None
    assert (found.id, found.state, found.amount, found.livemode) == (
        *(opened.id, SessionState.OPEN),
        *(Money(1_334, "EUR"), False),
    )
    assert gateway.expire_session(opened.id).state is SessionState.EXPIRED
    assert gateway.events_since(now - timedelta(minutes=5)) is not None
