"""The sweep needs no webhook and nobody's click: whatever is unfinished is looked at until it is finished."""

from models.customers import Contact, Customer
from models.ledger import Entry
from models.payments import AttemptState
from tests.making import Maker
from tests.models.payments.shop import Shop


def test_a_payment_nobody_told_us_of_is_found(shop: Shop, contact: Contact, customer: Customer, invoice: Entry) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.pass_time(minutes=2)
    assert shop.sweep() == 1
    assert shop.state(attempt) is AttemptState.SUCCEEDED
    assert len(shop.receipts(customer)) == 1
    shop.pass_time(hours=2)
    assert shop.sweep() == 0


def test_an_open_page_is_looked_at_every_five_minutes(shop: Shop, contact: Contact, invoice: Entry) -> None:
    shop.open(contact, invoice)
    looked_at = 0
    for _ in range(31):
        shop.pass_time(minutes=1)
        looked_at += shop.sweep()
    assert 6 <= looked_at <= 8


def test_one_that_cannot_be_settled_does_not_stop_those_behind_it(shop: Shop, customer: Customer, make: Maker) -> None:
    attempts = [shop.open(make.contact(customer, f"{n}@example.test"), make.invoice(customer)) for n in range(3)]
    for attempt in attempts:
        shop.press_pay(attempt)
    make.receipt(customer, 1, key=f"{shop.session_of(attempts[0])['payment_intent']}:paid")
    shop.pass_time(minutes=2)
    assert shop.sweep() == 3
    assert [shop.state(attempt) for attempt in attempts] == [AttemptState.OPEN] + [AttemptState.SUCCEEDED] * 2
    assert shop.attempt(attempts[0]).next_try_at > shop.moment


def test_a_silent_stripe_is_asked_once_and_the_rest_waits_for_the_next_sweep(
    shop: Shop, customer: Customer, make: Maker
) -> None:
    """Each question costs a minute of waiting; mails and other work stand behind it."""
    attempts = [shop.open(make.contact(customer, f"{n}@example.test"), make.invoice(customer)) for n in range(3)]
    for attempt in attempts:
        shop.press_pay(attempt)
    shop.pass_time(minutes=2)
    shop.fail("rate_limited", times=99)
    assert shop.sweep() == 1
    shop.till.control(faults=[])
    assert shop.sweep() == 2
    shop.pass_time(minutes=5)
    assert shop.sweep() == 1
    assert {shop.state(attempt) for attempt in attempts} == {AttemptState.SUCCEEDED}


def test_a_sweep_looks_at_no_more_than_it_was_told(shop: Shop, customer: Customer, make: Maker) -> None:
    for number in range(3):
        shop.open(make.contact(customer, f"{number}@example.test"), make.invoice(customer))
    shop.pass_time(minutes=2)
    assert [shop.sweep(most=2), shop.sweep(most=2), shop.sweep(most=2)] == [2, 1, 0]
