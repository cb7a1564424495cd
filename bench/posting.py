"""Payments into the books: what Stripe says is in hand, then ledger, allocation, holds, audit, committed."""

import subprocess
import sys
import time
from datetime import datetime

from bench import causes, pgbench, replay
from bench.booker import AMOUNT, InHand, paid, waiting
from bench.databases import Databases
from bench.figures import Figure, best
from bench.sizes import Size
from models import audit, company, customers, database, invoices, ledger, payments
from models.audit import Actor, ActorKind
from models.transactions import release, transaction

WORKERS = 8
WARM_UP = 5  # payments of each worker, which a worker that has run for a minute has long behind it
ASKED, RECORDED, OURS, PLAIN = "asked", "recorded", "booked", "plain_booked"
PAYER = Actor(ActorKind.CONTACT, None)
# Each table numbers its new rows from a million of its own: so the recorder knows which number came from which insert.
TELL_APART = """
select setval(format('%I.%I', schemaname, sequencename)::regclass, 1000000 * row_number() over (order by sequencename))
from pg_sequences where schemaname = 'public'
"""


def measured(databases: Databases, size: Size, now: datetime) -> Figure:
    each = WARM_UP + size.payments
    _ask(databases, WORKERS * each, now)
    recorded = _record(databases, each, now)
    booked, limits = [], []
    for _ in range(size.storms):
        limits.append(_replay(databases, recorded, each, size))
        booked.append(_book(databases, each, now) / (WORKERS * size.payments))
    return Figure(
        what=f"Payment in hand to committed ledger and audit, {WORKERS} workers",
        against=f"pgbench: the same {len(recorded.statements)} statements with the same values",
        ratio=best(limits) / best(booked),
        gate=0.3,
        stretch=0.5,
        less_is_better=False,
        ours=f"{1 / best(booked):,.0f} payments/s",
        limit=f"{1 / best(limits):,.0f} payments/s",
        cause=causes.POSTING,
    )


def _ask(databases: Databases, many: int, now: datetime) -> None:
    """A database where so many customers, each of one invoice and without an address, stand on Stripe's page."""
    engine = database.connect(databases.make(ASKED))
    day = company.get().today(now)
    for number in range(many):
        with transaction():
            customer = customers.add(number=f"P{number:06d}", name=f"Payer {number}", by=audit.COMMAND, now=now)
            invoice = invoices.add(
                customer, number=f"P{number:06d}", amount=AMOUNT, issued_on=day, due_on=day, source="bench", now=now
            )
            facts = {"effective_on": day, "due_on": day, "dedupe_key": f"invoice:{number}", "invoice_id": invoice.id}
            debit = ledger.bill(customer.id, AMOUNT, **facts, now=now)
            places = {"success_url": "https://pay.example.test/{attempt}", "cancel_url": "https://pay.example.test/"}
            words = {"description": "Invoice", "language": "en"}
            attempt = payments.request(customer.id, [(debit.id, AMOUNT)], by=PAYER, on=day, now=now, **places, **words)
        payments.submit(customer.id, attempt.id, gateway=InHand({}), now=lambda: now)
    release()
    engine.dispose()
    databases.sql(ASKED, TELL_APART, "vacuum analyze")


def _record(databases: Databases, each: int, now: datetime) -> replay.Recorded:
    """What one worker says to the database, payment by payment, for all of them."""
    engine = database.connect(databases.make(RECORDED, of=ASKED))
    asked = waiting()
    gateway = InHand({attempt.session_id: paid(attempt, now) for attempt in asked})
    with transaction():
        company.get()  # A worker has read it long before, and says the same of every payment.
    with replay.Recorder(engine) as recorder:
        for attempt in asked:
            payments.sync(attempt.customer_id, attempt.id, gateway=gateway, now=lambda: now)
            recorder.turn_over()
    release()
    engine.dispose()
    return recorder.recorded(each)


def _replay(databases: Databases, recorded: replay.Recorded, each: int, size: Size) -> float:
    """Seconds per payment."""
    databases.make(PLAIN, of=ASKED)
    recorded.store(databases, PLAIN)
    run = pgbench.Run(databases, PLAIN, clients=WORKERS, variables={"turn": 0})
    run.times(recorded.script, WARM_UP)
    again = pgbench.Run(databases, PLAIN, clients=WORKERS, variables={"turn": WARM_UP})
    return 1 / again.times(recorded.script, size.payments)


def _book(databases: Databases, each: int, now: datetime) -> float:
    """Seconds from the moment at which every worker has warmed up until the last one is done."""
    url = databases.make(OURS, of=ASKED)
    command = [sys.executable, "-m", "bench.booker", url, now.isoformat(), str(each), str(WARM_UP)]
    workers = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(WORKERS)
    ]
    _await(workers, "ready")
    began = time.perf_counter()
    for worker in workers:
        _say(worker, "go")
    _await(workers, "done")
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.communicate()
    left = databases.scalar(OURS, "select count(*) from attempts where state <> 'succeeded'")
    if left:
        raise RuntimeError(f"{left} payments were not booked")
    return seconds


def _say(worker: "subprocess.Popen[str]", word: str) -> None:
    if worker.stdin is not None:
        worker.stdin.write(f"{word}\n")
        worker.stdin.flush()


def _await(workers: "list[subprocess.Popen[str]]", word: str) -> None:
    """:raises RuntimeError: one of them ended instead."""
    for worker in workers:
        if worker.stdout is None or worker.stdout.readline().strip() != word:
            raise RuntimeError("a worker broke off; its words stand above")
