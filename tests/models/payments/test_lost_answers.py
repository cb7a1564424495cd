"""When Stripe's answer is lost: nobody is charged twice, nothing stays held for long, and what was paid is found."""

import threading

import pytest

from models import payments
from models.customers import Contact, Customer
from models.gateways.stripe import StripeGateway
from models.ledger import Entry
from models.payments import AttemptState, NotPayable, PaymentPageUnreachable
from models.states import IllegalTransition
from tests.models.payments.shop import Shop


def keys_used(shop: Shop) -> list[str]:
    return [row["key"] for row in shop.till.app.account.books.run("select key from answers")]


def test_a_lost_answer_stays_unknown_and_holds_the_amount(shop: Shop, contact: Contact, invoice: Entry) -> None:
    attempt = shop.ask(contact, invoice)
    shop.fail("lost", times=3)
    with pytest.raises(PaymentPageUnreachable):
        shop.submit(attempt)
    assert shop.state(attempt) is AttemptState.SUBMITTED
    assert (shop.payable(invoice), shop.attempt(attempt).session_id) == (0, None)
    assert len(shop.sessions()) == 1
    assert keys_used(shop) == [str(attempt.id)]


def test_the_sweep_finds_the_lost_page_by_its_attempt_and_settles_what_was_paid(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    attempt = shop.ask(contact, invoice)
    shop.fail("error_500_done")
    with pytest.raises(PaymentPageUnreachable):
        shop.submit(attempt)
    shop.press_pay(attempt)
    assert shop.sweep() == 0  # Not yet: the answer may still come.
    shop.pass_time(minutes=2)
    assert shop.sweep() == 1
    assert shop.state(attempt) is AttemptState.SUCCEEDED
    assert [receipt.amount_minor for receipt in shop.receipts(customer)] == [12_000]
    assert (shop.open_minor(invoice), len(shop.mails(customer))) == (0, 1)
    assert shop.broken() == []


def test_a_request_that_never_arrived_is_sent_again_with_its_key(shop: Shop, contact: Contact, invoice: Entry) -> None:
    attempt = shop.ask(contact, invoice)
    shop.fail("unreached", times=3)
    with pytest.raises(PaymentPageUnreachable):
        shop.submit(attempt)
    assert shop.sessions() == []
    shop.pass_time(minutes=2)
    shop.sweep()
    assert shop.state(attempt) is AttemptState.OPEN
    assert keys_used(shop) == [str(attempt.id)]
    assert shop.session_of(attempt)["amount_total"] == 12_000


def test_what_is_sent_again_too_late_ends_and_frees_the_amount(shop: Shop, contact: Contact, invoice: Entry) -> None:
    attempt = shop.ask(contact, invoice)
    shop.fail("rate_limited", times=9)
    with pytest.raises(PaymentPageUnreachable):
        shop.submit(attempt)
    shop.till.control(faults=[])
    shop.pass_time(minutes=15)
    shop.sweep()
    assert shop.state(attempt) is AttemptState.FAILED
    assert (shop.payable(invoice), shop.sessions()) == (12_000, [])


def test_asking_again_after_a_lost_answer_closes_the_page_that_nobody_saw(
    shop: Shop, contact: Contact, invoice: Entry
) -> None:
    lost = shop.ask(contact, invoice)
    shop.fail("error_500_done")
    with pytest.raises(PaymentPageUnreachable):
        shop.submit(lost)
    again = shop.open(contact, invoice)
    assert (shop.state(lost), shop.state(again)) == (AttemptState.EXPIRED, AttemptState.OPEN)
    assert shop.press_pay(lost) == 409


def test_asking_again_after_a_request_that_never_arrived_works_at_once(
    shop: Shop, contact: Contact, invoice: Entry
) -> None:
    lost = shop.ask(contact, invoice)
    shop.fail("rate_limited")
    with pytest.raises(PaymentPageUnreachable):
        shop.submit(lost)
    again = shop.open(contact, invoice)
    assert (shop.state(lost), shop.state(again)) == (AttemptState.EXPIRED, AttemptState.OPEN)
    assert shop.broken() == []


def test_while_stripe_does_not_answer_the_amount_stays_held(shop: Shop, contact: Contact, invoice: Entry) -> None:
    """Whoever cannot know whether the first page was paid must not open a second one."""
    lost = shop.open(contact, invoice)
    shop.fail("rate_limited", times=99)
    with pytest.raises(NotPayable, match="on its way"):
        shop.ask(contact, invoice)
    assert shop.state(lost) is AttemptState.OPEN
    shop.till.control(faults=[])
    assert shop.state(shop.open(contact, invoice)) is AttemptState.OPEN


def test_a_stored_failure_is_given_up_after_a_day_and_never_before(
    shop: Shop, contact: Contact, invoice: Entry
) -> None:
    attempt = shop.ask(contact, invoice)
    shop.fail("error_500")
    with pytest.raises(PaymentPageUnreachable):
        shop.submit(attempt)
    for _ in range(22):
        shop.pass_time(hours=1)
        shop.sweep()
    assert shop.state(attempt) is AttemptState.SUBMITTED
    for _ in range(3):
        shop.pass_time(hours=1)
        shop.sweep()
    stored = shop.attempt(attempt)
    assert (stored.state, stored.decline_code) == (AttemptState.FAILED, "never_made")
    assert (shop.payable(invoice), shop.sessions()) == (12_000, [])
    assert shop.broken() == []


def test_a_click_whose_process_died_before_the_call_holds_nothing_for_long(
    shop: Shop, contact: Contact, invoice: Entry
) -> None:
    attempt = shop.ask(contact, invoice)
    assert shop.payable(invoice) == 0
    shop.pass_time(minutes=2)
    shop.sweep()
    stored = shop.attempt(attempt)
    assert (stored.state, stored.decline_code, shop.payable(invoice)) == (AttemptState.FAILED, "never_sent", 12_000)
    with pytest.raises(IllegalTransition):
        shop.submit(attempt)
    assert shop.sessions() == []


def test_a_slow_answer_meets_a_second_send_and_opens_one_page(shop: Shop, contact: Contact, invoice: Entry) -> None:
    attempt = shop.ask(contact, invoice)
    shop.fail("slow", seconds=0.5)
    clicks = [threading.Thread(target=shop.submit, args=(attempt,)) for _ in range(2)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert (shop.state(attempt), len(shop.sessions())) == (AttemptState.OPEN, 1)


def test_a_timeout_after_it_was_done_is_no_second_page(shop: Shop, contact: Contact, invoice: Entry) -> None:
    patient, shop.gateway = shop.gateway, StripeGateway("sk_test_standin", [], shop.till.url, timeout_seconds=0.3)
    attempt = shop.ask(contact, invoice)
    shop.fail("lost", seconds=1, times=3)
    with pytest.raises(PaymentPageUnreachable):
        shop.submit(attempt)
    shop.gateway = patient
    shop.pass_time(minutes=2)
    shop.sweep()
    assert (shop.state(attempt), len(shop.sessions())) == (AttemptState.OPEN, 1)


def test_the_result_page_shows_what_is_known_while_stripe_is_silent(
    shop: Shop, contact: Contact, invoice: Entry
) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.fail("rate_limited")
    payments.sync_calmly(attempt.customer_id, attempt.id, gateway=shop.gateway, now=shop.now)
    assert shop.state(attempt) is AttemptState.OPEN
    payments.sync_calmly(attempt.customer_id, attempt.id, gateway=shop.gateway, now=shop.now)
    assert shop.state(attempt) is AttemptState.SUCCEEDED
