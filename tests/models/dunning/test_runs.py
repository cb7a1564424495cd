"""The run against the database: who is written to, once, and what is asked again before it goes."""

from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import Engine, select, text

from models import accounts, audit, clock, company, customers, holds, ledger
from models.customers import Channel, Contact, Customer, merges, opt_outs
from models.customers.opt_outs import OptedOutBy
from models.database import session
from models.dunning import runs, why
from models.dunning.lines import LineState, ReminderLine, ReminderRun
from models.dunning.sending import Reminders
from models.dunning.writing import dedupe_key
from models.holds import HoldKind
from models.ledger import Entry
from models.messages import Message, MessageState, sending
from models.messages.sending import LocalOutbox
from models.money import Money
from models.reports.verify import verify
from models.transactions import transaction
from tests.making import Maker, day_of

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
def owing(live: None, old: Maker) -> tuple[Customer, Contact]:
    customer = old.customer(country="LT", language="en", timezone="Europe/Vilnius", address="Gatvė 1\nVilnius")
    return customer, old.contact(customer, name="Ona")


def test_one_message_at_the_highest_step_lists_all_items_once(owing, old: Maker) -> None:
    customer, _ = owing
    old.invoice(customer, 10_000, number="A-1", issued_on=DAY - timedelta(days=40), due_on=DAY - timedelta(days=8))
    old.invoice(customer, 5_000, number="B-2", issued_on=DAY - timedelta(days=40), due_on=DAY - timedelta(days=1))
    old.receipt(customer, 2_000)
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


def test_what_a_hold_an_opt_out_or_a_payment_says_before_it_goes_keeps_it_back(owing, old: Maker) -> None:
    customer, _ = owing
    entry = old.invoice(customer, due_on=DAY - timedelta(days=8))
    run()
    with transaction():
        receipt = ledger.receive(
            customer.id, Money(2_000, "EUR"), effective_on=DAY, dedupe_key="paid", now=NIGHT + timedelta(hours=1)
        )
        ledger.allocate(receipt, ledger.entry_of(customer.id, entry.id), Money(2_000, "EUR"), now=MORNING)
    assert go() == 0
    session.expire_all()
    (mail,), (line,) = mails(), lines()
    assert (mail.state, mail.error, line.state, line.reason) == (
        *(MessageState.SKIPPED, "paid"),
        *(LineState.SKIPPED, "paid"),
    )
    tomorrow = NIGHT + timedelta(days=1)
    run(tomorrow)
    assert [one.amount_minor for one in lines()] == [12_000, 10_000]
    assert go(MORNING + timedelta(days=1)) == 1


def test_a_letter_is_made_once_written_with_its_list_and_counts_as_sent(owing, old: Maker, tmp_path: Path) -> None:
    customer, contact = owing
    old.invoice(customer, due_on=DAY - timedelta(days=15))
    with transaction():
        opt_outs.opt_out(contact, OptedOutBy.PAGE, now=NIGHT - timedelta(days=1))
    done = run()
    for _ in range(2):
        printed = accounts.write_letters(
            done.id, tmp_path, "https://pay.example.test", by=audit.COMMAND, now=lambda: MORNING
        )
        assert (printed.letters, printed.skipped) == (1, 0)
    session.expire_all()
    (letter,), (line,) = mails(), lines()
    (file,) = tmp_path.glob(f"{customer.number}-*.pdf")
    assert sha256(file.read_bytes()).hexdigest() == letter.document_hash
    assert (letter.state, line.state, file.read_bytes()[:5]) == (MessageState.SENT, LineState.SENT, b"%PDF-")
    assert f"Accounts receivable, {company.get().name}" in PdfReader(file).pages[0].extract_text()
    assert {path.name for path in tmp_path.iterdir()} == {file.name, "list.pdf", "list.csv"}
    assert verify(now=MORNING).broken == []


def test_a_joined_account_is_written_to_once_and_keeps_its_own_lines(owing, old: Maker) -> None:
    customer, _ = owing
    branch = old.customer("Branch")
    old.contact(branch, "branch@example.test")
    for who in (customer, branch):
        old.invoice(who, due_on=DAY - timedelta(days=8))
    with transaction():
        merges.merge(branch, customer, effective_on=old.today, by=audit.COMMAND, now=NIGHT - timedelta(days=1))
    run()
    (mail,) = mails()
    assert (mail.customer_id, {line.customer_id for line in lines()}) == (customer.id, {customer.id, branch.id})
    assert {line.written_to for line in lines()} == {customer.id}
    assert go() == 1


def test_a_run_is_refused_while_the_banks_money_is_old_and_starts_when_it_is_recorded(owing, old: Maker) -> None:
    old.invoice(owing[0], due_on=DAY - timedelta(days=8))
    for until, refused in ((DAY - timedelta(days=8), True), (DAY - timedelta(days=8), True), (DAY, False)):
        with transaction():
            company.locked().bank_money_until = until
        with transaction():
            runs.start_nightly(now=NIGHT)
        assert runs.latest()[0].refused is refused
    assert (len(runs.latest()), mails()) == (2, [])
    answer, _ = why.why(owing[0].id, DAY, now=MORNING)
    assert [spoke.rule for spoke in answer.decision.rules] == ["bank_money_old"]


def test_the_nightly_run_starts_once_a_day_and_not_before_two(live: None, engine: Engine) -> None:
    for now in (NIGHT - timedelta(minutes=1), NIGHT, NIGHT + timedelta(minutes=5), NIGHT + timedelta(days=1)):
        with transaction():
            runs.start_nightly(now=now)
    # One minute before two it is still the same day, and the run of that day has begun.
    assert [one.as_of for one in reversed(runs.latest())] == [DAY, DAY + timedelta(days=1)]


def test_verify_finds_a_step_that_lives_beside_its_message_and_a_mail_sent_in_a_hold(owing, old: Maker) -> None:
    customer, _ = owing
    old.invoice(customer, due_on=DAY - timedelta(days=8))
    run()
    assert go() == 1
    later = MORNING + timedelta(hours=1)
    proof = verify(now=later)
    assert (proof.broken, proof.checked["I8"], proof.checked["I9"]) == ([], 1, 1)
    with transaction():
        entry_id = lines()[0].entry_id
        held = {"source": "pauses:1", "currency": "EUR", "on": DAY, "now": NIGHT, "entry_id": entry_id}
        holds.add(customer.id, HoldKind.PAUSE, **held)
        session.execute(text("update reminder_lines set state = 'selected'"))
    broken = {(one.invariant, one.table) for one in verify(now=later).broken if one.invariant != "I15"}
    assert broken == {("I8", "reminder_lines"), ("I9", "messages")}


def test_verify_finds_a_mail_that_went_too_soon_or_too_often(owing, old: Maker) -> None:
    customer, _ = owing
    old.invoice(customer, due_on=DAY - timedelta(days=8))
    run()
    go()
    with transaction():
        columns = ", ".join(one.name for one in Message.__table__.columns if one.name not in ("id", "dedupe_key"))
        again = f"insert into messages (dedupe_key, {columns}) select 'again' || n, {columns}"
        session.execute(text(f"{again} from messages cross join generate_series(1, 2) n"))
        for number in (1, 2):
            days = {"days": 3 * number, "key": f"again{number}"}
            moved = "queued_at = queued_at + :days * interval '1 day', sent_at = sent_at + :days * interval '1 day'"
            session.execute(text(f"update messages set made_from = '{{}}', {moved} where dedupe_key = :key"), days)

    def found() -> list[tuple[str, str]]:
        return [(one.expected, one.found) for one in verify(now=MORNING).broken if one.invariant == "I9"]

    assert found() == [("2 in seven days", "3")]
    with transaction():
        company.locked().limits = {"gap_days": 4, "per_week": 3}
    with transaction():  # As if they had been so all the time.
        session.execute(text("delete from former_facts"))
    assert found() == [("4 days between two", "3")] * 2


def test_the_answer_of_every_day_is_what_the_runs_of_thirty_days_decided(live: None, old: Maker) -> None:
    """
    Payments, holds and promises come and go, contacts and limits change; afterwards the policy is asked again, for each
    customer and day.
    """
    owing = []
    for number in range(4):
        customer = old.customer(country="LT", timezone="Europe/Vilnius", address="Gatvė 1", kind="business")
        old.contact(customer, f"c{number}@example.test")
        owing.append((customer, old.invoice(customer, due_on=DAY + timedelta(days=6 * number - 8))))
    decided: dict[tuple[int, date], object] = {}
    for number in range(30):
        night = NIGHT + timedelta(days=number)
        done = run(night)
        for customer, _ in owing:
            mail = session.scalar(
                select(Message).where(Message.customer_id == customer.id, Message.dedupe_key == dedupe_key(done.id))
            )
            asked = {row[1]: row[2] for row in mail.made_from["asked"]} if mail else None
            decided[customer.id, done.as_of] = (mail.channel, asked, mail.made_from["goes_at"]) if mail else None
        live_through(number, owing, night + timedelta(hours=5))
        change_facts(number, owing, night + timedelta(hours=6))
        go(night + timedelta(hours=7))
    for (customer_id, day), what in decided.items():
        (answer,) = why.why(customer_id, day, now=NIGHT + timedelta(days=31))
        send = answer.decision.send
        asked = {one.item.entry_id: one.minor for one in send.asked} if send else None
        found = (send.channel, asked, send.opens_at.isoformat()) if send else None
        assert found == what, f"customer {customer_id} on {day}"
        assert answer.sentences
    assert 8 < sum(what is not None for what in decided.values()) < 40
    assert verify(now=NIGHT + timedelta(days=31)).broken == []


def change_facts(number: int, owing: list[tuple[Customer, Entry]], now: datetime) -> None:
    """What is not dated by itself: how contacts are written to, whom there is, where customers are, our own limits."""
    firm, whose = session.get_one(Customer, owing[0][0].id), customers.first_contact(owing[0][0].id)
    other = customers.contacts_of(owing[2][0].id)[0]
    at = {"by": audit.COMMAND, "now": now}
    with transaction():
        company.locked().clock_offset_seconds = round((now - clock.real_now()).total_seconds())
        if number == 2:
            customers.change_contact(whose, channel=Channel.LETTER, **at)
        if number == 9:
            customers.change(firm, address="", timezone="Asia/Tehran", **at)
            customers.change_contact(whose, email="new@example.test", **at)
        if number == 14:
            customers.change_contact(whose, channel=Channel.MAIL, quiet_from=6, quiet_until=13, **at)
        if number == 4:
            customers.change_contact(other, active=False, **at)
        if number == 24:
            customers.change_contact(other, active=True, **at)
        if number in (11, 25):
            company.locked().limits = {"gap_days": 9, "grace_days": 40} if number == 11 else {}


def live_through(number: int, owing: list[tuple[Customer, Entry]], now: datetime) -> None:
    """What happens on the mornings, before the mails of the night go."""
    day = day_of(now)
    (_, _), (payer, paid), (paused, _), (promising, promised) = owing
    with transaction():
        if number in (7, 13):
            receipt = ledger.receive(
                payer.id, Money(5_000, "EUR"), effective_on=day - timedelta(days=1), dedupe_key=f"r{number}", now=now
            )
            ledger.allocate(receipt, ledger.entry_of(payer.id, paid.id), Money(5_000, "EUR"), now=now)
        if number == 9:
            until = day + timedelta(days=8)
            holds.add(paused.id, HoldKind.PAUSE, source="tests:1", currency=None, on=day, now=now, until_on=until)
        if number == 20:
            holds.end(paused.id, "tests:1", on=day, now=now)
            holds.end(promising.id, "tests:2", on=day, now=now)
        if number == 15:
            half = Money(promised.amount_minor, "EUR")
            holds.add(
                promising.id,
                HoldKind.PROMISE,
                source="tests:2",
                currency="EUR",
                on=day,
                now=now,
                entry_id=promised.id,
                amount=half,
                until_on=day + timedelta(days=5),
            )
