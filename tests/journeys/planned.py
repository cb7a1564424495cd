"""Instalment plans in every state, for the pages of who pays by them; hostile words wherever somebody can write."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from models import agreements, ledger, plans
from models.agreements import Paper, Signature
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.database import session
from models.money import Money
from models.plans import Plan, Proposal, Way
from models.policies.plans import months_after
from models.transactions import transaction
from tests.making import Maker


class Planner:
    """`ids` are plans by name, and an instalment of the one in force."""

    def __init__(self, make: Maker, customer: Customer, contact: Contact, staff: Actor) -> None:
        self.make, self.customer, self.contact, self.staff = make, customer, contact, staff
        self.by = Actor(ActorKind.CONTACT, contact.id)
        self.now: datetime = make.now
        self.today: date = make.today
        self.ids: dict[str, int] = {}

    def furnish(self, hostile: str) -> None:
        for place in range(3):
            self.make.invoice(self.customer, 10_000 + place, number=f"PLAN-{place}")
        self._request("requested", hostile)
        self._offered()
        self._ended(hostile)
        self._signed("unready", Way.AUTOMATIC, self.today)
        active = self._signed("active", Way.TRANSFER, self.today - timedelta(days=40))
        self._pay(active, 3_000, self.today - timedelta(days=39))
        for days in (13, 10, 0):
            self._tend(self.today - timedelta(days=days))
        self._pay(self._signed("completed", Way.TRANSFER, self.today), 9_000, self.today)
        self._default()
        self._declined()
        with transaction():
            plan = plans.find([self.customer.id], self.ids["plan active"])
            assert plan is not None
            self.ids["instalment"] = plans.instalments_of(plan)[-1].id

    def _declined(self) -> None:
        """Charged, and its bank wants to see the customer."""
        plan = self._signed("declined", Way.AUTOMATIC, self.today)
        with transaction():
            session.add(plan)
            plans.begin(plan, on=self.today, now=self.now)
            row = plans.instalments_of(plan)[0]
            row.move_to(plans.InstalmentState.DUE)
            row.waits_for_customer, row.decline_code = True, "authentication_required"

    def _draft(self, on: date) -> Plan:
        return plans.keep_draft(self.customer.id, self.contact.id, "EUR", {}, on=on, now=self._at(on))

    def _proposal(self, way: Way, on: date, count: int = 3) -> Proposal:
        item = self.make.invoice(self.customer, 9_000)
        days = [on, *(months_after(on, month) for month in range(1, count))]
        lines = [(day, Money(9_000 // count, "EUR")) for day in days]
        agreed = {"grace_days": 5, "retries": 2, "misses": 2, "moves": 1, "policy_id": 1, "rule": 1}
        return Proposal(shares={item.id: item.left}, lines=lines, fee=Money(0, "EUR"), way=way, **agreed)

    def _request(self, key: str, word: str) -> None:
        proposal = self._proposal(Way.TRANSFER, self.today, count=9)
        with transaction():
            plan = self._draft(self.today)
            told = {"answer_on": self.today + timedelta(days=1), "hardship": True, "word": word}
            plans.request(plan, proposal, **told, by=self.by, on=self.today, now=self.now)
            self.ids[f"plan {key}"] = plan.id

    def _offered(self) -> None:
        """What a person offers instead."""
        self._request("offered", "")
        proposal = self._proposal(Way.TRANSFER, self.today)
        with transaction():
            plan = plans.find([self.customer.id], self.ids["plan offered"])
            assert plan is not None
            until = self.today + timedelta(days=14)
            plans.offer(plan, proposal, until=until, by=self.staff, on=self.today, now=self.now)

    def _ended(self, reason: str) -> None:
        self._request("ended", "")
        with transaction():
            plan = plans.find([self.customer.id], self.ids["plan ended"])
            assert plan is not None
            plans.cancel(plan, reason=reason, by=self.staff, on=self.today, now=self.now)

    def _signed(self, key: str, way: Way, on: date) -> Plan:
        proposal = self._proposal(way, on)
        with transaction():
            plan = self._draft(on)
            plans.offer(plan, proposal, until=on, by=self.by, on=on, now=self._at(on))
            paper = Paper(
                f"Plan {key}", "fa", "We <b>agree</b>.\n\nAll of it.", "en", "This counts.", b"%PDF-", {"words": 1}
            )
            at = {"by": self.by, "now": self._at(on)}
            kept = agreements.offer(self.customer.id, self.contact.id, plan.source, paper, **at)
            agreements.sign(kept, Signature(self.contact.name, True, "192.0.2.7", "Firefox", self._at(on)), **at)
            plans.sign(plan, consent_id=None, by=self.by, on=on, now=self._at(on))
            self.ids[f"plan {key}"] = plan.id
        return plan

    def _default(self) -> None:
        self._signed("defaulted", Way.TRANSFER, self.today - timedelta(days=60))
        for days in range(60, -1, -3):
            self._tend(self.today - timedelta(days=days))

    def _pay(self, plan: Plan, minor: int, on: date) -> None:
        with transaction():
            facts = {"effective_on": on, "dedupe_key": f"plan {plan.id}", "now": self._at(on)}
            receipt = ledger.receive(self.customer.id, Money(minor, "EUR"), **facts)
            ledger.allocate_oldest_first(receipt, only=self._items(plan), now=self._at(on))
        with transaction():
            plans.review(self.customer.id, now=self._at(on))

    def _items(self, plan: Plan) -> Sequence[int]:
        return [item.entry_id for item in plans.items_of(plan)]

    def _tend(self, on: date) -> None:
        plans.tend(on, now=self._at(on))

    def _at(self, on: date) -> datetime:
        return self.now - (self.today - on)
