"""What is kept of cards and accounts: given on Stripe's page, followed, warned about, removed; never their numbers."""

import json
from datetime import date

import pytest
from sqlalchemy import text

from models import audit, payments
from models.customers import Contact, Customer
from models.database import session
from models.ledger import Entry
from models.payments import AttemptState, MethodState, PaymentPageUnreachable, Purpose, consents, methods
from models.transactions import transaction
from models.work import HANDLERS, Tools
from tests.conftest import TODAY
from tests.making import Maker
from tests.models.payments.shop import GOOD, Shop, by

pytestmark = pytest.mark.usefixtures("quick")
IBAN = "AT611904300234573201"


def pay_and_keep(shop: Shop, contact: Contact, invoice: Entry, number: str = GOOD) -> payments.Attempt:
    """The first payment of a plan, on a page that asks to keep what it is paid with."""
    shop.introduce(session.get_one(Customer, contact.customer_id))
    with transaction():
        attempt = payments.request(
            invoice.customer_id,
            [(invoice.id, invoice.amount)],
            by=by(contact),
            on=TODAY,
            now=shop.moment,
            success_url="http://shop.test/{attempt}",
            cancel_url="http://shop.test/back",
            description="First payment",
            language="en",
            purpose=Purpose("plans:7", 1, saves=True),
        )
    url = shop.submit(attempt)
    if shop.till.press_pay(url, number)[1].endswith("/authenticate"):
        shop.till.authenticate(url)
    return attempt


@pytest.mark.parametrize("number", [GOOD, "4000002500003155", IBAN])
def test_what_the_first_payment_was_made_with_is_kept_and_charged_again(
    shop: Shop, contact: Contact, customer: Customer, make: Maker, number: str
) -> None:
    attempt = pay_and_keep(shop, contact, make.invoice(customer, 3_000), number)
    shop.sync(attempt)
    stored = shop.attempt(attempt)
    kept = shop.method(stored.method_id, customer.id)
    assert (kept.contact_id, kept.last4, kept.state) == (contact.id, number[-4:], MethodState.ACTIVE)
    assert (stored.about, kept.stripe_id) == ("plans:7", shop.there("payment_method")[0]["id"])
    again = shop.ask_charge(make.invoice(customer), kept, shop.agree(contact), instalment=2)
    assert shop.charge(again) in (AttemptState.SUCCEEDED, AttemptState.PROCESSING)
    assert shop.sync(attempt) is not None
    assert len(methods.of_customer(customer.id)) == 1
    assert shop.broken() == []


def test_what_is_paid_with_is_not_kept_unasked(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    shop.introduce(customer)
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.sync(attempt)
    assert methods.of_customer(customer.id) == []


def test_a_card_is_given_without_a_payment_and_nothing_of_its_number_stays(
    shop: Shop, contact: Contact, customer: Customer
) -> None:
    attempt = shop.ask_setup(contact, "plans:7")
    url = shop.submit(attempt)
    shop.till.press_pay(url, "4000000000000002")
    assert shop.sync(attempt) is AttemptState.OPEN
    assert shop.attempt(attempt).decline_code == "generic_decline"
    shop.till.press_pay(url, "5555555555554444")
    shop.deliver(shop.events("setup_intent.succeeded", "checkout.session.completed"))
    shop.drain()
    assert (shop.state(attempt), shop.reviews(), shop.receipts(customer)) == (AttemptState.SUCCEEDED, 1, [])
    [kept] = methods.of_customer(customer.id)
    assert (kept.kind, kept.brand, kept.last4, kept.last_day) == ("card", "mastercard", "4444", date(2034, 12, 31))
    tables = session.scalars(text("select tablename from pg_tables where schemaname = current_schema()")).all()
    whole = " ".join(str(session.execute(text(f'select * from "{name}"')).all()) for name in tables)
    assert "555555555555" not in whole.replace(" ", "")
    assert shop.broken() == []


def test_a_page_that_nobody_used_keeps_nothing_and_the_next_one_ends_it(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    left = shop.ask_setup(contact)
    shop.submit(left)
    shop.open(contact, invoice)
    assert shop.state(left) is AttemptState.EXPIRED
    lost = shop.ask_setup(contact)
    shop.fail("error_500_done", path="/v1/checkout/sessions", method="POST")
    with pytest.raises(PaymentPageUnreachable):
        shop.submit(lost)
    shop.till.press_pay(shop.session_of(lost)["url"])
    shop.pass_time(minutes=2)
    shop.sweep()
    assert (shop.state(lost), shop.reviews()) == (AttemptState.SUCCEEDED, 0)
    assert len(methods.of_customer(customer.id)) == 1


@pytest.mark.parametrize("kind", ["lost", "unreached", "error_500", "error_500_done"])
def test_a_customer_is_introduced_once_for_us_whatever_answers_badly(
    shop: Shop, contact: Contact, customer: Customer, kind: str
) -> None:
    shop.fail(kind, path="/v1/customers", times=3 if kind != "lost" else 1)
    while True:
        try:
            known = shop.introduce(customer)
            break
        except PaymentPageUnreachable:
            shop.till.control(faults=[])
    assert shop.introduce(customer) == known
    made = next(one for one in shop.there("customer") if one["id"] == known)
    assert (made["name"], made["email"], made["metadata"]) == (
        customer.name,
        contact.email,
        {"account": customer.number},
    )
    assert len(shop.there("customer")) <= 2


# What becomes of it


def test_a_card_that_its_network_replaced_is_followed_and_one_detached_there_is_gone(
    shop: Shop, contact: Contact, customer: Customer
) -> None:
    card = shop.keep(contact)
    shop.till.control(replace_card={"method": card.stripe_id, "last4": "1881", "exp_month": 2, "exp_year": 2031})
    shop.deliver(shop.events("payment_method.automatically_updated"))
    shop.drain()
    followed = shop.method(card.id, customer.id)
    assert (followed.last4, followed.last_day, followed.state) == ("1881", date(2031, 2, 28), MethodState.ACTIVE)
    shop.gateway.detach_method(card.stripe_id)
    shop.catch_up()
    shop.drain()
    gone = shop.method(card.id, customer.id)
    assert (gone.state, gone.detached_at, methods.of_customer(customer.id)) == (MethodState.REMOVED, shop.moment, [])


def test_a_mandate_that_ends_takes_its_account_along(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    account, consent = shop.keep(contact, IBAN), shop.agree(contact)
    shop.till.control(end_mandate=account.stripe_id)
    attempt = shop.ask_charge(invoice, account, consent)
    assert shop.charge(attempt) is AttemptState.FAILED
    assert (shop.attempt(attempt).decline_code, shop.payable(invoice)) == ("payment_intent_mandate_invalid", 12_000)
    shop.deliver(shop.events("mandate.updated"))
    shop.drain()
    assert shop.method(account.id, customer.id).state is MethodState.FAILED
    assert shop.broken() == []


def test_a_card_that_runs_out_is_warned_of_and_then_not_charged(
    shop: Shop, contact: Contact, customer: Customer, make: Maker
) -> None:
    card = shop.keep(contact)
    later = shop.keep(make.contact(customer, "cfo@example.test"))
    for one, month in ((card, 12), (later, 1)):
        shop.till.control(replace_card={"method": one.stripe_id, "exp_month": month, "exp_year": 2026 + (month == 1)})
    shop.deliver(shop.events("payment_method.automatically_updated"))
    shop.drain()
    days = (date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 31), date(2027, 1, 1), date(2027, 2, 1))
    warned = [[one.id for one in methods.expiring(day)] for day in days]
    assert warned == [[], [card.id], [card.id], [], []]
    assert [shop.method(card.id, customer.id).is_usable(day) for day in days] == [True, True, True, False, False]


def test_whoever_removes_a_card_is_charged_no_more_even_while_stripe_is_away(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    card, consent = shop.keep(contact), shop.agree(contact)
    with transaction():
        methods.remove(methods.find(customer.id, card.id), by=by(contact), now=shop.moment)
    with pytest.raises(methods.MethodNotUsable):
        shop.ask_charge(invoice, card, consent)
    shop.fail("unreached", path="/v1/payment_methods", times=3)
    HANDLERS["methods.detach"](Tools(shop.gateway, None, None), customer_id=customer.id, method_id=card.id)
    assert shop.there("payment_method")[0]["customer"] is not None
    shop.sweep()
    assert shop.there("payment_method")[0]["customer"] is None
    assert shop.method(card.id, customer.id).detached_at is not None
    with transaction():
        methods.remove(methods.find(customer.id, card.id), by=by(contact), now=shop.moment)


# What was agreed


def test_a_consent_is_kept_word_for_word_and_the_newest_about_a_thing_is_the_one(
    shop: Shop, contact: Contact, customer: Customer
) -> None:
    first, second = shop.agree(contact), shop.agree(contact)
    session.rollback()
    living = consents.living(customer.id, "plans:7")
    assert (living.id, living.text, living.language, living.ip) == (second.id, first.text, "en", "192.0.2.1")
    assert [one.withdrawn_at is None for one in consents.of_customer(customer.id)] == [True, False]
    with transaction():
        consents.withdraw(living, by=by(contact), now=shop.moment)
        consents.withdraw(living, by=by(contact), now=shop.moment)
    assert consents.living(customer.id, "plans:7") is None
    told = [event.action for event, _ in audit.events_about(customer.id, f"consents:{second.id}")]
    assert sorted(told) == ["consent.given", "consent.withdrawn"]
    assert shop.broken() == []


def test_the_charge_says_to_stripe_what_stripe_has_to_know_and_no_more(
    shop: Shop, contact: Contact, invoice: Entry
) -> None:
    card = shop.keep(contact)
    attempt = shop.ask_charge(invoice, card, shop.agree(contact))
    assert json.loads(attempt.request_json) == {
        "amount": 4_000,
        "currency": "eur",
        "customer": shop.there("customer")[0]["id"],
        "payment_method": card.stripe_id,
        "payment_method_types": ["card"],
        "off_session": True,
        "confirm": True,
        "description": "Instalment 1 of 3",
        "metadata": {"attempt": str(attempt.id)},
        "expand": ["latest_charge"],
    }


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("update attempts set consent_id = null where kind = 'off_session'", "I9"),
        ("update consents set withdrawn_at = given_at - interval '1 second'", "I9"),
        ("update consents set text = text || ' and more'", "I9"),
        ("update saved_methods set stripe_id = 'pm_other'", "I6"),
    ],
)
def test_verify_names_what_was_not_agreed_or_not_told(
    shop: Shop, contact: Contact, invoice: Entry, change: str, broken: str
) -> None:
    shop.charge(shop.ask_charge(invoice, shop.keep(contact), shop.agree(contact)))
    assert shop.broken() == []
    session.execute(text(change))
    session.commit()
    assert {row.invariant for row in shop.broken()} == {broken}


def test_verify_names_an_instalment_that_was_paid_twice(shop: Shop, contact: Contact, invoice: Entry) -> None:
    card, consent = shop.keep(contact), shop.agree(contact)
    for instalment in (1, 2):
        shop.charge(shop.ask_charge(invoice, card, consent, instalment=instalment))
    session.execute(text("drop index uq_attempts_instalment"))
    session.execute(text("update attempts set instalment_id = 1 where instalment_id = 2"))
    session.commit()
    [row] = shop.broken()
    assert (row.invariant, row.expected, row.found) == ("I6", "1 success for instalment 1", "2")
