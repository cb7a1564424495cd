"""What came of an attempt: the truth is fetched, only ever rises, and moves the ledger once."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from models import audit, company, customers, desk, holds, payments
from models.customers import Contact, Customer
from models.gateways.stripe import StripeGateway
from models.gateways.stripe_answers import CheckoutSession
from models.ledger import Entry
from models.messages import MessageState
from models.money import Money
from models.payments import Attempt, AttemptState
from models.transactions import release, transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.payments.shop import DECLINED, Shop


def test_a_payment_reaches_the_ledger_the_item_and_the_payer_once(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    for _ in range(3):
        assert shop.sync(attempt) is AttemptState.SUCCEEDED
    [receipt] = shop.receipts(customer)
    intent = shop.session_of(attempt)["payment_intent"]
    assert (receipt.amount_minor, receipt.unapplied_minor, receipt.effective_on) == (12_000, 0, TODAY)
    assert (receipt.dedupe_key, receipt.reference) == (f"{intent}:paid", intent)
    assert (shop.open_minor(invoice), shop.payable(invoice)) == (0, 0)
    [mail] = shop.mails(customer)
    assert (mail.address, mail.state, mail.kind) == ("ap@example.test", MessageState.QUEUED, "receipt")
    assert "€120.00" in mail.text
    assert holds.living([customer.id], TODAY) == []
    assert shop.broken() == []


def test_nothing_is_booked_while_nobody_has_paid(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    attempt = shop.open(contact, invoice)
    assert shop.sync(attempt) is AttemptState.OPEN
    assert (shop.receipts(customer), shop.mails(customer), shop.payable(invoice)) == ([], [], 0)


def test_a_declined_card_leaves_the_page_open_for_another(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt, DECLINED)
    assert shop.sync(attempt) is AttemptState.OPEN
    assert shop.attempt(attempt).decline_code == "insufficient_funds"
    assert shop.receipts(customer) == []
    shop.press_pay(attempt)
    assert shop.sync(attempt) is AttemptState.SUCCEEDED
    assert shop.attempt(attempt).decline_code == ""
    assert [receipt.amount_minor for receipt in shop.receipts(customer)] == [12_000]


def test_a_page_that_ran_out_frees_the_amount_without_any_webhook(shop: Shop, contact: Contact, invoice: Entry) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt, DECLINED)
    minutes = 0
    while shop.state(attempt) is not AttemptState.EXPIRED:
        shop.pass_time(minutes=1)
        minutes += 1
        shop.sweep()
        assert minutes < 45, "the amount is held long after the page has closed"
    assert minutes >= 35
    assert shop.payable(invoice) == 12_000
    assert shop.broken() == []


def test_a_debit_on_its_way_holds_the_amount_until_it_arrives(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.change_intent(attempt, status="processing", amount_received=0)
    assert shop.sync(attempt) is AttemptState.PROCESSING
    assert (shop.payable(invoice), shop.payable(invoice, contact), shop.receipts(customer)) == (0, 0, [])
    shop.change_intent(attempt, status="succeeded", amount_received=12_000)
    assert shop.sync(attempt) is AttemptState.SUCCEEDED


def test_a_debit_that_comes_back_leaves_the_item_open(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.change_intent(attempt, status="processing", amount_received=0)
    shop.sync(attempt)
    error = {"type": "invalid_request_error", "code": "debit_not_authorized"}
    shop.change_intent(attempt, status="requires_payment_method", last_payment_error=error)
    assert shop.sync(attempt) is AttemptState.FAILED
    assert shop.attempt(attempt).decline_code == "debit_not_authorized"
    assert (shop.payable(invoice), shop.receipts(customer)) == (12_000, [])
    assert [mail.kind for mail in shop.mails(customer)] == ["payment_failed"]


def test_what_the_bank_brought_meanwhile_leaves_the_online_payment_unapplied(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    """It goes to no item that nobody asked it for; both doors show it as money not yet assigned."""
    attempt = shop.open(contact, invoice)
    with transaction():
        desk.enter_receipt(
            customer.id,
            Money(10_000, "EUR"),
            method=desk.Method.TRANSFER,
            paid_on=TODAY,
            reference="",
            payer="",
            key="k",
            by=audit.COMMAND,
            now=NOW,
            shares=[(invoice.id, Money(10_000, "EUR"))],
        )
    shop.press_pay(attempt)
    assert shop.sync(attempt) is AttemptState.SUCCEEDED
    assert [(one.amount_minor, one.unapplied_minor) for one in shop.receipts(customer)] == [
        (10_000, 0),
        (12_000, 10_000),
    ]
    assert shop.open_minor(invoice) == 0
    [mail] = shop.mails(customer)
    assert "Money not yet assigned: €100.00" in mail.text
    assert shop.broken() == []


@pytest.mark.parametrize(
    "tamper",
    [
        lambda shop, attempt: shop.change_intent(attempt, amount_received=11_999),
        lambda shop, attempt: shop.change_intent(attempt, amount_received=1_200_000),
        lambda shop, attempt: shop.change_intent(attempt, currency="usd"),
        lambda shop, attempt: shop.till.app.account.books.save(shop.session_of(attempt) | {"livemode": True}),
        lambda shop, attempt: shop.till.app.account.books.save(
            shop.session_of(attempt) | {"metadata": {"attempt": "x"}}
        ),
    ],
    ids=["less", "more", "other currency", "other mode", "another attempt's"],
)
def test_money_that_is_not_what_was_asked_for_is_not_booked_and_stays_in_sight(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, tamper: Callable[..., None]
) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    tamper(shop, attempt)
    assert shop.sync(attempt) is AttemptState.OPEN
    assert shop.attempt(attempt).decline_code == "mismatch"
    assert (shop.receipts(customer), shop.mails(customer)) == ([], [])
    assert shop.payable(invoice) == 0  # Somebody has paid something: nobody is asked for it again.
    assert [one.id for one in payments.of_customer(customer.id)] == [attempt.id]


def test_money_counts_from_the_day_of_the_charge(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.pass_time(days=3)
    shop.sync(attempt)
    assert [receipt.effective_on for receipt in shop.receipts(customer)] == [TODAY]


def test_money_learnt_of_after_the_books_closed_counts_from_the_day_we_learn_of_it(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.pass_time(days=3)
    with transaction():
        desk.close_books(TODAY + timedelta(days=1), by=audit.COMMAND, now=shop.moment)
    assert shop.sync(attempt) is AttemptState.SUCCEEDED
    assert [receipt.effective_on for receipt in shop.receipts(customer)] == [TODAY + timedelta(days=3)]
    assert shop.broken() == []


def test_late_in_the_evening_it_is_the_company_s_day_that_counts(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    shop.pass_time(hours=13.5)  # 22:30 UTC, half past midnight in Vilnius.
    with transaction():
        company.locked().timezone = "Europe/Vilnius"
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.sync(attempt)
    assert [receipt.effective_on for receipt in shop.receipts(customer)] == [TODAY + timedelta(days=1)]


# Who gets the receipt


def test_a_payment_without_any_address_is_booked_and_writes_to_nobody(
    shop: Shop, customer: Customer, invoice: Entry, make: Maker
) -> None:
    by_letter = make.contact(customer, "")
    attempt = shop.open(by_letter, invoice)
    shop.press_pay(attempt)
    assert shop.sync(attempt) is AttemptState.SUCCEEDED
    assert (len(shop.receipts(customer)), shop.mails(customer)) == (1, [])


def test_the_receipt_goes_to_who_paid_in_their_language(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, make: Maker
) -> None:
    greek = make.contact(customer, "eleni@example.test", language="el")
    attempt = shop.open(greek, invoice)
    shop.press_pay(attempt)
    shop.sync(attempt)
    assert [(mail.address, mail.language) for mail in shop.mails(customer)] == [("eleni@example.test", "el")]


def test_who_left_while_paying_gets_no_more_mail(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, make: Maker
) -> None:
    leaving = make.contact(customer, "leaving@example.test")
    attempt = shop.open(leaving, invoice)
    shop.press_pay(attempt)
    with transaction():
        found = customers.contact_of(customer.id, leaving.id)
        customers.change_contact(found, active=False, by=audit.COMMAND, now=NOW)
    shop.sync(attempt)
    assert [mail.address for mail in shop.mails(customer)] == ["ap@example.test"]


# At once, late, and in any order


class Answering(StripeGateway):
    """Gives an answer that was true when it was asked for."""

    def __init__(self, answer: CheckoutSession, url: str) -> None:
        super().__init__("sk_test_standin", [], url)
        self.answer = answer

    def fetch_session(self, session_id: str) -> CheckoutSession:
        return self.answer


class Held(StripeGateway):
    """Its first answer waits on the way until it is let go."""

    def __init__(self, url: str) -> None:
        super().__init__("sk_test_standin", [], url)
        self.asked, self.let_go = threading.Event(), threading.Event()

    def fetch_session(self, session_id: str) -> CheckoutSession:
        answer = super().fetch_session(session_id)
        if not self.asked.is_set():
            self.asked.set()
            assert self.let_go.wait(20)
        return answer


def test_an_old_answer_that_comes_last_lowers_nothing(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    attempt = shop.open(contact, invoice)
    held, told = Held(shop.till.url), []
    late = threading.Thread(
        target=lambda: told.append(payments.sync(attempt.customer_id, attempt.id, gateway=held, now=shop.now))
    )
    late.start()
    assert held.asked.wait(20)
    shop.press_pay(attempt, DECLINED)
    assert shop.sync(attempt) is AttemptState.OPEN
    shop.press_pay(attempt)
    held.let_go.set()
    late.join()
    assert told == [AttemptState.SUCCEEDED]  # It had been overtaken, so it looked once more.
    assert len(shop.receipts(customer)) == 1


def test_six_who_sync_at_once_book_it_once(shop: Shop, contact: Contact, customer: Customer, invoice: Entry) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.deliver(shop.events())
    together = threading.Barrier(6)
    told: list[object] = []

    def look(place: int) -> None:
        together.wait()
        try:
            told.append(shop.sync(attempt) if place % 2 else shop.drain())
        finally:
            release()

    threads = [threading.Thread(target=look, args=(place,)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count(AttemptState.SUCCEEDED) == 3
    assert ([one.amount_minor for one in shop.receipts(customer)], len(shop.mails(customer))) == ([12_000], 1)
    assert shop.broken() == []


class Listener:
    """Hears of one attempt on every way there is; `heard` are answers that were true when they were asked for."""

    def __init__(self, shop: Shop, attempt: Attempt) -> None:
        self.shop, self.attempt = shop, attempt
        self.earlier = len(shop.events())
        self.heard: list[CheckoutSession] = []
        self.ask()

    def ask(self) -> None:
        self.heard.append(self.shop.gateway.fetch_session(self.shop.attempt(self.attempt).session_id))

    def hear(self) -> None:
        answer = self.heard.pop(0) if self.heard[1:] else self.heard[0]
        payments.sync(
            self.attempt.customer_id, self.attempt.id, gateway=Answering(answer, self.shop.till.url), now=self.shop.now
        )

    def webhooks(self) -> None:
        """The newest first, and all of them again each time."""
        self.shop.deliver(self.shop.events()[self.earlier :][::-1])
        self.shop.drain()

    def look(self) -> None:
        self.shop.sync(self.attempt)

    def sweep(self) -> None:
        self.shop.pass_time(minutes=3)
        self.shop.sweep()

    def decline(self) -> None:
        self.shop.press_pay(self.attempt, DECLINED)

    def pay(self) -> None:
        self.shop.press_pay(self.attempt)


STEPS = ("ask", "hear", "webhooks", "look", "sweep", "decline", "pay")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=some.lists(some.sampled_from(STEPS), max_size=8))
@example(["ask", "pay", "look", "hear", "webhooks", "webhooks", "sweep"])
@example(["decline", "webhooks", "ask", "pay", "sweep", "hear", "hear"])
def test_whatever_is_heard_in_whatever_order_the_books_say_the_same(shop: Shop, make: Maker, steps: list[str]) -> None:
    customer = make.customer()
    invoice = make.invoice(customer, 5_000)
    attempt = shop.open(make.contact(customer), invoice, 3_000)
    listener = Listener(shop, attempt)
    for step in [*steps, "pay", "look"]:
        getattr(listener, step)()
    after = shop.attempt(attempt)
    assert (after.state, after.decline_code) == (AttemptState.SUCCEEDED, "")
    assert after.payment_intent_id == shop.session_of(attempt)["payment_intent"]
    assert [(one.amount_minor, one.unapplied_minor) for one in shop.receipts(customer)] == [(3_000, 0)]
    assert (shop.open_minor(invoice), shop.payable(invoice)) == (2_000, 2_000)
    assert len(shop.mails(customer)) == 1
    actions = [event.action for event, _ in audit.page_of_events(customer.id, page=1, size=50)[0]]
    assert [action for action in actions if action.startswith("payment.")] == ["payment.succeeded", "payment.asked"]
    assert shop.broken() == []
