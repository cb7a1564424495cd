"""What Stripe says and nobody can book: no error and no guess, but somebody sees it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import standin
from models import clock
from models.payments import AttemptState
from models.policies.permissions import Role
from tests.conftest import NOW
from tests.making import Maker
from tests.models.payments.shop import Shop


@pytest.fixture
def shop(make: Maker, tmp_path: Path) -> Iterator[Shop]:
    with standin.running(tmp_path / "standin") as till:
        yield Shop(till, NOW)


def test_a_wrong_amount_and_a_payment_of_nobody_are_seen_and_nothing_is_booked(
    as_role: Callable[[Role], FlaskClient], shop: Shop, make: Maker
) -> None:
    customer = make.customer()
    attempt = shop.open(make.contact(customer), make.invoice(customer))
    shop.press_pay(attempt)
    shop.change_intent(attempt, amount_received=11_999)
    [told] = shop.events("checkout.session.completed")
    stranger = {**told["data"]["object"], "id": "cs_test_of_another_shop", "metadata": {}}
    shop.deliver([told, {**told, "id": "evt_stranger", "data": {"object": stranger}}])
    for hours in (0, 25):
        shop.drain(lambda hours=hours: clock.real_now() + timedelta(hours=hours))
    assert (shop.state(attempt), shop.receipts(customer)) == (AttemptState.OPEN, [])
    seen = as_role(Role.FINANCE).get(f"/staff/customers/{customer.id}/entries").text
    assert "Stripe has not what we asked for." in seen
    seen = as_role(Role.ADMIN).get("/staff/jobs").text
    assert "cs_test_of_another_shop" in seen
    assert "Nothing was booked." in seen
    assert shop.broken() == []
