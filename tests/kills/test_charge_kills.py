"""`kill -9` of those who charge instalments, two at once: each is charged once, by the stand-in's own books."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

import standin
from models import clock, company, payments, plans
from models.database import session
from models.gateways.stripe import StripeGateway
from models.plans import Plan, Proposal, Way
from models.policies.plans import Frequency
from models.reports.verify import verify
from models.transactions import release, transaction
from tests.kills import house
from tests.kills.workers import Worker, pass_time
from tests.making import Maker
from tests.models.payments.shop import Shop, by
from tests.models.plans.owing import eur
from tests.runtime.watching import eventually

SEED, INSTALMENTS, EACH = 20261122, 5, 3_000
LATE, NOTICE = timedelta(days=7 * INSTALMENTS + 3), timedelta(days=3)


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Iterator[Shop]:
    with standin.running(tmp_path / "till", api_key=house.KEY, webhook_secrets=(house.SECRET,)) as till:
        shop = Shop(till, clock.real_now())
        shop.gateway = StripeGateway(house.KEY, [house.SECRET], till.url)
        yield shop
    clock.move(timedelta())


@pytest.mark.parametrize(("customers", "kills"), [(12, 10), pytest.param(400, 200, marks=pytest.mark.prove)])
def test_whoever_is_killed_each_instalment_is_charged_once(
    customers: int,
    kills: int,
    shop: Shop,
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make = Maker(shop.moment)
    numbers = [begin(shop, make, place).number for place in range(customers)]
    pass_time(LATE)
    plans.tend(company.get().today(clock.now()), now=clock.now())
    pass_time(NOTICE)
    shop.moment += LATE + NOTICE
    shop.pass_time()
    environ = house.told(tmp_path / "home", database_url, "https://pay.example.test", shop.till.url)
    killer = Killer(shop, [Worker(tmp_path / f"charger{one}.log", environ, "charge") for one in range(2)])
    killed = killer.kill(kills, customers * INSTALMENTS)
    while killer.find_out():
        plans.charge(company.get().today(clock.now()), gateway=shop.gateway, now=clock.now)

    intents, _ = shop.till.app.account.books.newest_first("payment_intent", limit=10_000)
    charged = Counter(one["description"] for one in intents if one["status"] == "succeeded")
    assert charged == Counter(f"{number} · {place}" for number in numbers for place in range(1, INSTALMENTS + 1))
    assert {one["amount_received"] for one in intents} <= {0, EACH}
    left = session.execute(text("select state, count(*) from plans group by state")).all()
    assert [tuple(row) for row in left] == [("completed", customers)]
    assert list(verify(now=clock.now()).broken) == []
    if "DUEWELL_PROVE" in os.environ:
        with capsys.disabled():
            print(f"\n{killed} killed over {charged.total()} instalments")


def begin(shop: Shop, make: Maker, place: int) -> Plan:
    """Five times 30.00, each week."""
    shop.moment = clock.real_now()  # Hundreds of them take longer than a page may be old.
    customer = make.customer(f"Customer {place}")
    contact, debt = make.contact(customer, f"{place}@example.test"), make.invoice(customer, INSTALMENTS * EACH)
    today = company.get().today(shop.moment)
    proposal = Proposal(
        shares={debt.id: debt.left},
        lines=[(today + timedelta(weeks=number), eur(EACH)) for number in range(1, INSTALMENTS + 1)],
        **{"fee": eur(0), "way": Way.AUTOMATIC, "frequency": Frequency.WEEKLY},
        **{"grace_days": 5, "retries": 2, "misses": 2},
    )
    stamp = {"on": today, "now": shop.moment}
    with transaction():
        plan = plans.keep_draft(customer.id, contact.id, "EUR", {}, **stamp)
        plans.offer(plan, proposal, until=today, by=by(contact), **stamp)
    consent = shop.agree(contact, plan.source)
    with transaction():
        plans.sign(plan, consent_id=consent.id, by=by(contact), **stamp)
    shop.keep(contact, about=plan.source)
    with transaction():
        plans.review(customer.id, now=shop.moment)
    return plan


class Killer:
    def __init__(self, shop: Shop, chargers: list[Worker]) -> None:
        self._shop, self._chargers, self._draw = shop, chargers, random.Random(SEED)
        for one in chargers:
            one.start()

    def kill(self, times: int, instalments: int) -> int:
        """One of them or both, when some more were asked for, or have been entered. Returns how many died."""
        killed = 0
        while killed < times and self.find_out():
            for one in [one for one in self._chargers if not one.is_there()]:
                one.start()
            what = self._draw.choice(("true", "state = 'submitted'", "state = 'succeeded'"))
            more = max((instalments - _count("state = 'succeeded'")) // (times - killed), 1)
            if "submitted" in what:
                more = 1  # Nobody has two under way at once.
            goal = _count(what) + self._draw.randint(1, more)
            eventually(lambda w=what, g=goal: _count(w) >= g or not self._is_anybody(), within=house.PATIENCE)
            for one in self._draw.choice((self._chargers, self._chargers[:1], self._chargers[1:])):
                killed += one.is_there()
                one.kill()
        for one in self._chargers:
            one.kill()
        return killed

    def find_out(self) -> bool:
        """What the worker does beside them, minutes later. Whether something is still to be charged."""
        pass_time(timedelta(minutes=3))
        payments.sweep(gateway=self._shop.gateway, now=clock.now)
        plans.settle(now=clock.now())
        found = session.scalar(text("select count(*) from instalments where state <> 'paid'"))
        release()
        return bool(found)

    def _is_anybody(self) -> bool:
        return any(one.is_there() for one in self._chargers)


def _count(what: str) -> int:
    """Charges that were asked for, and stand so."""
    try:
        return session.scalar(text(f"select count(*) from attempts where kind = 'off_session' and {what}")) or 0
    finally:
        release()
