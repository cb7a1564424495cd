"""Customers who pay in several browsers, and somebody of finance who writes notes and sends money back."""

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from models import clock, ledger, payments
from models.customers import Contact, Customer
from models.errors import Refused
from models.ledger import Entry
from models.policies.permissions import Role
from models.transactions import release, transaction
from tests.journeys.conftest import session_of
from tests.kills.browser import Answer, Browser, NoAnswer
from tests.kills.load import Load
from tests.making import day_of

CARDS = ("4242424242424242",) * 4 + ("4000000000009995", "4000000000007726")
THANKS = "Thank you. Your payment has arrived."


class Person:
    def __init__(self, load: Load, browser: Browser, draw: random.Random) -> None:
        self.load, self.browser, self.draw = load, browser, draw

    def ask(self, call: Callable[[], Answer]) -> Answer:
        """:raises NoAnswer: nobody knows whether it was done."""
        try:
            answer = call()
        finally:
            self.load.count("requests")
        if answer.status in (400, 403, 500, 502, 504):
            self.load.wrong.append(f"{answer.status}: {answer.text[:300]}")
        return answer


class Payer(Person):
    """A contact with a link, who pays, is cut off, clicks twice, leaves pages open and comes back."""

    def __init__(self, load: Load, customer: Customer, contact: Contact, seed: str) -> None:
        super().__init__(load, Browser(load.house.url), random.Random(seed))
        self.customer, self.contact = customer, contact
        self.pages: list[str] = []
        self.signed_in = False

    def step(self) -> None:
        if not self.signed_in:
            self._come_in()
        elif self.pages and self.draw.random() < 0.2:
            self._pay_there(self.draw.choice(self.pages))
        else:
            self._pay()

    def _come_in(self) -> None:
        """By a new link each time: a click that had no answer may have used up the one before."""
        self.browser.cookies.clear()
        self.ask(lambda: self.browser.get(f"/l/{self.load.make.link(self.customer, self.contact)}"))
        self.ask(lambda: self.browser.get("/open"))
        if self.ask(lambda: self.browser.post("/open")).status == 303:
            self.signed_in = True

    def _pay(self) -> None:
        entry = self._item()
        looked = self.ask(lambda: self.browser.get(f"/pay/{entry.id}"))
        if looked.status == 303:
            self.load.wrong.append("somebody who was let in is asked again who they are")
            self.signed_in = False
        if looked.status != 200:
            return
        for answer in self._clicks(entry):
            if answer.status == 303 and answer.location.startswith(self.load.house.till):
                self.load.promised("attempt", self.customer.id, answer.location.rpartition("/")[2])
                self.pages.append(answer.location)
        if self.pages and self.draw.random() < 0.9:
            self._pay_there(self.pages[-1])

    def _item(self) -> Entry:
        """Something of the account that is open; the other contact may choose it as well."""
        items = ledger.open_debits(self.customer.id, "EUR")
        release()
        if len(items) < 3:
            return self.load.make.invoice(self.customer, self.draw.randint(1_000, 40_000))
        return self.draw.choice(items)

    def _clicks(self, entry: Entry) -> list[Answer]:
        """Once, or twice at the same time; all of it, or a part."""
        minor = entry.open_minor if self.draw.random() < 0.7 else max(entry.open_minor // 2, 50)
        answers: list[Answer] = []

        def click(browser: Browser) -> None:
            amount = f"{minor // 100}.{minor % 100:02}"
            answers.append(self.ask(lambda: browser.post(f"/pay/{entry.id}", amount=amount)))

        def click_again() -> None:
            with suppress(NoAnswer):
                click(twin)

        twin = self.browser.twin()
        second = threading.Thread(target=click_again) if self.draw.random() < 0.2 else None
        if second:
            second.start()
        try:
            click(self.browser)
        finally:
            if second:
                second.join()
        return answers

    def _pay_there(self, page: str) -> None:
        """At Stripe's own page, which nobody kills; and back to us, if we answer."""
        card = {"number": self.draw.choice(CARDS), "expiry": "12 / 34", "cvc": "123"}
        paid = self.ask(lambda: Browser(page).post(urlsplit(page).path, **card))
        if paid.location.startswith("/pay/"):
            return  # Declined; the page stays open.
        self.pages.remove(page)
        if paid.status == 303:
            back = urlsplit(paid.location)
            seen = self.ask(lambda: self.browser.get(f"{back.path}?{back.query}"))
            if THANKS in seen.text:
                self.load.promised("receipt", self.customer.id, back.path.rpartition("/")[2])


class Clerk(Person):
    def __init__(self, load: Load, accounts: list[Customer], seed: str) -> None:
        cookie = session_of(Role.FINANCE, load.house.url)
        super().__init__(load, Browser(load.house.url, {cookie["name"]: cookie["value"]}), random.Random(seed))
        self.accounts, self.number = accounts, 0

    def step(self) -> None:
        self.number += 1
        account = self.draw.choice(self.accounts)
        receipts = self._paid_online(account)
        if receipts and self.draw.random() < 0.5:
            self._refund(self.draw.choice(receipts))
        else:
            self._note(account)

    def _note(self, account: Customer) -> None:
        path, words = f"/staff/customers/{account.id}/notes", f"note {self.number}."
        self.ask(lambda: self.browser.get(path))
        if self.ask(lambda: self.browser.post(path, text=words)).status == 303:
            self.load.promised("note", account.id, words)

    def _refund(self, receipt: Entry) -> None:
        """A little of a payment that no item uses any more."""
        _take_back(receipt)
        path = f"/staff/customers/{receipt.customer_id}/entries/{receipt.id}/refund"
        form = {"amount": "0.70", "reason": "Paid twice", "key": f"refund {self.number}"}
        self.ask(lambda: self.browser.get(path))
        if self.ask(lambda: self.browser.post(path, **form)).status == 303:
            self.load.promised("refund", receipt.customer_id, form["key"])

    def _paid_online(self, account: Customer) -> list[Entry]:
        made = payments.of_customer(account.id)
        found = [payments.receipt_of(one) for one in made]
        release()
        return [receipt for receipt in found if receipt is not None]


def _take_back(receipt: Entry) -> None:
    with suppress(Refused), transaction():
        for used in ledger.allocations_of(receipt.customer_id, receipt.id):
            if used.taken_back_on is None:
                row = ledger.allocation_of(receipt.customer_id, used.allocation_id)
                ledger.reverse(row, on=day_of(clock.now()), now=clock.now())
    release()
