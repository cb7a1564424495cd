"""What is behind a case: a department says what happened; a fault that comes again and again is mended, and watched."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from models import audit, causes, clock, customers, disputes
from models.audit import Actor, ActorKind
from models.disputes import Reason, Remedy
from models.gateways.mail import SmtpSender
from models.money import Money
from models.policies.permissions import Role
from models.reports.verify import verify
from models.transactions import release, transaction
from tests.complaining import Complainer, days_from
from tests.journeys import chromium
from tests.journeys.house import House
from tests.making import Maker
from tests.models.gateways.mail_server import MailServer

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
CAUSE = "Warehouse › Packing › Not padded"


def mailed(server: MailServer, to: str) -> str:
    """The newest mail that came to an address."""
    mail = next(one.mail for one in reversed(server.books) if one.recipient == to)
    return mail["Subject"] + "\n" + mail.get_body(("plain",)).get_content()


def test_a_department_answers_by_its_link_what_the_customer_never_sees(
    duewell: House, make: Maker, new_page: NewPage, staff_page: NewPage, mail_server: MailServer, sender: SmtpSender
) -> None:
    customer = make.customer("Žalias Namas UAB", language="en")
    contact, item = make.contact(customer), make.invoice(customer, 77_700, number="A-1")
    link = make.link(customer, contact)
    with transaction():
        causes.add_department("Warehouse", email="warehouse@company.test", by=audit.COMMAND, now=make.now)
        case = disputes.open_case(
            customer,
            contact,
            item.id,
            {None: Money(12_100, "EUR")},
            reason=Reason.DAMAGED,
            wanted=Remedy.CREDIT,
            text="Seven of ten plates came broken",
            by=Actor(ActorKind.CONTACT, contact.id),
            on=make.today,
            now=make.now,
        )
        number, of_staff, of_customer = (
            case.number,
            f"/staff/disputes/{case.customer_id}/{case.id}",
            f"/cases/{case.id}",
        )
    release()

    clerk = staff_page(Role.CLERK)
    clerk.goto(of_staff)
    clerk.get_by_role("link", name="Ask a department").click()
    clerk.get_by_label("Department").select_option("Warehouse")
    clerk.get_by_label("Your question").fill("How were the plates packed?")
    clerk.get_by_role("button", name="Ask a department").click()
    expect(clerk.get_by_text("Asked.")).to_be_visible()
    expect(clerk.get_by_role("main")).to_contain_text("Waits for a department")
    duewell.work(sender)

    page = new_page()
    page.goto(re.search(rf"{duewell.url}/question/\S+", mailed(mail_server, "warehouse@company.test"))[0])
    question = page.url
    main = page.get_by_role("main")
    for said in (number, "How were the plates packed?", "Seven of ten plates came broken", "€121.00"):
        expect(main).to_contain_text(said)
    for secret in ("Žalias", "1001", "777", "ap@example.test"):
        expect(page.locator("body")).not_to_contain_text(secret)
    assert page.evaluate("document.documentElement.scrollWidth") <= chromium.PHONE["width"]
    page.get_by_label("Your answer").fill("In one layer, the foam was out")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.locator(".errors")).to_contain_text("Enter your name.")
    page.get_by_label("Your name").fill("Jonas")
    page.get_by_role("button", name="Send the answer").click()
    expect(main).to_contain_text("Thank you. Your answer of")
    page.goto(of_customer)
    expect(page.locator("body")).not_to_contain_text("Seven of ten plates")

    again = new_page()
    again.goto(question)
    expect(again.get_by_role("main")).to_contain_text("Thank you. Your answer of")
    expect(again.get_by_role("button", name="Send the answer")).to_have_count(0)
    clerk.reload()
    notes = clerk.locator(".card", has=clerk.get_by_role("heading", name="Notes, for staff alone"))
    expect(notes).to_contain_text("Warehouse, Jonas")
    expect(notes).to_contain_text("In one layer, the foam was out")
    expect(clerk.get_by_role("main")).to_contain_text("Looked at")
    again.goto(f"/l/{link}")
    again.locator("main form button").click()
    again.goto(of_customer)
    expect(again.get_by_role("main")).to_contain_text("Seven of ten plates came broken")
    expect(again.locator("body")).not_to_contain_text(re.compile("foam|Jonas|Warehouse"))


def test_a_fault_is_alerted_mended_seen_to_be_gone_and_taken_up_again_when_it_comes_back(
    duewell: House, make: Maker, staff_page: NewPage, mail_server: MailServer, sender: SmtpSender
) -> None:
    boss, other_boss = staff_page(Role.MANAGER), staff_page(Role.MANAGER, "other@company.test")
    owner = staff_page(Role.COLLECTOR)
    complainer = Complainer(make, None)
    cause, whose = complainer.cause(), (complainer.customer.id, complainer.contact.id)
    complainer.bill(make.today - timedelta(days=80), count=200)
    complainer.cases(days_from(make.today - timedelta(days=36), 12, 3), cause)
    complainer.bill(make.today + timedelta(days=5), count=200)

    duewell.look_after_cases()
    duewell.work(sender)
    boss.goto(re.search(rf"{duewell.url}/\S+", mailed(mail_server, "manager@company.test"))[0])
    alert = boss.locator(".card", has=boss.get_by_role("heading", name=CAUSE))
    expect(alert).to_contain_text("9 cases since")
    alert.get_by_role("link", name="Propose an action").click()
    boss.get_by_label("What will be done").fill("Foam in every box")
    boss.get_by_label("Expected effect").fill("No plate arrives broken")
    boss.get_by_label("Owner").select_option("The collector")
    boss.get_by_role("button", name="Propose").click()
    expect(boss.get_by_text("A manager has to agree.")).to_be_visible()
    expect(boss.get_by_role("button", name="Agree")).to_have_count(0)
    action = boss.url
    step(other_boss, action, "Agree", "Agreed")
    step(owner, action, "Begin", "In work")
    step(owner, action, "It is done", "Done, being watched")
    expect(owner.get_by_role("main")).to_contain_text("It is judged on")

    duewell.flask("clock", "+91d")
    duewell.look_after_cases()
    duewell.work(sender)
    assert "it worked" in mailed(mail_server, "collector@company.test")
    boss.goto(action)
    expect(boss.get_by_role("main")).to_contain_text("Before: 12 cases among 212 lines. After: 0 among 200")
    expect(boss.get_by_role("main")).to_contain_text("It worked")

    duewell.flask("clock", "+7d")
    complainer.customer, complainer.contact = customers.find(whose[0]), customers.contact_of(*whose)
    complainer.cases(days_from(make.today + timedelta(days=92), 3), cause)
    duewell.look_after_cases()
    duewell.work(sender)
    assert "a fault is back" in mailed(mail_server, "collector@company.test")
    owner.reload()
    expect(owner.get_by_role("main")).to_contain_text("Back at work")
    expect(owner.get_by_role("main")).to_contain_text("3 cases within 7 days.")
    expect(owner.get_by_role("button", name="It is done")).to_be_visible()
    assert verify(now=clock.now()).broken == []


def step(page: Page, action: str, press: str, state: str) -> None:
    page.goto(action)
    page.get_by_role("button", name=press).click()
    expect(page.get_by_text("Done.", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", level=1).locator("xpath=ancestor::*[2]")).to_contain_text(state)
