"""Charges while nobody is there: with a living consent, of what is payable, once, whatever Stripe or the way does."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from models import holds, payments
from models.customers import Contact, Customer, lock_account
from models.database import session
from models.holds import HoldKind
from models.ledger import Entry, EntryKind
from models.money import Money
from models.payments import (
    AttemptState,
    Consent,
    MethodNotUsable,
    NoConsent,
    NotPayable,
    Purpose,
    SavedMethod,
    consents,
)
from models.states import IllegalTransition
from models.transactions import release, transaction
from tests.conftest import TODAY
from tests.making import Maker
from tests.models.payments.shop import DECLINED, Shop, by

pytestmark = pytest.mark.usefixtures("quick")
ASKS_ALWAYS, NO_CHARGES = "4000002760003184", "4000000000000341"
IBAN_GOOD, IBAN_RETURNED = "AT611904300234573201", "AT591904300235473203"
INTENTS = "/v1/payment_intents"


@pytest.fixture
def card(shop: Shop, contact: Contact) -> SavedMethod:
    return shop.keep(contact)


@pytest.fixture
def consent(shop: Shop, contact: Contact) -> Consent:
    return shop.agree(contact)


def test_a_charge_reaches_the_ledger_the_item_the_payer_and_the_plan_once(
    shop: Shop, customer: Customer, invoice: Entry, card: SavedMethod, consent: Consent
) -> None:
    attempt = shop.ask_charge(invoice, card, consent)
    assert (shop.payable(invoice), shop.there("charge")) == (8_000, [])
    assert shop.charge(attempt) is AttemptState.SUCCEEDED
    assert shop.sync(attempt) is AttemptState.SUCCEEDED
    [receipt] = shop.receipts(customer)
    assert (receipt.amount_minor, receipt.unapplied_minor, shop.open_minor(invoice)) == (4_000, 0, 8_000)
    assert (len(shop.mails(customer)), shop.reviews(), shop.taken(attempt)) == (1, 1, [4_000])
    stored = shop.attempt(attempt)
    assert (stored.about, stored.instalment_id, stored.consent_id) == ("plans:7", 1, consent.id)
    with pytest.raises(IllegalTransition):
        shop.charge(attempt)
    assert shop.broken() == []


def test_nothing_is_charged_without_a_living_consent_for_this_card(
    shop: Shop, contact: Contact, invoice: Entry, card: SavedMethod, consent: Consent, make: Maker
) -> None:
    stranger = make.contact(make.customer())
    with pytest.raises(NoConsent):
        shop.ask_charge(invoice, card, shop.agree(stranger))
    other = shop.agree(contact, "autopay:3", shop.keep(contact, "5555555555554444"))
    with pytest.raises(NoConsent):
        shop.ask_charge(invoice, card, other)
    again = shop.agree(contact)
    with pytest.raises(NoConsent):
        shop.ask_charge(invoice, card, consent)
    with transaction():
        consents.withdraw(again, by=by(contact), now=shop.moment)
    with pytest.raises(NoConsent):
        shop.ask_charge(invoice, card, again)
    assert (shop.payable(invoice), shop.there("charge")) == (12_000, [])


def test_nothing_is_charged_that_is_paid_on_its_way_or_disputed(
    shop: Shop, customer: Customer, contact: Contact, invoice: Entry, card: SavedMethod, consent: Consent
) -> None:
    page = shop.open(contact, invoice, 5_000)
    with pytest.raises(NotPayable):
        shop.ask_charge(invoice, card, consent, 7_001)
    with transaction():
        lock_account(customer.id, "EUR")
        held = {"source": "disputes:1", "currency": "EUR", "entry_id": invoice.id, "amount": Money(6_000, "EUR")}
        holds.add(customer.id, HoldKind.DISPUTE, on=TODAY, now=shop.moment, **held)
    with pytest.raises(NotPayable, match=r"10\.00"):
        shop.ask_charge(invoice, card, consent, 1_001)
    with transaction():
        holds.end(customer.id, "disputes:1", on=TODAY, now=shop.moment)
    payments.give_way(customer.id, [invoice.id], gateway=shop.gateway, now=shop.now)
    assert shop.state(page) is AttemptState.EXPIRED
    assert shop.press_pay(page) == 409
    assert shop.charge(shop.ask_charge(invoice, card, consent, 12_000)) is AttemptState.SUCCEEDED


def test_a_page_that_was_paid_does_not_give_way(
    shop: Shop, customer: Customer, contact: Contact, invoice: Entry, card: SavedMethod, consent: Consent
) -> None:
    page = shop.open(contact, invoice)
    shop.press_pay(page)
    payments.give_way(customer.id, [invoice.id], gateway=shop.gateway, now=shop.now)
    assert shop.state(page) is AttemptState.SUCCEEDED
    with pytest.raises(NotPayable):
        shop.ask_charge(invoice, card, consent)


def test_an_instalment_is_asked_for_by_one_at_a_time_on_a_page_or_without(
    shop: Shop, contact: Contact, invoice: Entry, card: SavedMethod, consent: Consent
) -> None:
    first = shop.ask_charge(invoice, card, consent)
    for again in (lambda: shop.ask_charge(invoice, card, consent), lambda: early(shop, contact, invoice)):
        with pytest.raises(NotPayable):
            again()
    shop.till.control(decline={"method": card.stripe_id, "code": "insufficient_funds"})
    assert shop.charge(first) is AttemptState.FAILED
    page = early(shop, contact, invoice)
    with pytest.raises(NotPayable):
        shop.ask_charge(invoice, card, consent)
    shop.submit(page)
    shop.press_pay(page)
    assert shop.sync(page) is AttemptState.SUCCEEDED
    with pytest.raises(NotPayable):
        shop.ask_charge(invoice, card, consent)
    shop.charge(shop.ask_charge(invoice, card, consent, instalment=2))
    assert (shop.open_minor(invoice), shop.broken()) == (4_000, [])


def early(shop: Shop, contact: Contact, invoice: Entry) -> payments.Attempt:
    """Pay an instalment before its day, on Stripe's page."""
    with transaction():
        return payments.request(
            invoice.customer_id,
            [(invoice.id, Money(4_000, "EUR"))],
            by=by(contact),
            on=TODAY,
            now=shop.moment,
            success_url="http://shop.test/{attempt}",
            cancel_url="http://shop.test/back",
            description="Instalment",
            language="en",
            purpose=Purpose("plans:7", 1),
        )


@pytest.mark.parametrize(
    ("number", "code", "state"),
    [
        (ASKS_ALWAYS, "authentication_required", "active"),
        (NO_CHARGES, "generic_decline", "active"),
        ("4242424242424242", "do_not_try_again", "failed"),
        ("4242424242424242", "expired_card", "expired"),
    ],
)
def test_a_banks_no_ends_the_attempt_frees_the_amount_and_says_why(
    shop: Shop,
    contact: Contact,
    customer: Customer,
    invoice: Entry,
    consent: Consent,
    number: str,
    code: str,
    state: str,
) -> None:
    card = shop.keep(contact, number)
    if number.startswith("4242"):
        shop.till.control(decline={"method": card.stripe_id, "code": code})
    attempt = shop.ask_charge(invoice, card, consent)
    assert shop.charge(attempt) is AttemptState.FAILED
    assert (shop.attempt(attempt).decline_code, shop.payable(invoice)) == (code, 12_000)
    [intent] = shop.there("payment_intent")
    assert (intent["status"], shop.reviews(), shop.mails(customer)) == ("canceled", 1, [])
    assert shop.method(card.id, customer.id).state == state
    if state != "active":
        with pytest.raises(MethodNotUsable):
            shop.ask_charge(invoice, card, consent)
    assert shop.broken() == []


def test_a_debit_is_on_its_way_for_days_and_may_fail_or_be_returned(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, consent: Consent
) -> None:
    account = shop.keep(contact, IBAN_GOOD)
    assert (account.kind, account.brand, account.last4, account.mandate_id is None) == ("sepa_debit", "", "3201", False)
    shop.till.control(decline={"method": account.stripe_id, "code": "insufficient_funds"})
    failing = shop.ask_charge(invoice, account, consent)
    assert shop.charge(failing) is AttemptState.PROCESSING
    assert shop.payable(invoice) == 8_000
    shop.pass_time(minutes=3)
    shop.sweep()
    assert (shop.state(failing), shop.attempt(failing).decline_code) == (AttemptState.FAILED, "insufficient_funds")
    assert (shop.payable(invoice), shop.mails(customer)) == (12_000, [])
    returned = shop.keep(contact, IBAN_RETURNED)
    attempt = shop.ask_charge(invoice, returned, consent)
    shop.charge(attempt)
    shop.pass_time(minutes=3)
    shop.catch_up()
    shop.drain()
    [taken_back] = shop.entries(customer, EntryKind.CHARGEBACK)
    assert (taken_back.amount_minor, shop.payable(invoice), shop.reviews()) == (4_000, 12_000, 3)
    assert shop.method(returned.id, customer.id).state == "active", "not enough on it today says nothing of next month"
    assert shop.broken() == []


def test_a_refund_and_a_chargeback_of_such_a_charge_are_entered_as_any(
    shop: Shop, customer: Customer, invoice: Entry, card: SavedMethod, consent: Consent
) -> None:
    attempt = shop.ask_charge(invoice, card, consent)
    shop.charge(attempt)
    [intent] = shop.there("payment_intent")
    shop.till.control(refund={"payment": intent["id"], "amount": 1_000})
    shop.deliver(shop.events("refund.created"))
    shop.drain()
    assert shop.open_minor(invoice) == 9_000
    shop.till.control(dispute={"payment": intent["id"], "amount": 3_000})
    shop.deliver(shop.events("charge.dispute.created"))
    shop.drain()
    assert (shop.open_minor(invoice), shop.method(card.id, customer.id).state) == (12_000, "failed")
    assert shop.broken() == []


# When the network, Stripe or the worker fails


@pytest.mark.parametrize("kind", ["unreached", "lost", "rate_limited", "error_500", "error_500_done"])
@pytest.mark.parametrize("declines", [False, True])
def test_whatever_answers_badly_is_charged_once_and_found_out(
    shop: Shop,
    customer: Customer,
    invoice: Entry,
    card: SavedMethod,
    consent: Consent,
    kind: str,
    declines: bool,
) -> None:
    if declines:
        shop.till.control(decline={"method": card.stripe_id, "code": "insufficient_funds"})
    attempt = shop.ask_charge(invoice, card, consent)
    shop.fail(kind, path=INTENTS, method="POST", times=3)
    assert shop.charge(attempt) is AttemptState.SUBMITTED
    shop.till.control(faults=[])
    assert shop.payable(invoice) == 8_000
    with pytest.raises(NotPayable):
        shop.ask_charge(invoice, card, consent)
    shop.pass_time(hours=25 if kind == "error_500" else 0, minutes=2)
    shop.sweep()
    never_made = kind == "error_500"
    ends = (AttemptState.FAILED, []) if declines or never_made else (AttemptState.SUCCEEDED, [4_000])
    assert (shop.state(attempt), shop.taken(attempt)) == ends
    assert len(shop.there("charge")) == (0 if never_made else 1)
    assert shop.attempt(attempt).decline_code == (
        "never_made" if never_made else "insufficient_funds" if declines else ""
    )
    assert shop.broken() == []


def test_a_charge_that_nobody_sent_is_given_up_and_never_sent_after(
    shop: Shop, invoice: Entry, card: SavedMethod, consent: Consent
) -> None:
    attempt = shop.ask_charge(invoice, card, consent)
    shop.pass_time(minutes=2)
    shop.sweep()
    assert (shop.attempt(attempt).decline_code, shop.payable(invoice)) == ("never_sent", 12_000)
    with pytest.raises(IllegalTransition):
        shop.charge(attempt)
    assert (shop.there("payment_intent"), shop.reviews()) == ([], 1)


def test_a_no_whose_cancelling_is_lost_has_not_failed_yet(
    shop: Shop, invoice: Entry, card: SavedMethod, consent: Consent
) -> None:
    """Until nobody can confirm it any more, another charge for the same would be one too many."""
    shop.till.control(decline={"method": card.stripe_id, "code": "insufficient_funds"})
    attempt = shop.ask_charge(invoice, card, consent)
    shop.fail("unreached", path=f"{INTENTS}/", method="POST", times=3)
    assert shop.charge(attempt) is AttemptState.SUBMITTED
    assert (shop.attempt(attempt).decline_code, shop.payable(invoice)) == ("insufficient_funds", 8_000)
    shop.pass_time(minutes=2)
    shop.sweep()
    assert (shop.state(attempt), shop.payable(invoice)) == (AttemptState.FAILED, 12_000)
    assert shop.attempt(attempt).decline_code == "insufficient_funds"


def test_what_was_given_up_and_arrives_after_all_is_entered_and_takes_nobodys_instalment(
    shop: Shop, customer: Customer, invoice: Entry, card: SavedMethod, consent: Consent
) -> None:
    lost = shop.ask_charge(invoice, card, consent)
    shop.fail("error_500_done", path=INTENTS, method="POST")
    shop.charge(lost)
    intent = shop.there("payment_intent")[0]
    books = shop.till.app.account.books
    books.save(intent | {"metadata": {}})
    shop.pass_time(hours=25)
    shop.sweep()
    assert shop.attempt(lost).decline_code == "never_made"
    shop.charge(shop.ask_charge(invoice, card, consent))
    books.save(intent)
    assert shop.sync(lost) is AttemptState.SUCCEEDED
    assert (shop.attempt(lost).instalment_id, shop.open_minor(invoice)) == (None, 4_000)
    assert (len(shop.receipts(customer)), shop.broken()) == (2, [])


@pytest.mark.parametrize("beside", ["charge", "sweep", "sync"])
def test_two_workers_at_once_charge_once(
    shop: Shop, customer: Customer, invoice: Entry, card: SavedMethod, consent: Consent, beside: str
) -> None:
    attempt = shop.ask_charge(invoice, card, consent)
    shop.fail("slow", path=INTENTS, seconds=0.4)
    meanwhile = {"charge": lambda: shop.charge(attempt), "sweep": shop.sweep, "sync": lambda: shop.sync(attempt)}
    if beside == "sweep":
        with transaction():
            shop_attempt = payments.find(customer.id, attempt.id)
            shop_attempt.next_try_at = shop.moment - timedelta(minutes=1)
            shop_attempt.move_to(AttemptState.SUBMITTED)
    run_beside(lambda: shop.charge(attempt), meanwhile[beside])
    shop.till.control(faults=[])
    shop.pass_time(minutes=3)
    shop.sweep()
    assert (shop.state(attempt), shop.taken(attempt)) == (AttemptState.SUCCEEDED, [4_000])
    assert (len(shop.receipts(customer)), shop.broken()) == (1, [])


def run_beside(*actions: Callable[[], object]) -> None:
    def act(action: Callable[[], object]) -> None:
        try:
            action()
        finally:
            release()

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_two_who_ask_for_the_same_instalment_at_once_one_may(
    shop: Shop, customer: Customer, invoice: Entry, card: SavedMethod, consent: Consent
) -> None:
    asked, refused = [], []

    def ask() -> None:
        try:
            asked.append(shop.ask_charge(invoice, card, consent))
        except NotPayable:
            refused.append(1)

    for row in (invoice, card, consent):
        session.refresh(row)  # Once expired, all four would have this thread's session load it.
    run_beside(*[ask] * 4)
    assert (len(asked), len(refused)) == (1, 3)


def test_a_declined_card_on_a_page_is_no_reason_to_end_it(shop: Shop, contact: Contact, invoice: Entry) -> None:
    """As before: whoever sits in front of a page tries another card."""
    page = shop.open(contact, invoice)
    shop.press_pay(page, DECLINED)
    assert shop.sync(page) is AttemptState.OPEN


def test_what_never_reached_stripe_is_not_sent_again_where_somebody_objects_meanwhile(
    shop: Shop, customer: Customer, contact: Contact, card: SavedMethod, make: Maker
) -> None:
    """Permission taken back, card removed, held: only what is still agreed is asked for again."""
    items, agreed = (
        [make.invoice(customer, 4_000) for _ in range(5)],
        [shop.agree(contact, f"plans:{n}") for n in range(5)],
    )
    other = shop.keep(contact, "5555555555554444")
    shop.fail("unreached", path=INTENTS, method="POST", times=100)
    attempts = []
    for number, (item, consent) in enumerate(zip(items, agreed, strict=True)):
        method = other if number == 1 else card
        attempts.append(shop.ask_charge(item, method, consent, 4_000, instalment=number + 1))
        assert shop.charge(attempts[-1]) is AttemptState.SUBMITTED
    shop.till.control(faults=[])
    held = {"currency": "EUR", "on": TODAY, "now": shop.moment}
    with transaction():
        lock_account(customer.id, "EUR")
        consents.withdraw(agreed[0], by=by(contact), now=shop.moment)
        payments.methods.remove(other, by=by(contact), now=shop.moment)
        part = {"entry_id": items[2].id, "amount": Money(100, "EUR")}
        holds.add(customer.id, HoldKind.DISPUTE, source="disputes:1", **part, **held)
        holds.add(customer.id, HoldKind.PAUSE, source="pauses:1", entry_id=items[3].id, **held)
    shop.pass_time(minutes=3)
    shop.sweep()
    assert [shop.taken(attempt) for attempt in attempts] == [[], [], [], [], [4_000]]
    assert [shop.payable(item) for item in items] == [0] * 5, "as long as Stripe may know of them"
    shop.pass_time(hours=25)
    shop.sweep()
    assert [shop.state(attempt).value for attempt in attempts] == ["failed"] * 4 + ["succeeded"]
