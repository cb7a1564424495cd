"""Invoices to come are announced, charged once on their day, and never against what was agreed."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from models import audit, autopay, customers, disputes, ledger, payments, promises
from models.customers import Contact, Customer
from models.database import session
from models.disputes import Reason, Remedy
from models.messages import Message
from models.payments import AttemptState
from models.transactions import transaction
from tests.making import Maker
from tests.models.autopay.conftest import Bill, TurnOn, live, today
from tests.models.payments.shop import SECRET, Shop, by
from tests.models.payments.test_charging import run_beside
from tests.models.payments.test_random_days import Killed, Mortal
from tests.models.plans.owing import eur
from tests.models.plans.test_faults import Clock

pytestmark = pytest.mark.usefixtures("quick")


def charges(shop: Shop) -> list[int]:
    """Minor units that Stripe's own books say were taken, oldest first."""
    return [one["amount"] for one in reversed(shop.there("charge")) if one["paid"]]


def said(shop: Shop, customer: Customer) -> list[str]:
    return [mail.subject for mail in reversed(shop.mails(customer)) if mail.kind == "autopay"]


def test_a_new_invoice_is_announced_a_week_before_and_charged_once_on_its_due_day(
    shop: Shop, make: Maker, customer: Customer, turn_on: TurnOn, bill: Bill
) -> None:
    old = bill()
    turn_on()
    new = bill(due_in=14)
    late = bill(9_000, due_in=-20)
    autopay.announce(today(shop) - timedelta(days=30), now=shop.moment)
    [coming] = autopay.coming([customer.id])
    assert (coming.charge.entry_id, coming.charge.charge_on) == (late.id, today(shop) + timedelta(days=7))
    with transaction():
        ledger.allocate(make.receipt(customer, 9_000), late, eur(9_000), now=shop.moment)
    assert live(shop, days=6) == 0
    assert len(said(shop, customer)) == 2, "nobody is told of it yet"
    assert live(shop, days=1) == 0
    assert live(shop, days=6) == 0
    assert shop.broken() == []
    assert live(shop, days=1) == 1
    assert live(shop) == 0
    assert live(shop, days=3) == 0
    assert charges(shop) == [10_000]
    assert (shop.open_minor(old), shop.open_minor(new)) == (10_000, 0)
    assert len(said(shop, customer)) == 3
    assert shop.broken() == []


def test_what_is_charged_is_never_more_than_was_told_agreed_or_is_free_on_the_day(
    shop: Shop, customer: Customer, contact: Contact, turn_on: TurnOn, bill: Bill
) -> None:
    turn_on(limit=20_000)
    whole, disputed, paid, credited, promised, large = (bill(minor) for minor in (9_000, *[10_000] * 4, 20_001))
    stamp = {"by": by(contact), "on": today(shop), "now": shop.moment}
    live(shop, days=7)
    assert len(said(shop, customer)) == 7
    assert "please pay an invoice of €200.01 yourself" in " ".join(said(shop, customer))
    item = payments.payable_item(customer.id, whole.id, today(shop))
    assert item is not None
    assert (item.collectable.minor, item.payable.minor) == (0, 9_000), "nobody reminds of it, and whoever pays may"
    stamp |= {"on": today(shop), "now": shop.moment}
    told = {"reason": Reason.OTHER, "wanted": Remedy.CREDIT, "text": "Two are missing"}
    with transaction():
        disputes.open_case(customer, contact, disputed.id, {None: eur(4_000)}, **told, **stamp)
    shop.press_pay(page := shop.open(contact, paid))
    shop.sync(page)
    with transaction():
        facts = {"effective_on": today(shop), "reason": "Broken", "now": shop.moment}
        note = ledger.credit(customer.id, eur(2_500), dedupe_key="note", **facts)
        ledger.allocate(note, credited, eur(2_500), now=shop.moment)
    with transaction():
        promises.make(customer.id, {promised.id: promised.left}, pay_on=today(shop) + timedelta(days=10), **stamp)
    assert live(shop) == 0
    assert shop.broken() == []
    assert live(shop, days=7) == 3
    assert sorted(charges(shop)) == [6_000, 7_500, 9_000, 10_000], "the customer's own payment is among them"
    assert (shop.open_minor(promised), shop.open_minor(large)) == (10_000, 20_001)
    assert shop.broken() == []


def test_an_open_page_gives_way_and_one_that_is_paid_first_is_not_charged_again(
    shop: Shop, contact: Contact, turn_on: TurnOn, bill: Bill
) -> None:
    turn_on()
    first, second = bill(), bill()
    live(shop, days=7)
    shop.pass_time(days=7)
    left = shop.open(contact, first)
    autopay.charge(today(shop), gateway=shop.gateway, now=shop.now)
    assert shop.state(left) is AttemptState.EXPIRED
    assert charges(shop) == [10_000, 10_000]
    third = bill(due_in=7)
    live(shop)
    shop.pass_time(days=7)
    paid = shop.open(contact, third)
    shop.press_pay(paid)
    assert autopay.charge(today(shop), gateway=shop.gateway, now=shop.now) == 0
    assert [shop.open_minor(one) for one in (first, second, third)] == [0, 0, 0]
    assert charges(shop) == [10_000] * 3
    assert shop.broken() == []


def test_switched_off_or_its_card_removed_nothing_is_charged_any_more(
    shop: Shop, customer: Customer, contact: Contact, turn_on: TurnOn, bill: Bill
) -> None:
    on = turn_on()
    first = bill()
    live(shop, days=7)
    with transaction():
        autopay.turn_off(on, by=by(contact), now=shop.moment)
    assert payments.payable_item(customer.id, first.id, today(shop)).collectable == eur(10_000), (
        "asked for as any other"
    )
    assert shop.broken() == []
    again = turn_on()
    second = bill()
    live(shop, days=7)
    kept = payments.methods.find(customer.id, again.method_id)
    with transaction():
        payments.methods.remove(kept, by=by(contact), now=shop.moment)
    assert autopay.settle(now=shop.moment) == 1
    assert live(shop, days=9) == 0
    assert (charges(shop), autopay.of_customers([customer.id])) == ([], [])
    assert (shop.open_minor(first), shop.open_minor(second)) == (10_000, 10_000)
    assert said(shop, customer)[-1] == "Your company: automatic payment is off"
    assert "can no longer be charged" in newest(shop, customer).text
    assert shop.broken() == []


def test_a_refused_charge_is_tried_again_twice_and_then_its_customer_pays_themselves(
    shop: Shop, customer: Customer, turn_on: TurnOn, bill: Bill
) -> None:
    turn_on("4000000000000341")
    first = bill(due_in=7)
    live(shop)
    for days, tries in ((7, 1), (1, 1), (1, 2), (2, 3)):
        live(shop, days=days)
        assert len(shop.there("payment_intent")) == tries
    assert said(shop, customer)[2:] == ["Your company: €100.00 could not be taken"] * 3
    assert "do not try again" in newest(shop, customer).text
    assert payments.payable_item(customer.id, first.id, today(shop)).collectable == eur(10_000)
    assert live(shop, days=3) == 0
    assert len(said(shop, customer)) == 5
    assert shop.broken() == []


def test_a_bank_that_wants_to_see_its_customer_ends_nothing_for_five_days(
    shop: Shop, customer: Customer, contact: Contact, turn_on: TurnOn, bill: Bill
) -> None:
    turn_on("4000002760003184")
    confirmed, forgotten = bill(due_in=7), bill(due_in=7)
    live(shop)
    assert live(shop, days=7) == 2
    assert said(shop, customer)[-1] == "Your company: your bank wants you to confirm €100.00"
    assert payments.payable_item(customer.id, confirmed.id, today(shop)).collectable == eur(0), "still not reminded of"
    shop.press_pay(page := shop.open(contact, confirmed))
    shop.sync(page)
    live(shop, days=5)
    assert [one.charge.entry_id for one in autopay.coming([customer.id])] == [forgotten.id]
    live(shop, days=1)
    assert autopay.coming([customer.id]) == []
    assert said(shop, customer)[-1] == "Your company: €100.00 could not be taken"
    assert shop.broken() == []


def test_of_a_run_that_dies_anywhere_the_next_one_does_the_rest_and_two_at_once_charge_once(
    shop: Shop, customer: Customer, turn_on: TurnOn, bill: Bill
) -> None:
    turn_on()
    owed = [bill(5_000 + number, due_in=7) for number in range(4)]
    live(shop)
    shop.pass_time(days=9)
    died = 0
    for lives in range(9):
        shop.gateway = Mortal("sk_test_standin", [SECRET], shop.till.url)
        shop.gateway.calls_left = lives // 2 if lives % 2 else None
        try:
            autopay.charge(today(shop), gateway=shop.gateway, now=shop.now if lives % 2 else Clock(shop, lives))
        except Killed:
            died += 1
        session.rollback()
        shop.gateway.calls_left = None
        shop.pass_time(minutes=3)
        shop.sweep()
        autopay.settle(now=shop.moment)
    assert died >= 4
    run_beside(*[lambda: autopay.charge(today(shop), gateway=shop.gateway, now=shop.now)] * 3)
    live(shop)
    assert sorted(charges(shop)) == [one.amount_minor for one in owed]
    assert {shop.open_minor(one) for one in owed} == {0}
    assert not [one for one in said(shop, customer) if "could not" in one], "who died asked no bank"
    assert shop.broken() == []


def test_a_charge_without_its_hold_and_a_hold_without_its_charge_are_named(
    shop: Shop, engine: Engine, turn_on: TurnOn, bill: Bill
) -> None:
    turn_on()
    bill(due_in=7), bill(due_in=7)
    live(shop)
    assert shop.broken() == []
    with engine.begin() as connection:
        connection.execute(text("update holds set ended_at = now(), ended_on = current_date where id = 1"))
        connection.execute(text("update autopay_charges set state = 'paid' where id = 2"))
    named = {(row.invariant, row.table, row.id) for row in shop.broken()}
    assert named == {("I15", "autopay_charges", "1:1"), ("I15", "holds", "1:2")}


def test_a_card_that_runs_out_is_warned_of_once_and_then_it_is_off(
    shop: Shop, customer: Customer, turn_on: TurnOn
) -> None:
    on = turn_on()
    card = payments.methods.find(customer.id, on.method_id)
    with transaction():
        session.merge(card).exp_year, session.merge(card).exp_month = 2026, 12
    for _ in range(2):
        autopay.warn_of_cards(today(shop) + timedelta(days=20), now=shop.moment)
    assert said(shop, customer)[1:] == ["Your company: your card will soon run out"]
    live(shop, days=60)
    assert said(shop, customer)[-1] == "Your company: automatic payment is off"


def newest(shop: Shop, customer: Customer) -> Message:
    return next(mail for mail in shop.mails(customer) if mail.kind == "autopay")


def test_what_nobody_can_be_told_of_is_not_charged(
    shop: Shop, contact: Contact, customer: Customer, turn_on: TurnOn, bill: Bill
) -> None:
    turn_on()
    bill(due_in=3)
    with transaction():
        customers.contacts.change_contact(contact, email=None, by=audit.COMMAND, now=shop.moment)
    live(shop)
    assert autopay.coming([customer.id]) == []
    with transaction():
        customers.add_contact(customer, email="colleague@example.test", by=audit.COMMAND, now=shop.moment)
    live(shop)
    assert len(autopay.coming([customer.id])) == 1
    assert shop.mails(customer)[0].address == "colleague@example.test"
