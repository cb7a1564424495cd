"""Whoever dies, wherever, however often and beside whomever it is started again: each instalment is charged once."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from models import messages, payments, plans
from models.database import session
from models.plans import PlanState
from tests.models.payments.conftest import quick as quick
from tests.models.payments.conftest import shop as shop
from tests.models.payments.shop import SECRET, Shop
from tests.models.payments.test_charging import run_beside
from tests.models.payments.test_random_days import Killed, Mortal
from tests.models.plans.owing import months
from tests.models.plans.test_charging import Begin, bring, live, review, states
from tests.models.plans.test_charging import begin as begin

pytestmark = pytest.mark.usefixtures("quick")
DEATHS = 9


class Clock:
    """Asked between any two commits: whoever asks once too often is dead."""

    def __init__(self, shop: Shop, lives: int) -> None:
        self._shop, self._lives = shop, lives

    def __call__(self) -> datetime:
        self._lives -= 1
        if self._lives < 0:
            raise Killed
        return self._shop.moment


def pass_by(shop: Shop) -> None:
    """Minutes later the worker finds out what became of it."""
    shop.pass_time(minutes=3)
    shop.sweep()
    plans.settle(now=shop.moment)


def test_of_a_run_that_dies_anywhere_the_next_one_does_the_rest(shop: Shop, begin: Begin) -> None:
    """After each of its steps, before Stripe is called and after it has answered."""
    plan = begin()
    day = months(4)[-1]
    bring(shop, day)
    died = 0
    for lives in range(DEATHS):
        shop.gateway = Mortal("sk_test_standin", [SECRET], shop.till.url)
        shop.gateway.calls_left = lives // 2 if lives % 2 else None
        try:
            plans.charge(day, gateway=shop.gateway, now=shop.now if lives % 2 else Clock(shop, lives // 2))
        except Killed:
            died += 1
        session.rollback()
        shop.gateway.calls_left = None
        pass_by(shop)
    assert died >= DEATHS // 2
    plans.charge(day, gateway=shop.gateway, now=shop.now)
    review(shop, plan)
    assert plan.state is PlanState.COMPLETED
    paid = Counter(one["description"] for one in shop.there("payment_intent") if one["status"] == "succeeded")
    assert paid == Counter(f"{plan.number} · {number}" for number in range(1, 5))
    assert {row.tries for row in plans.instalments_of(plan)} == {1}, "who died asked no bank"
    assert not [mail for mail in messages.outbox(plan.customer_id) if "not let us" in mail.text]
    assert shop.broken() == []


def test_two_that_run_at_once_charge_each_instalment_once(shop: Shop, begin: Begin) -> None:
    plan, day = begin(), months(4)[-1]
    bring(shop, day)
    shop.fail("slow", path="/v1/payment_intents", seconds=0.05)
    run_beside(*[lambda: plans.charge(day, gateway=shop.gateway, now=shop.now)] * 3)
    shop.till.control(faults=[])
    pass_by(shop)
    plans.charge(day, gateway=shop.gateway, now=shop.now)
    review(shop, plan)
    assert states(plan) == ["paid"] * 4
    assert [charge["amount"] for charge in shop.there("charge")] == [3_000] * 4
    assert shop.broken() == []


def test_a_stripe_that_is_away_is_asked_three_times_and_not_for_everybody(shop: Shop, begin: Begin) -> None:
    plan, day = begin(), months(4)[-1]
    shop.fail("unreached", path="/v1/payment_intents", method="POST", times=100)
    assert live(shop, plan, day) == 3
    assert states(plan) == ["charging"] * 3 + ["due"]
    shop.till.control(faults=[])
    pass_by(shop)
    plans.charge(day, gateway=shop.gateway, now=shop.now)
    review(shop, plan)
    assert states(plan) == ["paid"] * 4
    assert len(shop.there("charge")) == 4


def test_one_that_cannot_be_charged_keeps_no_other_from_it(
    shop: Shop, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, send = begin(), payments.submit_charge
    failed: list[object] = []

    def broken_once(*args: object, **how: object) -> object:
        if not failed:
            failed.append(args)
            raise ZeroDivisionError
        return send(*args, **how)

    monkeypatch.setattr(payments, "submit_charge", broken_once)
    with pytest.raises(ExceptionGroup):
        live(shop, plan, months(3)[-1])
    pass_by(shop)
    assert states(plan) == ["due", "paid", "paid", "planned"]
    plans.charge(shop.moment.date() + timedelta(days=1), gateway=shop.gateway, now=shop.now)
    review(shop, plan)
    assert states(plan) == ["paid"] * 3 + ["planned"]
