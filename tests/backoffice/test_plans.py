"""Instalment plans at the desk: proposed on the telephone, asked for by customers, changed with a reason, ended."""

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from html import unescape
from pathlib import Path
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from werkzeug.test import TestResponse

from models import agreements, approvals, company, payments, plans
from models.agreements import Signature
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.database import session
from models.dunning import standard
from models.dunning.reviewed import ReviewState
from models.dunning.templates import TemplateVersion
from models.messages import Message
from models.payments import Attempt, AttemptState, MethodState, SavedMethod
from models.plans import Plan, PlanState, Way, Wish
from models.policies.permissions import Role
from models.transactions import transaction
from models.work import HANDLERS, Tools
from models.worklist import Task, TaskKind, TaskState
from tests.backoffice.reading import error_at, errors_above, shown, value_of
from tests.conftest import NOW, TODAY
from tests.making import Maker

AsRole = Callable[[Role], FlaskClient]


@pytest.fixture
def customer(make: Maker) -> Customer:
    """100.00 and 20.00, both overdue."""
    made = make.customer(language="en")
    make.invoice(made, 10_000)
    make.invoice(made, 2_000)
    return made


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    return make.contact(customer, name="Ann Example")


@pytest.fixture(autouse=True)
def _approved(customer: Customer) -> None:
    with transaction():
        standard.ensure(now=NOW)
        session.execute(update(TemplateVersion).values(state=ReviewState.APPROVED, live_at=NOW))
        company.locked().iban = "LT121000011101001000"


def typed(page: TestResponse, **changed: str) -> dict[str, str]:
    """The form as a browser would send it back, with what somebody changed."""
    fields = {}
    form = page.text.partition('<main id="main">')[2]
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and (("checkbox" not in tag and "radio" not in tag) or " checked" in tag):
            fields[name[1]] = unescape(value[1]) if value else ""
    for name, choices in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found = re.search(r'selected value="([^"]*)"', choices) or re.search(r'value="([^"]*)"', choices)
        fields[name] = found[1] if found else ""
    fields |= {"reason": value_of(page, "reason")} if 'name="reason"' in form else {}
    return fields | changed


def sent(client: FlaskClient, address: str, **changed: str) -> TestResponse:
    """Looked at with these changes, then sent as it was looked at."""
    looked = client.post(address, data=typed(client.get(address), do="look", **changed))
    return client.post(address, data=typed(looked, do="send", **changed))


def run_jobs() -> None:
    """What the worker would do, once each."""
    with transaction():
        jobs = session.execute(text("delete from procrastinate_jobs returning id, task_name, args")).all()
    for _, name, arguments in sorted(jobs):
        if name.startswith(("approvals.", "plans.", "worklist.")):
            HANDLERS[name](Tools(gateway=None, sender=None, seals=Path("unused"), address=""), **arguments)


def plans_of(customer: Customer) -> list[Plan]:
    return list(
        session.scalars(select(Plan).where(Plan.customer_id == customer.id, Plan.state != "draft").order_by(Plan.id))
    )


def fresh(plan: Plan) -> Plan:
    session.rollback()
    return session.get_one(Plan, (plan.customer_id, plan.id), populate_existing=True)


def mails(customer: Customer) -> list[str]:
    query = select(Message.subject).where(Message.customer_id == customer.id).order_by(Message.id)
    return list(session.scalars(query))


def asked_for(customer: Customer, contact: Contact, count: int = 3) -> Plan:
    """As the customer would ask: by transfer, in monthly payments; 12 of them are within the rules."""
    wish = Wish(first=0, count=count, way=Way.TRANSFER, start_on=TODAY + timedelta(days=20))
    told = {"answer_on": TODAY + timedelta(days=1), "hardship": True, "word": "I lost <b>my job</b>."}
    with transaction():
        proposal = plans.think(customer, "EUR", wish, on=TODAY).proposal()
        by = Actor(ActorKind.CONTACT, contact.id)
        return plans.ask_for(customer.id, contact.id, proposal, **told, by=by, on=TODAY, now=NOW)


def in_force(customer: Customer, contact: Contact) -> Plan:
    plan, by = asked_for(customer, contact), Actor(ActorKind.CONTACT, contact.id)
    with transaction():
        proposal = plans.think(customer, "EUR", Wish.of(plan.ask), on=TODAY).proposal()
        plans.offer(plan, proposal, until=TODAY, by=by, on=TODAY, now=NOW)
        plans.sign(plan, consent_id=None, by=by, on=TODAY, now=NOW)
    return plan


def test_a_plan_worked_out_on_the_telephone_goes_to_the_customer_to_be_signed(
    desk: FlaskClient, customer: Customer, contact: Contact
) -> None:
    address = f"/staff/customers/{customer.id}/plans/new"
    page = desk.get(address)
    assert "The rules allow it: it starts as soon as it is signed." in shown(page)
    unseen = desk.post(address, data=typed(page, count="4", way="transfer", do="send"))
    assert errors_above(unseen) == ["Look at the payments below, then send it."]
    assert plans_of(customer) == []
    ticked = [name for name in typed(page) if name.startswith("item-")]
    looked = desk.post(address, data=typed(page, count="4", way="transfer", do="look"))
    for said in ("Payment 1 22 Nov 2026 Today €20.00", "Payment 4 22 Feb 2027 €33.34", "is the first one that fits"):
        assert said in shown(looked)
    once, twice = (desk.post(address, data=typed(looked, way="transfer", do="send")) for _ in range(2))
    assert once.location == twice.location == f"/staff/customers/{customer.id}/plans"
    [plan] = plans_of(customer)
    assert (plan.state, plan.balance_minor, plan.contact_id) == (PlanState.OFFERED, 12_000, contact.id)
    assert len(ticked) == 2
    run_jobs()
    run_jobs()
    offered = agreements.offered(customer.id, plan.source)
    assert offered is not None
    assert plan.number in offered.text
    assert len(mails(customer)) == 1
    assert "for you to sign" in mails(customer)[0]
    here = f"/staff/instalment-plans/{customer.id}/{plan.id}"
    page = desk.get(here)
    for said in ("Waits for the signature", offered.pdf_sha256, "Ann Example", "The finance"):
        assert said in shown(page)
    assert sha256(desk.get(f"{here}/agreement.pdf").data).hexdigest() == offered.pdf_sha256
    assert "Instalment plan offered" in shown(desk.get(f"/staff/customers/{customer.id}/timeline"))
    assert plan.number in shown(desk.get("/staff/instalment-plans?show=offered"))


def test_beyond_the_rules_somebody_else_decides(
    desk: FlaskClient, as_role: AsRole, customer: Customer, contact: Contact
) -> None:
    address = f"/staff/customers/{customer.id}/plans/new"
    collector = as_role(Role.COLLECTOR)
    beyond = {"count": "40", "way": "transfer"}
    silent = sent(collector, address, **beyond)
    assert error_at(silent, "reason") == "Say why. Whoever looks at this later will ask."
    assert sent(collector, address, **beyond, reason="Ill for months").status_code == 303
    assert plans_of(customer) == []
    assert "Waits for a second person" in shown(collector.get(f"/staff/customers/{customer.id}/plans"))
    [asked] = approvals.of_plans([customer.id])
    decide = f"/staff/approvals/{customer.id}/{asked.id}"
    assert collector.get(decide).status_code == 403
    finance = as_role(Role.FINANCE)
    assert "Payment 40" in shown(finance.get(decide))
    assert finance.post(decide, data={"decision": "approve"}).status_code == 303
    [plan] = plans_of(customer)
    assert (plan.state, len(plans.instalments_of(plan))) == (PlanState.OFFERED, 40)
    run_jobs()
    assert len(mails(customer)) == 1
    assert sent(as_role(Role.COLLECTOR), address, **beyond, reason="Again").status_code == 303
    [second, _] = approvals.of_plans([customer.id])
    there = f"/staff/customers/{customer.id}/plans/asked/{second.id}/withdraw"
    assert as_role(Role.FINANCE).post(there).status_code == 409
    collector = as_role(Role.COLLECTOR)
    assert collector.post(there).status_code == 303
    assert "Withdrawn" in shown(collector.get(f"/staff/customers/{customer.id}/plans"))
    finance = as_role(Role.FINANCE)
    own = sent(finance, address, count="39", way="transfer", reason="More")
    assert own.status_code == 303
    [mine] = [one for one in approvals.waiting() if one.kind is approvals.Kind.PLAN]
    refused = finance.post(f"/staff/approvals/{customer.id}/{mine.id}", data={"decision": "approve"})
    assert refused.status_code == 409
    assert len(plans_of(customer)) == 1
    assert errors_above(sent(finance, address, count="999", way="transfer"))


def test_a_request_is_answered_as_asked_or_otherwise_or_declined(
    desk: FlaskClient, customer: Customer, contact: Contact
) -> None:
    plan = asked_for(customer, contact)
    run_jobs()
    [task] = session.scalars(select(Task)).all()
    assert (task.kind, task.due_on) == (TaskKind.PLAN_REQUESTED, plan.answer_on)
    page = desk.get("/staff/instalment-plans")
    assert "I lost <b>my job</b>." in shown(page)
    assert 'Instalment plans <span class="count">1</span>' in " ".join(page.text.split())
    here = f"/staff/instalment-plans/{customer.id}/{plan.id}"
    assert sent(desk, f"{here}/offer", count="4", first="20").status_code == 303
    run_jobs()
    plan, task = fresh(plan), session.get_one(Task, (customer.id, task.id), populate_existing=True)
    assert (plan.state, len(plans.instalments_of(plan)), task.state) == (PlanState.OFFERED, 4, TaskState.DROPPED)
    assert plan.staff_id is not None
    assert desk.get(f"{here}/decline").status_code == 409
    with transaction():
        by = Actor(ActorKind.CONTACT, contact.id)
        plans.cancel(fresh(plan), reason=plans.DECLINED, by=by, on=TODAY, now=NOW)
    assert desk.get(f"{here}/offer").status_code == 409
    again = asked_for(customer, contact)
    there = f"/staff/instalment-plans/{customer.id}/{again.id}"
    assert error_at(desk.post(f"{there}/decline", data={"reason": " "}), "reason") == "Say why. The customer reads it."
    assert desk.post(f"{there}/decline", data={"reason": "Too <i>long</i>."}).status_code == 303
    again = fresh(again)
    assert (again.state, again.end_reason) == (PlanState.CANCELLED, "Too <i>long</i>.")
    html = session.scalars(select(Message.html).order_by(Message.id.desc()).limit(1)).one()
    assert "Too &lt;i&gt;long&lt;/i&gt;." in html
    assert "<i>" not in html
    assert desk.post(f"{there}/decline", data={"reason": "Again"}).status_code == 409
    last = asked_for(customer, contact)
    offer = f"/staff/instalment-plans/{customer.id}/{last.id}/offer"
    assert sent(desk, offer, count="40", reason="Ill for months").status_code == 303
    with transaction():
        plans.leave(fresh(last), by=Actor(ActorKind.CONTACT, contact.id), on=TODAY, now=NOW)
    run_jobs()
    [asked] = approvals.of_plans([customer.id])
    assert (asked.state, asked.comment) == ("withdrawn", "What it was about has ended meanwhile.")


def test_staff_move_reschedule_and_end_a_plan_with_reasons(
    desk: FlaskClient, as_role: AsRole, people: dict[Role, int], customer: Customer, contact: Contact
) -> None:
    plan = in_force(customer, contact)
    here = f"/staff/instalment-plans/{customer.id}/{plan.id}"
    first = plans.instalments_of(plan)[0]
    with transaction():
        session.execute(update(Plan).values(moves_left=0))
    move = f"{here}/instalments/{first.id}/move"
    assert error_at(desk.post(move, data={"to": str(TODAY), "reason": "Pay day"}), "to").startswith(
        "Choose a day after"
    )
    day = first.due_on + timedelta(days=5)
    assert desk.post(move, data={"to": str(day), "reason": "Pay day"}).status_code == 303
    session.rollback()
    assert plans.instalments_of(plan)[0].due_on == day
    change = f"{here}/reschedule"
    assert sent(desk, change, count="5", reason="Less income").status_code == 303
    session.rollback()
    assert len([row for row in plans.instalments_of(plan) if row.is_living]) == 5
    page = shown(desk.get(here))
    for said in ("Less income", "Pay day", "The payments were changed", "A payment was moved to another day"):
        assert said in page
    collector = as_role(Role.COLLECTOR)
    assert "somebody who may approve plans" in errors_above(sent(collector, change, count="50", reason="Slower"))[0]
    with transaction():
        session.execute(update(Plan).values(staff_id=people[Role.FINANCE]))
    assert "did not offer this one" in errors_above(sent(as_role(Role.FINANCE), change, count="50", reason="Slower"))[0]
    collector = as_role(Role.COLLECTOR)
    assert f"Plan {plan.number}" in shown(collector.get(f"/staff/customers/{customer.id}"))
    held = shown(collector.get(f"/staff/customers/{customer.id}/holds"))
    assert "Instalment plan" in held
    assert plan.number in held
    assert "reminders go on where they stood" in shown(collector.get(f"{here}/end"))
    assert collector.post(f"{here}/end", data={"reason": "As we agreed"}).status_code == 303
    [plan] = plans_of(customer)
    assert plan.state is PlanState.CANCELLED
    assert "As we agreed" in shown(collector.get(here))
    for wrong in (f"{here}/end", change):
        assert collector.get(wrong).status_code == 409
    assert collector.post(f"{here}/link").status_code == 409
    assert collector.post(f"{here}/by-transfer").status_code == 409


def test_the_page_shows_what_was_signed_charged_and_with_what(
    desk: FlaskClient, customer: Customer, contact: Contact
) -> None:
    plan, by, attempt_id = in_force(customer, contact), Actor(ActorKind.CONTACT, contact.id), uuid4()
    paper = agreements.Paper("Plan", "fa", "We <b>agree</b>.", "en", "This counts.", b"%PDF-1", {"words": 7})
    card = {"stripe_id": "pm_1", "kind": "card", "brand": "visa", "last4": "4242", "exp_month": 2, "exp_year": 2028}
    mine = {"customer_id": customer.id, "contact_id": contact.id}
    with transaction():
        kept = agreements.offer(customer.id, contact.id, plan.source, paper, by=by, now=NOW)
        agreements.sign(kept, Signature("Ann Example", True, "192.0.2.7", "Firefox", NOW), by=by, now=NOW)
        agreed = {"text": "Charge <b>me</b>", "language": "en", "ip": "192.0.2.7", "browser": "Firefox"}
        payments.consents.give(customer.id, plan.source, contact_id=contact.id, **agreed, by=by, now=NOW)
        added = SavedMethod(**mine, **card, attempt_id=attempt_id, state=MethodState.ACTIVE, added_at=NOW)
        session.add(added)
        session.add(
            Attempt(
                **{**mine, "id": attempt_id, "kind": payments.OFF_SESSION, "currency": "EUR", "amount_minor": 3_000},
                **{"state": AttemptState.FAILED, "decline_code": "insufficient_funds", "payment_intent_id": "pi_1"},
                **{"request_json": "{}", "about": plan.source, "asked_at": NOW, "expires_at": NOW, "next_try_at": NOW},
            )
        )
        session.flush()
        session.execute(update(Plan).values(method_id=added.id, way=Way.AUTOMATIC))
    here = f"/staff/instalment-plans/{customer.id}/{plan.id}"
    page = shown(desk.get(here))
    for said in ("Ann Example", "192.0.2.7", "We <b>agree</b>.", "This counts.", "Charge <b>me</b>", "Visa •••• 4242"):
        assert said in page
    for said in ("29 Feb 2028", "insufficient_funds", "pi_1", sha256(b"%PDF-1").hexdigest(), "As it was signed"):
        assert said in page
    assert desk.get(f"{here}/agreement.pdf").data == b"%PDF-1"
    assert desk.post(f"{here}/link").status_code == 303
    assert "a card or bank account for your instalment plan" in mails(customer)[-1]
    assert desk.post(f"{here}/by-transfer").status_code == 303
    page = shown(desk.get(here))
    assert "Withdrawn" in page
    assert "Instalment plan paid by transfer from now on" in page


def test_what_is_another_customers_does_not_exist(
    desk: FlaskClient, make: Maker, customer: Customer, contact: Contact
) -> None:
    plan, other = in_force(customer, contact), make.customer()
    row = plans.instalments_of(plan)[0]
    for path in ("", "/offer", "/decline", "/reschedule", "/end", "/agreement.pdf", f"/instalments/{row.id}/move"):
        assert desk.get(f"/staff/instalment-plans/{other.id}/{plan.id}{path}").status_code == 404
    for path in ("/link", "/by-transfer"):
        assert desk.post(f"/staff/instalment-plans/{other.id}/{plan.id}{path}").status_code == 404
    assert (
        desk.get(f"/staff/instalment-plans/{customer.id}/{plan.id}/instalments/{row.id + 999}/move").status_code == 404
    )
    assert desk.get("/staff/instalment-plans?show=nonsense").status_code == 404
