"""`kill -9` of web server and worker at random points under load: nothing promised is lost, nobody pays twice."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import clock
from models.database import session
from tests.kills import house
from tests.kills.house import House
from tests.kills.killer import Killer
from tests.kills.load import Load
from tests.kills.oracle import Oracle
from tests.kills.people import Clerk, Payer
from tests.making import Maker

SEED = 20261122
FAULTS = ("lost", "error_500_done", "error_500", "unreached", "rate_limited")


@pytest.fixture
def make(make: Maker) -> Maker:
    """Things of today: the processes run on the real clock."""
    return Maker(clock.real_now())


@pytest.fixture
def running(make: Maker, database_url: str, tmp_path: Path) -> Iterator[House]:
    with house.running(tmp_path / "home", database_url) as running:
        yield running


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.prove)])
def test_whatever_is_killed_nothing_promised_is_lost_and_nobody_pays_twice(
    kills: int, running: House, make: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    load, oracle = Load(running, make), Oracle(running)
    accounts = [make.customer(f"Customer {number}", language="en") for number in range(2)]
    payers = [
        Payer(load, account, make.contact(account, f"{place}@example.test"), f"{SEED} {number} {place}")
        for number, account in enumerate(accounts)
        for place in range(2)
    ]
    session.expunge_all()  # Each person has a thread, and threads share no session.
    running.tell(webhooks={"copies": 2, "delay_seconds": 0.2, "shuffle": True, "retry_after_seconds": [0.2] * 500})
    killer = Killer(running, load, SEED)

    def trouble(number: int) -> None:
        """Every now and then the way to Stripe is as bad as ours, and events are dropped for good."""
        running.tell(webhooks={"drop_next": number % 3})
        if number % 4 == 0:
            running.tell(faults=[{"kind": FAULTS[number // 4 % len(FAULTS)], "path": "/v1/checkout", "times": 3}])
        if number % 20 == 0:
            assert oracle.broken() == []

    with load.of(*payers, Clerk(load, accounts, f"{SEED} clerk")):
        killer.kill(kills, trouble)
    assert load.wrong == []
    assert oracle.lost(load.promises) == [], "before any sweep could make up for it"
    oracle.settle()

    assert running.errors() == []
    assert oracle.lost(load.promises) == []
    assert oracle.charged_twice() == []
    assert oracle.unknown() == []
    assert oracle.ours() == oracle.theirs()
    assert oracle.broken() == []
    paid, mailed = oracle.receipts_and_mails()
    assert paid == mailed > 0
    if "DUEWELL_PROVE" in os.environ:
        with capsys.disabled():
            print(f"\n{dict(killer.kills)}, {dict(load.counts)}, {len(load.promises)} promises kept, {paid} payments")
