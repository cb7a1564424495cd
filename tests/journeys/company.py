"""A small company with something awkward for every page: none, one, hundreds; long, large, Persian, hostile."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pyotp
from sqlalchemy import text

import standin
from commandline.demo import reminders
from models import (
    accounts,
    approvals,
    audit,
    claims,
    clock,
    company,
    customers,
    desk,
    disputes,
    files,
    imports,
    jobs,
    ledger,
    messages,
    pauses,
    payments,
    plans,
    promises,
    staff,
    worklist,
)
from models.approvals import CreditLine, CreditNote, PlanOffer, Refund, WriteOff
from models.claims import Said
from models.customers import Contact, Customer, calendars, links, merges, notes, opt_outs
from models.database import session
from models.desk import Line, Method
from models.dunning import preview, review, runs, sequences, templates
from models.files import FileKind
from models.gateways.stripe import StripeGateway
from models.holds import HoldKind
from models.ledger import Entry
from models.messages import addresses
from models.money import Money
from models.payments import AttemptState
from models.plans import policies, publishing
from models.policies.permissions import Role
from models.policies.plans import Frequency
from models.staff import Principal, StaffState
from models.transactions import transaction
from models.worklist import CallOutcome, TaskKind
from tests.journeys import complaints as complaining
from tests.journeys import kept
from tests.journeys.disputed import Disputer
from tests.journeys.filed import Clerk
from tests.journeys.planned import Planner
from tests.making import Maker

HOSTILE = '<a hx-get="/hostile" hx-trigger="load" href="/hostile">Free</a>'
LONG = "Pietryčių Aukštaitijos maitinimo ir biuro reikmenų tiekimo kooperatyvas „Ąžuolas“"
PASSWORD = "correct horse battery staple"
LARGEST = 99_999_999_999  # 999,999,999.99


@dataclass
class Furnished:
    """The ids of what pages are opened for, by name."""

    today: date
    customers: dict[str, int] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    contacts: dict[str, int] = field(default_factory=dict)
    attempts: dict[str, UUID] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    reminded_on: str = ""


class Furnisher:
    """`now` is the moment at which everything is written down."""

    def __init__(self, now: datetime, home: Path, key: str) -> None:
        """:param home: where the files to be imported are written. :param key: the installation's secret."""
        self.now = now
        self.home = home
        self.key = key
        self.make = Maker(now)
        self.made = Furnished(self.make.today)
        self.people: dict[Role, Principal] = {}

    def furnish(self) -> Furnished:
        with transaction():
            self._creditor()
            self._staff()
            self._joined(self.key)
        self._plain_customers()
        self._told()
        self._by_file()
        with transaction():
            self._money(self._customer("busy", HOSTILE, "1007"))
        with transaction():
            self._waiting()
            self._around()
        with transaction():
            self._words()
            self._plan_rules()
        self._reminded()
        self._disputed()
        self._planned()
        self.made.others |= complaining.furnish(self.make, self.people, HOSTILE, now=self.now)
        return self.made

    def _disputed(self) -> None:
        with transaction():
            customer = self._customer("disputing", f"Kakava {HOSTILE}", "1012", country="LT", language="lt")
            contact = customers.contact_of(customer.id, self.made.contacts["disputing"])
        disputer = Disputer(self.make, customer, contact, self.people)
        disputer.furnish(HOSTILE)
        self.made.others |= disputer.ids
        self.made.entries["disputed"] = disputes.of_customers([customer.id])[-1].entry_id
        self.made.tokens |= disputer.tokens
        self.made.entries["disputing"] = disputer.items["new"]

    def _planned(self) -> None:
        with transaction():
            customer = self._customer("planning", "Ταβέρνα «Η Δόση»", "1013", country="GB", language="en")
            contact = customers.contact_of(customer.id, self.made.contacts["planning"])
        planner = Planner(self.make, customer, contact, self.people[Role.FINANCE].actor)
        planner.furnish(HOSTILE)
        self.made.others |= planner.ids
        self._plan_waits(customer, contact)
        item = self.make.invoice(customer, 1_000, number="FILED-1")
        self.made.entries["filed"] = item.id
        clerk = Clerk(self.make, customer, contact, self.people[Role.COLLECTOR].actor)
        clerk.furnish(HOSTILE, item.invoice_id)
        self.made.others |= clerk.ids
        self.made.others |= kept.furnish(self.make, customer, contact)

    def _plan_waits(self, customer: Customer, contact: Contact) -> None:
        """One that no rule allows, with a second person."""
        self.make.invoice(customer, 24_000, number=f"{HOSTILE}-P")
        collector = self.people[Role.COLLECTOR]
        with transaction():
            idea = plans.think(customer, "EUR", plans.Wish(count=30), on=self.make.today)
            told = {"reason": HOSTILE, "by": collector.staff_id, "key": "plan"}
            offer = PlanOffer.of(idea, customer.id, contact.id, None, **told)
            asked = approvals.submit(offer, by=collector, now=self.now)
            self.made.others["plan approval"] = asked.approval.id

    def _reminded(self) -> None:
        """A run; the first message of the days to come, for whom and when."""
        with transaction():
            run = runs.start(by=audit.COMMAND, now=self.now)
        runs.work_off(run.id, now=lambda: self.now)
        with transaction():
            to_write = self._customer("message", "بازرگانی نیلوفر", "1011", country="IR", language="fa")
            self.made.others["message"] = next(one.id for one in templates.every() if one.key == "after_14")
        for place in range(3):
            self.make.invoice(to_write, 1_284_500 + place, number=f"MSG-{place}")
        with transaction():
            first = preview.preview(now=self.now).planned[0]
            self.made.others |= {"run": run.id, "reminded": first.customer_id, "draft": preview.drafts()[-1][1].id}
            self.made.reminded_on = first.day.isoformat()

    def _words(self) -> None:
        """Words and a sequence in use, each with a newer version; a text that somebody tried to make a page of."""
        writer, counsel = self.people[Role.FINANCE], self.people[Role.COUNSEL]
        company.locked().law_firm = "Law & Sons\nMain Street 1"
        reminders.put_in_use(counsel, self.people[Role.MANAGER], now=self.now)
        keys = {one.key: one for one in templates.every()}
        for place, key in (("words", "after_7"), ("words_draft", "after_14")):
            draft = templates.draft(keys[key], by=writer, now=self.now)
            before = templates.wording(draft).texts["fa"]
            changed = replace(before, subject=f"{before.subject} {HOSTILE}"[:120], body=f"{before.body}\n\n{{company}}")
            templates.write(draft, "fa", changed, by=writer, now=self.now)
            self.made.others[place] = keys[key].id
            if place == "words":
                review.send(draft, by=writer, now=self.now)
        self.made.others["letter"] = keys["final"].id
        self.made.others["agreement"] = keys["plan_transfer"].id
        [everyone] = sequences.every()
        changed_steps = [*sequences.live()[0].sequence.steps[1:]]
        changed_steps[1] = replace(changed_steps[1], days=-3)
        draft = sequences.draft(everyone, by=writer, now=self.now)
        sequences.write(draft, [*changed_steps, replace(changed_steps[-1], id=0, days=80)], by=writer, now=self.now)
        self.made.others["sequence"] = everyone.id
        waiting = sequences.add(f"Greece {HOSTILE}", None, "GR", by=writer, now=self.now)
        review.send(waiting, by=writer, now=self.now)
        review.approve(waiting, by=counsel, now=self.now)
        self.made.others["waiting"] = waiting.sequence_id

    def _plan_rules(self) -> None:
        """A draft with a rule of each kind, one of them with a name that somebody tried to make a page of."""
        writer, [first] = self.people[Role.FINANCE], policies.in_force().rules
        firms = replace(first, id=0, name=f"Firms {HOSTILE}", kind="business", country="LT", up_to_minor=1_000_000)
        dear = replace(first.terms, most=24, most_months=24, fee=Money(12_50, "EUR"), interest_percent=Decimal("8.15"))
        draft = publishing.draft(by=writer, now=self.now)
        others = replace(first, terms=replace(first.terms, most=6, frequencies=frozenset(Frequency)))
        publishing.write(draft, (replace(firms, terms=dear), others), by=writer, now=self.now, reason=HOSTILE)

    def _creditor(self) -> None:
        row = company.locked()
        row.name, row.country, row.currency, row.language = "Baltic Supply UAB", "LT", "EUR", "en"
        row.timezone, row.address = "Europe/Vilnius", "Verkių g. 29, 09108 Vilnius"
        row.help_phone, row.help_email = "+370 5 210 0000", "accounts@baltic-supply.example"
        row.privacy_url = "https://baltic-supply.example/privacy"
        row.iban, row.bic = "LT12 1000 0111 0100 1000", "AGBLLT2X"
        row.bank_money_until = self.made.today - timedelta(days=1)
        row.is_demo = True

    def _staff(self) -> None:
        for role in Role:
            name = HOSTILE if role is Role.FINANCE else f"Žygimantas {role}"
            member = staff.add(
                email=f"{role}@company.test",
                name=name,
                role=role,
                state=StaffState.ACTIVE,
                by=audit.COMMAND,
                now=self.now,
            )
            self.people[role] = staff.principal(member)
            self.made.others[role] = member.id
        invited = staff.add(email="new@company.test", role=Role.CLERK, by=audit.COMMAND, now=self.now)
        staff.invite(invited, address=self._keep("invited"), by=audit.COMMAND, now=self.now)
        self.made.others["invited"] = invited.id

    def _keep(self, key: str) -> Callable[[str], str]:
        """Stands in for the address of a mailed link: remembers its token."""

        def keep(token: str) -> str:
            self.made.tokens[key] = token
            return token

        return keep

    def _joined(self, key: str) -> None:
        """Somebody with a password and an app, who asked for a new password."""
        email = "vera@company.test"
        member = staff.add(email=email, name="Vera", role=Role.CLERK, by=audit.COMMAND, now=self.now)
        staff.invite(member, address=self._keep("joined"), by=audit.COMMAND, now=self.now)
        token = self.made.tokens["joined"]
        code = pyotp.TOTP(staff.secret_of_invitation(token, key=key)).now()
        staff.accept(token, name="Vera", password=PASSWORD, code=code, key=key, now=clock.real_now())
        staff.ask_reset(email, address=self._keep("reset"), now=self.now)

    def _customer(self, key: str, name: str, number: str, **facts: object) -> Customer:
        customer = customers.add(number=number, name=name, by=audit.COMMAND, now=self.now, **facts)
        contact = customers.add_contact(
            customer, email=f"{key}@customers.example", name=f"{name[:40]}", by=audit.COMMAND, now=self.now
        )
        self.made.customers[key], self.made.contacts[key] = customer.id, contact.id
        return customer

    def _plain_customers(self) -> None:
        """Nothing, one item, a name of 80 characters with the largest amount, three currencies in Persian."""
        with transaction():
            self._customer("none", "Rūta Kazlauskienė", "1001", country="LT", language="lt")
            one = self._customer("one", "Ταβέρνα Θάλασσα", "1002", country="GR", language="el")
            long = self._customer("long", LONG, "1003", address="Savanorių pr. 165,\n03154 Vilnius", terms="30")
            persian = self._customer("persian", "شرکت بازرگانی گلستان", "1004", country="IR", language="fa")
        self.made.entries["one"] = self.make.invoice(one, 64_000, number="INV-1").id
        self.make.invoice(long, LARGEST, number="INV-2")
        late = self.make.invoice(long, LARGEST, number="Sąskaita serija ŽALIAS-NAMAS numeris 2026/11/000417-B")
        self.made.entries["large"] = late.id
        self.make.receipt(long, LARGEST)
        for currency in ("EUR", "JPY", "KWD"):
            self.make.invoice(persian, 1_284_500, currency=currency)
            self.make.invoice(persian, 99_000, currency=currency, due_on=self.made.today + timedelta(days=9))
            self.make.receipt(persian, 5_000, currency=currency)

    def _told(self) -> None:
        """Customers who said something: a promise and a payment that is looked for; 'not mine'. What staff placed."""
        with transaction():
            told = self._customer("told", "Kavinė „Du gaideliai“", "1009", country="LT", language="lt")
            left = self._customer("left", "Nebe mano UAB", "1010", country="LT", language="lt")
        items = [self.make.invoice(told, minor, number=f"TOLD-{minor}") for minor in (64_000, 20_000, 5_000)]
        self.make.receipt(told, 20_000, on=self.made.today - timedelta(days=2))
        self.make.invoice(left)
        today, contact = self.made.today, customers.contact_of(told.id, self.made.contacts["told"])
        at = {"by": audit.Actor(audit.ActorKind.CONTACT, contact.id, contact.name), "on": today, "now": self.now}
        day = today + timedelta(days=10)
        with transaction():
            promise = promises.make(told.id, {items[0].id: Money(32_000, "EUR")}, pay_on=day, **at)
            facts = (today, "transfer", HOSTILE, HOSTILE)
            open_items = payments.payable_items(told.id, today)
            found, missed = (
                claims.say_paid(told, contact, open_items, Said(Money(minor, "EUR"), *facts, item_id), **at)
                for minor, item_id in ((20_000, items[1].id), (1_234, None))
            )
            photo = files.Checked(files.kept_name(HOSTILE, FileKind.JPEG), FileKind.JPEG, b"never opened")
            files.keep(files.Tray.of(contact, "claim"), photo, about=missed.source, by=at["by"], now=self.now)
            one = customers.contact_of(self.made.customers["one"], self.made.contacts["one"])
            files.keep(files.Tray.of(one, "claim"), photo, by=at["by"], now=self.now)
            whose = customers.contact_of(left.id, self.made.contacts["left"])
            claims.disown(left, whose, "sold", HOSTILE, **at)
            staff_at = {**at, "by": self.people[Role.COLLECTOR].actor}
            pauses.place(told.id, HoldKind.BREATHING_SPACE, HOSTILE, crisis=True, **staff_at)
            over = pauses.place(told.id, HoldKind.HARDSHIP, HOSTILE, **staff_at)
            pauses.end(over, HOSTILE, **staff_at)
            self.made.tokens["unsubscribe"] = opt_outs.unsubscribe_token(told.id, contact.id, now=self.now)
        self.made.others |= {"promise": promise.id, "found": found.id, "missed": missed.id}
        holding = {one.kind: one.hold_id for one in accounts.stopping([told.id])}
        self.made.others |= {"crisis": holding["breathing_space"], "promised": holding["promise"]}

    def _by_file(self) -> None:
        """Five hundred items of one customer, 2,602 of another, and a file with rows that cannot be booked."""
        titles = ["customer", "name", "number", "amount", "currency", "issued", "due", "reference"]
        first = self.made.today - timedelta(days=700)
        rows = [
            [number, name, f"{number}-{place}", f"{place + 1}.99", "EUR", *self._days(first, place), HOSTILE]
            for number, name, count in (("1005", "Vilniaus valgyklos UAB", 500), ("1006", "WAL-MAR co", 2602))
            for place in range(count)
        ]
        self._import("invoices.csv", titles, rows)
        broken = [
            ["1005", "Vilniaus valgyklos UAB", "1005-0", "2.99", "EUR", *self._days(first, 0), ""],
            ["1005", "Vilniaus valgyklos UAB", "X-1", HOSTILE, "EUR", *self._days(first, 0), ""],
            ["1005", "Vilniaus valgyklos UAB", "X-2", "2.99", "EUR", "31.02.2026", "soon", ""],
            ["1005", "Vilniaus valgyklos UAB", "", "2.99", "XXX", *self._days(first, 0), ""],
        ]
        self.made.others["run"] = self._import("invoices <a hx-get=hostile>.csv", titles, broken).run_id
        for key, number in (("hundreds", "1005"), ("thousands", "1006")):
            customer = customers.by_number(number)
            self.made.customers[key] = customer.id
            self.made.contacts[key] = self.make.contact(customer, f"{key}@customers.example").id

    def _days(self, first: date, place: int) -> tuple[str, str]:
        day = first + timedelta(days=place % 690)
        return day.isoformat(), (day + timedelta(days=30)).isoformat()

    def _import(self, name: str, titles: list[str], rows: list[list[str]]) -> imports.Summary:
        path = self.home / name
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([titles, *rows])
        return imports.run(imports.Kind.INVOICES, [path], home=self.home, by=audit.COMMAND, now=self.now)

    def _money(self, customer: Customer) -> None:
        """Whatever the ledger knows: paid, taken back, charged back, won back, written off, credited, refunded."""
        finance, today = self.people[Role.FINANCE], self.made.today
        items = [self._bill(customer, place) for place in range(6)]
        paid = self._pay(customer, items[0], more=7_000)
        self.made.entries |= {"paid": paid.id, "billed": items[0].id, "open": items[5].id}
        charged = self._pay(customer, items[1])
        back = ledger.charge_back(charged, charged.amount, on=today, dedupe_key="dp_1", reason=HOSTILE, now=self.now)
        ledger.win_back(back, on=today, dedupe_key="dp_2", now=self.now)
        mistaken = self._pay(customer, items[2])
        allocation = ledger.allocations_of(customer.id, mistaken.id)[0]
        row = ledger.allocation_of(customer.id, allocation.allocation_id)
        desk.take_back(row, reason=HOSTILE, by=finance.actor, now=self.now)
        session.refresh(mistaken)
        self.made.entries["unapplied"] = mistaken.id
        living = ledger.allocations_of(customer.id, paid.id)[0]
        self.made.others["allocation"] = living.allocation_id
        for decision in (
            WriteOff(customer_id=customer.id, entry_id=items[3].id, amount=Money(900, "EUR"), reason="Small",
                     effective_on=today, key="w1"),
            Refund(customer_id=customer.id, entry_id=paid.id, amount=Money(2_000, "EUR"), reason=HOSTILE,
                   effective_on=today, key="r1"),
            CreditNote(customer_id=customer.id, number="CN-1", amount=Money(1_000, "EUR"), reason="Damaged",
                       issued_on=today, invoice_id=None, key="c1",
                       lines=(CreditLine(description="Bent", quantity=Decimal(1), net_minor=1_000,
                                         tax_rate=Decimal(0), tax_minor=0),)),
        ):  # fmt: skip
            approvals.submit(decision, by=finance, now=self.now)

    def _bill(self, customer: Customer, place: int) -> Entry:
        day = self.made.today - timedelta(days=90 - place)
        invoice = desk.write_invoice(
            customer,
            number=f"BS-{place}" if place else HOSTILE[:60],
            currency="EUR",
            lines=[Line(HOSTILE, Decimal("2.5"), Decimal("149.99"), Decimal(21))],
            issued_on=day,
            due_on=day + timedelta(days=30),
            reference=HOSTILE,
            by=self.people[Role.FINANCE].actor,
            now=self.now,
        )
        return ledger.entries_of_invoice(customer.id, invoice.id)[0]

    def _pay(self, customer: Customer, item: Entry, more: int = 0) -> Entry:
        return desk.enter_receipt(
            customer.id,
            Money(item.amount_minor + more, "EUR"),
            method=Method.TRANSFER,
            paid_on=self.made.today - timedelta(days=3),
            reference=HOSTILE,
            payer=HOSTILE,
            key=f"{item.id}",
            shares=[(item.id, item.amount)],
            by=self.people[Role.FINANCE].actor,
            now=self.now,
        )

    def _waiting(self) -> None:
        """Decisions that wait, and two that were decided."""
        customer_id, today = self.made.customers["busy"], self.made.today
        for place in range(3):
            decision = WriteOff(
                customer_id=customer_id,
                entry_id=self.made.entries["open"],
                amount=Money(20_000 + place, "EUR"),
                reason=HOSTILE,
                effective_on=today,
                key=f"late{place}",
            )
            asked = approvals.submit(decision, by=self.people[Role.FINANCE], now=self.now)
            self.made.others[f"approval{place}"] = asked.approval.id
        waiting = approvals.of_customer(customer_id, self.made.others["approval2"])
        approvals.decline(waiting, by=self.people[Role.MANAGER], comment=HOSTILE, now=self.now)

    def _around(self) -> None:
        """Notes, links, a merge, money without a name, mails, a failed job."""
        busy = customers.find(self.made.customers["busy"])
        notes.write(busy.id, f"{HOSTILE}\nشماره فاکتور ۱۲۳", by=self.people[Role.COLLECTOR].actor, now=self.now)
        branch = self._customer("branch", "Žalias Namas, skyrius", "1008")
        merges.merge(branch, busy, effective_on=self.made.today, by=audit.COMMAND, now=self.now)
        unnamed = desk.enter_receipt(
            company.HOLDING_ACCOUNT, Money(12_345, "EUR"), method=Method.CASH, paid_on=self.made.today,
            reference=HOSTILE, payer="J. Nežinomas", key="unnamed", by=self.people[Role.FINANCE].actor, now=self.now,
        )  # fmt: skip
        self.made.entries["unnamed"] = unnamed.id
        for place in range(2):
            messages.queue(
                busy.id, dedupe_key=f"m{place}", kind="receipt", address="busy@customers.example", language="en",
                subject=f"Your receipt {HOSTILE}", text=f"Dear {HOSTILE}\n\nThank you.", html="", now=self.now,
            )  # fmt: skip
        self.made.others["message"] = messages.outbox(busy.id)[0].id
        self._tasks(busy)
        jobs.later("messages.send")
        session.execute(text("update procrastinate_jobs set status = 'failed', attempts = 5"))
        jobs.later("messages.send")
        for key in ("link", "bound"):
            contact = customers.contact_of(busy.id, self.made.contacts["busy"])
            self.made.tokens[key] = links.make(busy, contact, by=audit.COMMAND, now=self.now)
        persian_id, contact_id = self.made.customers["persian"], self.made.contacts["persian"]
        for key, whose in (("letter", contact), ("persian letter", customers.contact_of(persian_id, contact_id))):
            owner = customers.find(whose.customer_id)
            self.made.tokens[key] = links.make(owner, whose, by=audit.COMMAND, now=self.now, paper=True)
        calendars.make(busy.id, contact.id, by=audit.COMMAND, now=self.now)
        links.open_link(self.made.tokens["bound"], None, now=self.now, address="192.0.2.1", agent="another browser")

    def _tasks(self, busy: Customer) -> None:
        """One of each kind that is open, one done, and calls."""
        collector = self.people[Role.COLLECTOR]
        for place, kind in enumerate(TaskKind):
            facts = {"note": HOSTILE} if place % 2 else {}
            added = worklist.add(busy.id, kind, about="journeys:1", now=self.now - timedelta(days=place), facts=facts)
            self.made.others[f"task {kind}"] = added
        addresses.stop("busy@customers.example", "550 5.1.1 No such mailbox", now=self.now)
        done = worklist.find(busy.id, self.made.others[f"task {TaskKind.HAND_OVER}"])
        worklist.finish(done, HOSTILE, by=collector, now=self.now)
        for outcome in (CallOutcome.SPOKE, CallOutcome.NO_ANSWER):
            worklist.record(busy.id, outcome, by=collector, now=self.now, note=HOSTILE)

    def pay(self, gateway: StripeGateway, till: standin.Running) -> None:
        """Payments of the busy customer, one in each state that a customer can meet."""
        letter = links.living(self.made.tokens["letter"], now=clock.real_now())
        by_letter = audit.Actor(audit.ActorKind.LINK, letter.id)
        by_contact = audit.Actor(audit.ActorKind.CONTACT, self.made.contacts["busy"])
        asked = [(state, by_contact, state) for state in ("open", "processing", "succeeded", "failed", "expired")]
        for state, by, key in (*asked, ("succeeded", by_letter, "by letter")):
            with transaction():
                attempt = payments.request(
                    self.made.customers["busy"],
                    [(self.made.entries["open"], Money(1_000, "EUR"))],
                    by=by,
                    on=self.made.today,
                    now=self.now,
                    success_url="http://localhost/payments/{attempt}",
                    cancel_url="http://localhost/",
                    language="en",
                    description=HOSTILE,
                )
            self.made.attempts[key] = attempt.id
            payments.submit(attempt.customer_id, attempt.id, gateway=gateway, now=clock.now)
            self._bring_to(AttemptState(state), attempt.customer_id, attempt.id, gateway, till)
        self._ask_back(gateway, till)

    def _ask_back(self, gateway: StripeGateway, till: standin.Running) -> None:
        """A part of what was paid is refunded, a part in vain, and a part charged back."""
        attempt = payments.find(self.made.customers["busy"], self.made.attempts["succeeded"])
        paid = {"payment": attempt.session_id}
        for minor in (200, 300):
            till.control(refund=paid | {"amount": minor})
        failed = till.app.account.books.newest_first("refund", limit=1)[0][0]["id"]
        till.control(finish_refund={"id": failed, "status": "failed"})
        till.control(dispute=paid | {"amount": 400})
        payments.sync(attempt.customer_id, attempt.id, gateway=gateway, now=clock.now)
        intent_id = payments.find(attempt.customer_id, attempt.id).payment_intent_id
        self.made.entries["online"] = ledger.entry_by_key(attempt.customer_id, f"{intent_id}:paid").id
        [chargeback] = payments.chargebacks_of_receipt(attempt.customer_id, self.made.entries["online"])
        self.made.entries["charged"] = ledger.entry_by_key(attempt.customer_id, chargeback.withdrawn_key).id
        session.rollback()

    def _bring_to(
        self, state: AttemptState, customer_id: int, attempt_id: UUID, gateway: StripeGateway, till: standin.Running
    ) -> None:
        attempt = payments.find(customer_id, attempt_id)
        if state is AttemptState.SUCCEEDED:
            till.press_pay(attempt.session_url)
        elif state is AttemptState.EXPIRED:
            gateway.expire_session(attempt.session_id)
        elif state is not AttemptState.OPEN:
            # The stand-in knows no payment that lasts days, and a declined one may be tried again.
            with transaction():
                session.get_one(payments.Attempt, (customer_id, attempt_id)).move_to(state)
            return
        payments.sync(customer_id, attempt_id, gateway=gateway, now=clock.now)
