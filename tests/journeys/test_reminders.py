"""The reminders used whole: written, approved, published, sent, paid, promised, stopped, and explained."""

import csv
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader
from sqlalchemy import select

from backoffice.holds import KINDS
from commandline.demo import reminders as standard_words
from models import audit, clock, company, messages, staff, words
from models.customers import Customer
from models.database import session
from models.gateways.mail import SmtpSender
from models.holds import HoldKind
from models.messages import Message, MessageState
from models.policies.dunning.for_staff import STAFF
from models.policies.permissions import Role
from models.reports.verify import verify
from models.staff import Principal, StaffState
from models.transactions import transaction
from tests.journeys.house import House
from tests.making import Maker
from tests.models.gateways.mail_server import MailServer

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]


@pytest.fixture
def begins(duewell: House) -> datetime:
    """Ten o'clock of a Wednesday; the standard's words are approved and its sequence is in use."""
    morning = duewell.go_to_wednesday()
    with transaction():
        company.locked().law_firm = "Teisė ir Ko"
        standard_words.put_in_use(member(Role.COUNSEL), member(Role.MANAGER), now=morning - timedelta(days=50))
    return morning


def member(role: Role) -> Principal:
    who = {"email": f"{role}@company.test", "name": f"The {role}", "role": role, "state": StaffState.ACTIVE}
    return staff.principal(staff.add(**who, by=audit.COMMAND, now=clock.real_now()))


@pytest.fixture
def old(begins: datetime) -> Maker:
    """What is owed was written down long ago, so that no grace holds; counted from the day on which it begins."""
    maker = Maker(begins - timedelta(days=60))
    maker.today = begins.date()
    return maker


def owing(old: Maker, minor: int = 64_000, *, overdue: int = 1, **facts: object) -> Customer:
    """A firm that owes one item; no country, so that no holiday is in the way of any day."""
    facts = {"language": "en", "kind": "business", "country": "ZZ", "timezone": "Europe/Vilnius"} | facts
    customer = old.customer(address="Gatvė 1\n01100 Vilnius", **facts)
    old.contact(customer, language=facts["language"])
    due_on = old.today - timedelta(days=overdue)
    old.invoice(customer, minor, number=f"A-{customer.number}", issued_on=due_on - timedelta(days=30), due_on=due_on)
    return customer


def text_of(server: MailServer, place: int = -1) -> str:
    return server.books[place].mail.get_body(("plain",)).get_content()


def why(page: Page, customer_id: int, day: datetime | None = None) -> Locator:
    """The answer of the account's page to 'why?'."""
    page.goto(f"/staff/customers/{customer_id}/reminders" + (f"?day={day.date()}" if day else ""))
    return page.get_by_role("main")


def test_a_changed_sequence_is_looked_at_approved_published_followed_and_paid(
    begins: datetime,
    duewell: House,
    old: Maker,
    new_page: NewPage,
    staff_page: NewPage,
    mail_server: MailServer,
    sender,
) -> None:
    """By the keyboard where it is written. What was the second word on the sixth day comes four days later."""
    customer_id = owing(old, name="Žalias Namas UAB").id

    desk = staff_page(Role.FINANCE)
    desk.goto("/staff/reminders")
    press(desk, desk.get_by_role("table", name="Sequences").get_by_role("link", name="Everyone"))
    press(desk, desk.get_by_role("button", name="Write a new version"))
    press(desk, desk.get_by_role("link", name="Change the steps"))
    days = desk.get_by_role("group", name="Step 6", exact=True).get_by_label("Days", exact=True)
    expect(days).to_have_value("7")
    days.focus()
    desk.keyboard.press("Control+a")
    desk.keyboard.type("10")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Saved.")).to_be_visible()
    expect(desk.get_by_role("row").filter(has_text="Changed")).to_contain_text("10 days after it was due")
    here = desk.url
    look_ahead(desk, begins)
    desk.goto(here)
    press(desk, desk.get_by_role("button", name="Send to review"))
    expect(desk.get_by_text("Sent to review.")).to_be_visible()

    counsel = staff_page(Role.COUNSEL)
    decide(counsel, "Send back", "Why ten days? Write it down.")
    expect(counsel.get_by_text("Sent back. Whoever wrote it")).to_be_visible()
    desk.reload()
    expect(desk.get_by_text("Why ten days? Write it down.")).to_be_visible()
    press(desk, desk.get_by_role("button", name="Send to review"))
    expect(desk.get_by_text("Sent to review.")).to_be_visible()
    decide(counsel, "Approve")
    expect(counsel.get_by_role("button", name="Approve")).to_have_count(0)
    desk.reload()
    expect(desk.get_by_role("button", name="Publish")).to_have_count(0)
    manager = staff_page(Role.MANAGER)
    manager.goto("/staff/reminders")
    manager.get_by_role("table", name="Waiting").get_by_role("link").click()
    manager.get_by_role("button", name="Publish").click()
    expect(manager.get_by_text("Published. The next run follows it.")).to_be_visible()

    duewell.flask("clock", "+6d")
    assert "email       1" in duewell.flask("remind")
    duewell.work(sender)
    assert len(mail_server.books) == 1
    assert "€640.00" in text_of(mail_server)
    session.rollback()
    [mail] = messages.outbox(customer_id)
    assert mail.made_from["step"] == 5
    pay_by_mail(new_page(), text_of(mail_server), duewell)
    duewell.flask("clock", "+1d")
    assert "email       0" in duewell.flask("remind")
    duewell.work(sender)
    assert len(mail_server.books) == 1
    answer = why(desk, customer_id)
    expect(answer).to_contain_text("Not contacted")
    expect(answer).to_contain_text("Nothing is open.")
    expect(why(desk, customer_id, begins + timedelta(days=6))).to_contain_text("Step 5 goes by mail.")
    assert verify(now=clock.now()).broken == []


def press(page: Page, where: Locator) -> None:
    """By the keyboard alone."""
    where.focus()
    page.keyboard.press("Enter")


def look_ahead(page: Page, begins: datetime) -> None:
    """From the draft to who would get what, and what would be different."""
    page.get_by_role("link", name="Who would get what").click()
    changes = page.get_by_role("table", name="What the draft would change")
    for days in (6, 9):
        day = page.get_by_role("cell", name=words.date((begins + timedelta(days=days)).date()), exact=True)
        expect(changes.get_by_role("row").filter(has=day)).to_contain_text("Reminder (6)")
    page.get_by_role("link", name="Read it").first.click()
    expect(page.get_by_role("main")).to_contain_text("€640.00")
    expect(page.get_by_role("link", name="The next 30 days")).to_have_attribute("href", re.compile(r"version=\d"))


def decide(page: Page, what: str, comment: str = "") -> None:
    """Counsel, from the list of what waits."""
    page.goto("/staff/reminders")
    page.get_by_role("table", name="Waiting").get_by_role("link", name="Everyone").click()
    expect(page.get_by_role("row").filter(has_text="Changed")).to_contain_text("10 days after it was due")
    page.get_by_label("Comment").fill(comment)
    page.get_by_role("button", name=what).click()


def pay_by_mail(page: Page, text: str, duewell: House) -> None:
    """From the link in the mail to the thanks."""
    page.goto(re.search(rf"{duewell.url}/l/\S+", text)[0])
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Pay all that is due").click()
    page.get_by_role("button", name="Pay €640.00").click()
    page.get_by_role("button", name="Pay 640.00 EUR").click()
    page.wait_for_url("**/payments/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your payment has arrived.")
    duewell.await_webhooks()
    duewell.work()


def test_a_promise_that_is_not_kept_is_judged_and_reminders_go_on(
    begins: datetime,
    duewell: House,
    old: Maker,
    new_page: NewPage,
    staff_page: NewPage,
    mail_server: MailServer,
    sender,
) -> None:
    """On a phone in Persian, from the link of the mail."""
    customer_id = owing(old, language="fa", name="بازرگانی نیلوفر").id
    duewell.flask("remind")
    duewell.work(sender)
    link = re.search(rf"{duewell.url}/l/\S+", text_of(mail_server))[0]
    page = new_page(locale="fa")
    page.goto(link)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.locator("main form button").click()
    page.locator("a[href^='/promise?']").first.click()
    day = (begins + timedelta(days=2)).date()
    page.locator("input[name=pay_on]").fill(day.isoformat())
    page.locator("input[name=pay_on]").press("Tab")
    with words.speak("fa"):
        written = words.date(day)
    page.get_by_role("button", name=written).click()
    page.wait_for_url("**/promises/*")
    expect(page.locator("main")).to_contain_text(written)
    promised = page.url

    desk = staff_page(Role.COLLECTOR)
    desk.goto(f"/staff/customers/{customer_id}/holds")
    held = desk.get_by_role("table", name="What stops reminders now").get_by_role("row").filter(has_text="A-1001")
    expect(held).to_contain_text("€640.00")
    duewell.flask("clock", "+5d")
    duewell.flask("remind")
    expect(why(desk, customer_id)).to_contain_text("It is promised, and not asked for until")
    duewell.flask("clock", "+1d")
    duewell.work(sender)
    assert len(mail_server.books) == 2  # The reminder, and the confirmation of the promise.
    assert "email       1" in duewell.flask("remind")
    duewell.work(sender)
    assert "۶۴۰" in text_of(mail_server)
    expect(why(desk, customer_id)).to_contain_text("Step 6 goes by mail.")
    page.goto(promised)
    expect(page.locator(".hero a")).to_have_attribute("href", re.compile("/pay"))
    page.goto("/next")
    expect(page.locator("#next a[href^='/promises/']")).to_be_visible()
    desk.get_by_role("link", name="Holds").click()
    expect(desk.get_by_role("table", name="Over")).to_contain_text("Not kept")
    assert verify(now=clock.now()).broken == []


def test_who_stops_mails_by_one_click_gets_a_letter(
    begins: datetime, duewell: House, old: Maker, new_page: NewPage, staff_page: NewPage, mail_server: MailServer,
    sender: SmtpSender, tmp_path: Path,
) -> None:  # fmt: skip
    """Without JavaScript."""
    customer = owing(old)
    customer_id, number = customer.id, customer.number
    duewell.flask("remind")
    duewell.work(sender)
    [stop] = re.findall(rf"{duewell.url}/unsubscribe/\S+", text_of(mail_server))
    assert f"<{stop}>" in str(mail_server.books[0].mail["List-Unsubscribe"])
    page = new_page(java_script_enabled=False)
    page.goto(stop)
    page.get_by_role("button", name="Stop reminders by mail").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reminders by mail are stopped")

    duewell.flask("clock", "+6d")
    done = duewell.flask("remind")
    assert ("email       0" in done, "letter      1" in done) == (True, True)
    assert duewell.flask("letters", done.split()[1], str(tmp_path / "letters")) == "1\n"
    [file] = (tmp_path / "letters").glob(f"{number}-*.pdf")
    [row] = csv.DictReader((tmp_path / "letters" / "list.csv").read_text(encoding="utf-8-sig").splitlines())
    assert file.name in row.values()
    assert "€640.00" in " ".join(sheet.extract_text() for sheet in PdfReader(file).pages)
    duewell.work(sender)
    assert len(mail_server.books) == 1

    desk = staff_page(Role.COLLECTOR, java_script_enabled=False)
    answer = why(desk, customer_id)
    expect(answer).to_contain_text("The contact wants no reminders by mail.")
    expect(answer).to_contain_text("Step 6 goes by letter.")
    assert verify(now=clock.now()).broken == []


# What is placed by its page: what is typed, and the days until it is over by itself; none: until somebody ends it.
HOLDS: dict[str, tuple[HoldKind, dict[str, str], int | None]] = {
    "an item": (HoldKind.PAUSE, {"What rests": "the item", "Reminders may go again on": "+1"}, 1),
    "the account": (HoldKind.PAUSE, {"Reminders may go again on": "+9"}, None),
    "hardship": (HoldKind.HARDSHIP, {}, None),
    "60 days": (HoldKind.BREATHING_SPACE, {}, 60),
    "a crisis": (HoldKind.BREATHING_SPACE, {"For the treatment of a mental health crisis": "yes"}, 30),
    "cease": (HoldKind.CEASE_CONTACT, {}, None),
    "moved": (HoldKind.WRONG_ADDRESS, {}, None),
    "lawyer": (HoldKind.LEGAL_REPRESENTATIVE, {"Who acts for them": "Advokatė Rasa, Vilnius"}, None),
}


def test_each_kind_of_hold_placed_by_its_page_stops_reminders_until_it_ends(
    begins: datetime, duewell: House, old: Maker, staff_page: NewPage
) -> None:
    made = {name: owing(old, name=f"Firm {name}").id for name in (*HOLDS, "nothing")}
    desk = staff_page(Role.CLERK)
    for name in HOLDS:
        place(desk, made[name], name, begins)
    assert reminded(duewell, made) == {"nothing"}
    for name, (kind, _, _) in HOLDS.items():
        expect(why(desk, made[name])).to_contain_text(said_of(kind))
    for name, (_, _, days) in HOLDS.items():
        if name == "a crisis":
            end_treatment(desk, made[name])
        elif days is None:
            end(desk, made[name])

    duewell.flask("clock", "+1d")
    ended = {name for name, (_, _, days) in HOLDS.items() if days is None}
    assert reminded(duewell, made) == {*ended, "an item", "nothing"}
    duewell.flask("clock", "+28d")
    assert {"a crisis", "60 days"}.isdisjoint(reminded(duewell, made))
    duewell.flask("clock", "+1d")
    assert ("a crisis" in (told := reminded(duewell, made)), "60 days" in told) == (True, False)
    duewell.flask("clock", "+30d")
    assert "60 days" in reminded(duewell, made)
    assert verify(now=clock.now()).broken == []


def place(page: Page, customer_id: int, name: str, begins: datetime) -> None:
    kind, typed, _ = HOLDS[name]
    page.goto(f"/staff/customers/{customer_id}/holds")
    page.get_by_role("link", name=KINDS[kind.value], exact=True).click()
    for label, value in typed.items():
        field = page.get_by_label(label)
        if value == "yes":
            field.check()
        elif value.startswith("+"):
            field.fill((begins + timedelta(days=int(value))).date().isoformat())
        elif value == "the item":
            field.select_option(index=1)
        else:
            field.fill(value)
    page.get_by_label("Why").fill("They called")
    page.get_by_role("button", name="Put it in force").click()
    expect(page.get_by_text("It is in force.")).to_be_visible()


def end(page: Page, customer_id: int) -> None:
    page.goto(f"/staff/customers/{customer_id}/holds")
    page.get_by_role("link", name="End it").click()
    page.get_by_label("Reason").fill("It is settled")
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text("Reminders may go again.")).to_be_visible()


def end_treatment(page: Page, customer_id: int) -> None:
    page.goto(f"/staff/customers/{customer_id}/holds")
    page.get_by_role("link", name="Treatment ended").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("table", name="What stops reminders now")).to_contain_text("crisis")


def said_of(kind: HoldKind) -> str:
    """The beginning of what staff read, before what it is filled with."""
    return STAFF["held.pause.until" if kind is HoldKind.PAUSE else f"held.{kind.value}"].split("%")[0]


def reminded(duewell: House, made: dict[str, int]) -> set[str]:
    """Who has had any message, after a run of today and the worker."""
    duewell.flask("remind")
    duewell.work()
    found = set(session.scalars(select(Message.customer_id).where(Message.state != MessageState.SKIPPED)))
    session.rollback()
    return {name for name, customer_id in made.items() if customer_id in found}
