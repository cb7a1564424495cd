"""Cases in every state for the pages of both doors: hostile words, a department that was asked, goods on their way."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from models import approvals, audit, causes, disputes
from models.approvals import CaseDecision
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.database import session
from models.disputes import Dispute, DisputeState, Outcome, Reason, Remedy, Verdict
from models.invoices import Invoice, InvoiceLine, lines_of
from models.ledger import Entry
from models.money import Money
from models.policies.permissions import Role
from models.staff import Principal
from models.transactions import transaction
from tests.making import Maker


class Disputer:
    """Opens cases about one customer's invoices and brings each to its state; `hostile` is said wherever it can be."""

    def __init__(self, make: Maker, customer: Customer, contact: Contact, people: Mapping[Role, Principal]) -> None:
        self.make, self.customer, self.contact, self.people = make, customer, contact, people
        self.now: datetime = make.now
        self.today = make.today
        self.ids: dict[str, int] = {}
        self.items: dict[str, int] = {}
        self.tokens: dict[str, str] = {}

    def furnish(self, hostile: str) -> None:
        self.hostile = hostile
        with transaction():
            warehouse = causes.add_department(
                "Warehouse " + hostile, email="warehouse@company.test", by=audit.COMMAND, now=self.now
            )
            padding = causes.add(warehouse.id, "Packing", "Not padded " + hostile, by=audit.COMMAND, now=self.now)
        self.ids |= {"department": warehouse.id, "cause": padding.id}
        for place, state in enumerate(("new", "late", "asked", "waiting", "decided", "refused", "closed", "appealed")):
            self.ids[f"case {state}"] = self._open(state, days_ago=3 * place + (30 if state == "late" else 0)).id
        self._ask()
        with transaction():
            self._write("case waiting", waits=True)
            for key in ("case late", "case decided"):
                self._write(key)
        for key, outcome, minor in (
            ("case decided", Outcome.IN_PART, 4_000),
            ("case refused", Outcome.REFUSED, 0),
            ("case closed", Outcome.UPHELD, 12_100),
            ("case appealed", Outcome.REFUSED, 0),
        ):
            self._decide(key, outcome, minor)
        with transaction():
            closed = self._find("case closed")
            closed.move_to(DisputeState.CLOSED)
            closed.ended_on = self.today
            by_customer = Actor(ActorKind.CONTACT, self.contact.id)
            disputes.disagree(self._find("case appealed"), hostile, by=by_customer, on=self.today, now=self.now)
        self._take_back()
        self._look_twice()

    def _open(self, reference: str, *, days_ago: int, factor: int = 1) -> Dispute:
        lines = [
            InvoiceLine(
                description=said,
                quantity=Decimal(1),
                net_minor=net * factor,
                tax_rate=Decimal(21),
                tax_minor=tax * factor,
                currency="EUR",
            )
            for said, net, tax in (("Terracotta tiles 30 × 30 cm", 10_000, 2_100), (self.hostile, 5_000, 1_050))
        ]
        item = self.make.invoice(self.customer, 18_150 * factor, number=f"CASE-{reference}", lines=lines)
        self.items[reference] = item.id
        with transaction():
            return disputes.open_case(
                self.customer,
                self.contact,
                item.id,
                {self._first_line(item): Money(12_100 * factor, "EUR")},
                reason=Reason.DAMAGED,
                wanted=Remedy.CREDIT,
                text=f"Half of the tiles are broken. {self.hostile}",
                by=Actor(ActorKind.CONTACT, self.contact.id),
                on=self.today - timedelta(days=days_ago),
                now=self.now - timedelta(days=days_ago),
            )

    def _first_line(self, item: Entry) -> int:
        return lines_of(session.get_one(Invoice, (item.customer_id, item.invoice_id)))[0].id

    def _find(self, key: str) -> Dispute:
        return session.get_one(Dispute, (self.customer.id, self.ids[key]))

    def _ask(self) -> None:
        clerk = self.people[Role.CLERK]
        told = {"by": clerk.actor, "on": self.today, "now": self.now}
        with transaction():
            department = causes.department(self.ids["department"])
            for key in ("case late", "case asked"):
                found = self._find(key)
                disputes.take(found, clerk.staff_id, by=clerk.actor, now=self.now)
                question, token = disputes.ask(found, department, f"How was it packed? {self.hostile}", **told)
                self.tokens[key] = token
                if key == "case late":
                    disputes.answer(question, f"In two layers. {self.hostile}", name=self.hostile, now=self.now)

    def _write(self, key: str, *, waits: bool = False) -> None:
        clerk = self.people[Role.CLERK]
        if waits:
            disputes.ask_customer(
                self._find(key), f"Have you a picture? {self.hostile}", by=clerk.actor, on=self.today, now=self.now
            )
        else:
            disputes.write(self._find(key), f"We look at it. {self.hostile}", by=clerk.actor, now=self.now)
            disputes.note(self._find(key), self.hostile, author=clerk.name, by=clerk.actor, now=self.now)

    def _decide(self, key: str, outcome: Outcome, minor: int) -> None:
        clerk = self.people[Role.CLERK]
        verdict = Verdict(
            outcome=outcome,
            text=f"We counted them again. {self.hostile}",
            credits={1: Money(minor, "EUR")} if minor else {},
            cause_id=self.ids["cause"],
        )
        with transaction():
            decision = disputes.propose(self._find(key), verdict, by=clerk, on=self.today, now=self.now)
            asked = CaseDecision(
                customer_id=self.customer.id,
                decision_id=decision.id,
                amount=decision.credited,
                reason=f"D-{decision.dispute_id}",
                effective_on=self.today,
            )
            approvals.submit(asked, by=clerk, now=self.now)

    def _take_back(self) -> None:
        with transaction():
            offered = disputes.offer(
                self._find("case asked"),
                1,
                f"Ten tiles {self.hostile}",
                "unbroken",
                Money(5_000, "EUR"),
                until_on=self.today + timedelta(days=10),
                by=self.people[Role.CLERK].actor,
                on=self.today,
                now=self.now,
            )
        self.ids["return"] = offered.id

    def _look_twice(self) -> None:
        """An answer above the limit, rules, and somebody who is away."""
        clerk = self.people[Role.CLERK]
        with transaction():
            disputes.add_rule(clerk.staff_id, by=clerk.actor, now=self.now, reason=Reason.PRICE, product=self.hostile)
            disputes.add_rule(
                clerk.staff_id, by=clerk.actor, now=self.now, language="fa", department_id=self.ids["department"]
            )
            disputes.add_absence(
                self.people[Role.FINANCE].staff_id, self.today, self.today, by=clerk.actor, now=self.now
            )
        large = self._open("large", days_ago=1, factor=100)
        self.ids["case large"] = large.id
        self._decide("case large", Outcome.UPHELD, 1_210_000)
        [self.ids["case approval"]] = [one.id for one in approvals.waiting() if one.customer_id == self.customer.id]
