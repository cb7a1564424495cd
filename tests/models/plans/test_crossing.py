"""What happens at once, too late or in another order: no money is lost, nobody pays twice, and the plan tells it."""

from datetime import timedelta

import pytest

from models import audit, disputes, holds, ledger, messages, pauses, payments, plans
from models.customers import Contact
from models.database import session
from models.disputes import Reason, Remedy
from models.holds import HoldKind
from models.ledger import Entry
from models.payments import AttemptState, Purpose
from models.plans import Plan, PlanState, Proposal, Way
from models.transactions import transaction
from tests.models.payments.conftest import quick as quick
from tests.models.payments.conftest import shop as shop
from tests.models.payments.shop import Shop, by
from tests.models.plans.owing import eur, months
from tests.models.plans.test_charging import Begin, bring, contact_of, customer_of, live, review, states
from tests.models.plans.test_charging import begin as begin

pytestmark = pytest.mark.usefixtures("quick")
IBAN, NO_CHARGES = "AT611904300234573201", "4000000000000341"


def stamp(shop: Shop, contact: Contact) -> dict[str, object]:
    return {"by": by(contact), "on": shop.moment.date(), "now": shop.moment}


def said(plan: Plan) -> list[str]:
    """The subjects of its mails, without the company's name, oldest first."""
    session.rollback()
    mails = [mail for mail in messages.outbox(plan.customer_id) if mail.kind == "plan"]
    return [mail.subject.partition(": ")[2] for mail in reversed(mails)]


def credit(shop: Shop, item: Entry, minor: int) -> None:
    facts = {"effective_on": shop.moment.date(), "reason": "Broken", "now": shop.moment}
    with transaction():
        note = ledger.credit(item.customer_id, eur(minor), dedupe_key=f"note:{item.id}", **facts)
        ledger.allocate(note, item, eur(minor), now=shop.moment)


def early(shop: Shop, plan: Plan, number: int) -> payments.Attempt:
    """A page on which one instalment is paid before its day."""
    row = plans.instalments_of(plan)[number - 1]
    contact, [item, *_] = contact_of(plan), plans.items_of(plan)
    places = {"success_url": "http://shop.test/{attempt}", "cancel_url": "http://shop.test/back"}
    told = {"description": "Instalment", "language": "en", "purpose": Purpose(plan.source, row.id)}
    with transaction():
        lines = [(item.entry_id, row.left)]
        attempt = payments.request(plan.customer_id, lines, **places, **told, **stamp(shop, contact))
    shop.submit(attempt)
    return attempt


def test_what_is_disputed_rests_and_a_plan_of_nothing_else_waits_for_the_answer(
    shop: Shop, begin: Begin, items: list[Entry]
) -> None:
    plan = begin()
    customer, contact = customer_of(plan), contact_of(plan)
    cases = []
    for item in items:
        told = {"reason": Reason.OTHER, "wanted": Remedy.CREDIT, "text": "Never came"}
        with transaction():
            claimed = {None: item.left}
            cases.append(disputes.open_case(customer, contact, item.id, claimed, **told, **stamp(shop, contact)))
        assert plans.settle(now=shop.moment) == 1
        shop.pass_time(minutes=1)
    assert states(plan) == ["waived"] * 4
    assert live(shop, plan, months(1)[0]) == 0
    assert plan.state is PlanState.ACTIVE
    assert said(plan)[-2:] == ["your instalment plan has changed"] * 2
    for case in cases:
        with transaction():
            disputes.withdraw(case, **stamp(shop, contact))
    assert plans.settle(now=shop.moment) == 1
    assert sum(row.left_minor for row in plans.instalments_of(plan) if row.is_living) == 12_000
    for item in items:
        credit(shop, item, item.amount_minor)
    assert plans.settle(now=shop.moment) == 1
    assert plan.state is PlanState.COMPLETED
    assert shop.broken() == []


def test_a_debit_on_its_way_arrives_though_the_plan_was_cancelled_or_credited(
    shop: Shop, begin: Begin, items: list[Entry]
) -> None:
    plan = begin(IBAN)
    live(shop, plan, months(1)[0])
    assert states(plan)[0] == "charging"
    credit(shop, items[0], 10_000)
    review(shop, plan)
    assert states(plan) == ["charging", "waived", "waived", "waived"], "20.00 are left, and 30.00 on their way"
    assert plans.settle(now=shop.moment) == 0
    shop.pass_time(minutes=6)
    assert shop.broken() == []
    shop.sweep()
    review(shop, plan)
    assert (plan.state, states(plan)[0]) == (PlanState.COMPLETED, "paid")
    receipt = shop.receipts(customer_of(plan))[-1]
    assert sorted(one.unapplied_minor for one in shop.receipts(customer_of(plan))) == [0, 1_000]
    assert receipt.amount_minor == 3_000
    assert shop.broken() == []


def test_cancelled_while_a_debit_is_on_its_way_its_money_pays_items(shop: Shop, begin: Begin) -> None:
    plan = begin(IBAN)
    live(shop, plan, months(1)[0])
    with transaction():
        plans.cancel(plan, reason="asked", **stamp(shop, contact_of(plan)))
    shop.pass_time(minutes=6)
    shop.sweep()
    review(shop, plan)
    assert states(plan) == ["paid", "planned", "planned", "planned"]
    assert live(shop, plan, months(2)[1]) == 0
    assert [one.unapplied_minor for one in shop.receipts(customer_of(plan))] == [0]
    assert shop.broken() == []


def test_a_page_that_is_paid_for_an_instalment_that_is_gone_pays_the_others(
    shop: Shop, begin: Begin, items: list[Entry]
) -> None:
    plan = begin()
    page = early(shop, plan, 4)
    credit(shop, items[1], 2_000)
    credit(shop, items[0], 1_000)
    review(shop, plan)
    assert states(plan) == ["planned", "planned", "planned", "waived"]
    shop.press_pay(page)
    assert shop.sync(page) is AttemptState.SUCCEEDED
    review(shop, plan)
    assert states(plan) == ["planned", "planned", "paid", "waived"]
    assert shop.broken() == []


def test_a_first_debit_that_takes_longer_than_a_card_is_waited_for_begins_the_plan(
    shop: Shop, contact: Contact, items: list[Entry]
) -> None:
    today = shop.moment.date()
    lines = [(today, eur(3_000)), *((day, eur(4_500)) for day in months(2))]
    shares = {item.id: item.left for item in items}
    with transaction():
        plan = plans.keep_draft(contact.customer_id, contact.id, "EUR", {}, on=today, now=shop.moment)
        proposal = Proposal(shares=shares, lines=lines, fee=eur(0), way=Way.AUTOMATIC)
        plans.offer(plan, proposal, until=today, **stamp(shop, contact))
    consent = shop.agree(contact, plan.source)
    with transaction():
        plans.sign(plan, consent_id=consent.id, **stamp(shop, contact))
    shop.introduce(customer_of(plan))
    places = {"success_url": "http://shop.test/{attempt}", "cancel_url": "http://shop.test/back"}
    purpose = Purpose(plan.source, plans.instalments_of(plan)[0].id, saves=True)
    told = {"description": "First", "language": "en", "purpose": purpose}
    with transaction():
        first = [(items[0].id, eur(3_000))]
        page = payments.request(contact.customer_id, first, **places, **told, **stamp(shop, contact))
    shop.submit(page)
    shop.press_pay(page, IBAN)
    assert shop.sync(page) is AttemptState.PROCESSING
    shop.pass_time(days=5)
    plans.tend(shop.moment.date(), now=shop.moment)
    assert plan.state is PlanState.OFFERED, "its first payment is on its way"
    assert shop.sync(page) is AttemptState.SUCCEEDED
    plans.tend(shop.moment.date(), now=shop.moment)
    assert (plan.state, states(plan)[0]) == (PlanState.ACTIVE, "paid")
    assert plan.method_id


def test_a_plan_that_failed_gives_way_to_a_new_one_about_the_same(
    shop: Shop, begin: Begin, contact: Contact, items: list[Entry]
) -> None:
    failed = begin(NO_CHARGES)
    for day in (0, 2, 4, 10, 31, 33, 35, 41, 47):
        live(shop, failed, months(1)[0] + timedelta(days=day))
    assert failed.state is PlanState.DEFAULTED
    today = shop.moment.date()
    shares = {item.id: item.left for item in items}
    lines = [(today + timedelta(days=10), eur(12_000))]
    with transaction():
        plan = plans.keep_draft(contact.customer_id, contact.id, "EUR", {}, on=today, now=shop.moment)
        proposal = Proposal(shares=shares, lines=lines, fee=eur(0), way=Way.TRANSFER)
        plans.offer(plan, proposal, until=today, **stamp(shop, contact))
        plans.sign(plan, consent_id=None, **stamp(shop, contact))
    assert (plan.state, failed.state, failed.end_reason) == (PlanState.ACTIVE, PlanState.CANCELLED, "replaced")
    held = [one for one in holds.living([plan.customer_id], today) if one.kind == HoldKind.PLAN]
    assert {one.source for one in held} == {plan.source}
    [item] = payments.payable_items(plan.customer_id, today, among=[items[0].id])
    assert not item.plannable
    assert shop.broken() == []


def test_a_new_card_is_charged_for_what_was_missed_too_and_each_no_is_told(shop: Shop, begin: Begin) -> None:
    plan = begin(NO_CHARGES)
    first = months(1)[0]
    for day in (0, 2, 4, 6):
        live(shop, plan, first + timedelta(days=day))
    assert states(plan)[0] == "missed"
    before = said(plan).count("your instalment of €30.00 could not be taken")
    assert before == 3
    for card, ends in ((NO_CHARGES, "missed"), ("4242424242424242", "paid")):
        kept = shop.keep(contact_of(plan), card, plan.source)
        consent = shop.agree(contact_of(plan), plan.source)
        with transaction():
            plans.charge_another(plan, kept.id, consent.id, **stamp(shop, contact_of(plan)))
        live(shop, plan, shop.moment.date())
        assert states(plan)[0] == ends
        shop.pass_time(minutes=1)
    assert said(plan).count("your instalment of €30.00 could not be taken") == before + 1


def test_nobodys_page_has_to_go_for_a_charge_that_is_not_made(shop: Shop, begin: Begin) -> None:
    plan = begin()
    first = months(1)[0]
    bring(shop, first)
    with transaction():
        facts = {"until_on": first + timedelta(days=30), "by": audit.COMMAND, "on": first, "now": shop.moment}
        pauses.place(plan.customer_id, HoldKind.HARDSHIP, "Ill", **facts)
    page = early(shop, plan, 1)
    assert plans.charge(first, gateway=shop.gateway, now=shop.now) == 0
    assert shop.state(page) is AttemptState.OPEN
    shop.press_pay(page)
    shop.sync(page)
    review(shop, plan)
    assert states(plan)[0] == "paid"


def test_a_card_that_runs_out_before_the_plan_is_told_once(shop: Shop, begin: Begin) -> None:
    plan = begin()
    card = shop.method(plan.method_id, plan.customer_id)
    with transaction():
        card.exp_year, card.exp_month = months(1)[0].year, months(1)[0].month
    for _ in range(2):
        assert plans.warn_of_cards(months(1)[0], now=shop.moment) == 1
        shop.pass_time(hours=1)
    assert said(plan).count("your card will soon run out") == 1
    assert plans.warn_of_cards(months(1)[0] - timedelta(days=60), now=shop.moment) == 0


def test_a_card_given_while_the_old_one_is_charged_is_the_one_that_is_charged_next(shop: Shop, begin: Begin) -> None:
    plan, day = begin(), months(1)[0]
    bring(shop, day)
    page = shop.ask_setup(contact_of(plan), plan.source)
    address = shop.submit(page)
    shop.pass_time(minutes=1)
    assert plans.charge(day, gateway=shop.gateway, now=shop.now) == 1
    shop.till.press_pay(address, "5555555555554444")
    shop.sync(page)
    review(shop, plan)
    assert plan.method_id == shop.attempt(page).method_id


def test_a_debit_that_its_customer_gave_takes_days_and_nothing_is_missed_meanwhile(shop: Shop, begin: Begin) -> None:
    plan, first = begin(NO_CHARGES), months(1)[0]
    for days in (0, 2, 4):
        live(shop, plan, first + timedelta(days=days))
    page = early(shop, plan, 1)
    shop.press_pay(page, IBAN)
    assert shop.sync(page) is AttemptState.PROCESSING
    for days in (6, 8, 30):
        plans.tend(first + timedelta(days=days), now=shop.moment)
    assert states(plan)[0] == "due"
    assert "an instalment has not arrived" not in said(plan)


def test_staff_agree_to_no_day_for_a_customer(shop: Shop, begin: Begin) -> None:
    """All of it today: it is told, and taken three days after that."""
    plan, today = begin(), shop.moment.date()
    told = {"by": audit.Actor(audit.ActorKind.STAFF, 1), "on": today, "now": shop.moment}
    with transaction():
        plans.reschedule(plan, [(today, eur(12_000))], reason="They called", **told)
    charged = []
    for _ in range(4):
        plans.tend(shop.moment.date(), now=shop.moment)
        charged.append(plans.charge(shop.moment.date(), gateway=shop.gateway, now=shop.now))
        shop.pass_time(days=1)
    assert charged == [0, 0, 0, 1]
    assert said(plan).count("your instalment of €120.00 on 25 Nov 2026") == 1
