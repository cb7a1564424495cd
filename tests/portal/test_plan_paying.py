"""A plan that is charged: its first payment keeps the card, one is paid early, another card, no more charges."""

from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

import standin
from models import clock, company, payments, plans
from models.customers import Customer
from models.database import session
from models.ledger import Entry
from models.plans import Plan, PlanState, Way
from models.transactions import transaction
from tests.portal import test_plans
from tests.portal.mailbox import mails
from tests.portal.test_planning import told
from tests.portal.test_plans import confirm, read, rows, sign, the_plan

items = test_plans.items
DECLINED, SEPA = "4000000000009995", "AT611904300234573201"


@pytest.fixture(autouse=True)
def _the_house(engine: Engine) -> None:
    """The stand-in goes by the real clock, and so does this house."""
    with transaction():
        test_plans.furnish(clock.now())


def today() -> date:
    return company.get().today(clock.now())


def come_back(browser: FlaskClient, till: standin.Running, left: TestResponse, number: str = "") -> str:
    """Give the card on Stripe's page; what the plan's page says then."""
    assert (left.location or told(left)).startswith(till.url)
    _, back = till.press_pay(left.location, *([number] if number else []))
    landed = browser.get(urlsplit(back).path)
    return told(browser.get(landed.location if landed.status_code == 303 else urlsplit(back).path))


@pytest.fixture
def signed(browser: FlaskClient, items: list[Entry]) -> TestResponse:
    """30.00 today, 135.00 twice: on the way to Stripe's page."""
    address = read(browser, items, way="automatic", start_on=today() + timedelta(days=30))
    confirm(browser, address)
    return sign(browser, address)


def test_the_first_payment_keeps_the_card_and_begins_the_plan(
    browser: FlaskClient, till: standin.Running, customer: Customer, signed: TestResponse
) -> None:
    plan = the_plan(customer)
    page = told(browser.get(f"/plans/{plan.id}"))
    assert "One step is missing" in page
    assert "it has no card or bank account yet" in told(browser.get("/plans/new"))
    assert mails("plan")[0].subject.endswith("the instalment plan that you signed"), "the agreement goes out at once"
    said = come_back(browser, till, signed)
    plan = the_plan(customer)
    assert (plan.state, plan.way) == (PlanState.ACTIVE, Way.AUTOMATIC)
    assert "We have received €30.00." in said
    assert "We take it from Visa •••• 4242. You need do nothing." in said
    assert [state for state, _, _ in rows(plan)] == ["paid", "planned", "planned"]
    consent = payments.consents.living(customer.id, plan.source)
    assert consent is not None
    assert "Instalment plan" in consent.text
    assert (plan.consent_id, consent.ip) == (consent.id, "127.0.0.1")


def test_a_card_that_is_declined_leaves_the_step_that_is_missing(
    browser: FlaskClient, till: standin.Running, customer: Customer, signed: TestResponse
) -> None:
    till.press_pay(signed.location, DECLINED)
    plan = the_plan(customer)
    assert plan.state is PlanState.OFFERED
    again = browser.post(f"/plans/{plan.id}/card")
    assert "In force" in come_back(browser, till, again)


def test_without_a_first_payment_today_the_card_is_given_alone(
    browser: FlaskClient, till: standin.Running, customer: Customer, signed: TestResponse
) -> None:
    """The day after: the first payment is no longer due today, and is not asked for on the page."""
    plan = the_plan(customer)
    with transaction():
        for row in plans.instalments_of(plan):
            row.due_on += timedelta(days=30)
    said = come_back(browser, till, browser.post(f"/plans/{plan.id}/card"))
    assert "Your card or bank account is kept for this plan." in said
    assert the_plan(customer).state is PlanState.ACTIVE
    assert [state for state, _, _ in rows(plan)] == ["planned"] * 3


@pytest.fixture
def begun(browser: FlaskClient, till: standin.Running, customer: Customer, signed: TestResponse) -> Plan:
    come_back(browser, till, signed)
    return the_plan(customer)


def test_one_is_paid_early_and_then_all_that_is_left(browser: FlaskClient, till: standin.Running, begun: Plan) -> None:
    last = plans.instalments_of(begun)[2].id
    come_back(browser, till, browser.post(f"/plans/{begun.id}/instalments/{last}/pay"))
    assert [state for state, _, _ in rows(begun)] == ["paid", "planned", "paid"]
    assert browser.post(f"/plans/{begun.id}/instalments/{last}/pay").status_code == 409
    said = come_back(browser, till, browser.post(f"/plans/{begun.id}/rest"))
    assert "All paid. Thank you." in said
    assert browser.post(f"/plans/{begun.id}/rest").status_code == 409


def test_another_card_is_charged_from_now_on(
    app: Flask, browser: FlaskClient, till: standin.Running, customer: Customer, begun: Plan
) -> None:
    said = come_back(browser, till, browser.post(f"/plans/{begun.id}/card"), "5555555555554444")
    assert "We take it from Mastercard •••• 4444." in said
    day = today() + timedelta(days=35)
    for days in (32, 35):
        plans.tend(today() + timedelta(days=days), now=clock.now() + timedelta(days=days))
    assert plans.charge(day, gateway=app.extensions["stripe"], now=clock.now) == 1
    session.rollback()


def test_by_transfer_the_permission_is_taken_back_and_can_be_given_again(
    browser: FlaskClient, till: standin.Running, customer: Customer, begun: Plan
) -> None:
    assert browser.post(f"/plans/{begun.id}/by-transfer").status_code == 303
    assert payments.consents.living(customer.id, begun.source) is None
    page = told(browser.get(f"/plans/{begun.id}"))
    assert "Pay by bank transfer" in page
    with transaction():
        plans.review(customer.id, now=clock.now())
    assert the_plan(customer).way is Way.TRANSFER, "the old card does not come back by itself"
    browser.post(f"/plans/{begun.id}/card")
    with transaction():
        plans.review(customer.id, now=clock.now())
    assert the_plan(customer).way is Way.TRANSFER, "nor because somebody agreed and then went away"
    assert "I agree that Baltic Supply takes the payments of the plan" in page
    said = come_back(browser, till, browser.post(f"/plans/{begun.id}/card"))
    assert "We take it from Visa •••• 4242." in said
    assert payments.consents.living(customer.id, begun.source) is not None


def test_who_ends_a_plan_is_charged_no_more(browser: FlaskClient, customer: Customer, begun: Plan) -> None:
    assert "Nothing is taken from your card or bank account any more." in told(browser.get(f"/plans/{begun.id}/end"))
    browser.post(f"/plans/{begun.id}/end")
    assert payments.consents.living(customer.id, begun.source) is None
