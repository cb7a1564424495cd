"""What banks take back and give back: by the ledger's grammar, once, whatever we hear and in whatever order."""

from datetime import timedelta

import pytest

from models import desk, ledger
from models.audit import COMMAND
from models.customers import Contact, Customer
from models.ledger import Entry, EntryKind
from models.money import Money
from models.payments import Attempt, AttemptState, chargebacks_of_receipt
from models.transactions import transaction
from tests.conftest import TODAY
from tests.making import Maker
from tests.models.payments.shop import Shop


@pytest.fixture
def paid(shop: Shop, contact: Contact, invoice: Entry) -> Attempt:
    """120.00 EUR, in the ledger."""
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    assert shop.sync(attempt) is AttemptState.SUCCEEDED
    return attempt


def test_a_chargeback_reopens_the_invoice_with_its_old_due_date(
    shop: Shop, paid: Attempt, customer: Customer, invoice: Entry
) -> None:
    shop.pass_time(days=20)
    dispute_id = shop.dispute(paid)
    shop.pass_time(days=2)
    for _ in range(3):
        assert shop.sync(paid) is AttemptState.SUCCEEDED
    [receipt] = shop.receipts(customer)
    [chargeback] = shop.entries(customer, EntryKind.CHARGEBACK)
    assert (chargeback.amount_minor, chargeback.open_minor, chargeback.dedupe_key) == (
        *(12_000, 0),
        f"{dispute_id}:withdrawn",
    )
    assert (chargeback.effective_on, receipt.unapplied_minor) == (TODAY + timedelta(days=20), 0)
    reopened = ledger.entry_of(customer.id, invoice.id)
    assert (reopened.open_minor, reopened.due_on) == (12_000, invoice.due_on)
    assert shop.payable(invoice) == 12_000
    told, *before = shop.mails(customer)
    assert "Your bank has taken back your payment of €120.00." in told.text
    assert [mail.kind for mail in before] == ["receipt"]
    assert shop.broken() == []


def test_a_debit_that_is_returned_after_it_succeeded_is_one_too(
    shop: Shop, paid: Attempt, customer: Customer, invoice: Entry
) -> None:
    shop.dispute(paid, reason="insufficient_funds")
    shop.sync(paid)
    [receipt] = shop.receipts(customer)
    [row] = chargebacks_of_receipt(customer.id, receipt.id)
    assert (row.state, row.returned_debit, row.answer_by) == ("lost", True, None)
    assert (shop.open_minor(invoice), receipt.unapplied_minor) == (12_000, 0)
    assert shop.broken() == []


RETURNED, FAILING, SUCCEEDING = "AT591904300235473203", "AT861904300235473202", "AT611904300234573201"


@pytest.mark.parametrize(
    ("iban", "open_minor", "mails"),
    [
        (SUCCEEDING, 0, ["receipt"]),
        (FAILING, 12_000, ["payment_failed"]),
        (RETURNED, 12_000, ["receipt", "payment_failed"]),
    ],
)
def test_a_debit_is_on_its_way_until_the_bank_has_answered(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, iban: str, open_minor: int, mails: list[str]
) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt, iban)
    assert shop.sync(attempt) is AttemptState.PROCESSING
    assert (shop.payable(invoice), shop.receipts(customer), shop.mails(customer)) == (0, [], [])
    shop.pass_time(minutes=1)
    shop.gateway.fetch_session(shop.session_of(attempt)["id"])
    shop.deliver(shop.events()[::-1])
    shop.drain()
    assert shop.state(attempt) is (AttemptState.FAILED if iban == FAILING else AttemptState.SUCCEEDED)
    assert (shop.open_minor(invoice), shop.payable(invoice)) == (open_minor, open_minor)
    assert len(shop.entries(customer, EntryKind.CHARGEBACK)) == (iban == RETURNED)
    assert [mail.kind for mail in shop.mails(customer)][::-1] == mails
    assert shop.broken() == []


def test_what_is_won_back_is_a_new_receipt_for_what_the_payer_chose(
    shop: Shop, paid: Attempt, customer: Customer, invoice: Entry
) -> None:
    dispute_id = shop.dispute(paid)
    shop.sync(paid)
    shop.pass_time(days=30)
    shop.close_dispute(dispute_id, won=True)
    for _ in range(2):
        shop.sync(paid)
    won = shop.receipts(customer)[1:]
    assert [(one.amount_minor, one.unapplied_minor, one.dedupe_key) for one in won] == [
        (12_000, 0, f"{dispute_id}:reinstated")
    ]
    assert shop.open_minor(invoice) == 0
    assert shop.broken() == []


def test_what_was_paid_again_meanwhile_is_not_paid_twice_by_what_is_won_back(
    shop: Shop, paid: Attempt, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    dispute_id = shop.dispute(paid)
    shop.sync(paid)
    again = shop.open(contact, invoice)
    shop.press_pay(again)
    shop.sync(again)
    shop.close_dispute(dispute_id, won=True)
    shop.sync(paid)
    assert [one.unapplied_minor for one in shop.receipts(customer)] == [0, 0, 12_000]
    assert shop.broken() == []


def test_a_dispute_that_is_lost_changes_nothing_more(
    shop: Shop, paid: Attempt, customer: Customer, invoice: Entry
) -> None:
    dispute_id = shop.dispute(paid)
    shop.sync(paid)
    before = len(shop.entries(customer))
    shop.close_dispute(dispute_id, won=False)
    shop.sync(paid)
    [receipt] = shop.receipts(customer)
    assert [row.state for row in chargebacks_of_receipt(customer.id, receipt.id)] == ["lost"]
    assert (len(shop.entries(customer)), shop.open_minor(invoice)) == (before, 12_000)


def test_an_inquiry_moves_no_money_until_it_is_escalated(
    shop: Shop, paid: Attempt, customer: Customer, invoice: Entry
) -> None:
    dispute_id = shop.dispute(paid, inquiry=True)
    shop.sync(paid)
    [receipt] = shop.receipts(customer)
    assert [row.state for row in chargebacks_of_receipt(customer.id, receipt.id)] == ["inquiry"]
    assert shop.open_minor(invoice) == 0
    shop.till.control(escalate_dispute=dispute_id)
    shop.sync(paid)
    assert shop.open_minor(invoice) == 12_000
    assert shop.broken() == []


def test_a_part_that_is_charged_back_reopens_that_part(shop: Shop, paid: Attempt, invoice: Entry) -> None:
    shop.dispute(paid, amount=5_000)
    shop.sync(paid)
    assert shop.open_minor(invoice) == 5_000
    assert shop.broken() == []


def test_paid_disputed_and_won_before_anybody_told_us_is_entered_whole(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry
) -> None:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.close_dispute(shop.dispute(attempt), won=True)
    shop.sync(attempt)
    kinds = [entry.kind for entry in shop.entries(customer)]
    assert kinds == [EntryKind.INVOICE, EntryKind.RECEIPT, EntryKind.CHARGEBACK, EntryKind.RECEIPT]
    assert shop.open_minor(invoice) == 0
    assert shop.broken() == []


def test_webhooks_backwards_and_doubled_enter_it_once(
    shop: Shop, paid: Attempt, customer: Customer, invoice: Entry
) -> None:
    shop.close_dispute(shop.dispute(paid), won=True)
    events = shop.events("charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed")
    shop.deliver([*events[::-1], *events])
    shop.drain()
    assert [entry.kind for entry in shop.entries(customer)][2:] == [EntryKind.CHARGEBACK, EntryKind.RECEIPT]
    assert shop.broken() == []


def test_a_chargeback_that_no_webhook_told_is_found_in_stripes_list(
    shop: Shop, paid: Attempt, customer: Customer, invoice: Entry
) -> None:
    shop.catch_up()
    shop.pass_time(hours=5)
    shop.dispute(paid)
    shop.pass_time(minutes=30)
    assert shop.catch_up() > 0
    shop.drain()
    assert shop.open_minor(invoice) == 12_000
    shop.pass_time(hours=5)
    shop.catch_up()
    assert shop.catch_up() == 0


def test_a_chargeback_that_we_learn_of_after_the_books_closed_counts_from_today(
    shop: Shop, paid: Attempt, customer: Customer
) -> None:
    shop.dispute(paid)
    shop.pass_time(days=3)
    with transaction():
        desk.close_books(TODAY + timedelta(days=1), by=COMMAND, now=shop.moment)
    shop.sync(paid)
    [chargeback] = shop.entries(customer, EntryKind.CHARGEBACK)
    assert chargeback.effective_on == TODAY + timedelta(days=3)
    assert shop.broken() == []


def test_money_that_was_moved_to_another_customer_is_asked_back(
    shop: Shop, contact: Contact, customer: Customer, invoice: Entry, make: Maker
) -> None:
    attempt = shop.open(contact, invoice)
    with transaction():
        desk.enter_receipt(
            customer.id,
            Money(12_000, "EUR"),
            **{"method": desk.Method.TRANSFER, "paid_on": TODAY, "reference": "", "payer": "", "key": "k"},
            by=COMMAND,
            now=shop.moment,
            shares=[(invoice.id, Money(12_000, "EUR"))],
        )
    shop.press_pay(attempt)
    shop.sync(attempt)
    receipt = shop.receipts(customer)[1]
    with transaction():
        desk.move_receipt(receipt, make.customer(), Money(12_000, "EUR"), reason="Theirs", by=COMMAND, now=shop.moment)
    shop.dispute(attempt)
    shop.sync(attempt)
    assert [entry.open_minor for entry in shop.entries(customer, EntryKind.TRANSFER)] == [12_000]
    assert shop.broken() == []
