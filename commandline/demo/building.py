"""Builds the demonstration company by the business's own operations, in one transaction: all of it or none."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from commandline.demo import history, names, online, reminders
from commandline.demo.showing import SHOWN
from models import approvals, audit, clock, company, customers, desk, imports, ledger, staff
from models.approvals import Refund, WriteOff
from models.customers import Customer, CustomerKind, merges, notes
from models.database import session
from models.desk import Line, Method
from models.gateways.stripe_returns import DisputeState
from models.ledger import Entry
from models.money import Money
from models.policies.permissions import Role
from models.staff import StaffState
from models.transactions import transaction

HISTORY = timedelta(days=730)
LONG_NAME = "Pietryčių Aukštaitijos maitinimo ir biuro reikmenų tiekimo kooperatyvas „Ąžuolas“"
STAFF = (
    (Role.COLLECTOR, "Rūta Kazlauskienė"),
    (Role.CLERK, "Jonas Petraitis"),
    (Role.FINANCE, "Eglė Šimkutė"),
    (Role.FINANCE, "Tomas Grigas"),
    (Role.COUNSEL, "Austėja Balčiūnienė"),
    (Role.MANAGER, "Mindaugas Žukauskas"),
    (Role.ADMIN, "Kotryna Vaitkutė"),
)


@dataclass
class Builder:
    """`draw` gives names and amounts and depends on the seed alone; every date hangs on `today` alone."""

    draw: Random
    today: date
    numbers: int = 20_000
    invoices: int = 9_000
    last_receipt: Entry | None = None
    by: audit.Actor = field(default=audit.COMMAND)

    def at(self, day: date) -> datetime:
        """Nine in the morning, UTC: when the books of a day were written; never later than now."""
        return min(datetime.combine(day, time(9), tzinfo=UTC), clock.now())


def is_empty() -> bool:
    return customers.count() == 0


def build(count: int, *, seed: int, today: date, home: Path, address: str) -> list[dict[str, str]]:
    """
    Fill the empty installation: customers of seven countries and two years of their invoices come in by a file, as a
    real company's would; what a file does not bring is entered by the staff's own operations.

    :param home: where rejected rows and letters are written. :param address: of the portal, for links.
    :returns: what is kept to be charged again, for a stand-in for Stripe (its order 'keep').
    """
    builder = Builder(Random(seed), today)
    with transaction():
        _creditor(today)
        people = _staff(builder)
        counsel, publisher = people["Austėja Balčiūnienė"], people["Mindaugas Žukauskas"]
        reminders.put_in_use(counsel, publisher, now=builder.at(today - HISTORY))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "invoices.csv"
        history.write(file, builder.draw, count, today)
        imports.run(imports.Kind.INVOICES, [file], home=home, by=builder.by, now=builder.at(today))
    with transaction():
        café = _special_cases(builder, people)
    from commandline.demo import complaining, planning, telling

    telling.tell(builder, people)
    kept = planning.plan(builder, people)
    complaining.complain(builder, people, café, address=address)
    reminders.run_past_weeks(today, home=home, address=address)
    with transaction():
        reminders.propose(people["Eglė Šimkutė"], now=builder.at(today))
    return kept


def _creditor(today: date) -> None:
    row = company.locked()
    row.name, row.country, row.currency, row.language = "Baltic Supply UAB", "LT", "EUR", "en"
    row.timezone, row.registration = "Europe/Vilnius", "304 512 987"
    row.address = "Verkių g. 29\n09108 Vilnius"
    row.help_phone, row.help_email = "+370 5 210 0000", "accounts@baltic-supply.example"
    row.law_firm = "Advokatų kontora Balčiūnienė ir partneriai\nGedimino pr. 20\n01103 Vilnius"
    row.account_holder, row.iban, row.bic = "Baltic Supply UAB", "LT12 1000 0111 0100 1000", "AGBLLT2X"
    row.bank_money_until = today - timedelta(days=1)
    row.is_demo = True


def _staff(builder: Builder) -> dict[str, staff.Principal]:
    found = {}
    for role, name in STAFF:
        email = f"{name.split()[0].lower()}@baltic-supply.example"
        member = staff.add(
            email=email,
            role=role,
            name=name,
            by=builder.by,
            now=builder.at(builder.today - HISTORY),
            state=StaffState.ACTIVE,
        )
        found[name] = staff.Principal(staff_id=member.id, session_id=0, name=name, email=email, role=role)
    return found


def add_customer(builder: Builder, name: str, country: str, *, business: bool = True, email: str = "") -> Customer:
    draw, now = builder.draw, builder.at(builder.today - HISTORY)
    builder.numbers += draw.randint(1, 9)
    language = names.LANGUAGES[country]
    customer = customers.add(
        number=str(builder.numbers),
        name=name,
        kind=CustomerKind.BUSINESS if business else CustomerKind.CONSUMER,
        country=country,
        language=language,
        address=names.address(draw, country),
        terms="30",
        by=builder.by,
        now=now,
    )
    person = names.person(draw, country)
    customers.add_contact(
        customer,
        email=email or f"accounts.{builder.numbers}@customers.example",
        name=person,
        language=language,
        by=builder.by,
        now=now,
    )
    return customer


def bill(builder: Builder, customer: Customer, currency: str, day: date, *, times: int = 1) -> Entry:
    draw = builder.draw
    builder.invoices += 1
    lines = [
        Line(goods, Decimal(draw.randint(1, 12)) * times, Decimal(cents) / 100, Decimal(21))
        for goods, cents in draw.sample(names.GOODS, draw.randint(1, 3))
    ]
    if currency == "JPY":
        lines = [
            Line(line.description, line.quantity, line.price.quantize(Decimal(1)) * 160, Decimal(10)) for line in lines
        ]
    invoice = desk.write_invoice(
        customer,
        number=f"BS-{builder.invoices}",
        currency=currency,
        lines=lines,
        issued_on=day,
        due_on=day + timedelta(days=30),
        reference=f"PO {draw.randint(100, 999)}",
        by=builder.by,
        now=builder.at(day),
    )
    return ledger.entries_of_invoice(customer.id, invoice.id)[0]


def pay(builder: Builder, customer: Customer, debit: Entry, day: date, *, part: bool = False, more: int = 0) -> Entry:
    amount = Money(max(debit.amount_minor // 2, 1) if part else debit.amount_minor + more, debit.currency)
    builder.last_receipt = desk.enter_receipt(
        customer.id,
        amount,
        method=Method.TRANSFER,
        paid_on=day,
        reference=f"BS {builder.draw.randint(10_000, 99_999)}",
        payer=customer.name,
        key=f"{customer.number}:{debit.id}:{day}",
        shares=[(debit.id, min(amount, debit.amount))],
        by=builder.by,
        now=builder.at(day),
    )
    return builder.last_receipt


def _special_cases(builder: Builder, people: dict[str, staff.Principal]) -> Customer:
    """
    Zero, five hundred, three currencies, a very long name, one address on two accounts, and every state twice. Returns
    whom the link that is shown belongs to.
    """
    today = builder.today
    for _ in range(2):
        add_customer(builder, names.firm(builder.draw, "LT"), "LT")
    traveller = add_customer(builder, "شرکت بازرگانی گلستان", "IR")
    for currency in ("EUR", "USD", "JPY"):
        bill(builder, traveller, currency, today - timedelta(days=45))
        bill(builder, traveller, currency, today - timedelta(days=12))
    long = add_customer(builder, LONG_NAME, "LT")
    bill(builder, long, "EUR", today - timedelta(days=50), times=100_000)
    twins = [add_customer(builder, f"Kavinė „Gintaras“ {city}", "LT", email=SHOWN)
             for city in ("Vilnius", "Kaunas", "Klaipėda", "Palanga")]  # fmt: skip
    for twin in twins:
        bill(builder, twin, "EUR", today - timedelta(days=40))
    merges.merge(twins[2], twins[0], effective_on=today, by=builder.by, now=builder.at(today))
    merges.merge(twins[3], twins[1], effective_on=today, by=builder.by, now=builder.at(today))
    for customer in twins[:2]:
        _money_cases(builder, customer, people)
        notes.write(
            customer.id, "Asked for the delivery note of the last order; sent by post.",
            by=people["Rūta Kazlauskienė"].actor, now=builder.at(today),
        )  # fmt: skip
    for place in range(2):
        desk.enter_receipt(
            company.HOLDING_ACCOUNT,
            Money(12_345 + place * 8_000, "EUR"),
            method=Method.TRANSFER,
            paid_on=today - timedelta(days=2),
            reference="payment thank you",
            payer="J. Nežinomas",
            key=f"unnamed:{place}",
            by=builder.by,
            now=builder.at(today),
        )
    return twins[0]


def _money_cases(builder: Builder, customer: Customer, people: dict[str, staff.Principal]) -> None:
    """Overpaid, taken back, and what is decided about some of it."""
    today, now = builder.today, builder.at(builder.today)
    finance = people["Eglė Šimkutė"]
    overpaid = pay(
        builder,
        customer,
        bill(builder, customer, "EUR", today - timedelta(days=90)),
        today - timedelta(days=55),
        more=5_000,
    )
    _returned(builder, customer)
    mistaken = pay(
        builder, customer, bill(builder, customer, "EUR", today - timedelta(days=70)), today - timedelta(days=30)
    )
    allocation = ledger.allocations_of(customer.id, mistaken.id)[0]
    row = ledger.allocation_of(customer.id, allocation.allocation_id)
    if row is not None:
        desk.take_back(row, reason="Meant for another invoice", by=finance.actor, now=now)
    _decisions(builder, customer, overpaid, finance)


def _returned(builder: Builder, customer: Customer) -> None:
    """Paid online: charged back and not decided, won back, a debit returned; refunded, and refunded in vain."""
    today = builder.today
    billed = [bill(builder, customer, "EUR", today - timedelta(days=80 - place)) for place in range(5)]
    paid = [online.pay_online(builder, customer, debit, today - timedelta(days=30)) for debit in billed]
    online.charged_back(builder, paid[0], "fraudulent", DisputeState.OPEN, 2)
    online.charged_back(builder, paid[1], "unrecognized", DisputeState.WON, 20)
    online.charged_back(builder, paid[2], "insufficient_funds", DisputeState.LOST, 10)
    online.refunded(builder, paid[3], 500)
    online.refunded(builder, paid[4], 700, failure="expired_or_canceled_card")


def _decisions(builder: Builder, customer: Customer, overpaid: Entry, finance: staff.Principal) -> None:
    """Money given up or given back: two within what one person decides, one that waits for a second."""
    today, now = builder.today, builder.at(builder.today)
    small = bill(builder, customer, "EUR", today - timedelta(days=400))
    approvals.submit(
        WriteOff(customer_id=customer.id, entry_id=small.id, amount=Money(1_250, "EUR"), reason="Not worth a letter",
                 effective_on=today), by=finance, now=now,
    )  # fmt: skip
    session.refresh(overpaid)
    approvals.submit(
        Refund(customer_id=customer.id, entry_id=overpaid.id, amount=Money(2_000, "EUR"), reason="Asked for it back",
               effective_on=today), by=finance, now=now,
    )  # fmt: skip
    large = bill(builder, customer, "EUR", today - timedelta(days=300), times=40)
    approvals.submit(
        WriteOff(customer_id=customer.id, entry_id=large.id, amount=Money(30_000, "EUR"),
                 reason="Insolvent; the court paid a quota", effective_on=today), by=finance, now=now,
    )  # fmt: skip
