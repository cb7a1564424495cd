"""Whatever is done, and whoever dies in between: a charge was agreed on, told, due, within the limit, made once."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from models import autopay, disputes, ledger, pauses, payments
from models.autopay import Autopay, Terms
from models.customers import Contact, Customer
from models.database import session
from models.disputes import Dispute, Reason, Remedy
from models.errors import Refused
from models.gateways.stripe import GatewayError
from models.holds import HoldKind
from models.ledger import Entry
from models.transactions import transaction
from tests.making import Maker
from tests.models.autopay.conftest import READ, today
from tests.models.payments.shop import SECRET, Shop, by
from tests.models.payments.test_random_days import Killed, Mortal
from tests.models.plans.owing import eur

pytestmark = pytest.mark.usefixtures("quick")
CARDS = (*["4242424242424242"] * 4, "4000000000000341", "4000002760003184")
STEPS = 48


@dataclass
class Owed:
    """An invoice by the plain books: `of` is the autopay that was on when it came."""

    entry: Entry
    of: int | None
    disputed: int = 0
    taken: list[int] = field(default_factory=list)


class Life:
    def __init__(self, shop: Shop, make: Maker, customer: Customer, contact: Contact, seed: int) -> None:
        self.shop, self.make, self.customer, self.contact = shop, make, customer, contact
        self.draw = random.Random(seed)
        shop.gateway = Mortal("sk_test_standin", [SECRET], shop.till.url, timeout_seconds=5)
        self.on: Autopay | None = None
        self.owed: dict[int, Owed] = {}
        self.cases: list[Dispute] = []
        self.counted: set[str] = set()
        self.log: list[str] = []

    @property
    def stamp(self) -> dict[str, object]:
        return {"by": by(self.contact), "on": today(self.shop), "now": self.shop.moment}

    def step(self) -> None:
        action: Callable[[], None] = self.draw.choice(ACTIONS).__get__(self)
        self.log.append(action.__name__)
        with suppress(Refused, GatewayError, Killed, IndexError):
            action()
        session.rollback()
        self.look()

    def bill(self) -> None:
        self.make.now = self.shop.moment
        minor, days = self.draw.choice((700, 4_000, 9_000, 12_000, 21_000)), self.draw.choice((0, 5, 12))
        due_on = today(self.shop) + timedelta(days=days)
        entry = self.make.invoice(self.customer, minor, issued_on=today(self.shop), due_on=due_on)
        self.owed[entry.id] = Owed(entry, self.on.id if self.on else None)

    def turn_on(self) -> None:
        card = self.shop.keep(self.contact, self.draw.choice(CARDS))
        terms = Terms(card.id, eur(self.draw.choice((5_000, 20_000, 20_000))), self.draw.choice((3, 7, 10)))
        with transaction():
            self.on = autopay.turn_on(self.customer.id, self.contact.id, terms, READ, **self.stamp)

    def turn_off(self) -> None:
        if self.on and self.draw.random() < 0.4:
            with transaction():
                autopay.turn_off(self.on, by=by(self.contact), now=self.shop.moment)
            self.on = None

    def days(self) -> None:
        """A night or some without a run; the run may die anywhere, and what it left is found minutes later."""
        self.shop.pass_time(days=self.draw.randint(1, 4))
        self.shop.gateway.calls_left = self.draw.choice((None, None, 0, 1, 2))
        try:
            self.run()
        finally:
            self.shop.gateway.calls_left = None
            session.rollback()
            self.shop.pass_time(minutes=3)
            self.shop.sweep()
            autopay.settle(now=self.shop.moment)

    def run(self) -> None:
        autopay.settle(now=self.shop.moment)
        autopay.announce(today(self.shop), now=self.shop.moment)
        autopay.charge(today(self.shop), gateway=self.shop.gateway, now=self.shop.now)

    def dispute(self) -> None:
        one = self.draw.choice(list(self.owed.values()))
        part = self.draw.choice((one.entry.amount_minor, one.entry.amount_minor // 2))
        told = {"reason": Reason.OTHER, "wanted": Remedy.CREDIT, "text": "Too much"}
        with transaction():
            claimed = {None: eur(part)}
            case = disputes.open_case(self.customer, self.contact, one.entry.id, claimed, **told, **self.stamp)
        self.cases.append(case)
        one.disputed = part

    def withdraw(self) -> None:
        case = self.cases.pop()
        with transaction():
            disputes.withdraw(case, **self.stamp)
        self.owed[case.entry_id].disputed = 0

    def credit(self) -> None:
        one = self.draw.choice(list(self.owed.values()))
        left = ledger.entry_of(self.customer.id, one.entry.id).left.minor
        facts = {"effective_on": today(self.shop), "reason": "Broken", "now": self.shop.moment}
        with transaction():
            key = f"note:{len(self.log)}"
            note = ledger.credit(self.customer.id, eur(left // 2), dedupe_key=key, **facts)
            ledger.allocate(note, one.entry, eur(left // 2), now=self.shop.moment)

    def pay(self) -> None:
        """By themselves, or a page is opened and left."""
        attempt = self.shop.open(self.contact, self.draw.choice(list(self.owed.values())).entry, 300)
        if self.draw.random() < 0.5:
            self.shop.press_pay(attempt)

    def pause(self) -> None:
        until = today(self.shop) + timedelta(days=self.draw.choice((1, 1, 4)))
        with transaction():
            pauses.place(self.customer.id, HoldKind.PAUSE, until_on=until, reason="Ill", **self.stamp)

    # What must be true after every step

    def look(self) -> None:
        for there in self.shop.there("charge"):
            attempt_id = there["metadata"].get("attempt", "")
            if there["paid"] and attempt_id not in self.counted:
                self.counted.add(attempt_id)
                self._look_at(attempt_id, there["amount"])
        assert len(self.log) % 12 or self.shop.broken() == [], self.log

    def _look_at(self, attempt_id: str, minor: int) -> None:
        attempt = next(one for one in payments.of_customer(self.customer.id) if str(one.id) == attempt_id)
        if attempt.kind != payments.OFF_SESSION:
            return
        [line] = payments.lines_of(attempt)
        one = self.owed[line.entry_id]
        one.taken.append(minor)
        [told] = [row for row in charges_of(one.entry) if row.attempt_id == attempt.id]
        agreed = autopay.find(self.customer.id, told.autopay_id)
        assert agreed is not None
        assert (len(one.taken), one.of) == (1, told.autopay_id), self.log
        assert minor <= min(told.amount_minor, one.entry.amount_minor - one.disputed), self.log
        assert minor <= agreed.limit_minor, self.log
        day = told.told_at.date() + timedelta(days=3)
        assert attempt.asked_at.date() >= max(one.entry.due_on or date.min, day), self.log


def charges_of(entry: Entry) -> list[autopay.AutopayCharge]:
    session.rollback()
    query = session.query(autopay.AutopayCharge).filter_by(customer_id=entry.customer_id, entry_id=entry.id)
    return query.all()


ACTIONS = (
    *(Life.bill, Life.bill, Life.bill, Life.bill, Life.days, Life.days, Life.days, Life.days, Life.days, Life.days),
    *(Life.turn_on, Life.turn_on, Life.turn_off, Life.dispute, Life.withdraw, Life.credit, Life.pay, Life.pause),
)


@pytest.mark.parametrize("seed", [1, 3])
def test_random_lives(shop: Shop, make: Maker, customer: Customer, contact: Contact, seed: int) -> None:
    life = Life(shop, make, customer, contact, seed)
    life.turn_on()
    life.bill()
    for _ in range(STEPS):
        life.step()
    assert any(one.taken for one in life.owed.values()), life.log
