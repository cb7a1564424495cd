"""Money back through Stripe: asked once, sent once, entered once, and whatever fails is said and undone."""

import pytest

from models import ledger, payments
from models.customers import Contact, Customer
from models.gateways.stripe import StripeGateway, Unanswered
from models.gateways.stripe_returns import Returns
from models.ledger import AllocationRefused, Entry, EntryKind
from models.money import Money
from models.payments import Attempt, RefundState, payment_of, refundable, refunds_of_receipt
from models.transactions import transaction
from tests.making import Maker
from tests.models.payments.shop import Shop

pytestmark = pytest.mark.usefixtures("quick")
PENDING, FAILING = "4000000000007726", "4000000000005126"


def pay(shop: Shop, contact: Contact, invoice: Entry, card: str = "4242424242424242") -> Attempt:
    """Pay, and take the money off the item again, so that it can go back."""
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt, card)
    shop.sync(attempt)
    return attempt


@pytest.fixture
def paid(shop: Shop, contact: Contact, invoice: Entry) -> Attempt:
    return pay(shop, contact, invoice)


def free(shop: Shop, customer: Customer) -> Entry:
    """The receipt of the last payment, unapplied."""
    receipt = shop.receipts(customer)[-1]
    with transaction():
        for used in ledger.allocations_of(customer.id, receipt.id):
            row = ledger.allocation_of(customer.id, used.allocation_id)
            ledger.reverse(row, on=shop.moment.date(), now=shop.moment)
    return shop.receipts(customer)[-1]


def test_a_refund_goes_to_stripe_and_then_into_the_ledger_once(shop: Shop, paid: Attempt, customer: Customer) -> None:
    receipt = free(shop, customer)
    refund = shop.ask_refund(receipt, 5_000)
    assert (refund.state, shop.entries(customer, EntryKind.REFUND)) == (RefundState.WAITING, [])
    for _ in range(3):
        assert shop.send_refund(refund).state is RefundState.SUCCEEDED
    [made] = shop.there("refund")
    assert (made["amount"], made["metadata"]["refund"]) == (5_000, str(refund.id))
    [entry] = shop.entries(customer, EntryKind.REFUND)
    assert (entry.amount_minor, entry.open_minor, entry.dedupe_key) == (5_000, 0, f"{made['id']}:refund")
    assert entry.reason == "Paid twice"
    assert shop.receipts(customer)[0].unapplied_minor == 7_000
    assert shop.broken() == []


def test_the_same_form_asks_once_and_nobody_asks_for_more_than_there_is(
    shop: Shop, paid: Attempt, customer: Customer
) -> None:
    receipt = free(shop, customer)
    assert shop.ask_refund(receipt, 9_000).id == shop.ask_refund(receipt, 9_000).id
    with pytest.raises(AllocationRefused, match=r"30\.00"):
        shop.ask_refund(receipt, 3_001, "another form")
    shop.sweep_refunds()
    shop.ask_refund(receipt, 3_000, "another form")
    shop.sweep_refunds()
    assert sum(one["amount"] for one in shop.there("refund")) == 12_000
    assert shop.broken() == []


def test_what_waits_to_be_sent_cannot_be_sent_twice(
    shop: Shop, paid: Attempt, customer: Customer, invoice: Entry
) -> None:
    receipt = free(shop, customer)
    with transaction():
        ledger.allocate(receipt, ledger.entry_of(customer.id, invoice.id), Money(9_000, "EUR"), now=shop.moment)
    shop.ask_refund(receipt, 2_000)
    with pytest.raises(AllocationRefused, match=r"10\.00"):
        shop.ask_refund(receipt, 2_000, "another form")


@pytest.mark.parametrize("kind", ["unreached", "lost", "rate_limited"])
def test_a_refund_without_an_answer_is_sent_again_and_made_once(
    shop: Shop, paid: Attempt, customer: Customer, kind: str
) -> None:
    refund = shop.ask_refund(free(shop, customer), 5_000)
    shop.fail(kind, path="/v1/refunds", method="POST", times=3)
    with pytest.raises(Unanswered):
        shop.send_refund(refund)
    assert shop.refund(refund).state is RefundState.SUBMITTED
    assert shop.sweep_refunds() == 0
    shop.till.control(faults=[])
    shop.pass_time(minutes=2)
    assert shop.sweep_refunds() == 1
    assert shop.refund(refund).state is RefundState.SUCCEEDED
    assert len(shop.there("refund")) == len(shop.entries(customer, EntryKind.REFUND)) == 1
    assert shop.broken() == []


def test_a_failure_that_did_its_work_is_found_by_looking(shop: Shop, paid: Attempt, customer: Customer) -> None:
    refund = shop.ask_refund(free(shop, customer), 5_000)
    shop.fail("error_500_done", path="/v1/refunds", method="POST")
    assert shop.send_refund(refund).state is RefundState.SUCCEEDED
    assert len(shop.there("refund")) == len(shop.entries(customer, EntryKind.REFUND)) == 1


def test_what_stripe_never_made_is_given_up_after_a_day_and_frees_the_money(
    shop: Shop, paid: Attempt, customer: Customer
) -> None:
    receipt = free(shop, customer)
    refund = shop.ask_refund(receipt, 12_000)
    shop.fail("error_500", path="/v1/refunds", method="POST")
    assert shop.send_refund(refund).state is RefundState.SUBMITTED
    for _ in range(30):
        shop.pass_time(hours=1)
        shop.sweep_refunds()
    assert (shop.refund(refund).state, shop.refund(refund).failure_code) == (RefundState.FAILED, "never_made")
    assert (shop.there("refund"), shop.entries(customer, EntryKind.REFUND)) == ([], [])
    assert refundable(receipt, paid) == Money(12_000, "EUR")
    assert shop.broken() == []


def test_a_no_from_stripe_is_kept_with_its_reason(shop: Shop, paid: Attempt, customer: Customer) -> None:
    refund = shop.ask_refund(free(shop, customer), 12_000)
    shop.dispute(paid)
    failed = shop.send_refund(refund)
    assert (failed.state, failed.failure_code) == (RefundState.FAILED, "charge_disputed")
    assert shop.entries(customer, EntryKind.REFUND) == []


def test_a_refund_on_its_way_is_entered_at_once_and_settled_later(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    pay(shop, contact, invoice, PENDING)
    refund = shop.ask_refund(free(shop, customer), 12_000)
    assert shop.send_refund(refund).state is RefundState.SENT
    assert [entry.open_minor for entry in shop.entries(customer, EntryKind.REFUND)] == [0]
    shop.pass_time(minutes=2)
    shop.sweep_refunds()
    assert shop.refund(refund).state is RefundState.SUCCEEDED
    assert shop.broken() == []


def test_a_refund_that_the_bank_would_not_have_gets_its_opposite_and_can_be_made_again(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    attempt = pay(shop, contact, invoice, FAILING)
    refund = shop.ask_refund(free(shop, customer), 12_000)
    assert shop.send_refund(refund).state is RefundState.SUCCEEDED
    shop.pass_time(minutes=2)
    shop.till.control()
    shop.deliver(shop.events("refund.created", "refund.failed"))
    shop.drain()
    after = shop.refund(refund)
    assert (after.state, after.failure_code) == (RefundState.FAILED, "expired_or_canceled_card")
    receipt, opposite = shop.receipts(customer)
    assert (receipt.unapplied_minor, opposite.unapplied_minor) == (12_000, 0)
    assert opposite.dedupe_key == f"{after.stripe_id}:refund_failed"
    assert (payment_of(opposite), refundable(receipt, attempt).minor) == (None, 12_000)
    assert shop.broken() == []


def test_a_refund_made_in_the_dashboard_takes_the_money_off_the_item_once(
    shop: Shop, paid: Attempt, customer: Customer, invoice: Entry
) -> None:
    shop.refund_there(paid, 2_000)
    shop.deliver(shop.events("refund.created") * 2)
    shop.drain()
    [entry] = shop.entries(customer, EntryKind.REFUND)
    [receipt] = shop.receipts(customer)
    assert (entry.amount_minor, entry.open_minor, receipt.unapplied_minor) == (2_000, 0, 0)
    assert shop.open_minor(invoice) == 2_000
    assert [row.state for row in refunds_of_receipt(customer.id, receipt.id)] == [RefundState.SUCCEEDED]
    assert shop.broken() == []


def test_a_refund_of_the_dashboard_that_fails_pays_the_item_again(
    shop: Shop, paid: Attempt, customer: Customer, invoice: Entry
) -> None:
    shop.refund_there(paid, 2_000)
    shop.sync(paid)
    shop.till.control(finish_refund={"id": shop.there("refund")[0]["id"], "status": "failed"})
    shop.sync(paid)
    shop.sync(paid)
    assert ([one.unapplied_minor for one in shop.receipts(customer)], shop.open_minor(invoice)) == ([0, 0], 0)
    assert shop.broken() == []


def test_money_that_was_refunded_and_charged_back_left_twice(
    shop: Shop, paid: Attempt, customer: Customer, invoice: Entry
) -> None:
    shop.refund_there(paid, 12_000)
    shop.dispute(paid)
    shop.sync(paid)
    [refund] = shop.entries(customer, EntryKind.REFUND)
    [receipt] = shop.receipts(customer)
    assert (refund.open_minor, receipt.unapplied_minor, shop.open_minor(invoice)) == (12_000, 0, 12_000)
    assert shop.broken() == []


def test_money_that_came_another_way_is_not_sent_to_stripe(shop: Shop, customer: Customer, make: Maker) -> None:
    receipt = make.receipt(customer, 5_000)
    assert payment_of(receipt) is None
    with pytest.raises(AllocationRefused, match="did not come through Stripe"):
        shop.ask_refund(receipt, 5_000)


class Old(StripeGateway):
    """Tells of what left as it once was."""

    returns: Returns

    def fetch_returns(self, payment_intent_id: str) -> Returns:
        return self.returns


@pytest.mark.parametrize("card", [PENDING, FAILING])
def test_an_old_answer_that_comes_last_lowers_nothing(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, card: str
) -> None:
    attempt = pay(shop, contact, invoice, card)
    refund = shop.send_refund(shop.ask_refund(free(shop, customer), 5_000))
    old = Old("sk_test_standin", [], shop.till.url)
    old.returns = shop.gateway.fetch_returns(attempt.payment_intent_id)
    shop.pass_time(minutes=2)
    shop.sync(attempt)
    after, entries = shop.refund(refund).state, len(shop.entries(customer))
    assert after is (RefundState.FAILED if card == FAILING else RefundState.SUCCEEDED)
    payments.sync(attempt.customer_id, attempt.id, gateway=old, now=shop.now)
    assert (shop.refund(refund).state, len(shop.entries(customer))) == (after, entries)
    assert shop.broken() == []


def test_an_old_key_is_never_sent_again(shop: Shop, paid: Attempt, customer: Customer) -> None:
    """Stripe forgets it after a day, and would take it for a new refund."""
    refund = shop.ask_refund(free(shop, customer), 5_000)
    shop.fail("lost", path="/v1/refunds", method="POST", times=3)
    with pytest.raises(Unanswered):
        shop.send_refund(refund)
    shop.till.control(faults=[])
    shop.pass_time(hours=25)
    shop.sweep_refunds()
    assert shop.refund(refund).state is RefundState.SUCCEEDED
    assert len(shop.there("refund")) == len(shop.entries(customer, EntryKind.REFUND)) == 1
