"""What the demonstration's customers have said, and what staff placed: promises, claims, pauses, opt-outs."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from commandline.demo import building, history
from commandline.demo.building import Builder
from models import audit, claims, customers, ledger, pauses, payments, promises, staff
from models.customers import Contact, Customer, opt_outs
from models.customers.opt_outs import OptedOutBy
from models.holds import HoldKind
from models.ledger import Entry
from models.money import Money
from models.transactions import transaction

PLACED: dict[HoldKind, tuple[str, dict[str, Any]]] = {
    HoldKind.PAUSE: ("The delivery note is being looked for", {}),
    HoldKind.HARDSHIP: ("Out of work since the summer", {}),
    HoldKind.BREATHING_SPACE: ("Certificate of the debt adviser", {}),
    HoldKind.CEASE_CONTACT: ("Letter of last week", {}),
    HoldKind.WRONG_ADDRESS: ("The letter came back", {}),
    HoldKind.LEGAL_REPRESENTATIVE: (
        "Power of attorney is in the file",
        {"representative": "Advokatė Rasa Petrauskienė\nVilniaus g. 12, 01402 Vilnius"},
    ),
}


def tell(builder: Builder, people: dict[str, staff.Principal]) -> None:
    """Every state of each, twice. The judge of promises and the end of pauses work as they do every night."""
    collector = people["Rūta Kazlauskienė"].actor
    numbers = count(history.FIRST_TELLING)
    for place in range(2):
        with transaction():
            customer, contact, items = _customer(next(numbers))
            _promises(builder, customer, contact, items[:4])
            _claims(builder, customer, contact, items[4:], collector)
            stopped, person, _ = _customer(next(numbers))
            opt_outs.opt_out(person, OptedOutBy.PAGE, now=builder.at(builder.today - timedelta(days=25)))
            claims.disown(stopped, person, ("sold", "company")[place], "", **_at(builder, person))
            for kind in PLACED:
                _place(builder, kind, next(numbers), collector)
    now = builder.at(builder.today)
    promises.judge(builder.today, now=now)
    claims.lapse(builder.today, now=now)


def _customer(number: int) -> tuple[Customer, Contact, list[Entry]]:
    """One of those that the file has brought, with what they owe."""
    customer = customers.by_number(str(number))
    contact = customers.first_contact(customer.id) if customer else None
    assert customer is not None
    assert contact is not None
    return customer, contact, list(ledger.open_debits(customer.id, "EUR"))


def _promises(builder: Builder, customer: Customer, contact: Contact, items: list[Entry]) -> None:
    """Open, taken back, kept, and not kept."""
    long_ago, today = builder.today - timedelta(days=12), builder.today
    for item, day in zip(items, (today, today, long_ago, long_ago), strict=True):
        made = promises.make(
            customer.id, {item.id: item.amount}, pay_on=day + timedelta(days=5), **_at(builder, contact, day)
        )
        if item is items[1]:
            promises.withdraw(made, **_at(builder, contact))
        if item is items[2]:
            building.pay(builder, customer, item, today - timedelta(days=6))


def _claims(builder: Builder, customer: Customer, contact: Contact, items: list[Entry], collector: audit.Actor) -> None:
    """Looked for, found and used, over without an answer, and looked at by a person."""
    today, paid_on = builder.today, builder.today - timedelta(days=10)
    money = ledger.receive(
        customer.id, items[1].amount, effective_on=paid_on, dedupe_key="demo:told", now=builder.at(paid_on)
    )
    for item, day in zip(items, (today, today, paid_on, today), strict=True):
        at = _at(builder, contact, day)
        open_items = payments.payable_items(customer.id, day)
        amount = item.amount if item is not items[3] else Money(item.amount_minor - 1, item.currency)
        told = claims.Said(amount, paid_on, "transfer", item_id=item.id)
        said = claims.say_paid(customer, contact, open_items, told, **at)
        if item is items[1]:
            claims.answer_yes(said, money.id, customer, contact, **at)
        if item is items[3]:
            claims.close(said, "It went to our other account", **{**at, "by": collector})


def _place(builder: Builder, kind: HoldKind, number: int, collector: audit.Actor) -> None:
    customer, _, items = _customer(number)
    reason, facts = PLACED[kind]
    at = {"by": collector, "on": builder.today, "now": builder.at(builder.today)}
    if kind is HoldKind.PAUSE:
        facts = {"entry_id": items[0].id, "until_on": builder.today + timedelta(days=14)}
        over = pauses.place(customer.id, kind, reason, until_on=facts["until_on"], **at)
        pauses.end(over, "Found: only one invoice was meant", **at)
    pauses.place(customer.id, kind, reason, **facts, **at)


def _at(builder: Builder, contact: Contact, day: date | None = None) -> dict[str, Any]:
    by = audit.Actor(audit.ActorKind.CONTACT, contact.id, contact.name)
    on = day or builder.today
    return {"by": by, "on": on, "now": builder.at(on)}
