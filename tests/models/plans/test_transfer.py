"""A plan that is paid by transfer follows the money, the credits and the cases of its items."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from models import accounts, audit, company, holds, invoices, ledger, messages, plans
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.database import session
from models.ledger import Allocation, Entry
from models.plans import InstalmentState, Plan, PlanState, Proposal, Way
from models.reports.verify import verify
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.models.plans.owing import eur, months

S = InstalmentState


def moment(days: int) -> datetime:
    return NOW + timedelta(days=days)


@pytest.fixture
def plan(customer: Customer, contact: Contact, items: list[Entry]) -> Plan:
    """Four times 30.00 on the 15th of the next months, begun today."""
    proposal = Proposal(
        shares={item.id: item.left for item in items},
        lines=[(day, eur(3_000)) for day in months(4)],
        fee=eur(0),
        way=Way.TRANSFER,
        grace_days=5,
        misses=2,
        moves=1,
    )
    by = Actor(ActorKind.CONTACT, contact.id)
    with transaction():
        made = plans.keep_draft(customer.id, contact.id, "EUR", {}, on=TODAY, now=NOW)
        plans.offer(made, proposal, until=TODAY, by=by, on=TODAY, now=NOW)
        plans.sign(made, consent_id=None, by=by, on=TODAY, now=NOW)
    return made


def states(plan: Plan) -> list[tuple[str, int]]:
    return [(row.state.value, row.left_minor) for row in plans.instalments_of(plan)]


def pay(plan: Plan, minor: int, day: date, only: Sequence[int] | None = None) -> Entry:
    now = datetime.combine(day, NOW.timetz())
    with transaction():
        receipt = ledger.receive(plan.customer_id, eur(minor), effective_on=day, dedupe_key=f"t{day}{minor}", now=now)
        ledger.allocate_oldest_first(receipt, only=only, now=now)
    with transaction():
        plans.review(plan.customer_id, now=now)
    return receipt


def tend(day: date) -> None:
    plans.tend(day, now=datetime.combine(day, NOW.timetz()))


def assert_proved(days: int = 400) -> None:
    assert verify(now=moment(days)).broken == []


def test_what_comes_covers_the_next_instalments_and_a_part_of_one(plan: Plan) -> None:
    assert plan.state is PlanState.ACTIVE
    assert states(plan) == [("planned", 3_000)] * 4
    pay(plan, 4_000, TODAY)
    assert states(plan) == [("paid", 0), ("planned", 2_000), ("planned", 3_000), ("planned", 3_000)]
    assert_proved()
    pay(plan, 8_000, TODAY + timedelta(days=1))
    assert plan.state is PlanState.COMPLETED
    assert not holds.living([plan.customer_id], TODAY)
    assert_proved()


def test_a_credit_makes_the_plan_shorter_and_money_taken_back_makes_it_longer(plan: Plan, items: list[Entry]) -> None:
    with transaction():
        credit = ledger.credit(
            plan.customer_id, eur(4_000), effective_on=TODAY, dedupe_key="c", reason="Broken", now=NOW
        )
        ledger.allocate(credit, items[0], eur(4_000), now=NOW)
    assert plans.tend(TODAY, now=NOW) == 0
    with transaction():
        plans.review(plan.customer_id, now=NOW)
    assert states(plan) == [("planned", 3_000), ("planned", 3_000), ("planned", 2_000), ("waived", 3_000)]
    receipt = pay(plan, 3_000, TODAY)
    [used] = session.scalars(select(Allocation).where(Allocation.credit_id == receipt.id))
    assert_proved()
    with transaction():
        ledger.reverse(used, on=TODAY, now=moment(1))
        plans.review(plan.customer_id, now=moment(1))
    assert ("returned", 3_000) in states(plan)
    assert ("due", 3_000) in states(plan)
    assert sum(left for state, left in states(plan) if state in ("planned", "due")) == 8_000
    assert [version.because.value for version in plans.versions_of(plan)] == ["returned", "less_owed", "signed"]
    assert_proved()


def test_two_missed_in_a_row_end_it_and_paying_them_revives_it(plan: Plan) -> None:
    first, second = months(2)
    for days in (-3, 0, 4):
        tend(first + timedelta(days=days))
    assert [state for state, _ in states(plan)] == ["missed", "planned", "planned", "planned"]
    for days in (-3, 0, 4, 9):
        tend(second + timedelta(days=days))
    assert plan.state is PlanState.ACTIVE, "the second one's days of grace are not over"
    tend(second + timedelta(days=10))
    assert plan.state is PlanState.DEFAULTED
    assert not holds.living([plan.customer_id], second)
    pay(plan, 6_000, second + timedelta(days=12))
    assert plan.state is PlanState.ACTIVE
    assert [state for state, _ in states(plan)] == ["paid", "paid", "planned", "planned"]
    assert_proved()


def test_a_day_is_moved_once_and_the_rest_can_be_made_slower(plan: Plan) -> None:
    first = plans.instalments_of(plan)[0]
    by = Actor(ActorKind.CONTACT, plan.contact_id)
    with transaction():
        plans.move(plan, first.id, first.due_on + timedelta(days=6), by=by, on=TODAY, now=NOW)
    with pytest.raises(plans.CannotChange), transaction():
        plans.move(plan, first.id, first.due_on + timedelta(days=2), by=by, on=TODAY, now=NOW)
    lines = [(TODAY + timedelta(days=30 * number), eur(1_500)) for number in range(1, 9)]
    with transaction():
        plans.reschedule(plan, lines, by=audit.COMMAND, on=TODAY, now=NOW)
    assert [left for state, left in states(plan) if state == "planned"] == [1_500] * 8
    with pytest.raises(plans.CannotChange), transaction():
        plans.reschedule(plan, lines[:-1], by=audit.COMMAND, on=TODAY, now=NOW)
    assert_proved()


def held(customer: Customer) -> list[tuple[str, int | None]]:
    return sorted((one.kind.value, one.claimed_minor) for one in holds.living([customer.id], TODAY))


def test_nothing_is_asked_for_while_a_person_looks_at_a_plan_or_its_customer_at_our_offer(
    customer: Customer, contact: Contact, items: list[Entry]
) -> None:
    proposal = Proposal(
        shares={item.id: item.left for item in items},
        lines=[(day, eur(3_000)) for day in months(4)],
        fee=eur(0),
        way=Way.TRANSFER,
    )
    asked = sorted(("plan_asked", item.left.minor) for item in items)
    by = {"by": Actor(ActorKind.CONTACT, contact.id), "on": TODAY, "now": NOW}
    with transaction():
        answer = {"answer_on": TODAY + timedelta(days=1), "hardship": False, "word": ""}
        plan = plans.ask_for(customer.id, contact.id, proposal, **answer, **by)
    assert held(customer) == asked
    assert_proved()
    with transaction():
        plans.put_forward(
            customer.id, contact.id, plan.id, proposal, key="k", staff_id=1, **by | {"by": Actor(ActorKind.STAFF, 1)}
        )
    assert held(customer) == asked
    assert_proved()
    with transaction():
        plans.sign(plan, consent_id=None, **by)
    assert held(customer) == [("plan", minor) for _, minor in asked]
    with transaction():
        plans.leave(plan, **by)
    assert held(customer) == []
    assert_proved()


def test_an_offer_that_nobody_signs_gives_its_items_back(
    customer: Customer, contact: Contact, items: list[Entry]
) -> None:
    proposal = Proposal(
        shares={items[0].id: items[0].left},
        lines=[(months(1)[0], items[0].left)],
        fee=eur(0),
        way=Way.TRANSFER,
    )
    with transaction():
        by = {"by": Actor(ActorKind.STAFF, 1), "on": TODAY, "now": NOW}
        plan = plans.put_forward(customer.id, contact.id, None, proposal, key="k", staff_id=1, **by)
    assert len(held(customer)) == 1
    assert plan.offered_until
    tend(plan.offered_until)
    assert len(held(customer)) == 1
    tend(plan.offered_until + timedelta(days=1))
    assert held(customer) == []
    assert_proved()


def test_the_notice_brings_where_to_send_it_and_a_code_until_it_has_come(plan: Plan) -> None:
    with transaction():
        creditor = company.get()
        creditor.iban, creditor.bic = "LT12 1000 0111 0100 1000", "AGBLLT2X"
    [first] = months(1)
    tend(first - timedelta(days=3))
    [notice, *_] = messages.outbox(plan.customer_id)
    [reference] = set(re.findall(r"RF\d\d [\dC ]+", notice.text))
    assert invoices.by_rf_reference(reference) or invoices.customer_of_reference(reference) == plan.customer_id
    for part in (notice.text, notice.html):
        assert creditor.iban in part
        assert reference.strip() in part
    [code] = accounts.enclosed_with_plan(plan.customer_id, notice.id, moment(40))
    assert (code.kind, code.content[:4]) == ("image/png", b"\x89PNG")
    pay(plan, 3_000, first - timedelta(days=2))
    assert accounts.enclosed_with_plan(plan.customer_id, notice.id, moment(40)) == []
