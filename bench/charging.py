"""A charging run, instalment after instalment; against the same calls to the stand-in, made alone."""

import http.client
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from subprocess import PIPE, Popen
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from bench import causes
from bench.databases import Databases
from bench.figures import Figure, best
from bench.sizes import Size
from models import audit, company, customers, database, invoices, ledger, payments, plans
from models.audit import Actor, ActorKind
from models.customers import Customer
from models.gateways.stripe import StripeGateway
from models.gateways.stripe_requests import charge_request
from models.money import Money
from models.payments import SavedMethod, consents
from models.plans import Proposal, Way
from models.transactions import release, transaction
from runtime.ports import HOST, next_free
from runtime.ties import tied

KEY = "sk_test_bench"
READY, OURS = "plans_ready", "plans_charged"
EACH, INSTALMENTS = Money(3_000, "EUR"), 5
FIRST_PORT, PORTS_TRIED = 18_500, 100
PLACES = {"success_url": "https://pay.example.test/{attempt}", "cancel_url": "https://pay.example.test/"}


def measured(databases: Databases, size: Size, now: datetime) -> Figure:
    many = max(size.payments // INSTALMENTS, 1) * 4
    with _standin(databases) as url:
        gateway = StripeGateway(KEY, ["whsec_bench"], url)
        kept = _agree(databases, many, gateway, now)
        charged, limits = [], []
        for _ in range(size.storms):
            limits.append(_call(kept, gateway))
            charged.append(_charge(databases, many, gateway, now + timedelta(days=40)))
    return Figure(
        what="Charging run, per instalment: decided, charged, in the ledger, told to the plan",
        against="the same charges asked of the stand-in alone",
        ratio=best(limits) / best(charged),
        gate=0.1,
        stretch=0.2,
        less_is_better=False,
        ours=f"{1 / best(charged):,.0f} instalments/s",
        limit=f"{1 / best(limits):,.0f} charges/s",
        cause=causes.CHARGING,
    )


@contextmanager
def _standin(databases: Databases) -> Iterator[str]:
    port = next_free(FIRST_PORT, PORTS_TRIED)
    keeper = ["--port", str(port.number), "--home", str(databases.home / "till"), "--key", KEY]
    process = Popen([sys.executable, "-m", "standin", *keeper], stderr=PIPE, text=True, preexec_fn=tied())
    try:
        if process.stderr is None or "at http" not in process.stderr.readline():
            raise RuntimeError("the stand-in did not start")
        yield f"http://{HOST}:{port.number}"
    finally:
        process.terminate()
        process.communicate()
        port.give_back()


def _agree(databases: Databases, many: int, gateway: StripeGateway, now: datetime) -> list[tuple[str, SavedMethod]]:
    """A database where so many customers have signed a plan and given a card; Stripe's name of each, and the card."""
    engine = database.connect(databases.make(READY))
    today = company.get().today(now)
    kept = [_sign(number, today, gateway, now) for number in range(many)]
    release()
    engine.dispose()
    databases.sql(READY, "vacuum analyze")
    return kept


def _sign(number: int, today: date, gateway: StripeGateway, now: datetime) -> tuple[str, SavedMethod]:
    stamp = {"on": today, "now": now}
    with transaction():
        customer = customers.add(number=f"I{number:06d}", name=f"Payer {number}", by=audit.COMMAND, now=now)
        contact = customers.add_contact(customer, email=f"{number}@example.test", by=audit.COMMAND, now=now)
        debt = _bill(customer, number, today, now)
        by = Actor(ActorKind.CONTACT, contact.id)
        lines = [(today + timedelta(weeks=week), EACH) for week in range(1, INSTALMENTS + 1)]
        proposal = Proposal(shares={debt.id: debt.left}, lines=lines, fee=Money(0, "EUR"), way=Way.AUTOMATIC)
        plan = plans.keep_draft(customer.id, contact.id, "EUR", {}, **stamp)
        plans.offer(plan, proposal, until=today, by=by, **stamp)
        read = {"text": "You may charge my card.", "language": "en", "ip": "192.0.2.1", "browser": "bench"}
        consent = consents.give(customer.id, plan.source, contact_id=contact.id, **read, by=by, now=now)
        plans.sign(plan, consent_id=consent.id, by=by, **stamp)
    stripe_id = payments.introduce(customer.id, gateway=gateway, now=lambda: now)
    with transaction():
        told = {**PLACES, "language": "en", "about": plan.source}
        attempt = payments.request_setup(customer.id, "EUR", by=by, now=now, **told)
    _press(payments.submit(customer.id, attempt.id, gateway=gateway, now=lambda: now))
    payments.sync(customer.id, attempt.id, gateway=gateway, now=lambda: now)
    with transaction():
        plans.review(customer.id, now=now)
    return stripe_id, payments.methods.of_customer(customer.id)[0]


def _bill(customer: Customer, number: int, today: date, now: datetime) -> ledger.Entry:
    amount = Money(EACH.minor * INSTALMENTS, EACH.currency)
    days = {"issued_on": today, "due_on": today}
    invoice = invoices.add(customer, number=f"I{number:06d}", amount=amount, source="bench", **days, now=now)
    facts = {"effective_on": today, "due_on": today, "dedupe_key": f"plan:{number}", "invoice_id": invoice.id}
    return ledger.bill(customer.id, amount, **facts, now=now)


def _press(page: str) -> None:
    """As whoever gives a card on Stripe's page."""
    address = urlsplit(page)
    connection = http.client.HTTPConnection(address.netloc)
    card = {"number": "4242424242424242", "expiry": "12 / 34", "cvc": "123"}
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", address.path, urlencode(card), head)
    connection.getresponse().read()
    connection.close()


def _call(kept: list[tuple[str, SavedMethod]], gateway: StripeGateway) -> float:
    """Seconds for a charge, with everything that Stripe is told and nothing that we do about it."""
    asked = []
    for customer, method in kept * INSTALMENTS:
        facts = {"customer": customer, "method_id": method.stripe_id, "method_kind": method.kind.value}
        key = str(uuid4())
        asked.append((key, charge_request(attempt_id=key, amount=EACH, **facts, description="Instalment")))
    began = time.perf_counter()
    for key, body in asked:
        gateway.charge(json.dumps(body), idempotency_key=key)
    return (time.perf_counter() - began) / len(asked)


def _charge(databases: Databases, many: int, gateway: StripeGateway, now: datetime) -> float:
    """Seconds for an instalment, from the first that is due to the last that is in the ledger."""
    engine = database.connect(databases.make(OURS, of=READY))
    today = company.get().today(now)
    for days in (3, 0):  # The notices come first.
        plans.tend(today - timedelta(days=days), now=now - timedelta(days=days))
    began = time.perf_counter()
    charged = plans.charge(today, gateway=gateway, now=partial(_same, now))
    plans.settle(now=now)
    seconds = time.perf_counter() - began
    release()
    engine.dispose()
    left = databases.scalar(OURS, "select count(*) from plans where state <> 'completed'")
    if left or charged != many * INSTALMENTS:
        raise RuntimeError(f"{charged} instalments were charged, and {left} plans are not over")
    return seconds / charged


def _same(now: datetime) -> datetime:
    return now
