"""When a plan is at risk, and what a share of plans kept may be called."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from models.policies.plans.keeping import Share, Told, at_rate, compare
from models.policies.plans.risks import Condition, Risk, risks

TODAY = date(2026, 11, 22)
TRANSFER = Condition(missed=0, late=0, waiting=0, last_on=TODAY + timedelta(days=90))
CHARGED = replace(TRANSFER, automatic=True, agreed=True, chargeable=True, card_until=TODAY + timedelta(days=90))


def test_a_plan_in_good_order_has_nothing_against_it() -> None:
    assert risks(TRANSFER, TODAY) == risks(CHARGED, TODAY) == risks(replace(CHARGED, card_until=None), TODAY) == ()


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"missed": 1}, Risk.MISSED),
        ({"late": 1}, Risk.LATE),
        ({"waiting": 1}, Risk.WAITS),
        ({"agreed": False}, Risk.NO_CONSENT),
        ({"chargeable": False}, Risk.NO_CARD),
        ({"card_until": TODAY - timedelta(days=1)}, Risk.NO_CARD),
        ({"card_until": TODAY}, Risk.CARD_ENDS),
        ({"card_until": TODAY + timedelta(days=89)}, Risk.CARD_ENDS),
    ],
)
def test_each_risk_is_named_alone(facts: dict[str, object], why: Risk) -> None:
    assert risks(replace(CHARGED, **facts), TODAY) == (why,)
    transfer = risks(replace(CHARGED, automatic=False, **facts), TODAY)
    assert transfer == ((why,) if why in (Risk.MISSED, Risk.WAITS, Risk.LATE) else ()), (
        "who pays by transfer needs no card"
    )


def test_below_a_dozen_no_rate_is_claimed() -> None:
    assert (Share(11, 11).rate, Share(11, 11).interval, at_rate(1_000, Share(11, 11))) == (None, None, None)
    assert Share(9, 12).rate == Decimal("0.75")
    low, high = Share(9, 12).interval or (0, 0)
    assert (round(low, 4), round(high, 4)) == (0.4281, 0.9451), "Clopper and Pearson's"
    assert [at_rate(minor, Share(9, 12)) for minor in (0, 1, 2, 10)] == [0, 1, 2, 8], "rounded half up"


def test_two_versions_differ_where_chance_hardly_explains_it() -> None:
    assert compare(Share(2, 11), Share(20, 20)) is Told.TOO_FEW
    assert compare(Share(10, 20), Share(15, 20)) is Told.UNCLEAR
    assert compare(Share(4, 20), Share(18, 20)) is Told.MORE
    assert compare(Share(18, 20), Share(4, 20)) is Told.LESS
