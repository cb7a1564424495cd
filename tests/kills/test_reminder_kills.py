"""`kill -9` of workers that decide and send one run: everybody gets what is due, once, by the mail server's books."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

import standin
from commandline.demo import reminders as demo
from models import accounts, audit, clock, company, staff
from models.dunning import runs
from models.dunning.sending import Reminders
from models.gateways.mail import SmtpSender
from models.messages import sending
from models.policies.permissions import Role
from models.reports.verify import verify
from models.staff import Principal, StaffState
from models.transactions import release, transaction
from tests.kills import debtors, delivered, house
from tests.kills.post import PostOffice
from tests.kills.run_killer import RunKiller
from tests.kills.workers import pass_time, working
from tests.models.gateways.mail_server import running

SEED = 20261122
MORNING = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # A Tuesday, 09:00 in Vilnius: what is decided goes at once.
DAY = date(2026, 11, 24)
LONG_AGO = MORNING - timedelta(days=70)
PORTAL = "https://pay.example.test"


@pytest.fixture
def that_morning(engine: Engine) -> Iterator[None]:
    """On the clock that all processes share; the words of reminders are approved."""
    with transaction():
        company.move_clock(MORNING - clock.real_now())
        company.locked().law_firm = "Teisė ir Ko"
        demo.put_in_use(_somebody(Role.COUNSEL), _somebody(Role.MANAGER), now=LONG_AGO)
    company.keep_clock(production=False)
    yield
    clock.move(timedelta())


def _somebody(role: Role) -> Principal:
    facts = {"email": f"{role}@company.test", "name": role.value, "role": role, "state": StaffState.ACTIVE}
    return staff.principal(staff.add(**facts, by=audit.COMMAND, now=LONG_AGO))


@pytest.fixture
def post() -> Iterator[PostOffice]:
    with running(PostOffice(SEED)) as post:
        yield post


@pytest.fixture
def environ(database_url: str, post: PostOffice, tmp_path: Path) -> Iterator[dict[str, str]]:
    with standin.running(tmp_path / "till", api_key=house.KEY, webhook_secrets=(house.SECRET,)) as till:
        yield house.told(
            *(tmp_path / "home", database_url, PORTAL, till.url),
            DUEWELL_SMTP_URL=f"smtp://127.0.0.1:{post.port}",
            DUEWELL_MAIL_FROM="billing@company.test",
        )


FEW, MANY = (250, 25, 10, 2), (20_000, runs.CHUNK, 100, 3)


@pytest.mark.parametrize(("customers", "chunk", "kills", "many"), [FEW, pytest.param(*MANY, marks=pytest.mark.prove)])
def test_whoever_is_killed_everybody_gets_what_is_due_once(
    customers: int,
    chunk: int,
    kills: int,
    many: int,
    that_morning: None,
    post: PostOffice,
    environ: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    owing = debtors.make(customers, DAY, clock.now(), tmp_path)
    if chunk < runs.CHUNK:
        monkeypatch.setattr(runs, "CHUNK", chunk)
        start()  # Else the first worker to look does: it is past two at night.
    with working(tmp_path, environ, many, SEED) as workers:
        killer = RunKiller(workers, post, customers, SEED)
        killer.kill(kills)
        killer.await_end()
        workers.stop()
        assert workers.errors() == []
    send_the_rest(post)

    assert delivered.mails_of_each(post) == delivered.mails_wanted(owing, DAY)
    again = delivered.sent_again(post, workers)
    assert again[delivered.NOBODY_LOST_IT] == 0
    assert delivered.written() == delivered.wanted(owing, DAY)
    before = delivered.rows()
    runs.work_off(start(), now=clock.now)
    assert delivered.rows() == before
    assert list(verify(now=clock.now()).broken) == []
    if "DUEWELL_PROVE" in os.environ:
        with capsys.disabled():
            print(f"\n{dict(workers.kills)}; {len(post.taken)} mails taken, again: {dict(again)}; {before}")
            print(f"{killer.asked_again} jobs given up after five deaths and asked for again")


def start() -> int:
    with transaction():
        run_id = runs.start(DAY, by=audit.COMMAND, now=clock.now()).id
    release()
    return run_id


def send_the_rest(post: PostOffice) -> None:
    """What was refused for a while, lost its answer or was in the hands of the dead."""
    keeper = Reminders(PORTAL, accounts.invoices_enclosed)
    with SmtpSender(f"smtp://127.0.0.1:{post.port}", "billing@company.test", timeout=1) as sender:
        for minutes in (11, *[61] * 7):
            pass_time(timedelta(minutes=minutes))
            sending.send_due(sender, now=clock.now, keeper=keeper)
    release()
