"""A plan that is charged: each instalment once, on its day; what the bank says is followed and breaks nobody."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from models import company, customers, plans, words
from models.customers import Contact, Customer
from models.ledger import Entry
from models.payments import consents
from models.plans import InstalmentState, Plan, PlanState, Proposal, Way
from models.transactions import transaction
from tests.models.payments.conftest import quick as quick
from tests.models.payments.conftest import shop as shop
from tests.models.payments.shop import Shop, by
from tests.models.plans.owing import eur, months

pytestmark = pytest.mark.usefixtures("quick")
Begin = Callable[..., Plan]


@pytest.fixture
def begin(shop: Shop, customer: Customer, contact: Contact, items: list[Entry]) -> Begin:
    """Four times 30.00 by card on the 15th of the next months, signed, its card given and begun."""

    def begun(card: str = "4242424242424242") -> Plan:
        proposal = Proposal(
            shares={item.id: item.left for item in items},
            lines=[(day, eur(3_000)) for day in months(4)],
            fee=eur(0),
            way=Way.AUTOMATIC,
            grace_days=5,
            retries=2,
            misses=2,
            moves=1,
        )
        on = company.get().today(shop.moment)
        with transaction():
            plan = plans.keep_draft(customer.id, contact.id, "EUR", {}, on=on, now=shop.moment)
            plans.offer(plan, proposal, until=on, by=by(contact), on=on, now=shop.moment)
        consent = shop.agree(contact, plan.source)
        with transaction():
            plans.sign(plan, consent_id=consent.id, by=by(contact), on=on, now=shop.moment)
        assert plan.state is PlanState.OFFERED, "its card is waited for"
        shop.keep(contact, card, plan.source)
        review(shop, plan)
        assert plan.state is PlanState.ACTIVE
        return plan

    return begun


def review(shop: Shop, plan: Plan) -> None:
    with transaction():
        plans.review(plan.customer_id, now=shop.moment)


def bring(shop: Shop, until: date) -> None:
    """Move to a day with its notices sent before it."""
    for day in (until - timedelta(days=3), until):
        shop.pass_time(days=max((day - company.get().today(shop.moment)).days, 0))
        plans.tend(company.get().today(shop.moment), now=shop.moment)


def live(shop: Shop, plan: Plan, until: date) -> int:
    """Move to a day and do what the clockwork does on it."""
    bring(shop, until)
    charged = plans.charge(until, gateway=shop.gateway, now=shop.now)
    review(shop, plan)
    return charged


def give_card(shop: Shop, plan: Plan, on: date) -> None:
    card = shop.keep(contact_of(plan), about=plan.source)
    consent = shop.agree(contact_of(plan), plan.source)
    with transaction():
        plans.charge_another(plan, card.id, consent.id, by=by(contact_of(plan)), on=on, now=shop.moment)


def states(plan: Plan) -> list[str]:
    return [row.state.value for row in plans.instalments_of(plan)]


def test_every_instalment_is_charged_on_its_day_once_and_the_plan_is_over(shop: Shop, begin: Begin) -> None:
    plan = begin()
    first, *others = months(4)
    assert live(shop, plan, first) == 1
    assert plans.charge(first, gateway=shop.gateway, now=shop.now) == 0
    assert states(plan) == ["paid", "planned", "planned", "planned"]
    for day in others:
        assert live(shop, plan, day) == 1
    assert plan.state is PlanState.COMPLETED
    assert [charge["amount"] for charge in shop.there("charge")] == [3_000] * 4
    assert shop.broken() == []


def test_three_days_late_charges_each_once_all_the_same(shop: Shop, begin: Begin) -> None:
    plan = begin()
    assert live(shop, plan, months(3)[-1]) == 3
    assert states(plan) == ["paid", "paid", "paid", "planned"]
    assert len(shop.there("charge")) == 3


@pytest.mark.parametrize("late", [-1, 5])
def test_what_was_told_late_or_never_is_charged_three_days_after_it_is_told(
    shop: Shop, begin: Begin, late: int
) -> None:
    """As after a pause, or days in which nothing ran."""
    plan = begin()
    day = months(1)[0] + timedelta(days=late)
    shop.pass_time(days=(day - company.get().today(shop.moment)).days)
    for _ in range(3):
        plans.tend(day, now=shop.moment)
        give_card(shop, plan, day)
        assert plans.charge(day, gateway=shop.gateway, now=shop.now) == 0
        shop.pass_time(days=1)
        day += timedelta(days=1)
    [notice] = [mail for mail in shop.mails(customer_of(plan)) if "we take your instalment" in mail.text]
    assert words.date(day) in notice.text
    assert live(shop, plan, day) == 1
    assert states(plan)[0] == "paid"


def test_a_declined_card_is_tried_again_and_then_the_customer_is_asked(shop: Shop, begin: Begin) -> None:
    plan = begin("4000000000000341")
    first = months(1)[0]
    live(shop, plan, first)
    row = plans.instalments_of(plan)[0]
    assert (row.state, row.tries) == (InstalmentState.DUE, 1)
    assert row.next_try_on is not None
    for _ in range(2):
        assert row.next_try_on
        live(shop, plan, row.next_try_on)
    assert (row.tries, row.next_try_on, row.waits_for_customer) == (3, None, True)
    on = company.get().today(shop.moment)
    give_card(shop, plan, on)
    live(shop, plan, on)
    assert row.state is InstalmentState.PAID
    assert shop.broken() == []


def test_a_bank_that_wants_to_see_its_customer_breaks_nothing_at_once(shop: Shop, begin: Begin) -> None:
    plan = begin("4000002760003184")
    live(shop, plan, months(1)[0])
    row = plans.instalments_of(plan)[0]
    assert (row.state, row.waits_for_customer, row.next_try_on) == (InstalmentState.DUE, True, None)
    assert plan.state is PlanState.ACTIVE
    assert shop.mails(customer_of(plan))[-1].kind == "plan"


def test_without_consent_nothing_is_charged(shop: Shop, begin: Begin) -> None:
    plan = begin()
    living = consents.living(plan.customer_id, plan.source)
    assert living
    with transaction():
        consents.withdraw(living, by=by(contact_of(plan)), now=shop.moment)
    assert live(shop, plan, months(1)[0]) == 0
    assert shop.there("charge") == []
    assert plan.way is Way.TRANSFER
    assert shop.mails(customer_of(plan))[1].subject.endswith("we no longer charge your instalments")


def contact_of(plan: Plan) -> Contact:
    contact = customers.contact_of(plan.customer_id, plan.contact_id or 0)
    assert contact
    return contact


def customer_of(plan: Plan) -> Customer:
    customer = customers.find(plan.customer_id)
    assert customer
    return customer
