"""Instalment plans lived from end to end: kept by card, worked out with a person, kept by transfer, and not kept."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from commandline.demo import reminders as standard_words
from models import clock, company, customers, ledger, payments, plans, words
from models.audit import Actor, ActorKind
from models.customers import Customer
from models.gateways.mail import SmtpSender
from models.money import Money
from models.plans import Plan, Proposal, Way
from models.policies.permissions import Role
from models.reports.verify import verify
from models.transactions import release, transaction
from tests.journeys.house import House
from tests.journeys.test_reminders import member
from tests.making import Maker
from tests.models.gateways.mail_server import MailServer
from tests.portal import test_plans
from tests.portal.mailbox import mailed_code, mails

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
Say = Callable[..., str]


@pytest.fixture(autouse=True)
def _words_to_sign(duewell: House) -> None:
    """Words of the agreement that counsel approved, and an account to send money to."""
    with transaction():
        test_plans.furnish(clock.now())


def speaking(language: str) -> Say:
    """What the pages say for a message."""

    def say(message: str, **values: object) -> str:
        with words.speak(language):
            return words.gettext(message, **values)

    return say


def come_in(page: Page, make: Maker, customer: Customer, **facts: object) -> None:
    page.goto(f"/l/{make.link(customer, make.contact(customer, **facts))}")
    page.locator("main form button").click()


def sign(page: Page, say: Say, name: str) -> None:
    """From the page on which it is read: a code by mail, a name, a tick."""
    page.get_by_role("link", name=say("Go on to sign")).click()
    page.get_by_role("button", name=say("Send me the code")).click()
    page.get_by_label(say("Code")).fill(mailed_code())
    page.get_by_label(say("Code")).press("Enter")
    page.get_by_label(say("Your full name")).fill(name)
    page.get_by_label(say("I have read this and I agree")).check()
    page.get_by_role("button", name=say("Sign the plan")).click()


def plan_of(customer_id: int) -> Plan:
    found = plans.of_customers([customer_id])[0]
    release()
    return found


def rows(customer_id: int) -> list[tuple[str, int]]:
    """State and amount of each payment."""
    found = [(row.state.value, row.amount_minor) for row in plans.instalments_of(plans.of_customers([customer_id])[0])]
    release()
    return found


def go_to_day(duewell: House, customer_id: int, number: int, days: int = 0) -> None:
    """To the day of a payment, or so many days from it; what the day brings is done."""
    row = next(row for row in plans.instalments_of(plans.of_customers([customer_id])[0]) if row.number == number)
    go_to(duewell, row.due_on + timedelta(days=days))


def go_to(duewell: House, day: date) -> None:
    ahead = (day - company.get().today(clock.now())).days
    release()
    duewell.flask("clock", f"+{ahead}d")
    charge(duewell)


def charge(duewell: House) -> None:
    duewell.flask("charge")
    duewell.await_webhooks()
    duewell.work()


def decline(duewell: House, customer_id: int, code: str) -> None:
    """What the bank of the card of the customer's plan says to the next charge."""
    plan = plans.of_customers([customer_id])[0]
    method = payments.methods.find(customer_id, plan.method_id or 0)
    assert method is not None
    duewell.till.control(decline={"method": method.stripe_id, "code": code})
    release()


def told(customer_id: int) -> list[str]:
    """What was written about the customer's plans, in the order in which it was."""
    return [mail.dedupe_key.split(":")[3] for mail in reversed(mails("plan")) if mail.customer_id == customer_id]


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def received(say: Say, minor: int) -> str:
    return say("We have received %(amount)s.", amount=eur(minor))


def see_paid(page: Page, language: str, minor: int) -> None:
    """How much of the plan is paid."""
    with words.speak(language):
        expect(page.locator(".parts dd").first).to_have_text(words.money(eur(minor)))


def test_a_plan_by_card_is_signed_charged_declined_given_another_card_and_paid_off(
    duewell: House, make: Maker, new_page: NewPage
) -> None:
    """In Polish."""
    customer = make.customer("Zielony Dom Sp. z o.o.", language="pl")
    customer_id = customer.id
    item_id = make.invoice(customer, 64_000, number="A-1").id
    page, say = new_page(), speaking("pl")
    come_in(page, make, customer, name="Agnieszka Wójcik", language="pl")
    page.get_by_role("link", name=say("Pay in instalments")).click()
    page.get_by_label(say("Number of payments")).first.fill("6")
    expect(page.get_by_role("table", name=say("Your payments")).get_by_role("row")).to_have_count(8)
    page.get_by_role("button", name=say("Check and sign")).click()
    sign(page, say, "Agnieszka Wójcik")
    page.get_by_role("button", name="Pay 64.00 EUR").click()
    expect(page.get_by_text(received(say, 6_400))).to_be_visible()
    assert rows(customer_id) == [("paid", 6_400), *[("planned", 11_520)] * 5]

    for number in (2, 3):
        go_to_day(duewell, customer_id, number, days=-3)
        go_to_day(duewell, customer_id, number)
    page.reload()
    see_paid(page, "pl", 29_440)

    decline(duewell, customer_id, "expired_card")
    go_to_day(duewell, customer_id, 4, days=-3)
    go_to_day(duewell, customer_id, 4)
    page.reload()
    expect(page.get_by_text(say("%(amount)s could not be taken", amount=eur(11_520)))).to_be_visible()
    expect(page.get_by_text(say("It could not be taken. What you can do stands above."))).to_be_visible()
    page.get_by_role("button", name=say("Give another card or bank account")).first.click()
    page.get_by_label("Card number").fill("5555555555554444")
    page.get_by_role("button", name="Keep this card").click()
    expect(page.get_by_text("Mastercard •••• 4444").first).to_be_visible()
    charge(duewell)
    page.reload()
    see_paid(page, "pl", 40_960)

    page.get_by_role("button", name=say("Pay all that is left: %(amount)s", amount=eur(23_040))).click()
    page.get_by_role("button", name="Pay 230.40 EUR").click()
    expect(page.get_by_text(say("You have kept your plan to the end."))).to_be_visible()
    duewell.await_webhooks()
    duewell.work()
    assert rows(customer_id) == [("paid", 6_400), *[("paid", 11_520)] * 5]
    assert not ledger.entry_of(customer_id, item_id).left
    steps = ["signed", "began", "notice", "notice", "notice", "declined", "completed"]
    assert told(customer_id) == steps
    receipts = ["64,00", "115,20", "115,20", "115,20", "230,40"]
    assert [mail.subject.split()[-2] for mail in reversed(mails("receipt"))] == receipts
    assert verify(now=clock.now()).broken == []


def test_who_asks_for_more_time_gets_an_offer_signs_it_and_it_begins_by_debit(
    duewell: House, make: Maker, new_page: NewPage, staff_page: NewPage, mail_server: MailServer, sender: SmtpSender
) -> None:
    """Without JavaScript, at both doors."""
    customer = make.customer("Žalias Namas UAB", language="en")
    customer_id = customer.id
    make.invoice(customer, 64_000, number="A-1")
    page = new_page(java_script_enabled=False)
    come_in(page, make, customer, name="Rūta Kazlauskienė")
    page.get_by_role("link", name="Pay in instalments").click()
    page.get_by_label("Number of payments").first.fill("20")
    page.get_by_role("button", name="Show the payments").click()
    expect(page.get_by_text("This is not what we offer to everybody")).to_be_visible()
    page.get_by_label("What should we know?").fill("My hours were cut until spring")
    page.get_by_label("Money is very tight at the moment").check()
    page.get_by_role("button", name="Ask for this plan").click()
    expect(page.get_by_text("You get our answer by")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("My hours were cut until spring")

    desk = staff_page(Role.FINANCE, java_script_enabled=False)
    desk.goto("/staff/instalment-plans")
    desk.get_by_role("link", name="Answer with an offer").click()
    desk.get_by_label("Number of payments").fill("12")
    desk.get_by_role("button", name="Show the payments").last.click()
    desk.get_by_role("button", name="Offer it for signature").click()
    expect(desk.get_by_text("Offered. The customer gets a mail")).to_be_visible()

    duewell.work(sender)
    page.goto(linked(duewell, mail_server, "for you to sign"))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("It is a little different from what you asked for.")).to_be_visible()
    page.get_by_role("link", name="Read and sign").click()
    sign(page, str, "Rūta Kazlauskienė")
    page.get_by_role("button", name="Debit 64.00 EUR").click()
    expect(page.get_by_text("Your first payment is on its way")).to_be_visible()
    duewell.till.control(clock_offset_seconds=60)
    duewell.await_webhooks()
    duewell.work()
    page.reload()
    see_paid(page, "en", 6_400)
    assert told(customer_id) == ["requested", "offered", "signed", "began"]
    assert verify(now=clock.now()).broken == []


def linked(duewell: House, server: MailServer, subject: str) -> str:
    """The way into the portal that a mail names."""
    mail = next(one.mail for one in server.books if subject in one.mail["Subject"])
    found = re.search(rf"{duewell.url}/l/\S+", mail.get_body(("plain",)).get_content())
    assert found
    return found[0]


def test_a_plan_by_transfer_is_kept_by_the_money_of_the_bank_file(
    duewell: House, make: Maker, new_page: NewPage, tmp_path: Path
) -> None:
    """In Persian: two receipts with the reference that the page prints, one with nothing but the customer's number."""
    customer = make.customer("بازرگانی نیلوفر", language="fa")
    customer_id, number = customer.id, customer.number
    for minor in (10_000, 54_000):
        make.invoice(customer, minor, number=f"A-{minor}")
    other_id = make.invoice(customer, 5_000, number="B-1", due_on=make.today + timedelta(days=300)).id
    page, say = new_page(), speaking("fa")
    come_in(page, make, customer, name="نیلوفر احمدی", language="fa")
    page.get_by_role("link", name=say("Pay in instalments")).click()
    page.get_by_label(say("By bank transfer: I send each payment myself")).check()
    page.get_by_role("button", name=say("Check and sign")).click()
    sign(page, say, "نیلوفر احمدی")
    begun = "Your plan has begun. While you keep to it, you get no reminders about what is in it."
    expect(page.get_by_text(say(begun))).to_be_visible()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")

    for place, (amount, whole) in enumerate([("64.00", 6_400), ("288.00", 35_200), ("288.00", 64_000)]):
        if place:
            go_to_day(duewell, customer_id, place + 1)
            page.reload()
        printed = page.get_by_text(re.compile(r"^RF\d\d ")).inner_text() if place < 2 else ""
        bring_in(duewell, tmp_path / f"payments{place}.csv", f"{number},{amount},EUR,{{day}},{printed}")
        page.reload()
        see_paid(page, "fa", whole)
    expect(page.get_by_text(say("You have kept your plan to the end."))).to_be_visible()
    assert ledger.entry_of(customer_id, other_id).left == eur(5_000)
    assert told(customer_id) == ["began", "notice", "notice", "completed"]
    assert verify(now=clock.now()).broken == []


def bring_in(duewell: House, file: Path, row: str) -> None:
    """One line of a bank's file, of today."""
    day = company.get().today(clock.now())
    release()
    file.write_text("customer,amount,currency,received,reference\n" + row.format(day=day) + "\n")
    duewell.flask("import", "payments", str(file))
    duewell.work()


def test_a_plan_that_is_missed_twice_ends_and_reminders_go_on_where_they_stood(
    duewell: House, new_page: NewPage, staff_page: NewPage, mail_server: MailServer, sender: SmtpSender
) -> None:
    """Two items are reminded of; a plan about one of them silences that one, until it has not been kept."""
    old, customer = reminded_of_two_items(duewell)
    customer_id, start = customer.id, old.today
    duewell.flask("remind")
    duewell.work(sender)
    assert asked(mail_server) == {"A-1", "B-1"}
    by_transfer(old, customer, [start, start + timedelta(days=7), start + timedelta(days=14)])
    page, desk = new_page(), staff_page(Role.COLLECTOR)
    come_in(page, old, customer, email="new@example.test")
    page.goto("/next")
    expect(page.get_by_role("main")).to_contain_text("P-1")
    expect(page.get_by_role("main")).to_contain_text(f"is due on {words.date(start)}.")

    charge(duewell)
    go_to(duewell, start + timedelta(days=6))
    duewell.flask("remind")
    duewell.work(sender)
    assert asked(mail_server) == {"B-1"}
    why = f"/staff/customers/{customer_id}/reminders"
    desk.goto(why)
    expect(desk.get_by_role("main")).to_contain_text("It is paid in instalments: the plan asks for it")
    expect(desk.get_by_role("main")).to_contain_text(f"The plan asks for €200.00 on {words.date(start)}.")
    page.goto("/next")
    expect(page.get_by_role("main")).to_contain_text("While you keep to your plan, we do not write about it.")

    for days in (10, 11, 17):
        go_to(duewell, start + timedelta(days=days))
    steps = ["began", "notice", "missed", "notice", "missed", "defaulted"]
    assert told(customer_id) == steps
    duewell.flask("clock", "+2d")
    duewell.flask("remind")
    duewell.work(sender)
    assert asked(mail_server) == {"A-1", "B-1"}
    desk.goto(why)
    expect(desk.get_by_role("main")).to_contain_text("Contacted €700.00")
    page.goto("/next")
    expect(page.get_by_text("Pay what was missed and it goes on as agreed.")).to_be_visible()
    assert verify(now=clock.now()).broken == []


def reminded_of_two_items(duewell: House) -> tuple[Maker, Customer]:
    """On a Wednesday, by the standard's sequence; the items fell due on the day before."""
    morning = duewell.go_to_wednesday()
    with transaction():
        company.locked().law_firm = "Teisė ir Ko"
        standard_words.put_in_use(member(Role.COUNSEL), member(Role.MANAGER), now=morning - timedelta(days=50))
    old = Maker(morning - timedelta(days=60))
    old.today = morning.date()
    customer = old.customer("Žalias Namas UAB", language="en", kind="business", country="ZZ", timezone="Europe/Vilnius")
    old.contact(customer)
    due_on = old.today - timedelta(days=1)
    for minor, number in ((60_000, "A-1"), (10_000, "B-1")):
        old.invoice(customer, minor, number=number, issued_on=due_on - timedelta(days=30), due_on=due_on)
    return old, customer


def asked(server: MailServer) -> set[str]:
    """What the newest reminder asks for."""
    mails = [one.mail for one in server.books if "instalment" not in one.mail["Subject"]]
    return set(re.findall(r"[AB]-1", mails[-1].get_body(("plain",)).get_content()))


def by_transfer(make: Maker, customer: Customer, days: list[date]) -> None:
    """600.00 for the first item, signed today."""
    [item, _] = ledger.open_debits(customer.id, "EUR")
    contact = customers.first_contact(customer.id)
    assert contact is not None
    agreed = {"fee": eur(0), "way": Way.TRANSFER, "grace_days": 5, "misses": 2}
    proposal = Proposal(shares={item.id: item.left}, lines=[(day, eur(20_000)) for day in days], **agreed)
    by, now = Actor(ActorKind.CONTACT, contact.id), clock.now()
    with transaction():
        plan = plans.keep_draft(customer.id, contact.id, "EUR", {}, on=make.today, now=now)
        plans.offer(plan, proposal, until=make.today, by=by, on=make.today, now=now)
        plans.sign(plan, consent_id=None, by=by, on=make.today, now=now)
    release()
