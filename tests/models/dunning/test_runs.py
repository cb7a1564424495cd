"""The run against the database: who is written to, once, and what is asked again before it goes."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from commandline.demo import reminders as demo
from models import accounts, audit, company
from models.customers import Contact, Customer
from models.database import session
from models.dunning import runs
from models.dunning.lines import LineState, ReminderLine, ReminderRun
from models.dunning.sending import Reminders
from models.messages import Message, MessageState, sending
from models.messages.sending import LocalOutbox
from models.staff import Principal
from models.transactions import transaction
from tests.conftest import NOW
from tests.making import Maker

NIGHT = datetime.fromisoformat("2026-11-23T00:00:00+00:00")  # A Monday, 02:00 in Vilnius.
MORNING = NIGHT + timedelta(hours=7)
DAY = date(2026, 11, 23)


def run(now: datetime = NIGHT, day: date | None = None) -> ReminderRun:
    with transaction():
        row = runs.start(day, by=audit.COMMAND, now=now)
    runs.work_off(row.id, now=lambda: now + timedelta(seconds=1))
    session.expire_all()
    return session.get_one(ReminderRun, row.id)


def lines() -> list[ReminderLine]:
    return list(session.scalars(select(ReminderLine).order_by(ReminderLine.id)))


def mails() -> list[Message]:
    return list(session.scalars(select(Message).order_by(Message.id)))


def go(now: datetime = MORNING) -> int:
    return sending.send_due(
        LocalOutbox(), now=lambda: now, keeper=Reminders("https://pay.example.test", accounts.invoices_enclosed)
    )


@pytest.fixture
def make(engine: Engine) -> Maker:
    """What is owed was recorded long ago, so that no grace holds."""
    return Maker(NOW - timedelta(days=60))


@pytest.fixture
def live(counsel: Principal, manager: Principal) -> None:
    with transaction():
        company.locked().law_firm = "Teisė ir Ko"
        demo.put_in_use(counsel, manager, now=NOW - timedelta(days=50))


@pytest.fixture
def owing(live: None, make: Maker) -> tuple[Customer, Contact]:
    customer = make.customer(country="LT", language="en", timezone="Europe/Vilnius", address="Gatvė 1\nVilnius")
    return customer, make.contact(customer, name="Ona")


def test_one_message_at_the_highest_step_lists_all_items_once(owing, make: Maker) -> None:
    customer, _ = owing
    make.invoice(customer, 10_000, number="A-1", issued_on=DAY - timedelta(days=40), due_on=DAY - timedelta(days=8))
    make.invoice(customer, 5_000, number="B-2", issued_on=DAY - timedelta(days=40), due_on=DAY - timedelta(days=1))
    make.receipt(customer, 2_000)
    done = run()
    (mail,) = mails()
    assert (done.customers, len(lines()), mail.state, mail.kind) == (1, 2, MessageState.QUEUED, "reminder")
    assert "€130.00" in mail.text
    assert mail.next_try_at == datetime.fromisoformat("2026-11-23T06:00:00+00:00")
    run(NIGHT + timedelta(hours=1))
    assert (len(mails()), len(lines())) == (1, 2)
    assert go() == 1
    session.expire_all()
    (mail,) = mails()
    assert mail.state is MessageState.SENT
    assert "https://pay.example.test/l/" in mail.text
    assert {line.state for line in lines()} == {LineState.SENT}
