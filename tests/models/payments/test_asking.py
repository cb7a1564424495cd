"""From the click to Stripe's page: what is stored, what is held, and who may ask for what."""

import json
import threading

import pytest
from sqlalchemy import Engine, text

from models import audit, payments
from models.customers import Contact, Customer, merges
from models.errors import Refused
from models.gateways.stripe import StripeGateway
from models.gateways.stripe_answers import CheckoutSession
from models.ledger import Entry
from models.payments import AttemptState, NotPayable, PaymentPageUnreachable
from models.policies.payment_limits import AmountOutsideLimits
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.payments.shop import Shop


class Watched(StripeGateway):
    """Tells what another connection saw in the database at the moment that Stripe was called."""

    def __init__(self, shop: Shop, engine: Engine) -> None:
        super().__init__("sk_test_standin", [], shop.till.url)
        self.engine = engine
        self.seen: list[tuple[object, ...]] = []
        self.sent: list[tuple[str, str]] = []

    def open_checkout(self, request_json: object, idempotency_key: str) -> CheckoutSession:
        with self.engine.connect() as other:
            row = other.execute(text("select cast(id as text), state, request_json from attempts")).one()
            idle = "select count(*) from pg_stat_activity where datname = current_database() and xact_start is not null"
            self.seen.append((*row, other.scalar(text(f"{idle} and pid <> pg_backend_pid()"))))
        self.sent.append((str(request_json), idempotency_key))
        return super().open_checkout(request_json, idempotency_key)  # type: ignore[arg-type]


def test_the_intent_is_committed_before_stripe_hears_of_it(
    shop: Shop, contact: Contact, invoice: Entry, engine: Engine
) -> None:
    gateway = shop.gateway = Watched(shop, engine)
    attempt = shop.open(contact, invoice)
    [(attempt_id, state, request_json, transactions_open)] = gateway.seen
    assert (attempt_id, state) == (str(attempt.id), AttemptState.SUBMITTED)
    assert gateway.sent == [(request_json, attempt_id)]
    assert transactions_open == 0


def test_what_stripe_is_asked_for_is_what_the_payer_chose(shop: Shop, contact: Contact, invoice: Entry) -> None:
    attempt = shop.open(contact, invoice, 4_550)
    asked = json.loads(attempt.request_json)
    assert asked["line_items"][0]["price_data"]["unit_amount"] == 4_550
    assert asked["success_url"].startswith(f"http://shop.test/payments/{attempt.id}?")
    made = shop.session_of(attempt)
    assert (made["amount_total"], made["currency"], made["expires_at"]) == (4_550, "eur", asked["expires_at"])
    assert shop.state(attempt) is AttemptState.OPEN


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 1_234), ("KWD", 12_340), ("EUR", 99_999_999)])
def test_no_amount_loses_or_gains_a_decimal(
    shop: Shop, contact: Contact, customer: Customer, make: Maker, currency: str, minor: int
) -> None:
    invoice = make.invoice(customer, minor, currency=currency)
    attempt = shop.open(contact, invoice)
    assert shop.session_of(attempt)["amount_total"] == minor
    shop.press_pay(attempt)
    assert shop.sync(attempt) is AttemptState.SUCCEEDED
    [receipt] = shop.receipts(customer)
    assert (receipt.amount_minor, receipt.currency, shop.open_minor(invoice)) == (minor, currency, 0)


@pytest.mark.parametrize(("currency", "minor"), [("KWD", 12_345), ("EUR", 49), ("ISK", 5_000), ("EUR", 100_000_000)])
def test_what_stripe_cannot_take_is_refused_before_it_is_asked(
    shop: Shop, contact: Contact, customer: Customer, make: Maker, currency: str, minor: int
) -> None:
    invoice = make.invoice(customer, 2 * minor, currency=currency)
    with pytest.raises(AmountOutsideLimits):
        shop.ask(contact, invoice, minor)
    assert shop.sessions() == []
    assert shop.payable(invoice) == 2 * minor


@pytest.mark.parametrize("minor", [12_001, -5])
def test_nobody_pays_more_than_is_open_or_less_than_nothing(
    shop: Shop, contact: Contact, invoice: Entry, minor: int
) -> None:
    with pytest.raises(NotPayable):
        shop.ask(contact, invoice, minor)


def test_an_item_of_somebody_else_cannot_be_paid(shop: Shop, contact: Contact, make: Maker) -> None:
    foreign = make.invoice(make.customer())
    assert payments.payable_item(contact.customer_id, foreign.id, TODAY) is None
    with pytest.raises(NotPayable):
        shop.ask(contact, foreign, account=contact.customer_id)


def test_a_second_browser_is_told_that_a_payment_is_on_its_way(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, make: Maker
) -> None:
    shop.open(contact, invoice)
    colleague = make.contact(customer, "cfo@example.test")
    with pytest.raises(NotPayable, match="on its way"):
        shop.ask(colleague, invoice)
    assert (shop.payable(invoice), shop.payable(invoice, contact)) == (0, 12_000)
    assert len(shop.sessions()) == 1


def test_what_a_part_payment_leaves_may_be_paid_by_somebody_else(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, make: Maker
) -> None:
    shop.open(contact, invoice, 7_000)
    colleague = make.contact(customer, "cfo@example.test")
    with pytest.raises(NotPayable):
        shop.ask(colleague, invoice, 5_001)
    shop.open(colleague, invoice, 5_000)
    assert shop.payable(invoice) == 0


def test_two_who_ask_at_the_same_moment_cannot_both_have_it(
    shop: Shop, customer: Customer, invoice: Entry, make: Maker
) -> None:
    people = [make.contact(customer, f"clerk{number}@example.test") for number in range(6)]
    together = threading.Barrier(len(people))
    answers: list[str] = []

    def press(contact: Contact) -> None:
        together.wait()
        try:
            shop.ask(contact, invoice, 5_000)
            answers.append("asked")
        except NotPayable:
            answers.append("refused")

    threads = [threading.Thread(target=press, args=(contact,)) for contact in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["asked"] * 2 + ["refused"] * 4
    assert shop.payable(invoice) == 2_000
    assert shop.broken() == []


def test_asking_again_closes_the_former_page_and_frees_its_amount(shop: Shop, contact: Contact, invoice: Entry) -> None:
    former = shop.open(contact, invoice)
    again = shop.open(contact, invoice, 3_000)
    assert shop.state(former) is AttemptState.EXPIRED
    assert shop.press_pay(former) == 409
    assert shop.state(again) is AttemptState.OPEN
    assert shop.payable(invoice) == 9_000
    assert shop.broken() == []


def test_asking_again_after_paying_in_another_tab_takes_nothing_twice(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    shop.press_pay(shop.open(contact, invoice))
    with pytest.raises(NotPayable, match="nothing to pay"):
        shop.ask(contact, invoice)
    assert [receipt.amount_minor for receipt in shop.receipts(customer)] == [12_000]


def test_one_contact_asking_again_leaves_a_colleagues_page_open(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, make: Maker
) -> None:
    other_invoice = make.invoice(customer)
    colleagues = shop.open(make.contact(customer, "cfo@example.test"), other_invoice)
    shop.open(contact, invoice)
    assert shop.state(colleagues) is AttemptState.OPEN


def test_a_definite_no_from_stripe_frees_the_amount_and_says_why_to_staff(
    shop: Shop, contact: Contact, customer: Customer, make: Maker
) -> None:
    invoice = make.invoice(customer, 50_000, currency="KWD")
    attempt = shop.ask(contact, invoice, 300)
    shop.pass_time(minutes=10)  # By now the page would live for less than half an hour.
    with pytest.raises(PaymentPageUnreachable, match="bank transfer"):
        shop.submit(attempt)
    stored = shop.attempt(attempt)
    assert stored.state is AttemptState.FAILED
    assert stored.decline_code
    assert shop.payable(invoice) == 50_000
    assert [event.action for event, _ in audit.page_of_events(customer.id, page=1, size=2)[0]] == [
        "payment.failed",
        "payment.asked",
    ]
    assert shop.broken() == []


def test_a_payment_that_ended_is_not_sent_again(shop: Shop, contact: Contact, invoice: Entry) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.sync(attempt)
    with pytest.raises(Refused):
        shop.submit(attempt)
    assert shop.state(attempt) is AttemptState.SUCCEEDED


def test_a_joined_accounts_item_is_paid_from_the_statement_that_shows_it(
    shop: Shop, contact: Contact, customer: Customer, make: Maker
) -> None:
    branch = make.customer("Žalias Namas, filialas")
    theirs = make.invoice(branch, 8_000)
    with transaction():
        merges.merge(branch, customer, effective_on=TODAY, by=audit.COMMAND, now=NOW)
    attempt = shop.open(contact, theirs)
    shop.press_pay(attempt)
    assert shop.sync(attempt) is AttemptState.SUCCEEDED
    assert [receipt.amount_minor for receipt in shop.receipts(branch)] == [8_000]
    assert [mail.address for mail in shop.mails(branch)] == [contact.email]
    assert shop.receipts(customer) == []
    assert shop.broken() == []


def test_a_branch_cannot_pay_what_the_head_office_owes(
    shop: Shop, customer: Customer, make: Maker, invoice: Entry
) -> None:
    branch = make.customer("Žalias Namas, filialas")
    with transaction():
        merges.merge(branch, customer, effective_on=TODAY, by=audit.COMMAND, now=NOW)
    assert payments.payable_item(branch.id, invoice.id, TODAY) is None
    with pytest.raises(NotPayable):
        shop.ask(make.contact(branch), invoice, account=branch.id)
