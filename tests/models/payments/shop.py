"""A customer's clicks, Stripe's page and the worker's steps, against the stand-in over HTTP. The clock stands still."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text

import standin
from models import audit, clock, company, customers, ledger, messages, payments
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.database import session
from models.gateways.stripe import StripeGateway
from models.ledger import Entry, EntryKind, Side
from models.messages import Message
from models.money import Money
from models.payments import Attempt, AttemptState, Consent, Refund, SavedMethod, consents, methods
from models.reports.verify import verify
from models.transactions import transaction
from standin.courier import sign

SECRET = "whsec_shop"
GOOD, DECLINED = "4242424242424242", "4000000000009995"


class Shop:
    def __init__(self, till: standin.Running, now: datetime) -> None:
        self.till = till
        self.gateway = StripeGateway("sk_test_standin", [SECRET], till.url)
        self.moment = now
        self._set_clock()

    def now(self) -> datetime:
        return self.moment

    def pass_time(self, **by: float) -> None:
        self.moment += timedelta(**by)
        self._set_clock()

    def _set_clock(self) -> None:
        self.till.control(clock_offset_seconds=round(self.moment.timestamp() - time.time()))

    # What a payer does

    def ask(self, contact: Contact, entry: Entry, minor: int | None = None, account: int | None = None) -> Attempt:
        """Press 'Continue to payment', up to the point where Stripe is called. `account`: if not the item's own."""
        payments.give_up_open(contact.customer_id, contact.id, gateway=self.gateway, now=self.now)
        with transaction():
            return payments.request(
                account or entry.customer_id,
                [(entry.id, Money(minor or entry.amount_minor, entry.currency))],
                by=by(contact),
                on=company.get().today(self.moment),
                now=self.moment,
                success_url="http://shop.test/payments/{attempt}?cs={CHECKOUT_SESSION_ID}",
                cancel_url="http://shop.test/back",
                description="Invoice",
                language="en",
            )

    def submit(self, attempt: Attempt) -> str:
        return payments.submit(attempt.customer_id, attempt.id, gateway=self.gateway, now=self.now)

    def open(self, contact: Contact, entry: Entry, minor: int | None = None) -> Attempt:
        """Up to Stripe's page."""
        attempt = self.ask(contact, entry, minor)
        self.submit(attempt)
        return attempt

    def press_pay(self, attempt: Attempt, card: str = GOOD) -> int:
        return self.till.press_pay(f"{self.till.url}/pay/{self.session_of(attempt)['id']}", card)[0]

    # What is kept, and charged while nobody is there

    def introduce(self, customer: Customer) -> str:
        return payments.introduce(customer.id, gateway=self.gateway, now=self.now)

    def ask_setup(self, contact: Contact, about: str = "") -> Attempt:
        self.introduce(customers.find(contact.customer_id))
        with transaction():
            return payments.request_setup(
                contact.customer_id,
                "EUR",
                by=by(contact),
                now=self.moment,
                success_url="http://shop.test/methods/{attempt}",
                cancel_url="http://shop.test/back",
                language="en",
                about=about,
            )

    def keep(self, contact: Contact, number: str = GOOD, about: str = "") -> SavedMethod:
        """Give a card or an account without a payment, answering the bank's question where it has one."""
        attempt = self.ask_setup(contact, about)
        url = self.submit(attempt)
        if self.till.press_pay(url, number)[1].endswith("/authenticate"):
            self.till.authenticate(url)
        assert self.sync(attempt) is AttemptState.SUCCEEDED
        return self.method(self.attempt(attempt).method_id, contact.customer_id)

    def agree(self, contact: Contact, about: str = "plans:7", method: SavedMethod | None = None) -> Consent:
        with transaction():
            return consents.give(
                contact.customer_id,
                about,
                contact_id=contact.id,
                text="You may charge my card on the days of the plan.",
                language="en",
                ip="192.0.2.1",
                browser="Firefox",
                by=by(contact),
                now=self.moment,
                method_id=method.id if method else None,
            )

    def ask_charge(
        self, entry: Entry, method: SavedMethod, consent: Consent, minor: int = 4_000, instalment: int | None = 1
    ) -> Attempt:
        """What a plan does on the day, up to the point where Stripe is called."""
        with transaction():
            return payments.request_charge(
                entry.customer_id,
                [(entry.id, Money(minor, entry.currency))],
                instalment_id=instalment,
                method=method.id,
                consent=consent.id,
                description=f"Instalment {instalment} of 3",
                by=audit.JOB,
                on=company.get().today(self.moment),
                now=self.moment,
            )

    def charge(self, attempt: Attempt) -> AttemptState:
        return payments.submit_charge(attempt.customer_id, attempt.id, gateway=self.gateway, now=self.now)

    def taken(self, attempt: Attempt) -> list[int]:
        """Minor units of every charge for this attempt that Stripe's own books say was paid."""
        return [one["amount"] for one in self.there("charge") if one["paid"] and _attempt_of(one) == str(attempt.id)]

    def method(self, method_id: int | None, customer_id: int) -> SavedMethod:
        session.rollback()
        found = methods.find(customer_id, method_id or 0)
        assert found is not None
        return found

    def reviews(self) -> int:
        """Jobs that wait for plans to look at what happened; they are taken."""
        session.rollback()
        with transaction():
            done = text("delete from procrastinate_jobs where task_name = 'plans.review' returning id")
            return len(session.execute(done).all())

    # Behind Stripe's counter

    def sessions(self) -> list[dict[str, Any]]:
        return self.till.app.account.books.newest_first("checkout.session", limit=1000)[0]

    def session_of(self, attempt: Attempt) -> dict[str, Any]:
        return next(one for one in self.sessions() if one["metadata"]["attempt"] == str(attempt.id))

    def change_intent(self, attempt: Attempt, **changes: object) -> None:
        """Write into the stand-in's books what it does not play itself."""
        books = self.till.app.account.books
        books.save(books.get(self.session_of(attempt)["payment_intent"]) | changes)

    def refund_there(self, attempt: Attempt, minor: int) -> None:
        """Somebody refunds in Stripe's dashboard."""
        self.till.control(refund={"payment": self.session_of(attempt)["id"], "amount": minor})

    def dispute(self, attempt: Attempt, **facts: object) -> str:
        """The payer's bank asks the money back; returns the dispute's id."""
        self.till.control(dispute={"payment": self.session_of(attempt)["id"], **facts})
        return str(self.there("dispute")[0]["id"])

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        self.till.control(close_dispute={"id": dispute_id, "won": won})

    def there(self, kind: str) -> list[dict[str, Any]]:
        """Objects in Stripe's books, newest first."""
        return self.till.app.account.books.newest_first(kind, limit=1000)[0]

    def fail(self, kind: str, **facts: object) -> None:
        self.till.control(faults=[{"kind": kind, **facts}])

    # What we do about it

    def sync(self, attempt: Attempt) -> AttemptState:
        return payments.sync(attempt.customer_id, attempt.id, gateway=self.gateway, now=self.now)

    def sweep(self, most: int = 100) -> int:
        return payments.sweep(gateway=self.gateway, now=self.now, most=most)

    def ask_refund(self, receipt: Entry, minor: int, key: str = "form") -> Refund:
        """What finance asks for, up to the point where Stripe is called."""
        with transaction():
            amount = Money(minor, receipt.currency)
            return payments.request_refund(
                receipt, amount, reason="Paid twice", key=key, by=audit.COMMAND, now=self.moment
            )

    def send_refund(self, refund: Refund) -> Refund:
        payments.send_refund(refund.customer_id, refund.id, gateway=self.gateway, now=self.now)
        return self.refund(refund)

    def sweep_refunds(self) -> int:
        return payments.sweep_refunds(gateway=self.gateway, now=self.now)

    def catch_up(self) -> int:
        return payments.catch_up(gateway=self.gateway, now=self.now, real_now=clock.real_now)

    def events(self, *types: str) -> list[dict[str, Any]]:
        """Stripe's events, of these types where some are named, oldest first."""
        events, _ = self.till.app.account.books.newest_first("event", limit=1000)
        return [event for event in reversed(events) if not types or event["type"] in types]

    def deliver(self, events: Sequence[dict[str, Any]]) -> None:
        """Put events into the inbox, signed, as Stripe's courier does."""
        for event in events:
            body = json.dumps(event).encode()
            read = self.gateway.read_event(body, sign(body, [SECRET], int(time.time())))
            with transaction():
                payments.keep_event(read, live=self.gateway.live, now=clock.real_now())

    def drain(self, real_now: Callable[[], datetime] = clock.real_now) -> int:
        return payments.drain(gateway=self.gateway, now=self.now, real_now=real_now)

    # What stands in our books

    def attempt(self, attempt: Attempt) -> Attempt:
        session.rollback()
        return session.get_one(Attempt, (attempt.customer_id, attempt.id), populate_existing=True)

    def refund(self, refund: Refund) -> Refund:
        session.rollback()
        return payments.refund_of(refund.customer_id, refund.id)

    def entries(self, customer: Customer, kind: EntryKind | None = None) -> list[Entry]:
        session.rollback()
        query = select(Entry).where(Entry.customer_id == customer.id).order_by(Entry.id)
        rows = session.scalars(query.execution_options(populate_existing=True))
        return [row for row in rows if kind in (None, row.kind)]

    def state(self, attempt: Attempt) -> AttemptState:
        return self.attempt(attempt).state

    def payable(self, entry: Entry, contact: Contact | None = None) -> int:
        """What could be paid on it now by this contact, else by anybody else."""
        session.rollback()
        today = company.get().today(self.moment)
        item = payments.payable_item(entry.customer_id, entry.id, today, contact_id=contact.id if contact else None)
        return item.payable.minor

    def open_minor(self, entry: Entry) -> int:
        session.rollback()
        return ledger.entry_of(entry.customer_id, entry.id).left.minor

    def receipts(self, customer: Customer) -> list[Entry]:
        session.rollback()
        query = select(Entry).where(Entry.customer_id == customer.id, Entry.side == Side.CREDIT)
        return list(session.scalars(query.order_by(Entry.id).execution_options(populate_existing=True)))

    def mails(self, customer: Customer) -> list[Message]:
        session.rollback()
        return messages.outbox(customer.id)

    def broken(self) -> list[object]:
        """What `flask verify` would name."""
        session.rollback()
        return list(verify(now=self.moment).broken)


def _attempt_of(charge: dict[str, Any]) -> str:
    return str(charge["metadata"].get("attempt", ""))


def by(contact: Contact) -> Actor:
    return Actor(ActorKind.CONTACT, contact.id, contact.name)
