"""Some customers whose plans went as plans go: kept, late, missed, failed, ended by whom, disputed, asked for."""

import random
from contextlib import suppress
from datetime import date, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text

from models import customers, disputes, ledger, plans
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.database import session
from models.disputes import Reason, Remedy
from models.errors import Refused
from models.gateways.stripe_methods import MethodKind
from models.money import Money
from models.payments import MethodState, SavedMethod, consents
from models.plans import Plan, PlanState, Proposal, Way
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

WEEKS = 12
START = TODAY - timedelta(weeks=WEEKS)
LIVING = (PlanState.ACTIVE, PlanState.DEFAULTED)
READ = {"text": "You may charge my card.", "language": "en", "ip": "192.0.2.1", "browser": "test"}


def at(day: date) -> datetime:
    return datetime.combine(day, NOW.timetz())


class Town:
    """`grow` begins plans, and lives them from week to week until today."""

    def __init__(self, make: Maker, seed: int) -> None:
        self.make, self.draw = make, random.Random(seed)
        self.plans: list[tuple[Plan, Contact]] = []
        self.bad: set[int] = set()
        self._second_version()

    def grow(self, many: int, currency: str = "EUR") -> None:
        first = len(self.plans)
        for number in range(many):
            self._begin(START + timedelta(weeks=self.draw.randrange(WEEKS // 2)), number, currency)
        for week in range(1, WEEKS + 1):
            on = START + timedelta(weeks=week)
            for plan, contact in self.plans[first:]:
                self._live(plan, contact, on)
            plans.tend(on, now=at(on))

    def ask(self, on: date, answer_on: date, *, answered_after: int | None = None, offered: bool = False) -> None:
        """A request beyond the rules; answered so many hours later, where it is."""
        customer, contact = self._customer(0)
        proposal, by = self._proposal(customer, on, 10, "EUR"), Actor(ActorKind.CONTACT, contact.id)
        told = {"answer_on": answer_on, "hardship": not offered, "word": ""}
        with transaction():
            plan = plans.keep_draft(customer.id, contact.id, "EUR", {}, on=on, now=at(on))
            plans.request(plan, proposal, **told, by=by, on=on, now=at(on))
        if answered_after is not None:
            when = at(on) + timedelta(hours=answered_after)
            stamp = {"by": Actor(ActorKind.STAFF, 1), "on": when.date(), "now": when}
            with transaction():
                if offered:
                    plans.offer(plan, proposal, until=on + timedelta(days=14), **stamp)
                else:
                    plans.decline_request(plan, reason="Too long", **stamp)

    def _second_version(self) -> None:
        """In force for the second half; it has the rule of the first one, and another."""
        with transaction():
            live = at(START + timedelta(weeks=WEEKS // 4))
            session.execute(text("update plan_policies set state = 'retired', retired_at = :live"), {"live": live})
            session.execute(
                text(
                    "insert into plan_policies (id, number, state, written_at, live_at) overriding system value"
                    " values (2, 2, 'published', :written, :live)"
                ),
                {"live": live, "written": live - timedelta(days=1)},
            )
            rule = (
                "jsonb_populate_record(r, jsonb_build_object('version_id', 2, 'id', {0}, 'position', {0}, 'name', {1}))"
            )
            for number, name in ((1, "'All the others'"), (2, "'Firms'")):
                copy = rule.format(number, name)
                session.execute(
                    text(f"insert into plan_rules select ({copy}).* from plan_rules r where version_id = 1")
                )

    def _customer(self, number: int) -> tuple[Customer, Contact]:
        kind = self.draw.choice(("business", "consumer", "unknown"))
        customer = self.make.customer(f"=Town {number}", kind=kind, language="en")
        return customer, self.make.contact(customer)

    def _proposal(self, customer: Customer, on: date, count: int, currency: str, **facts: object) -> Proposal:
        debt = self.make.invoice(customer, self.draw.randrange(3_000, 30_000), currency=currency)
        each = debt.left.split(count)
        lines = [(on + timedelta(weeks=week), amount) for week, amount in enumerate(each)]
        version, rule = self.draw.choice(((1, 1), (2, 1), (2, 2), (None, None)))
        agreed = {"grace_days": 4, "retries": 2, "misses": 2, "moves": 1, "policy_id": version, "rule": rule}
        way = self.draw.choice((Way.TRANSFER, Way.TRANSFER, Way.AUTOMATIC))
        return Proposal({debt.id: debt.left}, lines, Money(0, currency), **{"way": way, **agreed, **facts})

    def _begin(self, on: date, number: int, currency: str) -> None:
        customer, contact = self._customer(number)
        proposal = self._proposal(customer, on, self.draw.choice((3, 4, 6, 30)), currency)
        by, stamp = Actor(ActorKind.CONTACT, contact.id), {"on": on, "now": at(on)}
        with transaction():
            plan = plans.keep_draft(customer.id, contact.id, currency, {}, **stamp)
            plans.offer(plan, proposal, until=on, by=by, **stamp)
            consent = None
            if plan.is_automatic:
                told = {"contact_id": contact.id, **READ, "by": by, "now": at(on)}
                consent = consents.give(customer.id, plan.source, **told).id
            plans.sign(plan, consent_id=consent, by=by, **stamp)
            if plan.is_automatic:
                plan.method_id = self._card(customer, contact)
                plans.begin(plan, **stamp)
            self.plans.append((plan, contact))
            if self.draw.random() < 0.4:
                self.bad.add(plan.id)

    def _card(self, customer: Customer, contact: Contact) -> int | None:
        ends = self.draw.choice((None, TODAY + timedelta(days=20), TODAY + timedelta(days=900)))
        if ends is None:
            return None
        days = {"exp_year": ends.year, "exp_month": ends.month, "added_at": NOW, "state": MethodState.ACTIVE}
        named = {"stripe_id": f"pm_{customer.id}", "kind": MethodKind.CARD, "brand": "visa", "last4": "4242"}
        card = SavedMethod(customer_id=customer.id, contact_id=contact.id, attempt_id=uuid4(), **named, **days)
        session.add(card)
        session.flush()
        return card.id

    def _live(self, plan: Plan, contact: Contact, on: date) -> None:
        session.refresh(plan)
        due = [row for row in plans.instalments_of(plan) if row.is_living and row.due_on <= on]
        stamp = {"by": Actor(ActorKind.CONTACT, contact.id), "on": on, "now": at(on)}
        if plan.state not in LIVING:
            return
        luck = self.draw.random()
        if luck < 0.03:
            with transaction():
                if luck < 0.015:
                    plans.leave(plan, **stamp)
                else:
                    plans.end(plan, reason="Moved away", **stamp)
        elif luck < 0.08:
            told = {"reason": Reason.OTHER, "wanted": Remedy.CREDIT, "text": "Not as agreed"}
            entry = ledger.entry_of(plan.customer_id, plans.items_of(plan)[0].entry_id)
            with suppress(Refused), transaction():
                customer = customers.find(plan.customer_id)
                disputes.open_case(customer, contact, entry.id, {None: plan.money(100)}, **told, **stamp)
            self._review(plan, on)
        elif due and self.draw.random() > (0.75 if plan.id in self.bad else 0.1):
            self._pay(plan, sum(row.left_minor for row in due), on)
        elif due and plan.is_automatic and plan.id in self.bad:
            self._decline(plan)

    def _decline(self, plan: Plan) -> None:
        """Charged, and nothing is tried again before its customer does something."""
        with transaction():
            for row in plans.instalments_of(plan):
                if row.state is plans.InstalmentState.DUE:
                    row.next_try_on, row.waits_for_customer, row.decline_code = None, True, "expired_card"

    def _pay(self, plan: Plan, minor: int, on: date) -> None:
        with transaction():
            facts = {"effective_on": on, "dedupe_key": f"town {uuid4()}", "now": at(on)}
            receipt = ledger.receive(plan.customer_id, plan.money(minor), **facts)
            entries = [item.entry_id for item in plans.items_of(plan)]
            ledger.allocate_oldest_first(receipt, only=entries, now=at(on))
        self._review(plan, on)

    def _review(self, plan: Plan, on: date) -> None:
        with transaction():
            plans.review(plan.customer_id, now=at(on))
