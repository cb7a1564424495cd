"""`kill -9` of workers that decide and send one run together: everybody gets what is due, once, by the server's books."""

import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

import standin
from commandline.demo import reminders as demo
from models import accounts, audit, clock, company, staff
from models.database import session
from models.dunning import runs
from models.dunning.lines import ReminderLine, ReminderRun
from models.dunning.sending import Reminders
from models.gateways.mail import SmtpSender
from models.messages import Message, MessageChannel, MessageState, sending
from models.policies.permissions import Role
from models.reports.verify import verify
from models.staff import Principal, StaffState
from models.transactions import release, transaction
from models.worklist import TaskKind
from models.worklist.tasks import Task
from tests.kills import debtors, house
from tests.kills.debtors import CALL, LETTER, MAIL, TASK, Debtor, address_of
from tests.kills.post import PostOffice, Taken
from tests.kills.workers import Workers, pass_time, working
from tests.models.gateways.mail_server import running
from tests.runtime.watching import eventually

SEED = 20261122
MORNING = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # A Tuesday, 09:00 in Vilnius: what is decided goes at once.
DAY = date(2026, 11, 24)
PORTAL = "https://pay.example.test"


@pytest.fixture
def _that_morning(engine: Engine) -> Iterator[None]:
    """The shared clock of the processes, and the approved words that they need."""
    with transaction():
        company.move_clock(MORNING - clock.real_now())
        company.locked().law_firm = "Teisė ir Ko"
        people = [_somebody(role) for role in (Role.COUNSEL, Role.MANAGER)]
        demo.put_in_use(*people, now=MORNING - timedelta(days=70))
    company.keep_clock(production=False)
    yield
    clock.move(timedelta())


def _somebody(role: Role) -> Principal:
    facts = {"email": f"{role}@company.test", "name": role.value, "role": role, "state": StaffState.ACTIVE}
    return staff.principal(staff.add(**facts, by=audit.COMMAND, now=MORNING - timedelta(days=70)))


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


FEW, MANY = (250, 10, 2, 25), (20_000, 100, 3, runs.CHUNK)


@pytest.mark.parametrize(("customers", "kills", "many", "chunk"), [FEW, pytest.param(*MANY, marks=pytest.mark.prove)])
def test_whoever_is_killed_everybody_gets_what_is_due_once(
    customers: int,
    kills: int,
    many: int,
    chunk: int,
    _that_morning: None,
    post: PostOffice,
    environ: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    owing = debtors.make(customers, DAY, clock.now(), tmp_path)
    if chunk < runs.CHUNK:
        monkeypatch.setattr(runs, "CHUNK", chunk)
        with transaction():
            runs.start(by=audit.COMMAND, now=clock.now())
        release()
    with working(tmp_path, environ, many, SEED) as workers:
        kill(workers, post, kills, many, customers)
        eventually(decided, within=house.PATIENCE + customers / 5)
        workers.stop()
        assert workers.errors() == []
    send_the_rest(post)

    assert got_by_mail(post) == {address_of(one.number): 1 for one in owing if MAIL in one.should_get(DAY)}
    doubles = sent_again(post, workers)
    assert doubles["without a lost answer"] == 0
    assert written() == expected(owing)
    before = rows()
    again()
    assert rows() == before
    session.rollback()
    assert list(verify(now=clock.now()).broken) == []
    if "DUEWELL_PROVE" in os.environ:
        with capsys.disabled():
            print(f"\n{dict(workers.kills)}, {len(post.taken)} mails taken, {dict(doubles)}, {dict(before)}")


def kill(workers: Workers, post: PostOffice, kills: int, many: int, customers: int) -> None:
    """First while chunks are decided, then while mails are handed over; all of them now and then, and at the end."""
    draw = random.Random(SEED)
    while workers.kills.total() < kills // 5:
        done = chunks_done()
        eventually(is_deciding, within=house.PATIENCE)
        (workers.kill_one if draw.random() < 0.5 else workers.kill_all)("while they decide")
        eventually(lambda done=done: chunks_done() > done, within=house.PATIENCE)
    few = max(3 * customers // kills, 1)
    while workers.kills.total() < kills - many:
        way = draw.choice(("one", "one", "taken", "offered", "all"))
        if way == "all" or not await_mails(post, draw.randint(1, few)):
            workers.kill_all("all while they send")  # Or while what is left waits for the dead.
        elif way == "one":
            workers.kill_one("while they send")
        elif port := await_silence(post, "DATA" if way == "taken" else "RCPT"):
            workers.kill_one(f"with a mail {way}", at=port)
    workers.kill_all("all while they send")


def await_mails(post: PostOffice, more: int) -> bool:
    """Until so many more were taken, or nobody has any that are due."""
    goal = len(post.taken) + more
    eventually(lambda: len(post.taken) >= goal or nothing_is_due(), within=house.PATIENCE)
    return len(post.taken) >= goal


def await_silence(post: PostOffice, command: str) -> int:
    """Let it fall silent at the next such command; the port of whoever waits for an answer, if anybody does."""
    post.silent_to, post.silent_next = 0, command
    eventually(lambda: post.silent_to or nothing_is_due(), within=house.PATIENCE)
    post.silent_next = ""
    return post.silent_to


def nothing_is_due() -> bool:
    return not _count(
        "select (select count(*) from reminder_chunks where done_at is null)"
        " + (select count(*) from messages where channel = 'email' and next_try_at <= :now"
        " and state in ('queued', 'sending', 'unknown'))"
    )


def chunks_done() -> int:
    return _count("select count(*) from reminder_chunks where done_at is not null")


def is_deciding() -> bool:
    """Somebody holds a chunk."""
    left = _count("select count(*) from reminder_chunks where done_at is null")
    free = _count(
        "select count(*) from (select from reminder_chunks where done_at is null for update skip locked) as free"
    )
    return free < left


def decided() -> bool:
    """No chunk, no letter and no job is left."""
    return not _count(
        "select (select count(*) from reminder_chunks where done_at is null)"
        " + (select count(*) from messages where channel = 'letter' and document_hash = '')"
        " + (select count(*) from procrastinate_jobs)"
    )


def _count(query: str) -> int:
    try:
        return session.scalar(text(query), {"now": clock.now()}) or 0
    finally:
        release()


def send_the_rest(post: PostOffice) -> None:
    """What was refused for a while, lost its answer or was in the hands of the dead."""
    keeper = Reminders(PORTAL, accounts.invoices_enclosed)
    for hours in range(8):
        pass_time(timedelta(minutes=61 if hours else 11))
        with SmtpSender(f"smtp://127.0.0.1:{post.port}", "billing@company.test", timeout=1) as sender:
            sending.send_due(sender, now=clock.now, keeper=keeper)
    release()


def got_by_mail(post: PostOffice) -> dict[str, int]:
    """How many different mails each address got."""
    got = defaultdict[str, set[str]](set)
    for one in post.taken:
        got[one.recipient].add(one.message_id)
    return {recipient: len(ids) for recipient, ids in got.items()}


def sent_again(post: PostOffice, workers: Workers) -> Counter[str]:
    """Copies of the same mail, by what became of the answer to each but the last."""
    copies, last = defaultdict[str, list[Taken]](list), dict[int, Taken]()
    for one in post.taken:
        copies[one.message_id].append(one)
        last[one.connection] = one
    why = Counter[str]()
    for one in (one for same in copies.values() for one in same[:-1]):
        if not one.answer:
            why["answer lost"] += 1
        elif one.port in workers.killed_ports and last[one.connection] is one:
            why["killed before it was noted"] += 1
        else:
            why["without a lost answer"] += 1
    return why


def written() -> dict[str, Counter[object]]:
    """What the database says of the run: finished, its messages by customer and state, tasks, lines."""
    session.rollback()
    (run,) = session.scalars(select(ReminderRun))
    messages = select(Message.customer_id, Message.channel, Message.state, Message.document_hash != "")
    lines = select(ReminderLine.customer_id, ReminderLine.state)
    return {
        "run": Counter([run.finished_at is not None]),
        "messages": Counter(map(tuple, session.execute(messages))),
        "tasks": Counter(map(tuple, session.execute(select(Task.customer_id, Task.kind)))),
        "lines": Counter(map(tuple, session.execute(lines))),
    }


def expected(owing: list[Debtor]) -> dict[str, Counter[object]]:
    mail, letter = (MessageChannel.EMAIL, MessageState.SENT, False), (MessageChannel.LETTER, MessageState.QUEUED, True)
    gets = [(one, one.should_get(DAY)) for one in owing]
    messages = [(one.id, *mail) for one, what in gets if MAIL in what]
    tasks = {TASK: TaskKind.DEAD_ADDRESS, CALL: TaskKind.CALL}
    lines = Counter[object]({(one.id, "sent"): one.items for one in owing if one.what in (MAIL, TASK, CALL)})
    return {
        "run": Counter([True]),
        "messages": Counter(messages + [(one.id, *letter) for one, what in gets if what == LETTER]),
        "tasks": Counter((one.id, tasks[one.what]) for one in owing if one.what in tasks),
        "lines": lines + Counter((one.id, "selected") for one in owing if one.what == LETTER),
    }


def rows() -> Counter[str]:
    session.rollback()
    return Counter(
        {table: _count(f"select count(*) from {table}") for table in ("messages", "reminder_lines", "tasks")}
    )


def again() -> None:
    """Another run of the same day."""
    with transaction():
        run = runs.start(DAY, by=audit.COMMAND, now=clock.now())
    runs.work_off(run.id, now=clock.now)
    release()
