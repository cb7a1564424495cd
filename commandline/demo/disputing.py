"""Cases of the demonstration in every state, each brought there by what customers and staff do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from commandline.demo import building, names, papers, stories
from commandline.demo.building import Builder
from commandline.demo.stories import Story
from models import approvals, audit, causes, customers, desk, disputes, files, invoices, ledger
from models.approvals import CaseDecision, GoodsBack
from models.customers import Contact, Customer
from models.desk import Line
from models.disputes import Dispute, Outcome, Verdict
from models.files import Checked
from models.ledger import Entry
from models.money import Money
from models.staff import Principal

COUNTRY_OF = {"lt": "LT", "el": "GR", "pl": "PL", "cs": "CZ", "fa": "IR", "en": "GB"}
TAX = Decimal(21)
Item = tuple[Entry, Mapping[str, int]]  # What was billed, and the line of each kind of goods.


@dataclass
class Desk:
    """Who complains, who works, and the causes by their names."""

    builder: Builder
    people: dict[str, Principal]
    cause_ids: dict[str, int]
    departments: dict[str, causes.Department]
    parties: dict[str, tuple[Customer, Contact]] = field(default_factory=dict)

    @property
    def clerk(self) -> Principal:
        return self.people["Jonas Petraitis"]

    def day(self, days_ago: int) -> date:
        return self.builder.today - timedelta(days=days_ago)

    def at(self, days_ago: int, by: Principal | None = None) -> dict[str, Any]:
        """When, and who: the clerk, unless said otherwise."""
        return {"by": (by or self.clerk).actor, **self.when(days_ago)}

    def when(self, days_ago: int) -> dict[str, Any]:
        day = self.day(days_ago)
        return {"on": day, "now": self.builder.at(day)}

    def now(self, days_ago: int) -> datetime:
        return self.builder.at(self.day(days_ago))

    def party(self, language: str) -> tuple[Customer, Contact]:
        """One customer of each language, made when somebody asks for it."""
        if language not in self.parties:
            country = COUNTRY_OF[language]
            made = building.add_customer(self.builder, names.firm(self.builder.draw, country), country)
            self.take_in(language, made)
        return self.parties[language]

    def take_in(self, key: str, customer: Customer) -> None:
        contact = customers.first_contact(customer.id)
        assert contact is not None
        self.parties[key] = customer, contact

    def bill(self, key: str, days_ago: int, goods: Iterable[tuple[str, int]]) -> Item:
        customer, day = self.party(key)[0], self.day(days_ago)
        self.builder.invoices += 1
        lines = [_line(*one) for one in goods]
        invoice = desk.write_invoice(
            customer,
            number=f"BS-{self.builder.invoices}",
            currency="EUR",
            lines=lines,
            issued_on=day,
            due_on=day + timedelta(days=30),
            reference=f"PO {self.builder.draw.randint(100, 999)}",
            by=self.builder.by,
            now=self.builder.at(day),
        )
        [entry] = ledger.entries_of_invoice(customer.id, invoice.id)
        written = invoices.lines_of(invoice)
        return entry, {line.product: one.id for line, one in zip(lines, written, strict=True)}

    def open(
        self, key: str, story: Story, item: Item | None = None, *, sent: Sequence[Checked] = (), called: bool = False
    ) -> Dispute:
        """
        As the customer does it, with what they have to show; or, where they called, the clerk. The bill came a week
        before, unless it is given.
        """
        customer, contact = self.party(key)
        entry, line_ids = item or self.bill(key, story.days_ago + 7, [(story.goods, story.quantity)])
        by = audit.Actor(audit.ActorKind.CONTACT, contact.id, contact.name)
        case = disputes.open_case(
            customer,
            None if called else contact,
            entry.id,
            {line_ids[story.goods]: Money(story.claimed, "EUR")},
            reason=story.reason,
            wanted=story.wanted,
            text=story.text,
            by=self.clerk.actor if called else by,
            **self.when(story.days_ago),
        )
        for checked in sent:
            tray = files.Tray.of(contact, "")
            files.keep(tray, checked, about=case.source, by=by, now=self.now(story.days_ago))
        return case

    def take(self, case: Dispute, days_ago: int) -> None:
        disputes.take(case, self.clerk.staff_id, by=self.clerk.actor, now=self.now(days_ago))

    def answer(self, case: Dispute, days_ago: int, outcome: Outcome, text: str, cause: str, **verdict: Any) -> None:
        """`credited` in cents; a second person is needed where the rules say so."""
        credited = verdict.pop("credited", 0)
        said = Verdict(
            outcome=outcome,
            text=text,
            credits={1: Money(credited, "EUR")} if credited else {},
            cause_id=self.cause_ids[cause],
            **verdict,
        )
        when = self.when(days_ago)
        decision = disputes.propose(case, said, by=self.clerk, **when)
        asked = CaseDecision(
            customer_id=case.customer_id,
            decision_id=decision.id,
            amount=decision.credited,
            reason=case.number,
            effective_on=when["on"],
        )
        approvals.submit(asked, by=self.clerk, now=when["now"])

    def customer_says(self, case: Dispute) -> audit.Actor:
        return audit.Actor(audit.ActorKind.CONTACT, case.contact_id)


def _line(goods: str, quantity: int) -> Line:
    description, cents = next(one for one in names.GOODS if one[0].startswith(goods))
    return Line(description, Decimal(quantity), Decimal(cents) / 100, TAX, product=goods)


def dispute(desk: Desk, café: Customer) -> None:
    """One case in each state; two of them are the café's, for whoever follows its link."""
    desk.take_in("café", café)
    _waiting(desk)
    _decided(desk)
    _goods(desk)
    _over(desk)
    desk.open("pl", stories.NEW)


def _waiting(desk: Desk) -> None:
    """Looked at after a department has answered, waiting for the customer, for a department, and late."""
    looked_at = desk.open("en", stories.LOOKED_AT, sent=[papers.torn_box(), papers.broken_arm()])
    desk.take(looked_at, 6)
    disputes.write(looked_at, stories.LOOKING, by=desk.clerk.actor, now=desk.now(5))
    warehouse = desk.departments["Warehouse"]
    question, _ = disputes.ask(looked_at, warehouse, stories.TO_WAREHOUSE, **desk.at(5))
    disputes.answer(question, stories.FROM_WAREHOUSE, name="Darius", now=desk.now(4))
    disputes.write(looked_at, stories.LOOKING_ANSWER, by=desk.customer_says(looked_at), now=desk.now(3))
    asked = desk.open("café", stories.ASKED, sent=[papers.dark_lamp()])
    desk.take(asked, 3)
    disputes.note(asked, stories.NOTE, author=desk.clerk.name, by=desk.clerk.actor, now=desk.now(3))
    disputes.ask_customer(asked, stories.QUESTION, **desk.at(2))
    with_others = desk.open("el", stories.WITH_A_DEPARTMENT)
    desk.take(with_others, 2)
    disputes.ask(with_others, desk.departments["Purchasing"], stories.TO_PURCHASING, **desk.at(0))
    desk.take(desk.open("cs", stories.OVERDUE), 24)


def _decided(desk: Desk) -> None:
    """Right in part, right about what was paid, refused, and refused but not agreed with."""
    in_part = desk.open("café", stories.IN_PART, sent=[papers.offer()])
    desk.take(in_part, 10)
    desk.answer(in_part, 3, Outcome.IN_PART, stories.IN_PART_ANSWER, "Old price list", credited=5_009)
    story = stories.ALREADY_PAID
    item = desk.bill("en", 45, [(story.goods, story.quantity)])
    building.pay(desk.builder, desk.party("en")[0], item[0], desk.day(30))
    paid = desk.open("en", story, item)
    desk.take(paid, 13)
    desk.answer(paid, 6, Outcome.UPHELD, stories.PAID_ANSWER, "Counted wrong", credited=story.claimed)
    refused = desk.open("fa", stories.REFUSED)
    desk.take(refused, 12)
    desk.answer(refused, 4, Outcome.REFUSED, stories.REFUSED_ANSWER, "Place of delivery not asked")
    disagreed = desk.open("pl", stories.DISAGREED)
    desk.answer(disagreed, 9, Outcome.REFUSED, stories.RUST_ANSWER, "Care not explained")
    by = desk.customer_says(disagreed)
    disputes.disagree(disagreed, stories.RUST_OBJECTION, by=by, **desk.when(2))


def _goods(desk: Desk) -> None:
    """On their way, and arrived."""
    coming = desk.open("en", stories.COMING_BACK)
    desk.take(coming, 4)
    told = {"until_on": desk.day(-10), **desk.at(3)}
    disputes.offer(coming, 1, "One whiteboard 120 × 90", "not used", Money(stories.COMING_BACK.claimed, "EUR"), **told)
    came, credit = desk.open("cs", stories.CAME_BACK), Money(stories.CAME_BACK.claimed, "EUR")
    desk.take(came, 18)
    told = {"until_on": desk.day(3), **desk.at(17)}
    offered = disputes.offer(came, 1, "Four cutting boards", "as they are", credit, **told)
    arrived = GoodsBack(
        customer_id=came.customer_id,
        return_id=offered.id,
        amount=credit,
        reason=came.number,
        effective_on=desk.day(8),
        condition="Bent, dry",
        key=f"demo:{offered.id}",
    )
    approvals.submit(arrived, by=desk.clerk, now=desk.now(8))
    desk.answer(came, 7, Outcome.UPHELD, stories.BOARDS_ANSWER, "Wood not dried")


def _over(desk: Desk) -> None:
    """Taken back; and a decision that waits for somebody else."""
    withdrawn = desk.open("el", stories.WITHDRAWN)
    by = desk.customer_says(withdrawn)
    disputes.write(withdrawn, stories.FOUND, by=by, now=desk.now(9))
    disputes.withdraw(withdrawn, by=by, **desk.when(9))
    large = desk.open("lt", stories.LARGE)
    desk.take(large, 6)
    claimed = stories.LARGE.claimed
    desk.answer(large, 1, Outcome.UPHELD, stories.LARGE_ANSWER, "Left in the rain", credited=claimed)
