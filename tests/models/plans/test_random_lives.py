"""Random lives of plans: whatever happens, each instalment is what plain lists say, and is paid once."""

from pathlib import Path

import pytest

import standin
from tests.conftest import NOW
from tests.making import Maker
from tests.models.payments.conftest import quick as quick
from tests.models.payments.conftest import shop as shop
from tests.models.payments.shop import Shop
from tests.models.plans.lives import Life

STEPS_SMALL, STEPS_FULL = 24, 10_000


@pytest.mark.parametrize("seed", [4])
@pytest.mark.usefixtures("quick")
def test_a_random_life_is_what_plain_lists_say(shop: Shop, make: Maker, seed: int) -> None:
    live(Life(shop, make, seed), STEPS_SMALL, proved_each=4)


@pytest.mark.prove
@pytest.mark.usefixtures("quick")
def test_ten_thousand_random_steps_are_so_every_time(make: Maker, tmp_path: Path) -> None:
    """A new customer and a new till each hundred steps, so that every mistake is near its cause."""
    moment = NOW
    for seed in range(STEPS_FULL // 100):
        with standin.running(tmp_path / str(seed)) as till:
            life = Life(Shop(till, moment), make, 1_000 + seed)
            live(life, STEPS_FULL // 100)
            moment = life.shop.moment


def live(life: Life, steps: int, proved_each: int = 1) -> None:
    for number in range(steps):
        life.step(proved=number % proved_each == 0)
    life.finish()
