"""Trying a plan: the schedule that comes of it, what is kept, what is offered instead, who is asked."""

import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import company, holds, plans
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.ledger import Entry
from models.money import Money
from models.plans import PlanState
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.portal.conftest import apart

ADDRESS = "/plans/new?currency=EUR"


@pytest.fixture(autouse=True)
def _somewhere_to_pay_to(engine: object) -> None:
    with transaction():
        company.locked().iban = "LT121000011101001000"


@pytest.fixture
def items(make: Maker, customer: Customer) -> list[Entry]:
    """100.00 and 200.00 EUR, overdue."""
    return [apart(make.invoice(customer, amount, number=f"INV-{amount}")) for amount in (10_000, 20_000)]


def told(answer: TestResponse) -> str:
    inline = re.sub(r"</?(?:bdi|time|a)\b[^>]*>", "", answer.text)
    return " ".join(re.sub(r"<[^>]+>", " ", inline).split())


def typed(items: list[Entry], **changed: object) -> dict[str, str]:
    """The form as the page shows it, with what somebody changed; what is None is not ticked."""
    shown = {f"item-{item.id}": "y" for item in items}
    shown |= {"first": "30", "count": "3", "slide": "3", "frequency": "monthly", "way": "transfer"}
    shown |= {"shown_first": "3000", "shown_count": "3", "shown_slide": "3"}
    values = shown | {"start_on": str(date(2026, 12, 22))} | changed
    return {name: str(value) for name, value in values.items() if value is not None}


def payments(answer: TestResponse) -> list[str]:
    """Day and amount of each line of the schedule."""
    table = answer.text.partition("Your payments</caption>")[2].partition("</tbody>")[0]
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in table.split("<tr")[2:]]
    return [" ".join(row).partition(">")[2].strip() for row in rows]


def test_the_page_begins_with_all_that_is_due_in_three_payments(browser: FlaskClient, items: list[Entry]) -> None:
    page = browser.get(ADDRESS)
    assert page.status_code == 200
    assert payments(page) == [
        "Payment 1 22 Nov 2026 Today €30.00",
        "Payment 2 22 Dec 2026 €135.00",
        "Payment 3 22 Jan 2027 €135.00",
    ]
    assert "it starts as soon as you have signed" in told(page)


def test_a_change_is_answered_kept_and_the_same_with_and_without_scripts(
    browser: FlaskClient, items: list[Entry]
) -> None:
    changed = typed(items, count=4, **{f"item-{items[0].id}": None})
    live = browser.post(ADDRESS, data=changed, headers={"HX-Request": "true"})
    plain = browser.post(ADDRESS, data=changed)
    assert (live.status_code, plain.status_code) == (200, 303)
    days = ["22 Nov 2026 Today €20.00", "22 Dec 2026 €60.00", "22 Jan 2027 €60.00", "22 Feb 2027 €60.00"]
    wanted = [f"Payment {number} {day}" for number, day in enumerate(days, 1)]
    assert payments(live) == payments(browser.get(plain.location)) == payments(browser.get(ADDRESS)) == wanted
    assert "Payments: 4 · until 22 Feb 2027 €200.00 The plan costs nothing." in told(live)


def test_number_and_slider_are_one_value(browser: FlaskClient, items: list[Entry]) -> None:
    browser.get(ADDRESS)
    moved = browser.post(ADDRESS, data=typed(items, slide=6), headers={"HX-Request": "true"})
    assert len(payments(moved)) == 6
    both = browser.post(ADDRESS, data=typed(items, count=5, slide=6), headers={"HX-Request": "true"})
    assert len(payments(both)) == 5
    more = browser.post(ADDRESS, data=typed(items, count=20, slide=12), headers={"HX-Request": "true"})
    assert 'value="12"' in more.text.partition('id="slide"')[2].partition(">")[0], "as far as it goes"
    at_its_end = typed(items, count=20, slide=12, shown_count=20, shown_slide=12, word="Until spring")
    assert len(payments(browser.post(ADDRESS, data=at_its_end, headers={"HX-Request": "true"}))) == 20


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"first": "ten"}, "Enter a number"),
        ({"count": ""}, "Enter a number."),
        ({"start_on": "soon"}, "Enter a day that exists"),
        ({"start_on": "2026-11-21"}, "This day is past. Choose a day from today on."),
        ({"count": "3.5"}, "Enter a whole number."),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_the_rest_is_kept(
    browser: FlaskClient, items: list[Entry], wrong: dict[str, str], said: str
) -> None:
    answer = browser.post(ADDRESS, data=typed(items, frequency="weekly", **wrong))
    assert answer.status_code == 422
    assert said in told(answer)
    assert 'value="weekly"' in browser.get(ADDRESS).text


def test_outside_the_policy_the_reasons_are_said_and_the_nearest_plan_is_one_click(
    browser: FlaskClient, items: list[Entry]
) -> None:
    page = browser.get(browser.post(ADDRESS, data=typed(items, count=20, first="0")).location)
    assert "A plan has at most this many payments: 12. The first payment, today, is at least €30.00." in told(page)
    assert "answers by 23 Nov 2026" in told(page)
    page = browser.get(browser.post(ADDRESS, data=typed(items, count=20, first="0", then="nearest")).location)
    assert "it starts as soon as you have signed" in told(page)
    assert payments(page)[0] == "Payment 1 22 Nov 2026 Today €30.00"
    assert len(payments(page)) == 12


def test_what_somebody_can_afford_becomes_a_plan_or_a_word_that_there_is_none(
    browser: FlaskClient, items: list[Entry]
) -> None:
    page = browser.get(browser.post(ADDRESS, data=typed(items, monthly="60", then="budget")).location)
    assert len(payments(page)) == 5
    assert max(float(line.rpartition("€")[2]) for line in payments(page)) <= 60
    none = browser.post(ADDRESS, data=typed(items, monthly="5", then="budget"))
    assert none.status_code == 422
    assert "No plan that we offer comes to so little each month." in told(none)


def test_what_is_disputed_is_left_out_and_own_money_is_counted_in(
    browser: FlaskClient, make: Maker, customer: Customer, items: list[Entry]
) -> None:
    make.receipt(customer, 5_000)
    with transaction():
        facts = {"currency": "EUR", "entry_id": items[1].id, "amount": Money(8_000, "EUR"), "on": TODAY, "now": NOW}
        holds.add(customer.id, holds.HoldKind.DISPUTE, source="disputes:1", **facts)
    said = told(browser.get(ADDRESS))
    assert "€80.00 left out: In dispute" in said
    assert "€50.00 of your money with us is counted in" in said
    assert "€170.00 The plan costs nothing." in said


def test_a_request_is_looked_at_by_a_person_who_hears_what_was_said(
    browser: FlaskClient, customer: Customer, contact: Contact, items: list[Entry]
) -> None:
    asked = browser.post(ADDRESS, data=typed(items, count=20, word="I lost my job", hardship="y", then="ask"))
    [plan] = plans.of_customers([customer.id])
    assert asked.location == f"/plans/{plan.id}"
    assert (plan.state, plan.word, plan.hardship) == (PlanState.REQUESTED, "I lost my job", True)
    assert plan.answer_on == TODAY + timedelta(days=1)
    assert "You get our answer by 23 Nov 2026" in told(browser.get(ADDRESS))
    browser.post(ADDRESS, data=typed(items, count=15, then="ask"))
    states = [one.state for one in plans.of_customers([customer.id])]
    assert sorted(states) == [PlanState.CANCELLED, PlanState.REQUESTED], "the new wish takes the place of the old one"


def test_who_may_not_pay_builds_no_plan(come_in: object, make: Maker, customer: Customer) -> None:
    reader = make.contact(customer, "reader@example.test", may_pay=False)
    assert come_in(customer, reader).get(ADDRESS).status_code == 403


def test_own_money_is_used_when_the_plan_is_signed(
    browser: FlaskClient, make: Maker, customer: Customer, contact: Contact, items: list[Entry]
) -> None:
    make.receipt(customer, 5_000)
    browser.post(ADDRESS, data=typed(items, first="25", then="check"))
    [plan] = plans.of_customers([customer.id])
    assert plan.balance_minor == 25_000
    by = Actor(ActorKind.CONTACT, contact.id)
    with transaction():
        plans.sign(plan, consent_id=None, by=by, on=TODAY, now=NOW)
    assert plan.state is PlanState.ACTIVE
    assert plans.items_left(plan, TODAY)[0].left.minor + plans.items_left(plan, TODAY)[1].left.minor == 25_000
