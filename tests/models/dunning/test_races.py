"""A payment, a hold, a dispute or an opt-out while a reminder goes: whoever has the account first decides."""

import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from models import accounts, audit, customers, disputes, holds, ledger
from models.customers import Contact, Customer, contact_of, opt_outs
from models.customers.opt_outs import OptedOutBy
from models.database import session
from models.disputes import Reason, Remedy
from models.dunning import runs
from models.dunning.sending import Reminders
from models.holds import HoldKind
from models.ledger import Entry
from models.messages import Message, MessageState, sending
from models.messages.sending import LocalOutbox
from models.money import Money
from models.transactions import release, transaction
from tests.making import Maker
from tests.models.dunning.test_runs import DAY, MORNING, NIGHT

Owing = tuple[Customer, Contact, Entry]


def pay(customer_id: int, entry_id: int) -> None:
    receipt = ledger.receive(customer_id, Money(500, "EUR"), effective_on=DAY, dedupe_key="r", now=MORNING)
    ledger.allocate(receipt, ledger.entry_of(customer_id, entry_id), Money(500, "EUR"), now=MORNING)


def hold(customer_id: int, entry_id: int) -> None:
    holds.add(
        *(customer_id, HoldKind.PROMISE),
        **{"source": "tests:1", "currency": "EUR", "on": DAY, "now": MORNING, "entry_id": entry_id},
        until_on=DAY + timedelta(days=9),
    )


def dispute(customer_id: int, contact_id: int, entry_id: int) -> None:
    customer, contact = customers.find(customer_id), contact_of(customer_id, contact_id)
    assert customer
    disputes.open_case(
        *(customer, contact, entry_id, {None: Money(100, "EUR")}),
        **{"reason": Reason.DAMAGED, "wanted": Remedy.CREDIT, "text": "", "by": audit.COMMAND},
        on=DAY,
        now=MORNING,
    )


def opt_out(customer_id: int, contact_id: int) -> None:
    contact = contact_of(customer_id, contact_id)
    assert contact
    opt_outs.opt_out(contact, OptedOutBy.PAGE, now=MORNING)


def act(what: str, customer_id: int, contact_id: int, entry_id: int, states: dict[int, MessageState]) -> None:
    """Under the account's lock it is certain whether the mail has gone: what is seen there must be what was sent."""
    try:
        with transaction():
            customers.lock_all(customer_id)
            states[customer_id] = session.scalar(
                select(Message.state).where(Message.customer_id == customer_id, Message.kind == "reminder")
            )
            if what == "opt-out":
                opt_out(customer_id, contact_id)
            elif what == "dispute":
                dispute(customer_id, contact_id, entry_id)
            else:
                (pay if what == "payment" else hold)(customer_id, entry_id)
    finally:
        release()


def send() -> None:
    try:
        sending.send_due(
            LocalOutbox(), now=lambda: MORNING, keeper=Reminders("https://x.test", accounts.invoices_enclosed)
        )
    finally:
        release()


def race(old: Maker, rounds: int) -> Counter[tuple[str, str]]:
    owing: list[Owing] = []
    for number in range(rounds):
        customer = old.customer(country="LT", timezone="Europe/Vilnius", kind="business")
        contact = old.contact(customer, f"c{number}@example.test")
        owing.append((customer, contact, old.invoice(customer, due_on=DAY - timedelta(days=8))))
    with transaction():
        run = runs.start(DAY, by=audit.COMMAND, now=NIGHT)
    runs.work_off(run.id, now=lambda: NIGHT + timedelta(seconds=1))
    states: dict[int, MessageState] = {}
    keys = [(customer.id, contact.id, entry.id) for customer, contact, entry in owing]
    release()
    whats = ("payment", "hold", "dispute", "opt-out")

    def acting(share: int) -> None:
        for place, (customer_id, contact_id, entry_id) in enumerate(keys):
            if place % 2 == share:
                act(whats[place // 2 % 4], customer_id, contact_id, entry_id, states)

    threads = [threading.Thread(target=acting, args=(share,)) for share in (0, 1)]
    threads += [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    send()
    became: Counter[tuple[str, str]] = Counter()
    reminders = select(Message.customer_id, Message.state).where(Message.kind == "reminder")
    for row in session.execute(reminders):
        became[states[row.customer_id].value, row.state.value] += 1
    return became


def check(became: Counter[tuple[str, str]], rounds: int) -> None:
    """Queued when the customer acted: it never goes. Given to the server before: it has gone."""
    assert set(became) <= {("queued", "skipped"), ("sending", "sent"), ("sent", "sent")}, became
    assert sum(became.values()) == rounds


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the two sides meet often."""
    monkeypatch.setattr(sending, "CHUNK", 2)


def test_nothing_goes_to_whoever_acted_before(live: None, old: Maker, small_chunks: None) -> None:
    became = race(old, 50)
    check(became, 50)
    assert became["queued", "skipped"]


@pytest.mark.prove
def test_nothing_goes_to_a_thousand_who_acted_before(live: None, old: Maker, small_chunks: None) -> None:
    check(race(old, 1_000), 1_000)


def test_workers_of_one_run_select_everybody_once_and_the_last_one_ends_it(
    live: None, old: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They meet before they commit: of two last chunks neither is done for the other."""
    monkeypatch.setattr(runs, "CHUNK", 4)
    for number in range(16):
        customer = old.customer(country="LT", timezone="Europe/Vilnius", kind="business")
        old.contact(customer, f"c{number}@example.test")
        old.invoice(customer, due_on=DAY - timedelta(days=8))
    with transaction():
        run_id = runs.start(DAY, by=audit.COMMAND, now=NIGHT).id
    release()
    there = threading.Barrier(4)

    def meet(_: Session) -> None:
        with suppress(threading.BrokenBarrierError):
            there.wait(timeout=0.5)

    def decide() -> None:
        runs.work_off(run_id, now=lambda: NIGHT + timedelta(seconds=1))
        release()

    threads = [threading.Thread(target=decide) for _ in range(4)]
    event.listen(session.session_factory, "before_commit", meet)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    event.remove(session.session_factory, "before_commit", meet)
    done = runs.find(run_id)
    assert done is not None
    assert done.finished_at is not None
    assert Counter(session.scalars(select(Message.customer_id))) == Counter(range(1, 17))
