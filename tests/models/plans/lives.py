"""One customer's plans at the till: `step` does something at random, and everything is looked at after it."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, text

from models import company, disputes, ledger, pauses, payments, plans
from models.customers import Contact, Customer
from models.database import session
from models.disputes import Dispute, Reason, Remedy
from models.errors import Refused
from models.gateways.stripe import GatewayError
from models.holds import HoldKind
from models.ledger import Entry
from models.money import Money
from models.payments import FINAL, GONE, Attempt, AttemptState, Purpose, consents
from models.plans import Instalment, InstalmentState, Plan, PlanState, Proposal, Way
from models.plans.figures import When, figures
from models.policies.plans import Frequency
from models.transactions import transaction
from tests.making import Maker
from tests.models.payments.shop import SECRET, Shop, by
from tests.models.payments.test_random_days import Killed, Mortal
from tests.models.plans import books, counting

LIVING = (PlanState.OFFERED, PlanState.ACTIVE, PlanState.DEFAULTED)
FOLLOWED = (PlanState.ACTIVE, PlanState.DEFAULTED)
CARDS = ("4242424242424242", "4242424242424242", "4000000000000341", "4000002760003184", "AT611904300234573201")
GOOD = "4242424242424242"


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


class Life:
    def __init__(self, shop: Shop, make: Maker, seed: int) -> None:
        self.shop, self.make, self.draw = shop, make, random.Random(seed)
        shop.gateway = Mortal("sk_test_standin", [SECRET], shop.till.url, timeout_seconds=5)
        self.customer: Customer = make.customer()
        self.contact: Contact = make.contact(self.customer)
        self.cases: list[Dispute] = []
        self.given: dict[int, date] = {}  # By plan: when its last card was given.
        self.log: list[str] = []
        self.number = 0
        self.begin()

    @property
    def today(self) -> date:
        return company.get().today(self.shop.moment)

    @property
    def stamp(self) -> dict[str, Any]:
        return {"by": by(self.contact), "on": self.today, "now": self.shop.moment}

    def step(self, *, proved: bool = True) -> None:
        action: Callable[[], None] = self.draw.choice(ACTIONS).__get__(self)
        self.log.append(action.__name__)
        with suppress(Refused, GatewayError):
            action()
        session.rollback()
        self.follow(proved=proved)

    # What the customer does

    def begin(self) -> None:
        """Another plan about new items; two at once at most."""
        if len(self.living()) >= 2:
            return
        debts = [self.make.invoice(self.customer, self.draw.choice((700, 5_000, 12_000))) for _ in range(2)]
        count, weekly = self.draw.randint(2, 5), self.draw.random() < 0.5
        pace = timedelta(days=7 if weekly else 28)
        each, whole = sum(debt.amount_minor for debt in debts) // count, sum(debt.amount_minor for debt in debts)
        amounts = [*[each] * (count - 1), whole - each * (count - 1)]
        way = self.draw.choice((Way.AUTOMATIC, Way.AUTOMATIC, Way.TRANSFER))
        proposal = Proposal(
            shares={debt.id: debt.left for debt in debts},
            lines=[(self.today + pace * (number + 1), eur(amount)) for number, amount in enumerate(amounts)],
            fee=eur(0),
            way=way,
            frequency=Frequency.WEEKLY if weekly else Frequency.MONTHLY,
            **{"grace_days": 5, "retries": 2, "misses": 2, "moves": 2},
        )
        with transaction():
            moment = {"on": self.today, "now": self.shop.moment}
            plan = plans.keep_draft(self.customer.id, self.contact.id, "EUR", {}, **moment)
            plans.offer(plan, proposal, until=self.today, **self.stamp)
        consent = self.shop.agree(self.contact, plan.source).id if way is Way.AUTOMATIC else None
        with transaction():
            plans.sign(plan, consent_id=consent, **self.stamp)
        if way is Way.AUTOMATIC:
            self._give_card(plan)

    def change_card(self) -> None:
        plan = self._one(PlanState.ACTIVE)
        if plan:
            card = self._give_card(plan)
            consent = self.shop.agree(self.contact, plan.source)
            with transaction():
                plans.charge_another(plan, card, consent.id, **self.stamp)

    def withdraw_consent(self) -> None:
        plan = self._one(PlanState.ACTIVE)
        consent = consents.living(self.customer.id, plan.source) if plan else None
        if consent and self.draw.random() < 0.3:
            with transaction():
                consents.withdraw(consent, by=by(self.contact), now=self.shop.moment)

    def pay_early(self) -> None:
        """On Stripe's page, or it is opened and left."""
        found = self._instalment()
        if found:
            plan, row = found
            lines = self._spread(plan, row.left_minor)
            attempt = self._ask(lines, Purpose(plan.source, row.id))
            self.shop.submit(attempt)
            if self.draw.random() < 0.6:
                self.shop.press_pay(attempt, self.draw.choice((GOOD, "AT611904300234573201", "4000000000009995")))

    def pay_item(self) -> None:
        """As if there were no plan."""
        plan = self._one(*LIVING)
        if plan:
            lines = self._spread(plan, self.draw.choice((500, 3_000, 20_000)))
            self.shop.submit(attempt := self._ask(lines[:1], Purpose()))
            self.shop.press_pay(attempt)

    def press(self) -> None:
        """A page that was left open somewhere."""
        for page in self._there("checkout.session"):
            if page["status"] == "open" and self.draw.random() < 0.7:
                self.shop.till.press_pay(page["url"], GOOD)

    def transfer(self) -> None:
        plan = self._one(*FOLLOWED)
        if plan:
            entries = [item.entry_id for item in plans.items_of(plan)]
            with transaction():
                receipt = self._receipt(self.draw.choice((500, 2_500, 6_000)))
                ledger.allocate_oldest_first(receipt, only=entries, now=self.shop.moment)

    def dispute(self) -> None:
        debt = self._debt()
        if debt and debt.left:
            share = eur(self.draw.choice((debt.left.minor, max(debt.left.minor // 2, 1), 300)))
            told = {"reason": Reason.OTHER, "wanted": Remedy.CREDIT, "text": "Not as agreed"}
            with transaction():
                case = disputes.open_case(self.customer, self.contact, debt.id, {None: share}, **told, **self.stamp)
            self.cases.append(case)

    def end_dispute(self) -> None:
        """Some are credited before they are taken back."""
        if self.cases:
            case = self.cases.pop(self.draw.randrange(len(self.cases)))
            debt = ledger.entry_of(self.customer.id, case.entry_id)
            with transaction():
                disputes.withdraw(case, **self.stamp)
                if self.draw.random() < 0.5 and debt.left:
                    self._credit(debt, min(case.claimed, debt.left))

    def move(self) -> None:
        found = self._instalment()
        if found:
            plan, row = found
            with transaction():
                plans.move(plan, row.id, self.today + timedelta(days=self.draw.randint(1, 20)), **self.stamp)

    def reschedule(self) -> None:
        plan = self._one(PlanState.ACTIVE)
        rows = [row for row in plans.instalments_of(plan) if row.is_living and row.state != "charging"] if plan else []
        left, count = sum(row.left_minor for row in rows), self.draw.randint(1, 6)
        if plan and left >= count:
            amounts = [*[left // count] * (count - 1), left - left // count * (count - 1)]
            days = [self.today + timedelta(days=10 * (number + 1)) for number in range(count)]
            with transaction():
                plans.reschedule(plan, list(zip(days, map(eur, amounts), strict=True)), **self.stamp)

    def cancel(self) -> None:
        plan = self._one(*LIVING)
        if plan and self.draw.random() < 0.3:
            with transaction():
                plans.cancel(plan, reason="asked", **self.stamp)

    # What staff and banks do

    def credit(self) -> None:
        debt = self._debt()
        if debt and debt.left:
            with transaction():
                self._credit(debt, eur(self.draw.randint(1, debt.left.minor)))

    def write_off(self) -> None:
        debt = self._debt()
        if debt and debt.left and self.draw.random() < 0.3:
            minor = self.draw.randint(1, debt.left.minor)
            facts = {"effective_on": self.today, "dedupe_key": self._key(), "reason": "Small", "now": self.shop.moment}
            with transaction():
                ledger.write_off(debt, eur(minor), **facts)

    def take_back(self) -> None:
        """Of an item what had been used for it; it waits unapplied, or goes to the item again."""
        debt = self._debt()
        used = (
            [one for one in ledger.allocations_of(self.customer.id, debt.id) if not one.taken_back_on] if debt else []
        )
        if debt and used:
            one = self.draw.choice(used)
            with transaction():
                row = ledger.allocation_of(self.customer.id, one.allocation_id)
                ledger.reverse(row, on=self.today, now=self.shop.moment)
                if one.credit.kind == "receipt" and self.draw.random() < 0.5:
                    ledger.allocate_oldest_first(one.credit, only=[debt.id], now=self.shop.moment)

    def charge_back(self) -> None:
        paid = [one for one in self.shop.there("charge") if one["paid"]]
        if paid and self.draw.random() < 0.5:
            reason = self.draw.choice(("fraudulent", "insufficient_funds"))
            with suppress(ValueError):
                self.shop.till.control(dispute={"payment": self.draw.choice(paid)["id"], "reason": reason})
            self.hear()

    def hear(self) -> None:
        self.shop.deliver(self.shop.events("charge.dispute.created", "charge.dispute.funds_withdrawn"))
        self.shop.drain()

    def pause(self) -> None:
        living = pauses.living(self.customer.id, self.today)
        with transaction():
            if living:
                pauses.end(living[0], "Over", **self.stamp)
            else:
                until = self.today + timedelta(days=self.draw.choice((3, 40)))
                pauses.place(self.customer.id, HoldKind.HARDSHIP, "Ill", until_on=until, **self.stamp)

    def decline(self) -> None:
        for card in payments.methods.of_customer(self.customer.id):
            code = self.draw.choice(("insufficient_funds", "authentication_required", "lost_card", None))
            self.shop.till.control(decline={"method": card.stripe_id, "code": code})

    def lose(self) -> None:
        kind = self.draw.choice(("lost", "unreached", "error_500_done"))
        self.shop.fail(kind, path=self.draw.choice(("/v1/payment_intents", "/v1/checkout/sessions")), times=1)

    # What the days bring

    def day(self) -> None:
        self._live(self.draw.choice((1, 1, 3, 7)))

    def late(self) -> None:
        self._live(self.draw.choice((3, 30)))

    def twice(self) -> None:
        """The run is started again, at once and on a clock that was put back."""
        self._work()
        self._work(self.today - timedelta(days=1))

    def die(self) -> None:
        """The process is killed as soon as Stripe has answered."""
        self.shop.gateway.calls_left = self.draw.choice((0, 1, 2))
        try:
            self._live(7)
        except* Killed:
            session.rollback()
        finally:
            self.shop.gateway.calls_left = None

    def _live(self, days: int) -> None:
        self.shop.pass_time(days=days)
        self._work()

    def _work(self, on: date | None = None) -> None:
        """What the worker does every few minutes; what it charges is looked at."""
        plans.tend(on or self.today, now=self.shop.moment)
        before = {one["id"] for one in self._there("payment_intent")}
        may = {plan.id for plan in self.living() if self._may_be_charged(plan)}
        session.rollback()
        try:
            plans.charge(on or self.today, gateway=self.shop.gateway, now=self.shop.now)
        finally:
            session.rollback()
            asked = [self._attempt(one) for one in self._there("payment_intent") if one["id"] not in before]
            for attempt in [one for one in asked if one.kind == payments.OFF_SESSION]:
                row = plans.find_instalment(self.customer.id, attempt.instalment_id or 0)
                assert row is None or row.plan_id in may, self.log
                assert row is None or row.due_on <= (on or self.today), self.log
                assert row is None or self._was_told(row, on or self.today), self.log

    def _was_told(self, row: Instalment, on: date) -> bool:
        """Before its day, or three days before it was charged; who gives a card for what is late wants it charged."""
        told_on = company.get().today(row.notified_at) if row.notified_at else None
        if told_on and (told_on < row.due_on or told_on + timedelta(days=3) <= on):
            return True
        return self.given.get(row.plan_id, date.min) >= (told_on or row.due_on)

    def _may_be_charged(self, plan: Plan) -> bool:
        agreed = consents.living(self.customer.id, plan.source)
        rests = pauses.living(self.customer.id, self.today)
        return plan.state in (PlanState.ACTIVE, PlanState.OFFERED) and bool(agreed) and not rests

    # What has to be true

    def follow(self, *, proved: bool = True) -> None:
        """Find out what became of payments, follow it, and compare it with plain lists; where `proved`, all books."""
        self.shop.till.control(faults=[])
        for attempt in session.scalars(select(Attempt).where(Attempt.state.not_in(FINAL))).all():
            if attempt.state is not AttemptState.CREATED:
                self.shop.sync(attempt)
        wanted = {plan.id: self._expected(plan) for plan in self.living() if plan.state in FOLLOWED}
        session.rollback()
        with transaction():
            plans.review(self.customer.id, now=self.shop.moment)
        for plan_id, (rows, more) in wanted.items():
            plan = plans.find([self.customer.id], plan_id)
            self._check(plan, rows, more)
        assert plans.settle(now=self.shop.moment) == sum(plan.state is PlanState.OFFERED for plan in self.living())
        session.execute(text("delete from procrastinate_jobs"))
        session.commit()
        if proved:
            self.check_books()

    def _expected(self, plan: Plan) -> tuple[dict[int, books.Row], int]:
        before, own, unused = books.of(plan), [], 0
        for row in plans.instalments_of(plan):
            tried = payments.of_instalment(self.customer.id, row.id)
            if any(one.state is AttemptState.SUCCEEDED for one in tried):
                own.append(row.number)
                unused += self._unused(tried) if row.is_living else 0
            elif row.state == "charging" and all(one.state in GONE for one in tried):
                before[row.number].state = InstalmentState.MISSED if row.missed_on else InstalmentState.DUE
        items = books.items(plan, self.today)
        assert {item.entry_id: item for item in plans.items_left(plan, self.today)} == items, self.log
        came, left = (sum(minor) for minor in zip(*((i.came.minor, i.left.minor) for i in items.values()), strict=True))
        used = min(unused, left)
        sums = (before, came + used, left - used, own)
        return books.expected(*sums, in_order=not plan.is_automatic, today=self.today)

    def _unused(self, tried: Sequence[Attempt]) -> int:
        """What of a payment for an instalment found its items paid: it is for the plan's others."""
        paid = next(one for one in tried if one.state is AttemptState.SUCCEEDED)
        receipt = ledger.entry_by_key(self.customer.id, f"{paid.payment_intent_id}:paid")
        return receipt.left.minor if receipt else 0

    def _check(self, plan: Plan, rows: dict[int, books.Row], more: int) -> None:
        after = books.of(plan)
        for number, row in rows.items():
            assert (after[number].amount, after[number].covered) == (row.amount, row.covered), (number, self.log)
            assert after[number].state == row.state, (number, self.log)
        assert sum(row.left for number, row in after.items() if number not in rows) == more, self.log
        if plan.state is PlanState.COMPLETED:
            assert not any(item.left or item.disputed for item in books.items(plan, self.today).values()), self.log

    def check_books(self) -> None:
        self.shop.moment += timedelta(minutes=6)  # What happened is no longer on its way to the plan.
        assert self.shop.broken() == [], self.log
        intents = self._there("payment_intent")
        paid = Counter(self._attempt(one).instalment_id for one in intents if one["status"] == "succeeded")
        assert all(many == 1 for instalment, many in paid.items() if instalment), self.log
        self._check_figures()
        ours = [entry.amount_minor for entry in self.shop.entries(self.customer) if entry.dedupe_key.endswith(":paid")]
        assert sorted(ours) == sorted(one["amount"] for one in intents if one["status"] == "succeeded"), self.log

    def _check_figures(self) -> None:
        """What finance sees is what one counts by hand; and what is to come is what the ledger has left."""
        found = figures("EUR", self.today)
        counting.assert_counted(found)
        charging = any(line.when is When.ON_ITS_WAY and line.payments for line in found.expected.lines)
        assert charging or found.expected.total.agreed == found.health.total.left, self.log

    def finish(self) -> None:
        """Everything that was in the way ends, and time passes: every plan that was not cancelled is paid."""
        for case in self.cases:
            with transaction():
                disputes.withdraw(case, **self.stamp)
        for pause in pauses.living(self.customer.id, self.today):
            with transaction():
                pauses.end(pause, "Over", **self.stamp)
        for _ in range(60):
            for plan in self.living():
                late = sum(row.left_minor for row in plans.instalments_of(plan) if row.state in ("due", "missed"))
                waits = plan.state is PlanState.DEFAULTED or not plan.is_automatic or self._waits(plan)
                if late and waits:
                    with transaction():
                        entries = [item.entry_id for item in plans.items_of(plan)]
                        ledger.allocate_oldest_first(self._receipt(late), only=entries, now=self.shop.moment)
            self.shop.pass_time(days=14)
            self.shop.sweep()
            self._work()
            self.follow(proved=False)
            if not self.living():
                self.check_books()
                return
        raise AssertionError(("it never ends", self.log))

    def _waits(self, plan: Plan) -> bool:
        return any(row.waits_for_customer or row.state == "missed" for row in plans.instalments_of(plan))

    # Behind the scenes

    def living(self) -> list[Plan]:
        session.rollback()
        return [plan for plan in plans.of_customers([self.customer.id]) if plan.state in LIVING]

    def _one(self, *states: PlanState) -> Plan | None:
        found = [plan for plan in self.living() if plan.state in states]
        return self.draw.choice(found) if found else None

    def _instalment(self) -> tuple[Plan, Instalment] | None:
        plan = self._one(*FOLLOWED)
        rows = [row for row in plans.instalments_of(plan) if row.is_living] if plan else []
        return (plan, self.draw.choice(rows)) if plan and rows else None

    def _debt(self) -> Entry | None:
        plan = self._one(*LIVING)
        chosen = self.draw.choice(plans.items_of(plan)) if plan else None
        return ledger.entry_of(self.customer.id, chosen.entry_id) if chosen else None

    def _give_card(self, plan: Plan) -> int:
        self.given[plan.id] = self.today
        return self.shop.keep(self.contact, self.draw.choice(CARDS), plan.source).id

    def _spread(self, plan: Plan, minor: int) -> Sequence[tuple[int, Money]]:
        wanted = {item.entry_id for item in plans.items_of(plan)}
        items = [one for one in payments.payable_items(self.customer.id, self.today) if one.entry_id in wanted]
        return [(item.entry_id, share) for item, share in payments.spread(eur(minor), items)]

    def _ask(self, lines: Sequence[tuple[int, Money]], purpose: Purpose) -> Attempt:
        if not lines:
            raise Refused("Nothing to pay")
        places = {"success_url": "http://shop.test/{attempt}", "cancel_url": "http://shop.test/back"}
        told = {"description": "Instalment", "language": "en", "purpose": purpose}
        with transaction():
            disputed = {entry_id: share.minor for entry_id, share in lines}
            return payments.request(self.customer.id, lines, disputed=disputed, **places, **told, **self.stamp)

    def _credit(self, debt: Entry, amount: Money) -> None:
        note = ledger.credit(
            *(self.customer.id, amount),
            **{"effective_on": self.today, "dedupe_key": self._key(), "reason": "Credited", "now": self.shop.moment},
        )
        ledger.allocate(note, debt, amount, now=self.shop.moment)

    def _receipt(self, minor: int) -> Entry:
        key = {"effective_on": self.today, "dedupe_key": self._key(), "now": self.shop.moment}
        return ledger.receive(self.customer.id, eur(minor), **key)

    def _key(self) -> str:
        self.number += 1
        return f"life:{self.number}"

    def _there(self, kind: str) -> list[dict[str, Any]]:
        ids = {str(one) for one in session.scalars(select(Attempt.id).where(Attempt.customer_id == self.customer.id))}
        return [one for one in self.shop.there(kind) if one["metadata"].get("attempt") in ids]

    def _attempt(self, intent: dict[str, Any]) -> Attempt:
        query = select(Attempt).where(Attempt.customer_id == self.customer.id)
        found = session.scalars(query.execution_options(populate_existing=True))
        return next(one for one in found if str(one.id) == intent["metadata"]["attempt"])


ACTIONS = (
    *(Life.day, Life.day, Life.day, Life.day, Life.late, Life.twice, Life.die, Life.die, Life.lose, Life.decline),
    *(Life.begin, Life.begin, Life.change_card, Life.change_card, Life.withdraw_consent, Life.pay_early),
    *(Life.pay_early, Life.pay_item, Life.press, Life.transfer, Life.dispute, Life.end_dispute, Life.move),
    *(Life.reschedule, Life.cancel, Life.credit, Life.write_off, Life.take_back, Life.charge_back, Life.pause),
)
