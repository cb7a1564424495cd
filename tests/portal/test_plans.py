"""A plan from its signature on: what was read is kept, what comes of it, what can be changed, and what cannot."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, update
from werkzeug.test import TestResponse

from models import agreements, company, holds, ledger, plans
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.database import session
from models.dunning import standard
from models.dunning.reviewed import ReviewState
from models.dunning.templates import TemplateVersion
from models.ledger import Entry
from models.money import Money
from models.plans import Plan, PlanState, Proposal, Way
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.portal.conftest import apart
from tests.portal.mailbox import arrived, mailed_code, mails
from tests.portal.test_calendar import entries, made
from tests.portal.test_planning import ADDRESS, told, typed

NAME = "Rūta Kazlauskienė"


@pytest.fixture(autouse=True)
def _the_house(engine: Engine) -> None:
    """With a bank account, and words that counsel approved."""
    with transaction():
        furnish(NOW)


def furnish(now: datetime) -> None:
    row = company.locked()
    row.iban, row.name = "LT121000011101001000", "Baltic Supply"
    standard.ensure(now=now)
    session.execute(update(TemplateVersion).values(state=ReviewState.APPROVED, live_at=now))


@pytest.fixture
def items(make: Maker, customer: Customer) -> list[Entry]:
    """100.00 and 200.00 EUR, overdue."""
    return [apart(make.invoice(customer, amount, number=f"INV-{amount}")) for amount in (10_000, 20_000)]


def confirm(browser: FlaskClient, address: str) -> None:
    """Type the code that was mailed, as the page asks for."""
    browser.post(f"/confirm/send?next={address}")
    assert browser.post(f"/confirm/code?next={address}", data={"code": mailed_code()}).location == address


def seen(page: TestResponse) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', page.text)
    return found[1] if found else ""


def read(browser: FlaskClient, items: list[Entry], **wishes: object) -> str:
    """From the builder to the page on which it is signed; returns its address."""
    return browser.post(ADDRESS, data=typed(items, then="check", **wishes)).location


def sign(browser: FlaskClient, address: str, **changed: str) -> TestResponse:
    values = {"typed_name": NAME, "agreed": "y", "seen": seen(browser.get(address))}
    return browser.post(address, data=values | changed)


@pytest.fixture
def begun(browser: FlaskClient, customer: Customer, items: list[Entry]) -> Plan:
    """30.00 today, 135.00 on 22 December and January, by transfer."""
    address = read(browser, items)
    confirm(browser, address)
    assert sign(browser, address).status_code == 303
    return the_plan(customer)


def the_plan(customer: Customer) -> Plan:
    session.rollback()
    session.expire_all()
    return plans.of_customers([customer.id])[0]


def rows(plan: Plan) -> list[tuple[str, date, int]]:
    session.rollback()
    session.expire_all()
    return [(row.state.value, row.due_on, row.left_minor) for row in plans.instalments_of(plan)]


def test_what_was_read_is_what_is_signed_by_who_typed_a_fresh_code(
    browser: FlaskClient, customer: Customer, items: list[Entry]
) -> None:
    address = read(browser, items)
    page = browser.get(address)
    assert "€300.00 in 3 payments" in told(page)
    assert "Go on to sign" in told(page)
    assert "Type" not in told(page), "who has not shown that it is them sees no form"
    assert sign(browser, address).location == f"/confirm?next={address}"
    confirm(browser, address)
    assert "Your full name" in told(browser.get(address))
    assert sign(browser, address, typed_name="").status_code == 422
    assert browser.post(address, data={"typed_name": NAME, "seen": seen(page)}).status_code == 422
    assert the_plan(customer).state is PlanState.OFFERED
    done = sign(browser, address)
    plan = the_plan(customer)
    assert (done.location, plan.state) == (f"/plans/{plan.id}", PlanState.ACTIVE)
    kept = agreements.signed(customer.id, plan.source)
    assert kept is not None
    assert (kept.typed_name, kept.address) == (NAME, "127.0.0.1")
    assert browser.get(f"/plans/{plan.id}/agreement.pdf").data == kept.pdf
    said = told(browser.get(done.location))
    assert "Plan P-" in said
    assert "Please send it today. It is no harm when it takes a day or two." in said
    assert f"Signed by {NAME} on 22 Nov 2026" in said
    assert sign(browser, address).location == f"/plans/{plan.id}", "twice is once"


def test_what_was_signed_is_mailed_at_once_with_a_link_that_opens_the_plan(
    browser: FlaskClient, app: Flask, customer: Customer, begun: Plan
) -> None:
    began = next(one for one in arrived() if one["Subject"].endswith("your instalment plan has begun"))
    [agreement] = began.iter_attachments()
    kept = agreements.signed(customer.id, begun.source)
    assert (agreement.get_filename(), agreement.get_payload(decode=True)) == (f"P-{begun.id}.pdf", kept.pdf)
    link = re.search(r"http://localhost(/l/\S+\?plan=\d+)", began.get_body(("plain",)).get_content())
    assert link
    reader = app.test_client()
    landing = reader.get(link[1], follow_redirects=True)
    opens = re.search(r'action="(/open[^"]*)"', landing.text)
    assert reader.post(opens[1]).location == f"/plans/{begun.id}"


def test_a_plan_that_became_another_one_is_read_again_before_it_is_signed(
    browser: FlaskClient, make: Maker, customer: Customer, items: list[Entry]
) -> None:
    address = read(browser, items)
    confirm(browser, address)
    was = seen(browser.get(address))
    make.now = NOW + timedelta(hours=1)
    make.receipt(customer, 6_000)
    answer = sign(browser, address, seen=was)
    assert answer.status_code == 409
    assert "Before: €300.00 , the last payment on 22 Jan 2027. Now: €240.00" in told(answer)
    assert the_plan(customer).signed_at is None
    assert f'value="{NAME}"' in answer.text, "what was typed stays"
    assert "€60.00 of your money with us is counted in" in told(answer)
    assert sign(browser, address, seen=seen(answer)).status_code == 303
    assert the_plan(customer).state is PlanState.ACTIVE
    assert ledger.entry_of(customer.id, items[0].id).left.minor == 4_000


def test_who_goes_back_finds_what_they_typed_and_who_declines_too(
    browser: FlaskClient, customer: Customer, items: list[Entry]
) -> None:
    address = read(browser, items, count=5, way="transfer", frequency="fortnightly")
    assert browser.post(address.replace("sign", "decline")).location == "/plans/new?currency=EUR"
    page = browser.get(ADDRESS)
    assert re.search(r'name="count"[^>]*value="5"', page.text)
    assert re.search(r'checked[^>]*value="fortnightly"', page.text)
    assert "You have no instalment plan." in told(browser.get("/plans"))


def test_only_who_may_sign_signs(
    come_in: Callable[[Customer, Contact], FlaskClient], make: Maker, customer: Customer, items: list[Entry]
) -> None:
    boss = make.contact(customer, "boss@example.test", may_sign=True)
    browser = come_in(customer, make.contact(customer, "payer@example.test"))
    address = read(browser, items)
    assert "Your colleague who may sign for you signs it." in told(browser.get(address))
    assert browser.post(address, data={"typed_name": NAME, "agreed": "y"}).status_code == 403
    browser = come_in(customer, boss)
    assert address.removesuffix("/sign") in browser.get("/plans").text
    confirm(browser, address)
    assert sign(browser, address).status_code == 303
    assert the_plan(customer).contact_id == boss.id


def test_a_plan_by_transfer_says_what_to_send_and_silences_its_items(browser: FlaskClient, begun: Plan) -> None:
    page = told(browser.get(f"/plans/{begun.id}"))
    assert "€30.00" in page
    assert "Pay by bank transfer" in page
    statement = browser.get("/statement").text
    assert f'href="/plans/{begun.id}"' in statement
    assert "In a plan" in told(browser.get("/statement"))
    assert "€30.00 is due on 22 Nov 2026." in told(browser.get("/next"))
    assert browser.get(f"/plans/{begun.id}/transfer.svg").status_code == 200
    assert "There is nothing to pay in instalments." in told(browser.get(ADDRESS))


def test_a_payment_is_moved_once_to_a_day_before_the_next_one(browser: FlaskClient, begun: Plan) -> None:
    row = plans.instalments_of(begun)[1]
    address = f"/plans/{begun.id}/instalments/{row.id}/move"
    assert "Before the next payment on 22 Jan 2027." in told(browser.get(address))
    assert browser.post(address, data={"to": "2027-02-01"}).status_code == 422
    assert browser.post(address, data={"to": "soon"}).status_code == 422
    assert browser.post(address, data={"to": "2027-01-05"}).status_code == 303
    assert ("planned", date(2027, 1, 5), 13_500) in rows(begun)
    again = browser.post(address, data={"to": "2027-01-06"})
    assert again.status_code == 422
    assert "moved as often as was agreed" in told(again)
    assert browser.post(address.replace("move", "spread")).status_code == 409


def test_what_is_in_force_is_not_declined(browser: FlaskClient, begun: Plan) -> None:
    assert browser.post(f"/plans/{begun.id}/decline").status_code == 409
    assert browser.get(f"/plans/{begun.id}/sign").location == f"/plans/{begun.id}"


def test_a_payment_is_spread_over_those_after_it(browser: FlaskClient, begun: Plan) -> None:
    row = plans.instalments_of(begun)[1]
    assert browser.post(f"/plans/{begun.id}/instalments/{row.id}/spread").status_code == 303
    assert [(state, left) for state, _, left in rows(begun)] == [
        ("planned", 3_000),
        ("waived", 13_500),
        ("planned", 27_000),
    ]
    assert begun.moves_left == 0


def test_the_rest_becomes_slower_inside_the_rules_and_faster_at_will(browser: FlaskClient, begun: Plan) -> None:
    address = f"/plans/{begun.id}/change"
    page = browser.get(f"{address}?count=40")
    assert "A plan has at most this many payments: 12." in told(page)
    assert browser.post(address, data={"count": "40", "seen": "x"}).status_code == 409
    page = browser.get(f"{address}?count=6&frequency=monthly&start_on=2026-12-22")
    data = {"count": "6", "frequency": "monthly", "start_on": "2026-12-22", "seen": seen(page)}
    assert browser.post(address, data=data | {"seen": "other"}).status_code == 409
    assert browser.post(address, data=data).status_code == 303
    planned = [left for state, _, left in rows(begun) if state == "planned"]
    assert planned == [5_000] * 6
    assert browser.post(address, data={"count": "none"}).status_code == 422


def test_a_plan_is_ended_after_it_said_what_follows(browser: FlaskClient, customer: Customer, begun: Plan) -> None:
    address = f"/plans/{begun.id}/end"
    assert "€300.00 is open and is asked for again as before the plan." in told(browser.get(address))
    assert browser.post(address).location == f"/plans/{begun.id}"
    assert holds.living([customer.id], TODAY) == []
    assert "You ended it." in told(browser.get(f"/plans/{begun.id}"))
    first = plans.instalments_of(begun)[0].id
    wrong = ["end", "rest", "card", "by-transfer", f"instalments/{first}/pay", f"instalments/{first}/spread", "decline"]
    answers = {way: browser.post(f"/plans/{begun.id}/{way}").status_code for way in wrong}
    assert answers == dict.fromkeys(wrong, 409)
    assert browser.post(f"/plans/{begun.id}/change", data={"count": "2"}).status_code == 409
    assert browser.get(f"/plans/{begun.id}/change").status_code == 200


def test_what_was_missed_has_two_ways_until_a_day(browser: FlaskClient, begun: Plan) -> None:
    for days in (0, 4):
        plans.tend(TODAY + timedelta(days=days), now=NOW + timedelta(days=days))
    session.rollback()
    page = told(browser.get(f"/plans/{begun.id}"))
    assert "A payment of €30.00 has not arrived" in page
    assert "There are two ways to put it right until 1 Dec 2026:" in page
    assert "Choose other days" in page


def test_an_offer_of_staff_is_read_and_signed_or_declined(
    browser: FlaskClient, customer: Customer, items: list[Entry]
) -> None:
    browser.post(ADDRESS, data=typed(items, count=20, then="ask"))
    plan = the_plan(customer)
    staff = Actor(ActorKind.STAFF, 7, "Ona")
    lines = [(TODAY + timedelta(days=30 * place), Money(2_000, "EUR")) for place in range(1, 16)]
    proposal = Proposal({item.id: item.left for item in items}, lines, Money(0, "EUR"), Way.TRANSFER, misses=2)
    until = TODAY + timedelta(days=7)
    with transaction():
        plans.offer(plan, proposal, until=until, by=staff, on=TODAY, now=NOW)
    page = told(browser.get(f"/plans/{plan.id}"))
    assert "It is a little different from what you asked for." in page
    assert "You can sign it until 29 Nov 2026." in page
    confirm(browser, f"/plans/{plan.id}/sign")
    assert sign(browser, f"/plans/{plan.id}/sign").status_code == 303
    assert the_plan(customer).state is PlanState.ACTIVE
    assert len(mails("plan")) == 2, "that we look at it, and that it has begun"


def test_the_days_of_a_plan_are_a_calendar_and_stand_in_that_of_the_account(
    browser: FlaskClient, make: Maker, customer: Customer, begun: Plan
) -> None:
    make.invoice(customer, 5_000, number="INV-besides", due_on=date(2026, 12, 1))

    def schedule(address: str) -> list[tuple[str, str, str]]:
        return [(one["DTSTART;VALUE=DATE"], one["SUMMARY"], one["SEQUENCE"]) for one in entries(browser, address)]

    said = "€135.00 is due to Baltic Supply"
    mine = f"/plans/{begun.id}/plan.ics"
    first = ("20261122", "€30.00 is due to Baltic Supply", "0")
    assert schedule(mine) == [first, ("20261222", said, "0"), ("20270122", said, "0")]
    assert entries(browser, mine)[1]["DESCRIPTION"] == f"Payment 2 of the instalment plan P-{begun.id}"
    whole = made(browser)
    assert schedule(whole) == [("20261201", "€50.00 is due to Baltic Supply", "0"), *schedule(mine)]
    before = {one["UID"]: one["DTSTART;VALUE=DATE"] for one in entries(browser, mine)}
    second = plans.instalments_of(the_plan(customer))[1]
    moved = browser.post(f"/plans/{begun.id}/instalments/{second.id}/move", data={"to": "2026-12-29"})
    assert moved.status_code == 303
    assert schedule(mine)[1] == ("20261229", said, "1")
    after = {one["UID"]: one["DTSTART;VALUE=DATE"] for one in entries(browser, mine)}
    assert [uid for uid in after if after[uid] != before[uid]] == [list(before)[1]], "the same entry on another day"
    browser.post(f"/plans/{begun.id}/end")
    assert browser.get(mine).status_code == 404
    assert [when for when, *_ in schedule(whole)] == ["20261023", "20261201"], "what is open is due as it was"


def test_somebody_elses_plan_does_not_exist(
    come_in: Callable[[Customer, Contact], FlaskClient], make: Maker, begun: Plan
) -> None:
    other = make.customer("Another")
    browser = come_in(other, make.contact(other))
    for way in ("", "/sign", "/change", "/end", "/agreement.pdf", "/plan.ics", "/transfer.svg"):
        assert browser.get(f"/plans/{begun.id}{way}").status_code == 404


def test_the_link_of_a_mail_leads_to_the_plan(
    browser: FlaskClient, make: Maker, customer: Customer, contact: Contact, begun: Plan
) -> None:
    landed = browser.get(f"/l/{make.link(customer, contact)}?plan={begun.id}").location
    assert browser.post(landed).location == f"/plans/{begun.id}"
