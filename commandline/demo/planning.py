"""Instalment plans of the demonstration in every state, each brought there by what its days brought."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from commandline.demo import building, names
from commandline.demo.building import Builder
from commandline.demo.till import DemoTill
from models import accounts, agreements, customers, desk, payments, plans
from models.agreements import Signature
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.desk import Method
from models.ledger import Entry
from models.payments import AttemptState, consents
from models.payments.syncing import merge
from models.plans import Instalment, Plan, Proposal, Way, Wish, policies, publishing
from models.policies.plans import Frequency, months_after, schedule
from models.staff import Principal
from models.transactions import transaction

ASKED = "My hours were cut until spring. I can pay a little every month."
DECLINED = "The machine is paid in a year at the latest. Twelve payments are possible: please ask again."
# What the days bring is done on these, counted back: what is due is charged, what did not come is missed.
DAYS = (33, 20, 15, 12, 9, 6, 3)
CARD, ACCOUNT = "card", "sepa_debit"


@dataclass(frozen=True)
class Story:
    """
    Of whom, signed how many days ago, in how many payments, the second one of them how many days ago. `kept` by what:
    a card or an account, or so many transfers. `asks`: its bank wants to see the customer from the second charge on.
    """

    country: str
    signed: int
    count: int
    second: int
    kept: str | int
    frequency: Frequency = Frequency.MONTHLY
    asks: bool = False


STORIES = (
    Story("GB", signed=33, count=6, second=6, kept=CARD),
    Story("LT", signed=20, count=6, second=6, kept=ACCOUNT, frequency=Frequency.FORTNIGHTLY),
    Story("LT", signed=33, count=4, second=6, kept=CARD, asks=True),
    Story("IR", signed=20, count=4, second=-10, kept=1),
    Story("PL", signed=36, count=4, second=8, kept=1),
    Story("GR", signed=23, count=6, second=20, kept=1, frequency=Frequency.WEEKLY),
    Story("CZ", signed=34, count=2, second=6, kept=2),
)


@dataclass
class Planner:
    builder: Builder
    people: dict[str, Principal]
    till: DemoTill
    asking: set[str] = field(default_factory=set)

    def day(self, days_ago: int) -> date:
        return self.builder.today - timedelta(days=days_ago)

    def now(self, days_ago: int) -> datetime:
        return self.builder.at(self.day(days_ago))

    def party(self, country: str, billed: int) -> tuple[Customer, Contact, Entry]:
        """Somebody new, with a bill that fell due before they asked for a plan."""
        customer = building.add_customer(self.builder, names.firm(self.builder.draw, country), country)
        item = building.bill(self.builder, customer, "EUR", self.day(billed), times=4)
        contact = customers.first_contact(customer.id)
        assert contact is not None
        return customer, contact, item

    def proposal(self, customer: Customer, wish: Wish, days_ago: int) -> Proposal:
        return plans.think(customer, "EUR", wish, on=self.day(days_ago)).proposal()

    def to_the_day(self, proposal: Proposal, story: "Story") -> Proposal:
        """On days that are counted from today alone, whatever weekday that is."""
        start, weeks = self.day(story.second), schedule.WEEKS.get(story.frequency)
        steps = range(len(proposal.lines) - 1)
        days = [start + timedelta(weeks=weeks * step) if weeks else months_after(start, step) for step in steps]
        amounts = [amount for _, amount in proposal.lines]
        lines = list(zip([self.day(story.signed), *days], amounts, strict=True))
        return replace(proposal, lines=lines, working_days=False)

    def stamp(self, contact: Contact, days_ago: int) -> dict[str, Any]:
        by = Actor(ActorKind.CONTACT, contact.id, contact.name)
        return {"by": by, "on": self.day(days_ago), "now": self.now(days_ago)}


def plan(builder: Builder, people: dict[str, Principal]) -> list[dict[str, str]]:
    """
    Plans that were signed live day by day; then what waits for somebody. Returns what is kept to be charged again.
    """
    planner = Planner(builder, people, DemoTill())
    lives = [(story, *_begun(planner, story)) for story in STORIES]
    for days_ago in DAYS:
        today, now = planner.day(days_ago), planner.now(days_ago)
        planner.till.day = now
        for story, life, item in lives:
            _send(planner, story, life, item, days_ago)
        plans.tend(today, now=now)
        plans.charge(today, gateway=planner.till, now=lambda now=now: now)  # type: ignore[arg-type]
        plans.settle(now=now)
        planner.till.asking |= {f"cus_demo{customer}" for customer in planner.asking}
    with transaction():
        _wait(planner)
        _write_rules(planner)
    return planner.till.kept


def _begun(planner: Planner, story: Story) -> tuple[Plan, Entry]:
    """Made, signed, and its card or account given on one day."""
    automatic = isinstance(story.kept, str)
    with transaction():
        customer, contact, item = planner.party(story.country, story.signed + 50)
        stamp = planner.stamp(contact, story.signed)
        wish = Wish(
            count=story.count,
            frequency=story.frequency,
            start_on=planner.day(story.second),
            way=Way.AUTOMATIC if automatic else Way.TRANSFER,
        )
        proposal = planner.to_the_day(planner.proposal(customer, wish, story.signed), story)
        life = plans.propose(customer.id, contact.id, proposal, **stamp)
        _sign(life, customer, contact, stamp)
    if isinstance(story.kept, str):
        _give(planner, life, story, stamp)
    if story.asks:
        planner.asking.add(customer.number)
    return life, item


def _sign(life: Plan, customer: Customer, contact: Contact, stamp: dict[str, Any]) -> None:
    ours = {"by": stamp["by"], "now": stamp["now"]}
    paper = accounts.plan_paper(life, customer, contact, contact.language or "en", now=stamp["now"])
    assert paper is not None
    offered = agreements.offer(customer.id, contact.id, life.source, paper, **ours)
    agreements.sign(offered, Signature(contact.name, True, "192.0.2.10", "Firefox", stamp["now"]), **ours)
    consent_id = None
    if life.way is Way.AUTOMATIC:
        agreed = {"contact_id": contact.id, "text": paper.text, "language": paper.language}
        consent_id = consents.give(customer.id, life.source, ip="192.0.2.10", browser="Firefox", **agreed, **ours).id
    plans.sign(life, consent_id=consent_id, **stamp)
    plans.forget_draft(customer.id, contact.id, life.currency)


def _give(planner: Planner, life: Plan, story: Story, stamp: dict[str, Any]) -> None:
    """On the page of the till; the plan begins by it."""
    now = stamp["now"]
    payments.introduce(life.customer_id, gateway=planner.till, now=lambda: now)  # type: ignore[arg-type]
    with transaction():
        where = {"success_url": "https://pay.example/{attempt}", "cancel_url": "https://pay.example/"}
        told = {"by": stamp["by"], "now": now, "language": "en", "about": life.source}
        attempt = payments.request_setup(life.customer_id, life.currency, **where, **told)
        attempt.move_to(AttemptState.SUBMITTED)
        merge(
            life.customer_id,
            attempt.id,
            planner.till.given(attempt, str(story.kept), asks=story.asks),
            live=False,
            now=now,
        )
        plans.review(life.customer_id, now=now)


def _send(planner: Planner, story: Story, life: Plan, item: Entry, days_ago: int) -> None:
    """By bank, on the day of each payment that is kept, or the next day on which the house looks."""
    if isinstance(story.kept, str):
        return
    rows = plans.instalments_of(life)[: story.kept]
    with transaction():
        for row in [row for row in rows if row.is_living and row.due_on <= planner.day(days_ago)]:
            _receive(planner, life, item, row, days_ago)


def _receive(planner: Planner, life: Plan, item: Entry, row: Instalment, days_ago: int) -> None:
    now = planner.now(days_ago)
    desk.enter_receipt(
        life.customer_id,
        row.left,
        method=Method.TRANSFER,
        paid_on=planner.day(days_ago),
        reference=life.number,
        payer="",
        key=f"{life.source}:{row.number}",
        shares=[(item.id, row.left)],
        by=planner.builder.by,
        now=now,
    )
    plans.review(life.customer_id, now=now)


def _wait(planner: Planner) -> None:
    """Asked for and not answered, answered with another offer, declined, and only tried so far."""
    today = {"by": planner.people["Eglė Šimkutė"].actor, "on": planner.day(0), "now": planner.now(0)}
    for country, word, answer in (("GB", ASKED, ""), ("LT", "", "offer"), ("PL", "", "decline")):
        customer, contact, _ = planner.party(country, 60)
        asked = Wish(count=20, way=Way.TRANSFER)
        proposal = planner.proposal(customer, asked, 1)
        until = {"answer_on": planner.day(-1), "hardship": bool(word), "word": word}
        life = plans.ask_for(customer.id, contact.id, proposal, **until, **planner.stamp(contact, 1))
        if answer == "offer":
            plans.offer(life, planner.proposal(customer, replace(asked, count=10), 0), until=planner.day(-14), **today)
        elif answer == "decline":
            plans.decline_request(life, reason=DECLINED, **today)
    customer, contact, _ = planner.party("GB", 60)
    stamp = planner.stamp(contact, 0)
    plans.keep(customer.id, contact.id, "EUR", Wish(count=5), on=stamp["on"], now=stamp["now"])


def _write_rules(planner: Planner) -> None:
    """A newer version is being written: smaller first payments, one date more that may move."""
    writer, now = planner.people["Eglė Šimkutė"], planner.now(0)
    version = publishing.draft(by=writer, now=now)
    rules = policies.value(version).rules
    milder = [replace(rule, terms=replace(rule.terms, first_percent=Decimal(5), moves=2)) for rule in rules]
    publishing.write(version, milder, by=writer, now=now, reason="Whoever has little today begins all the same")
