"""One message that staff write: the limits of a run, asked again when it goes."""

from datetime import date, datetime, timedelta

import pytest

from models import accounts, audit, company, ledger
from models.customers import Contact, Customer, opt_outs
from models.customers.opt_outs import OptedOutBy
from models.database import session
from models.dunning import runs, single, templates
from models.dunning.sending import Reminders
from models.dunning.single import CannotWrite
from models.messages import Message, MessageState, outbox, sending
from models.messages.sending import LocalOutbox
from models.money import Money
from models.reports.verify import verify
from models.transactions import transaction
from tests.making import Maker

EVENING = datetime.fromisoformat("2026-11-20T19:00:00+00:00")  # A Friday, 21:00 in Vilnius.
OPENS = datetime.fromisoformat("2026-11-23T06:00:00+00:00")  # Monday at eight.
DAY = date(2026, 11, 20)
HOSTILE = "{total_due} <b>free</b> duewell:account\r\nduewell:no-more %(company)s"


def words(key: str = "after_7") -> int:
    return next(one.id for one in templates.every() if one.key == key)


def write(customer: Customer, own: str = "", *, key: str = "k", now: datetime = EVENING) -> Message:
    with transaction():
        return single.write(customer, words(), own, key=key, by=audit.COMMAND, now=now)[0]


def go(now: datetime = OPENS) -> int:
    keeper = Reminders("https://pay.example.test", accounts.invoices_enclosed)
    tried = sending.send_due(LocalOutbox(), now=lambda: now, keeper=keeper)
    session.expire_all()
    return tried


@pytest.fixture
def owing(live: None, old: Maker) -> tuple[Customer, Contact]:
    with transaction():
        company.locked().name = "Baltic Supply UAB"
    customer = old.customer(country="LT", language="lt", timezone="Europe/Vilnius", address="Gatvė 1\nVilnius")
    contact = old.contact(customer, name="Ona")
    old.invoice(customer, 10_000, number="INV-77001", due_on=DAY - timedelta(days=8))
    return customer, contact


def test_it_waits_for_the_hours_names_its_version_counts_as_a_contact_and_can_be_stopped(owing, old: Maker) -> None:
    customer, _ = owing
    message = write(customer, HOSTILE)
    assert (message.next_try_at, message.made_from["words"], message.language) == (
        *(OPENS, templates.live()[words()].version_id),
        "lt",
    )
    assert go(EVENING + timedelta(minutes=1)) == 0
    with transaction():
        run = runs.start(by=audit.COMMAND, now=EVENING + timedelta(hours=6))
    runs.work_off(run.id, now=lambda: EVENING + timedelta(hours=6))
    assert runs.progress(run.id).rules["gap"] == 1
    assert go() == 1
    [sent] = outbox(customer.id)
    assert (sent.state, sent.sent_at) == (MessageState.SENT, OPENS)
    assert sent.unsubscribe.startswith("https://pay.example.test/unsubscribe/")
    assert sent.text.count("https://pay.example.test/l/") == 1
    assert "{total_due} <b>free</b> duewell: account\nduewell: no-more %(company)s" in sent.text
    assert ", Baltic Supply UAB\n" in sent.text.partition("%(company)s\n\nPagarbiai\n")[2]
    assert "&lt;b&gt;free&lt;/b&gt;" in sent.html
    assert "<b>free" not in sent.html
    assert verify(now=OPENS).broken == []


def test_a_payment_or_an_opt_out_after_writing_keeps_it_back(owing, old: Maker) -> None:
    customer, contact = owing
    message = write(customer)
    with transaction():
        receipt = ledger.receive(customer.id, Money(100, "EUR"), effective_on=DAY, dedupe_key="paid", now=EVENING)
    assert receipt.left
    assert go() == 0
    assert (message.state, message.error) == (MessageState.SKIPPED, "paid")
    again = write(customer, key="again")
    assert "99,00" in again.text
    with transaction():
        opt_outs.opt_out(contact, OptedOutBy.PAGE, now=EVENING)
    assert go() == 0
    assert (again.state, again.error) == (MessageState.SKIPPED, "opted_out")
    with pytest.raises(CannotWrite, match="wants no reminders"):
        write(customer, key="third")


def test_of_two_that_would_go_at_once_the_first_one_goes(owing, old: Maker) -> None:
    """The run had looked before the message was written."""
    customer, _ = owing
    thursday, friday = EVENING - timedelta(days=1), OPENS - timedelta(days=3)
    with transaction():
        run = runs.start(by=audit.COMMAND, now=thursday)
    by_hand = write(customer, now=thursday + timedelta(minutes=1))
    runs.work_off(run.id, now=lambda: thursday + timedelta(minutes=2))
    assert go(friday) == 1
    [of_the_run, written] = outbox(customer.id)
    assert (written.id, written.state) == (by_hand.id, MessageState.SENT)
    assert (of_the_run.state, of_the_run.error) == (MessageState.SKIPPED, "gap")
    assert verify(now=friday).broken == []
