"""Random days at the till: whatever is lost, doubled, shuffled or late, our ledger ends as Stripe's own books."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import select

import standin
from models import audit, ledger, payments
from models.customers import Contact, Customer
from models.database import session
from models.errors import Refused
from models.gateways.stripe import GatewayError, StripeGateway
from models.ledger import Entry, EntryKind
from models.payments import FINAL, SETUP, Attempt, AttemptState, consents, methods
from models.transactions import transaction
from tests.conftest import NOW
from tests.making import Maker
from tests.models.payments.shop import SECRET, Shop

CARDS = (
    *("4242424242424242", "4000000000009995", "4000000000007726", "4000000000005126", "4000000000000259"),
    *("AT611904300234573201", "AT861904300235473202", "AT591904300235473203"),
)
T = TypeVar("T")
TOLD = (
    *("checkout.session.", "payment_intent.succeeded", "refund.", "charge.dispute.", "setup_intent.succeeded"),
    *("payment_method.automatically_updated", "payment_method.detached"),
)
KEPT = ("4242424242424242", "4000000000000341", "4000000000000002", "AT611904300234573201", "AT861904300235473202")
INSTALMENTS = 6
STEPS_SMALL, STEPS_FULL = 60, 10_000


class Killed(BaseException):
    """Nobody catches it: as far as the code knows, the process is gone."""


class Mortal(StripeGateway):
    """Whoever calls may die as soon as Stripe has answered: what was done there stands, nothing was written here."""

    calls_left: int | None = None

    def _ask(self, call: Callable[[], T], *, keyed: bool = False) -> T:
        answer = super()._ask(call, keyed=keyed)
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                raise Killed
        return answer


class Days:
    """One customer with three invoices and two contacts; `step` does something at random."""

    def __init__(self, shop: Shop, make: Maker, seed: int) -> None:
        self.shop, self.make, self.draw = shop, make, random.Random(seed)
        shop.gateway = Mortal("sk_test_standin", [SECRET], shop.till.url, timeout_seconds=5)
        self.begin()

    def begin(self) -> None:
        self.customer: Customer = self.make.customer()
        self.contacts: list[Contact] = [self.make.contact(self.customer, f"{n}@example.test") for n in range(2)]
        self.invoices: list[Entry] = [self.make.invoice(self.customer, minor) for minor in (5_000, 12_000, 700)]
        self.shop.keep(self.contacts[0])
        self.shop.agree(self.contacts[0])
        self.told = len(self.shop.events())
        self.log: list[str] = []

    def step(self) -> None:
        action: Callable[[], None] = self.draw.choice(ACTIONS).__get__(self)
        self.log.append(action.__name__)
        # What refuses or does not answer says so to somebody; nothing else may go wrong.
        with suppress(Refused, GatewayError):
            action()
        session.rollback()

    # People

    def pay(self) -> None:
        attempt = self._attempt()
        self.shop.submit(attempt)
        self.shop.press_pay(attempt, self.draw.choice(CARDS))

    def click_twice(self) -> None:
        attempt = self._attempt()
        self.shop.submit(attempt)
        self.shop.submit(attempt)

    def leave(self) -> None:
        """The worker or the browser dies between the intent and the call."""
        self._attempt()

    def press(self) -> None:
        """A page that was left open somewhere, by whoever finds it."""
        for page in self._pages():
            if page["status"] == "open" and self.draw.random() < 0.5:
                self.shop.till.press_pay(page["url"], self.draw.choice(CARDS))

    def refund(self) -> None:
        receipts = [one for one in self.shop.receipts(self.customer) if payments.payment_of(one)]
        if receipts:
            receipt = self.draw.choice(receipts)
            self._free(receipt)
            self.shop.ask_refund(receipt, self.draw.randint(1, receipt.amount_minor), key=str(self.draw.random()))

    def refund_there(self) -> None:
        charge = self._charge()
        if charge:
            with suppress(ValueError):
                amount = self.draw.randint(1, charge["amount"])
                self.shop.till.control(refund={"payment": charge["id"], "amount": amount})

    def dispute(self) -> None:
        charge = self._charge()
        if charge:
            with suppress(ValueError):
                reason = self.draw.choice(("fraudulent", "insufficient_funds"))
                amount = self.draw.randint(1, charge["amount"])
                self.shop.till.control(dispute={"payment": charge["id"], "reason": reason, "amount": amount})

    def decide(self) -> None:
        for dispute in self.shop.there("dispute"):
            if dispute["status"] == "needs_response":
                self.shop.close_dispute(dispute["id"], won=self.draw.random() < 0.5)

    # While nobody is there

    def keep(self) -> None:
        """A card or an account is given, on a page that may be left."""
        attempt = self.shop.ask_setup(self.draw.choice(self.contacts), "plans:7")
        url = self.shop.submit(attempt)
        if self.draw.random() < 0.8:
            self.shop.till.press_pay(url, self.draw.choice(KEPT))

    def agree(self) -> None:
        self.shop.agree(self.draw.choice(self.contacts))

    def withdraw(self) -> None:
        consent = consents.living(self.customer.id, "plans:7")
        if consent and self.draw.random() < 0.3:
            with transaction():
                consents.withdraw(consent, by=audit.JOB, now=self.shop.moment)

    def charge(self) -> None:
        """What a plan does on its day; it may die before Stripe is called, and be started twice."""
        attempt = self._charge_asked()
        if attempt is not None:
            for _ in range(self.draw.choice((0, 1, 1, 1, 2))):
                self.shop.charge(attempt)

    def change_card(self) -> None:
        kept = methods.of_customer(self.customer.id)
        if kept:
            method = self.draw.choice(kept)
            what = self.draw.choice(("decline", "decline", "replace", "remove"))
            if what == "decline":
                code = self.draw.choice(("insufficient_funds", "authentication_required", "lost_card"))
                self.shop.till.control(decline={"method": method.stripe_id, "code": code})
            elif what == "replace" and method.kind == "card":
                self.shop.till.control(replace_card={"method": method.stripe_id, "last4": "1881"})
            elif self.draw.random() < 0.3:
                with transaction():
                    methods.remove(method, by=audit.JOB, now=self.shop.moment)

    # The network

    def lose(self) -> None:
        kind = self.draw.choice(("lost", "unreached", "rate_limited", "error_500", "error_500_done"))
        path = self.draw.choice(("/v1/checkout/sessions", "/v1/refunds", "/v1/disputes", "/v1/payment_intents", "/v1/"))
        self.shop.fail(kind, path=path, times=self.draw.choice((1, 3)))

    def hear(self) -> None:
        """Some of what happened, doubled, shuffled; the rest is dropped for good."""
        events = [event for event in self.shop.events()[self.told :] if event["type"].startswith(TOLD)]
        self.told = len(self.shop.events())
        heard = [event for event in events for _ in range(self.draw.choice((0, 1, 1, 3)))]
        self.draw.shuffle(heard)
        self.shop.deliver(heard)
        self.shop.drain()

    def wait(self) -> None:
        self.shop.pass_time(minutes=self.draw.choice((1, 3, 40, 120)))

    def sweep(self) -> None:
        self.shop.sweep()
        self.shop.sweep_refunds()

    def die(self) -> None:
        """The worker or a web process is killed in the middle of what it does."""
        self.shop.gateway.calls_left = self.draw.choice((0, 0, 1, 2))
        try:
            self.draw.choice((self.sweep, self.hear, self.look, self.pay, self.charge, self.charge))()
        except Killed:
            self.log.append("killed")
        finally:
            self.shop.gateway.calls_left = None

    def look(self) -> None:
        query = select(Attempt).where(Attempt.customer_id == self.customer.id)
        for attempt in session.scalars(query).all():
            if self.draw.random() < 0.3:
                session.rollback()
                self.shop.sync(attempt)

    # Behind the scenes

    def _attempt(self) -> Attempt:
        contact, invoice = self.draw.choice(self.contacts), self.draw.choice(self.invoices)
        most = self.shop.payable(invoice, contact)
        return self.shop.ask(contact, invoice, self.draw.choice((most, most, max(most // 2, 50))) or 50)

    def _charge_asked(self) -> Attempt | None:
        usable = [one for one in methods.of_customer(self.customer.id) if one.is_usable(self.shop.moment.date())]
        consent = consents.living(self.customer.id, "plans:7")
        if not usable or consent is None:
            return None
        invoice, number = self.draw.choice(self.invoices), self.draw.randint(1, INSTALMENTS)
        return self.shop.ask_charge(invoice, self.draw.choice(usable), consent, 100 * number, number)

    def _pages(self) -> list[dict]:
        query = select(Attempt.session_id).where(Attempt.customer_id == self.customer.id)
        ours = set(session.scalars(query))
        return [page for page in self.shop.sessions() if page["id"] in ours]

    def _charge(self) -> dict | None:
        intents = {one["id"] for one in self._intents()}
        charges = [one for one in self.shop.there("charge") if one["paid"] and one["payment_intent"] in intents]
        return self.draw.choice(charges) if charges else None

    def _free(self, receipt: Entry) -> None:
        with transaction():
            for used in ledger.allocations_of(self.customer.id, receipt.id):
                if used.debit.kind == EntryKind.INVOICE and used.taken_back_on is None:
                    row = ledger.allocation_of(self.customer.id, used.allocation_id)
                    ledger.reverse(row, on=self.shop.moment.date(), now=self.shop.moment)

    # The end of it

    def settle(self) -> None:
        """The network is well again and time passes: no webhook comes, the sweeps alone must find out."""
        self.shop.till.control(faults=[])
        for hours in (0, 1, 1, 2, 24, 24, 2):
            self.shop.pass_time(hours=hours, minutes=2)
            self.shop.catch_up()
            for _ in range(3):
                self.sweep()
                self.shop.drain(lambda: NOW.replace(year=NOW.year + 5))
        session.rollback()

    def check(self) -> None:
        assert self.shop.broken() == [], self.log
        attempts = session.scalars(select(Attempt).where(Attempt.customer_id == self.customer.id)).all()
        assert {attempt.state for attempt in attempts} <= FINAL, self.log
        ours = self._totals()
        assert ours == self._theirs(), self.log
        paid = {one.payment_intent_id for one in attempts if one.state is AttemptState.SUCCEEDED} - {None}
        assert paid == {one["id"] for one in self._intents() if one["status"] == "succeeded"}, self.log
        self._check_kept(attempts)

    def _check_kept(self, attempts: Sequence[Attempt]) -> None:
        """By Stripe's own books: no instalment is taken twice, and what we keep is what Stripe keeps."""
        taken = [one["description"] for one in self._intents() if one["status"] == "succeeded"]
        instalments = [what for what in taken if what.startswith("Instalment")]
        assert len(instalments) == len(set(instalments)), self.log
        there = {one["id"]: one["card"]["last4"] for one in self._cards_there()}
        ours = {one.stripe_id: one.last4 for one in methods.of_customer(self.customer.id) if one.kind == "card"}
        assert ours.items() <= there.items(), self.log
        kept = sum(one.state is AttemptState.SUCCEEDED and one.kind == SETUP for one in attempts)
        assert kept == sum(one["mode"] == "setup" and one["status"] == "complete" for one in self._everything())

    def _totals(self) -> tuple[int, int, int, int]:
        """Paid, refunded less what came back, charged back, won back."""
        entries = [entry for entry in self.shop.entries(self.customer) if entry.kind != EntryKind.INVOICE]

        def of(what: str) -> int:
            return sum(entry.amount_minor for entry in entries if entry.dedupe_key.endswith(f":{what}"))

        return of("paid"), of("refund") - of("refund_failed"), of("withdrawn"), of("reinstated")

    def _theirs(self) -> tuple[int, int, int, int]:
        mine = self._intents()
        intents = {one["id"] for one in mine}
        refunds = [one for one in self.shop.there("refund") if one["payment_intent"] in intents]
        moves = [
            move["amount"]
            for one in self.shop.there("dispute")
            if one["payment_intent"] in intents
            for move in one["balance_transactions"]
        ]
        return (
            sum(one["amount_received"] for one in mine),
            sum(one["amount"] for one in refunds if one["status"] in ("pending", "succeeded")),
            -sum(amount for amount in moves if amount < 0),
            sum(amount for amount in moves if amount > 0),
        )

    def _everything(self) -> list[dict]:
        """Every page at Stripe that was asked for by this customer's attempts, known to us or not."""
        return self._ours("checkout.session")

    def _intents(self) -> list[dict]:
        """Every payment there, with a page or without."""
        return self._ours("payment_intent")

    def _cards_there(self) -> list[dict]:
        return [one for one in self.shop.there("payment_method") if one["customer"] and one["type"] == "card"]

    def _ours(self, kind: str) -> list[dict]:
        ids = {str(one) for one in session.scalars(select(Attempt.id).where(Attempt.customer_id == self.customer.id))}
        return [one for one in self.shop.there(kind) if one["metadata"]["attempt"] in ids]


ACTIONS = (
    *(Days.keep, Days.agree, Days.withdraw, Days.charge, Days.charge, Days.charge, Days.change_card),
    *(Days.pay, Days.pay, Days.click_twice, Days.leave, Days.press, Days.refund, Days.refund_there, Days.dispute),
    *(Days.decide, Days.lose, Days.hear, Days.hear, Days.wait, Days.sweep, Days.sweep, Days.look, Days.die, Days.die),
)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.usefixtures("quick")
def test_a_random_day_ends_with_our_ledger_as_stripes_own_books(shop: Shop, make: Maker, seed: int) -> None:
    days = Days(shop, make, seed)
    for _ in range(STEPS_SMALL):
        days.step()
    days.settle()
    days.check()


@pytest.mark.prove
@pytest.mark.usefixtures("quick")
def test_ten_thousand_random_steps_end_so_every_time(make: Maker, tmp_path: Path) -> None:
    """A new customer and a new till each hundred steps, so that every mistake is near its cause."""
    moment = NOW
    for seed in range(STEPS_FULL // 100):
        with standin.running(tmp_path / str(seed)) as till:
            days = Days(Shop(till, moment), make, 1_000 + seed)
            for _ in range(100):
                days.step()
            days.settle()
            days.check()
            moment = days.shop.moment
